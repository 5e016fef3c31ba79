//! Completion of what `debug` takes: targets, containers, toolboxes, profiles and recipes.

use std::ffi::{OsStr, OsString};

use chandler_debugger::profile::Profile;
use clap::Args as _;
use clap_complete::CompletionCandidate;
use serde_json::Value;

use super::{NODES, PODS, asked, list, starting_with, typed_words};
use crate::cluster::{Cluster, NAMESPACES};
use crate::cp::typed_end;
use crate::debug::{DebugArgs, Target, find_pods, kinds};
use crate::toolboxes::{Shelf, labels_of};

/// Names of pods and `TYPE/`, then `TYPE/NAME`.
pub(crate) fn debug_targets(current: &OsStr) -> Vec<CompletionCandidate> {
    let text = current.to_string_lossy();
    let Some((kind, _)) = text.split_once('/') else {
        let types = kinds().filter(|resource| **resource != PODS).map(|resource| {
            if *resource == NODES { "node/".to_owned() } else { format!("{}/", resource.singular()) }
        });
        return starting_with(current, list(&PODS).into_iter().chain(types));
    };
    let names = kinds().find(|resource| resource.is_meant_by(kind)).map(list).unwrap_or_default();
    starting_with(current, names.into_iter().map(|name| format!("{kind}/{name}")))
}

/// The sides of a copy: `POD:` and `TYPE/NAME:`, and nothing of paths, which shells know here and nobody knows there.
pub(crate) fn ends(current: &OsStr) -> Vec<CompletionCandidate> {
    let text = current.to_string_lossy();
    if text.contains(':') || text.starts_with(['/', '.', '-']) {
        return Vec::new();
    }
    let targets = debug_targets(current);
    let ended = targets.into_iter().map(|candidate| {
        let value = candidate.get_value().to_string_lossy();
        if value.ends_with('/') { value.into_owned() } else { format!("{value}:") }
    });
    starting_with(current, ended.collect::<Vec<_>>())
}

/// Containers of the pod that was typed, or of one of its target.
pub(crate) fn containers(current: &OsStr) -> Vec<CompletionCandidate> {
    let Some(target) = typed_target(&typed_words()) else { return Vec::new() };
    let names = asked(async |cluster| {
        let found = find_pods(cluster, &target, false).await.ok()?;
        Some(container_names(found.pods.first()?))
    });
    starting_with(current, names)
}

/// Toolboxes for the namespace.
pub(crate) fn toolboxes(current: &OsStr) -> Vec<CompletionCandidate> {
    let names = asked(async |cluster| {
        let (shelf, labels) = shelf_of(cluster).await;
        Some(shelf.offers_for(&labels).into_iter().map(|offer| offer.toolbox.name).collect())
    });
    starting_with(current, names)
}

/// Recipes of the toolbox that was typed, or of the default.
pub(crate) fn recipes(current: &OsStr) -> Vec<CompletionCandidate> {
    let words = typed_words();
    let named = value_of(&words, "--toolbox");
    let names = asked(async |cluster| {
        let (shelf, labels) = shelf_of(cluster).await;
        Some(shelf.choose(&labels, named.as_deref()).ok()?.toolbox.recipes.into_keys().collect())
    });
    starting_with(current, names)
}

/// Profiles.
pub(crate) fn profiles(current: &OsStr) -> Vec<CompletionCandidate> {
    let names = Profile::ALL.map(|profile| profile.name().to_owned());
    starting_with(current, ["auto".to_owned()].into_iter().chain(names))
}

async fn shelf_of(cluster: &Cluster) -> (Shelf, std::collections::BTreeMap<String, String>) {
    let namespace = cluster.get(&NAMESPACES, None, cluster.namespace());
    let (shelf, namespace) = tokio::join!(Shelf::gather(cluster), namespace);
    (shelf.unwrap_or_default(), labels_of(&namespace.unwrap_or_default()))
}

fn container_names(pod: &Value) -> Vec<String> {
    let lists = ["containers", "initContainers"];
    let containers = lists.iter().filter_map(|list| pod.get("spec")?.get(list)?.as_array()).flatten();
    containers.filter_map(|container| Some(container.get("name")?.as_str()?.to_owned())).collect()
}

/// The value of a flag among the words.
fn value_of(words: &[OsString], flag: &str) -> Option<String> {
    let mut words = words.iter().map(|word| word.to_string_lossy());
    let found = words.find(|word| word == flag || word.starts_with(&format!("{flag}=")))?;
    let value = found.split_once('=').map(|(_, value)| value.to_owned());
    value.or_else(|| words.next().map(std::borrow::Cow::into_owned)).filter(|value| !value.is_empty())
}

/// The target among the words: the first behind `debug` that is no flag and no value of one.
fn typed_target(words: &[OsString]) -> Option<Target> {
    if words.iter().any(|word| word == "cp") {
        return words.iter().find_map(typed_end);
    }
    let command = DebugArgs::augment_args(clap::Command::new("debug"));
    let mut words =
        words.iter().map(|word| word.to_string_lossy()).skip_while(|word| word != "debug").skip(1);
    while let Some(word) = words.next() {
        if !word.starts_with('-') {
            return Target::parse(&word).ok();
        }
        if has_value_behind(&command, &word) {
            words.next();
        }
    }
    None
}

/// Whether the word behind a flag is its value. Of short flags in one word only the last has one there.
fn has_value_behind(command: &clap::Command, word: &str) -> bool {
    let is_meant = |argument: &&clap::Arg| match word.strip_prefix("--") {
        Some(long) => argument.get_long() == Some(long),
        None => argument.get_short().is_some_and(|short| word.ends_with(short)),
    };
    let flag = command.get_arguments().find(is_meant);
    flag.is_some_and(|flag| flag.get_action().takes_values() && !flag.is_require_equals_set())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<OsString> {
        text.split_whitespace().map(OsString::from).collect()
    }

    #[test]
    fn target_is_found_among_flags() {
        let pod = Some(Target::Pod("web".to_owned()));
        for text in [
            "debug web -c",
            "kubectl-chandler debug -n shop -it web -c",
            "debug --profile=auto web",
            "debug --copy --keep --share-processes web -c",
            "debug -qc app --set-image app=a:1 web",
        ] {
            assert_eq!(typed_target(&words(text)), pod, "{text}");
        }
        assert_eq!(typed_target(&words("debug -c")), None);
    }

    #[test]
    fn value_of_a_flag_is_found_however_it_was_typed() {
        for text in ["debug --toolbox team web", "debug --toolbox=team web"] {
            assert_eq!(value_of(&words(text), "--toolbox").as_deref(), Some("team"));
        }
        assert_eq!(value_of(&words("debug web --toolbox"), "--toolbox"), None);
    }
}
