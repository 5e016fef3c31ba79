//! The command line of `chandler-cluster`.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use chandler_e2e::{Cluster, Description, Kind, Order, Start, images_folder, running, sweep};
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
        name: String,
        /// What it is made of.
        #[arg(long, value_enum, default_value = "node")]
        kind: Kind,
    },
    /// End a cluster, and leave nothing of it.
    Down {
        /// Its name.
        #[arg(default_value = "local")]
        name: String,
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
        name: String,
    },
    /// Bring an image to the node.
    Load {
        /// An archive (OCI or Docker), or the name of one of ours, as `workload`.
        image: String,
        /// The name of the cluster.
        #[arg(long, default_value = "local")]
        name: String,
    },
    /// Print the log of a part of the cluster, or list the parts.
    Logs {
        /// The part, as `kubelet`.
        component: Option<String>,
        /// The name of the cluster.
        #[arg(long, default_value = "local")]
        name: String,
        /// Go on printing what is added.
        #[arg(long, short)]
        follow: bool,
    },
    /// Run a command inside the node: its network, mounts and processes.
    Enter {
        /// The name of the cluster.
        #[arg(long, default_value = "local")]
        name: String,
        /// The command; a shell by default.
        #[arg(last = true, default_value = "bash")]
        command: Vec<String>,
    },
    /// Keep a cluster, for the one that started this.
    #[command(hide = true)]
    Keep {
        #[arg(long)]
        name: String,
        #[arg(long, value_enum)]
        kind: Kind,
        #[arg(long)]
        tied: bool,
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
        Verb::Down { all: true, .. } => running()?.iter().try_for_each(|cluster| down(&cluster.name))?,
        Verb::Down { name, .. } => down(name)?,
        Verb::Status { output } => status(*output)?,
        Verb::Kubeconfig { name } => {
            let path = Cluster::find(name)?.description.kubeconfig;
            anstream::println!("{}", path.display());
        }
        Verb::Load { image, name } => load(&Cluster::find(name)?, image)?,
        Verb::Logs { component, name, follow } => logs(name, component.as_deref(), *follow)?,
        Verb::Enter { name, command } => return enter(&Cluster::find(name)?, command),
        Verb::Keep { name, kind, tied, images } => {
            let order = Order { name: name.clone(), kind: *kind, tied: *tied, images: images.clone() };
            chandler_e2e::run_keeper(&order)?;
        }
        Verb::Init { folder } => chandler_e2e::run_init(folder)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn up(name: &str, kind: Kind) -> Result<()> {
    let start = Instant::now();
    let cluster =
        Cluster::start(&Start { name, kind, tied: false }, |progress| anstream::eprintln!("{progress}"))?;
    let seconds = start.elapsed().as_secs_f64();
    let Description { kubeconfig, path, .. } = &cluster.description;
    let folders = std::env::join_paths(path).unwrap_or_default();
    let named = if name == "local" { String::new() } else { format!(" {name}") };
    anstream::println!("cluster {name:?} is ready after {seconds:.1} s");
    anstream::println!();
    anstream::println!("  export KUBECONFIG={}", kubeconfig.display());
    anstream::println!("  export PATH={}:$PATH", folders.to_string_lossy());
    anstream::println!("  kubectl get nodes,pods --all-namespaces");
    if kind == Kind::Node {
        anstream::println!();
        anstream::println!(
            "Images come by `make cluster load workload`; pods use them with imagePullPolicy: IfNotPresent."
        );
    }
    anstream::println!("`make cluster logs kube-apiserver` shows a log, `make cluster down{named}` ends it.");
    Ok(())
}

fn down(name: &str) -> Result<()> {
    for name in sweep()? {
        anstream::eprintln!("removed what the killed cluster {name:?} had left");
    }
    Cluster::find(name)?.stop()?;
    anstream::println!("cluster {name:?} has ended");
    Ok(())
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
            for Description { name, kind, kubeconfig, .. } in clusters {
                let kind = if kind == Kind::Node { "node" } else { "api-server" };
                anstream::println!("{name:<20} {kind:<12} {}", kubeconfig.display());
            }
        }
    }
    Ok(())
}

fn load(cluster: &Cluster, image: &str) -> Result<()> {
    let ours = images_folder().join(format!("{image}.tar"));
    let archive = if Path::new(image).exists() { PathBuf::from(image) } else { ours };
    cluster.load(&archive)?;
    anstream::println!("{} is on the node", archive.display());
    Ok(())
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
