//! Completion: scripts for shells, names from the cluster, and what kubectl asks of its plugins.

use std::ffi::{OsStr, OsString};
use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

use clap::{CommandFactory, Parser};
use clap_complete::CompletionCandidate;
use serde_json::Value;

use crate::args::Args;
use crate::cluster::{CARRIERS, Cluster, ClusterArgs, Listing, NAMESPACES, NODES, PODS, Resource, block_on};
use crate::exit;

mod debug;

pub(crate) use debug::{containers, debug_targets, ends, profiles, recipes, toolboxes};

/// What kubectl calls for the words after `kubectl chandler`, where it finds it on the PATH.
const KUBECTL_COMPLETION: &str = "kubectl_complete-chandler";

/// What kubectl's completion takes as "as the shell likes", from cobra's directives.
const AS_THE_SHELL_LIKES: &str = ":0";

/// And as "no files here".
const NO_FILES: &str = ":4";

/// And as "no files, and no blank behind the word, which goes on".
const NO_FILES_NO_BLANK: &str = ":6";

/// How long a person waits for a list of names.
const PATIENCE: Duration = Duration::from_secs(2);

/// Answers kubectl, where it asks for completion under the name that it has for that; none otherwise.
pub(crate) fn answer_kubectl() -> Option<ExitCode> {
    let mut words = std::env::args_os();
    let program = words.next()?;
    let name = std::path::Path::new(&program).file_stem()?;
    (name == KUBECTL_COMPLETION).then(|| {
        let words: Vec<_> = std::iter::once(OsString::from("kubectl-chandler")).chain(words).collect();
        let last = words.len().saturating_sub(1);
        let wants_flags = words.last().is_some_and(|word| word.to_string_lossy().starts_with('-'));
        let candidates = clap_complete::engine::complete(&mut Args::command(), words, last, None);
        let mut candidates = candidates.unwrap_or_default();
        candidates.retain(|candidate| !candidate.is_hide_set() && (wants_flags || !is_flag(candidate)));
        write_candidates(&candidates);
        exit::OK
    })
}

fn write_candidates(candidates: &[CompletionCandidate]) {
    let mut output = std::io::stdout().lock();
    for candidate in candidates {
        let value = candidate.get_value().to_string_lossy();
        let help = candidate.get_help().map(ToString::to_string).unwrap_or_default();
        let line = help.lines().next().unwrap_or_default();
        // Nobody to tell where the reader has gone.
        let _ =
            if line.is_empty() { writeln!(output, "{value}") } else { writeln!(output, "{value}\t{line}") };
    }
    let goes_on =
        candidates.iter().any(|candidate| candidate.get_value().to_string_lossy().ends_with(['/', ':']));
    let directive = match (candidates.is_empty(), goes_on) {
        (true, _) => AS_THE_SHELL_LIKES,
        (_, true) => NO_FILES_NO_BLANK,
        (_, false) => NO_FILES,
    };
    let _ = writeln!(output, "{directive}");
}

fn is_flag(candidate: &CompletionCandidate) -> bool {
    candidate.get_value().to_string_lossy().starts_with('-')
}

/// Contexts of the kubeconfig.
pub(crate) fn contexts(current: &OsStr) -> Vec<CompletionCandidate> {
    let args = typed_cluster();
    let kubeconfig = match &args.kubeconfig {
        Some(path) => kube::config::Kubeconfig::read_from(path),
        None => kube::config::Kubeconfig::read(),
    };
    let contexts = kubeconfig.map(|kubeconfig| kubeconfig.contexts).unwrap_or_default();
    starting_with(current, contexts.into_iter().map(|context| context.name))
}

/// Namespaces of the cluster.
pub(crate) fn namespaces(current: &OsStr) -> Vec<CompletionCandidate> {
    starting_with(current, list(&NAMESPACES))
}

/// `TYPE/`, then `TYPE/NAME`.
pub(crate) fn targets(current: &OsStr) -> Vec<CompletionCandidate> {
    let text = current.to_string_lossy();
    let Some((kind, _)) = text.split_once('/') else {
        return starting_with(current, CARRIERS.iter().map(|resource| format!("{}/", resource.singular())));
    };
    let names = Resource::carrier(kind).map(list).unwrap_or_default();
    starting_with(current, names.into_iter().map(|name| format!("{kind}/{name}")))
}

fn starting_with(current: &OsStr, names: impl IntoIterator<Item = String>) -> Vec<CompletionCandidate> {
    let current = current.to_string_lossy();
    let names = names.into_iter().filter(|name| name.starts_with(current.as_ref()));
    names.map(CompletionCandidate::new).collect()
}

/// Names of objects, where the cluster gives them at once; nothing otherwise, as there is nobody to tell why.
fn list(resource: &'static Resource) -> Vec<String> {
    asked(async |cluster| {
        let mut names = Vec::new();
        let namespace = ![&NAMESPACES, &NODES].contains(&resource);
        let namespace = namespace.then(|| cluster.namespace());
        let listing = Listing { resource, namespace, labels: None, fields: None, metadata_only: true };
        let mut take = |object: Value| {
            names.extend(object.pointer("/metadata/name").and_then(Value::as_str).map(str::to_owned));
        };
        cluster.list(listing, &mut take).await.ok()?;
        Some(names)
    })
}

/// What a cluster says within a moment; nothing where it does not.
fn asked(ask: impl AsyncFnOnce(&Cluster) -> Option<Vec<String>>) -> Vec<String> {
    let args = typed_cluster();
    let asked = async {
        let cluster = Cluster::open(&args).await.ok()?;
        ask(&cluster).await
    };
    let bounded = async { tokio::time::timeout(PATIENCE, asked).await.ok().flatten() };
    block_on(bounded).ok().flatten().unwrap_or_default()
}

/// What has been typed of the flags that say which cluster. The words may be unfinished: those that are no flags of a
/// cluster are passed over.
fn typed_cluster() -> ClusterArgs {
    #[derive(Debug, Parser)]
    #[command(ignore_errors = true, disable_help_flag = true, no_binary_name = true)]
    struct Typed {
        #[command(flatten)]
        cluster: ClusterArgs,
        #[arg(trailing_var_arg = true)]
        rest: Vec<OsString>,
    }
    Typed::parse_from(cluster_words(&typed_words())).cluster
}

/// All words that have been typed: shells hand them over behind a `--`, kubectl as they are.
fn typed_words() -> Vec<OsString> {
    let words: Vec<_> = std::env::args_os().skip_while(|word| word != "--").skip(1).collect();
    if words.is_empty() { std::env::args_os().skip(1).collect() } else { words }
}

/// The flags of a cluster among the words, each with its value.
fn cluster_words(words: &[OsString]) -> Vec<OsString> {
    const FLAGS: [&str; 8] =
        ["--kubeconfig", "--context", "--cluster", "--user", "--namespace", "-n", "--as", "--as-group"];
    let mut found = Vec::new();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let text = word.to_string_lossy();
        let is_whole = FLAGS.iter().any(|flag| text.starts_with(&format!("{flag}=")));
        if is_whole {
            found.push(word.clone());
        } else if FLAGS.contains(&text.as_ref())
            && let Some(value) = words.next().filter(|value| !value.is_empty())
        {
            found.extend([word.clone(), value.clone()]);
        }
    }
    found
}
