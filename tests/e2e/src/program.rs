//! The command line of `chandler-cluster`.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use chandler_e2e::{Cluster, Description, Kind, Name, Order, Start, images_folder, running, sweep};
use clap::{Parser, Subcommand};

/// A real Kubernetes on this machine, without Docker: a node of its own, or an API server alone.
#[derive(Debug, Parser)]
#[command(name = "chandler-cluster", version)]
pub(crate) struct Program {
    #[command(subcommand)]
    command: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Start a cluster and say how to use it.
    Up {
        /// Its name.
        #[arg(default_value = "local")]
        name: Name,
        /// What it is made of.
        #[arg(long, value_enum, default_value = "node")]
        kind: Kind,
    },
    /// End a cluster, and leave nothing of it.
    Down {
        /// Its name.
        #[arg(default_value = "local")]
        name: Name,
        /// End all clusters of this user.
        #[arg(long, conflicts_with = "name")]
        all: bool,
    },
    /// List the clusters that run.
    Status {
        /// How to print them.
        #[arg(long, short, value_enum, default_value = "text")]
        output: Output,
    },
    /// Print the path of the file that KUBECONFIG is to name.
    Kubeconfig {
        /// The name of the cluster.
        #[arg(default_value = "local")]
        name: Name,
    },
    /// Bring an image to the node.
    Load {
        /// An archive (OCI or Docker), or the name of one of ours, as `workload`; without it all of ours.
        image: Option<String>,
        /// The name of the cluster.
        #[arg(long, default_value = "local")]
        name: Name,
    },
    /// Print the log of a part of the cluster, or list the parts.
    Logs {
        /// The part, as `kubelet`.
        component: Option<String>,
        /// The name of the cluster.
        #[arg(long, default_value = "local")]
        name: Name,
        /// Go on printing what is added.
        #[arg(long, short)]
        follow: bool,
    },
    /// Run a command inside the node: its network, mounts and processes.
    Enter {
        /// The name of the cluster.
        #[arg(long, default_value = "local")]
        name: Name,
        /// The command; a shell by default.
        #[arg(last = true, default_value = "bash")]
        command: Vec<String>,
    },
    /// Keep a cluster, for the one that started this.
    #[command(hide = true)]
    Keep {
        #[arg(long)]
        name: Name,
        #[arg(long, value_enum)]
        kind: Kind,
        #[arg(long)]
        images: PathBuf,
    },
    /// Be the first process of a node.
    #[command(hide = true)]
    Init { folder: PathBuf },
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Output {
    Text,
    Json,
}

/// Runs the program.
pub(crate) fn run(program: &Program) -> ExitCode {
    chandler_e2e::use_ring();
    match carry_out(&program.command) {
        Ok(code) => code,
        Err(error) => {
            anstream::eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn carry_out(command: &Verb) -> Result<ExitCode> {
    match command {
        Verb::Up { name, kind } => up(name, *kind)?,
        Verb::Down { all, name } => down((!all).then_some(name))?,
        Verb::Status { output } => status(*output)?,
        Verb::Kubeconfig { name } => {
            let path = Cluster::find(name.as_str())?.description.kubeconfig.clone();
            anstream::println!("{}", path.display());
        }
        Verb::Load { image, name } => load(&Cluster::find(name.as_str())?, image.as_deref())?,
        Verb::Logs { component, name, follow } => logs(name.as_str(), component.as_deref(), *follow)?,
        Verb::Enter { name, command } => return enter(&Cluster::find(name.as_str())?, command),
        Verb::Keep { name, kind, images } => {
            let order = Order { name: name.clone(), kind: *kind, images: images.clone() };
            chandler_e2e::run_keeper(&order)?;
        }
        Verb::Init { folder } => chandler_e2e::run_init(folder)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn up(name: &Name, kind: Kind) -> Result<()> {
    let start = Instant::now();
    let cluster =
        Cluster::start(&Start { name, kind, tied: false }, |progress| anstream::eprintln!("{progress}"))?;
    let seconds = start.elapsed().as_secs_f64();
    let Description { kubeconfig, path, .. } = &cluster.description;
    let folders = std::env::join_paths(path).unwrap_or_default();
    anstream::println!("cluster \"{name}\" is ready after {seconds:.1} s");
    anstream::println!();
    anstream::println!("  export KUBECONFIG={}", kubeconfig.display());
    anstream::println!("  export PATH={}:$PATH", folders.to_string_lossy());
    anstream::println!("  kubectl get nodes,pods --all-namespaces");
    anstream::println!();
    let (flag, named) = match name.as_str() {
        "local" => (String::new(), String::new()),
        other => (format!(" FLAGS=\"--name {other}\""), format!(" {other}")),
    };
    if kind == Kind::Node {
        anstream::println!("`make cluster load workload{flag}` brings an image; pods take it with");
        anstream::println!("imagePullPolicy: IfNotPresent.");
    }
    anstream::println!(
        "`make cluster logs kube-apiserver{flag}` shows a log, `make cluster down{named}` ends it."
    );
    Ok(())
}

/// Ends a cluster, or all; one that was killed has ended when its leftovers are gone.
fn down(name: Option<&Name>) -> Result<()> {
    let is_meant = |other: &String| name.is_none_or(|name| name.as_str() == other);
    let swept = sweep()?;
    for name in &swept {
        anstream::println!("removed what the killed cluster {name:?} had left");
    }
    let running: Vec<String> = running()?.into_iter().map(|cluster| cluster.name).filter(is_meant).collect();
    for name in &running {
        Cluster::find(name)?.stop()?;
        anstream::println!("cluster {name:?} has ended");
    }
    match name {
        Some(name) if running.is_empty() && !swept.iter().any(|other| other == name.as_str()) => {
            Ok(Cluster::find(name.as_str()).map(drop)?)
        }
        _ => Ok(()),
    }
}

fn status(output: Output) -> Result<()> {
    let clusters = running()?;
    match output {
        Output::Json => anstream::println!("{}", serde_json::to_string_pretty(&clusters)?),
        Output::Text if clusters.is_empty() => {
            anstream::println!("no cluster runs; `make cluster up` starts one");
        }
        Output::Text => {
            anstream::println!("{:<20} {:<12} KUBECONFIG", "NAME", "KIND");
            for Description { name, kind, kubeconfig, ready, .. } in clusters {
                let kind = if kind == Kind::Node { "node" } else { "api-server" };
                let file = if ready { kubeconfig.display().to_string() } else { "(starting)".to_owned() };
                anstream::println!("{name:<20} {kind:<12} {file}");
            }
        }
    }
    Ok(())
}

fn load(cluster: &Cluster, image: Option<&str>) -> Result<()> {
    let archives = match image {
        Some(path) if Path::new(path).is_file() => vec![PathBuf::from(path)],
        Some(name) => vec![images_folder().join(format!("{name}.tar"))],
        None => archives()?,
    };
    for archive in archives {
        cluster.load(&archive)?;
        anstream::println!("{} is on the node", archive.file_name().unwrap_or_default().to_string_lossy());
    }
    Ok(())
}

/// Everything that `make images` built.
fn archives() -> Result<Vec<PathBuf>> {
    let folder = images_folder();
    let entries =
        std::fs::read_dir(&folder).with_context(|| format!("{}: make images first", folder.display()))?;
    let mut archives: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    archives.retain(|path| path.extension().is_some_and(|extension| extension == "tar"));
    archives.sort();
    Ok(archives)
}

fn logs(name: &str, component: Option<&str>, follow: bool) -> Result<()> {
    let folder = Cluster::find(name)?.description.folder.join("logs");
    let mut known: Vec<String> = std::fs::read_dir(&folder)?
        .flatten()
        .filter_map(|entry| Some(entry.path().file_stem()?.to_string_lossy().into_owned()))
        .collect();
    known.sort();
    let Some(component) = component else {
        known.iter().for_each(|name| anstream::println!("{name}"));
        return Ok(());
    };
    if !known.iter().any(|name| name == component) {
        bail!("no part {component:?} in cluster {name:?}; it has {}", known.join(", "));
    }
    print_log(&folder.join(format!("{component}.log")), follow)
}

fn print_log(path: &Path, follow: bool) -> Result<()> {
    let mut file = File::open(path).with_context(|| path.display().to_string())?;
    let mut output = io::stdout().lock();
    loop {
        match io::copy(&mut file, &mut output).and_then(|_| output.flush()) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(()),
            done => done?,
        }
        if !follow || !path.exists() {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(200));
    }
}

fn enter(cluster: &Cluster, command: &[String]) -> Result<ExitCode> {
    let (program, arguments) = command.split_first().context("no command")?;
    let status = cluster.inside(program)?.args(arguments).status().context("cannot run nsenter")?;
    Ok(status.code().and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from))
}
