//! What can be typed.

use std::path::PathBuf;

use chandler_injector::catalog::{CatalogArgs, SettingsArgs};
use clap::{Parser, Subcommand, ValueEnum, ValueHint};
use clap_complete::{ArgValueCompleter, Shell};

use crate::cluster::ClusterArgs;
use crate::completion;
use crate::cp::{self, CpArgs};
use crate::debug::{self, DebugArgs};
use crate::gc::{self, GcArgs};
use crate::list::ListForm;
use crate::toolboxes::ToolboxesArgs;

/// Fit pods out from templates, see why, and what runs an old revision; look into pods and nodes with tools of your own.
#[derive(Debug, Parser)]
#[command(name = "kubectl-chandler", bin_name = "kubectl-chandler", version, max_term_width = 110)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Print manifests with their pods fitted out, as the admission webhook would do it.
    ///
    /// Documents that carry no pod, and pods that nothing changes, come out byte for byte as they went in.
    /// It works as a post-renderer of Helm 3: --post-renderer kubectl-chandler, with `inject`, `-f`, `-`, `-t` and
    /// the templates each in a --post-renderer-args.
    #[command(after_help = EXIT_CODES)]
    Inject(InjectArgs),

    /// Say for each template whether a pod gets it, why or why not, and where its parameters come from.
    ///
    /// On manifests (--filename with --templates), or on objects of a cluster: pods, and what makes pods. Of a live pod
    /// it also says what it was given and how that stands to the templates of now, of a workload how many of its pods
    /// run an old revision. What the injector in the cluster is told by --cluster-name, --cluster-value and
    /// --unknown-templates cannot be seen from here: say the same.
    #[command(after_help = EXIT_CODES)]
    Explain(ExplainArgs),

    /// List the templates for a namespace, or all of them: mode, revision, and how many pods have them.
    #[command(after_help = EXIT_CODES)]
    Templates(TemplatesArgs),

    /// List the running pods that have an old revision of a template, one that is gone, or may lack one.
    ///
    /// It reads the metadata of pods and nothing else of them. By that it says whether a template may be for a pod; the
    /// network and the operating system of the pod and match conditions may say otherwise.
    #[command(after_help = OUTDATED_EXIT_CODES)]
    Outdated(OutdatedArgs),

    /// Run a command, or a shell, with tools beside a container of a pod, in a copy of a pod, or on a node.
    ///
    /// The tools come in a container of their own, which is added to the pod, sees what the target sees, and ends by
    /// itself when nobody uses it. A session that is there already is entered again. Nothing is written to the target.
    #[command(after_help = debug::AFTER_HELP)]
    Debug(Box<DebugArgs>),

    /// Copy files and folders in and out of containers of any image, with their modes, times and links.
    ///
    /// Through the session of `debug`, which is entered, or made first: nothing has to be in the container's image. The
    /// SHA-256 of every file is compared on both sides.
    #[command(after_help = cp::AFTER_HELP)]
    Cp(Box<CpArgs>),

    /// List and remove what `debug` made and nobody needs any more: copies of pods, and pods on nodes.
    ///
    /// That is what has ended, what is past its --ttl, and what was made by a process that is gone. Without --all-owners
    /// it is what the same user made on this machine.
    #[command(after_help = gc::AFTER_HELP)]
    Gc(GcArgs),

    /// List the toolboxes for a namespace, and the commands that have a name.
    ///
    /// They are objects of kind DebugToolbox in the cluster, documents of the same kind in the file that
    /// CHANDLER_TOOLBOXES names (else ~/.config/chandler/toolboxes.yaml), and the one that is built in.
    #[command(after_help = LIST_EXIT_CODES)]
    Toolboxes(ToolboxesArgs),

    /// Print a completion script for a shell.
    ///
    /// For bash: source <(kubectl-chandler completion bash)
    Completion {
        /// The shell.
        shell: Shell,
    },
}

const EXIT_CODES: &str = "Exit codes:
  0  all went well
  1  a file, template or document has an error; it is told, and all others were still looked at
  2  wrong usage
  3  a template refused a pod (onError: Deny), or an unknown one did with --unknown-templates deny";

const LIST_EXIT_CODES: &str = "Exit codes:
  0  all went well
  1  the cluster gives no answer
  2  wrong usage";

const OUTDATED_EXIT_CODES: &str = "Exit codes:
  0  all went well
  1  the cluster gives no answer, or not all of it
  2  wrong usage
  4  something is listed, with --exit-code";

/// Which manifests, and which templates.
#[derive(Debug, clap::Args)]
pub(crate) struct InputArgs {
    /// Manifests: files, folders, or - for standard input; YAML and JSON, any mix of kinds.
    #[arg(short, long, value_name = "PATH", num_args = 1.., required = true, value_hint = ValueHint::AnyPath)]
    pub(crate) filename: Vec<PathBuf>,

    #[command(flatten)]
    pub(crate) catalog: CatalogArgs,
}

/// Arguments of `inject`.
#[derive(Debug, clap::Args)]
pub(crate) struct InjectArgs {
    #[command(flatten)]
    pub(crate) input: InputArgs,

    /// What to print.
    #[arg(short, long, value_name = "FORMAT", default_value = "yaml")]
    pub(crate) output: InjectOutput,

    #[command(flatten)]
    pub(crate) style: StyleArgs,
}

/// What `inject` prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum InjectOutput {
    /// The manifests; each changed document in its own format, all others untouched.
    Yaml,
    /// Every document as JSON.
    Json,
    /// A unified diff of what changes.
    Diff,
    /// A JSON Patch for each changed object, one a line, with the object's kind, namespace and name.
    Patch,
}

/// Arguments of `explain`.
#[derive(Debug, clap::Args)]
pub(crate) struct ExplainArgs {
    /// Objects of the cluster: TYPE/NAME …, or TYPE NAME …. Types are those of kubectl that carry pods: pod (po),
    /// deployment (deploy), statefulset (sts), daemonset (ds), replicaset (rs), job, cronjob (cj),
    /// replicationcontroller (rc), podtemplate.
    #[arg(value_name = "TYPE/NAME", required_unless_present = "filename", conflicts_with = "filename",
        add = ArgValueCompleter::new(completion::targets))]
    pub(crate) targets: Vec<String>,

    /// Manifests in place of live objects: files, folders, or - for standard input. Nothing is asked of a cluster.
    #[arg(short, long, value_name = "PATH", num_args = 1.., requires = "templates", value_hint = ValueHint::AnyPath,
        conflicts_with_all = ["kubeconfig", "context", "cluster", "user", "impersonated_user"])]
    pub(crate) filename: Vec<PathBuf>,

    /// Templates: files, folders, or - for standard input. With live objects each takes the place of the live template
    /// of its scope and name, beside all others of the cluster: what would become of pods with it?
    #[arg(short, long, value_name = "PATH", num_args = 1.., value_hint = ValueHint::AnyPath)]
    pub(crate) templates: Vec<PathBuf>,

    /// Namespace objects for manifests, for their labels and annotations: files, folders, or -.
    #[arg(long, value_name = "PATH", num_args = 1.., requires = "filename", value_hint = ValueHint::AnyPath)]
    pub(crate) namespaces: Vec<PathBuf>,

    /// Read folders with their subfolders.
    #[arg(short = 'R', long)]
    pub(crate) recursive: bool,

    /// What to print.
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub(crate) output: ExplainOutput,

    #[command(flatten)]
    pub(crate) style: StyleArgs,

    /// What the platform says.
    #[command(flatten)]
    pub(crate) settings: SettingsArgs,

    #[command(flatten)]
    pub(crate) cluster: ClusterArgs,
}

impl ExplainArgs {
    /// The same for manifests.
    pub(crate) fn input(&self) -> InputArgs {
        let namespace = self.cluster.namespace.clone().unwrap_or_else(|| "default".to_owned());
        let catalog = CatalogArgs {
            templates: self.templates.clone(),
            namespaces: self.namespaces.clone(),
            namespace,
            recursive: self.recursive,
            settings: self.settings.clone(),
        };
        InputArgs { filename: self.filename.clone(), catalog }
    }
}

/// What `explain` prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExplainOutput {
    /// Text for people.
    Text,
    /// A JSON object for each pod, one a line.
    Json,
    /// A YAML document for each pod.
    Yaml,
}

/// Arguments of `templates`.
#[derive(Debug, clap::Args)]
pub(crate) struct TemplatesArgs {
    /// The templates of every namespace, not only of one.
    #[arg(short = 'A', long, conflicts_with = "namespace")]
    pub(crate) all_namespaces: bool,

    #[command(flatten)]
    pub(crate) form: ListForm,

    #[command(flatten)]
    pub(crate) style: StyleArgs,

    #[command(flatten)]
    pub(crate) cluster: ClusterArgs,
}

/// Arguments of `outdated`.
#[derive(Debug, clap::Args)]
pub(crate) struct OutdatedArgs {
    /// The pods of every namespace, not only of one.
    #[arg(short = 'A', long, conflicts_with = "namespace")]
    pub(crate) all_namespaces: bool,

    /// Only pods with these labels, as in app=web,tier!=cache.
    #[arg(short = 'l', long, value_name = "SELECTOR")]
    pub(crate) selector: Option<String>,

    #[command(flatten)]
    pub(crate) form: ListForm,

    /// End with code 4 when anything is listed.
    #[arg(long)]
    pub(crate) exit_code: bool,

    #[command(flatten)]
    pub(crate) style: StyleArgs,

    #[command(flatten)]
    pub(crate) cluster: ClusterArgs,
}

/// How what is printed looks.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(crate) struct StyleArgs {
    /// When to use colours.
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub(crate) color: Color,
}

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl InputArgs {
    /// Standard input can be read once: says what is wrong where two flags name it.
    pub(crate) fn check(&self) -> Result<(), &'static str> {
        let is_dash = |path: &&PathBuf| path.as_os_str() == "-";
        let readers = self
            .filename
            .iter()
            .chain(&self.catalog.templates)
            .chain(&self.catalog.namespaces)
            .filter(is_dash)
            .count();
        if readers > 1 { Err("standard input (-) can be named once") } else { Ok(()) }
    }
}
