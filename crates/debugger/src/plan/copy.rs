//! A copy of a pod, with a tooling container beside the target.

mod clean;

use chandler_api::names;
use serde_json::{Value, json};

use super::container::Draft;
use super::error::PlanError;
use super::field::{items, items_mut, name_of, push, remove, set, text};
use super::made::{metadata, write_end};
use super::security::candidates;
use super::session::check_system;
use super::standards::pod_note;
use super::target::{Target, container_names, find_target, pod_name};
use super::{CopyWish, PodPlan};
use clean::{clean_container, clean_spec, kept_annotations};

/// What stands for every container in [`CopyWish::images`].
const EVERY: &str = "*";

/// The lists of a pod's containers that a copy keeps.
const LISTS: [&str; 2] = ["initContainers", "containers"];

/// Plans a copy: each profile that may be allowed, the strongest first; the API server's answer decides.
///
/// # Errors
/// There can be no such copy, and why.
pub fn plan_copy(pod: &Value, namespace: &Value, wish: &CopyWish<'_>) -> Result<Vec<PodPlan>, PlanError> {
    if !pod.get("spec").is_some_and(Value::is_object) {
        return Err(PlanError::NotAnObject { what: pod_name(pod), expected: "a pod" });
    }
    check_system(pod)?;
    let target = find_target(pod, wish.session.target)?;
    check_images(pod, wish)?;
    let (profiles, mut notes) = candidates(wish.session.profile, namespace);
    notes.extend(pod_note(pod, namespace));
    let spec = copied_spec(pod, (wish, target.name), &mut notes);
    let draft = Draft { pod, target: Some(&target), wish: &wish.session, is_ephemeral: false };
    let made =
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": copied_metadata(pod, wish), "spec": spec});
    profiles
        .into_iter()
        .map(|profile| {
            let mut notes = notes.clone();
            let container = draft.container(profile, &mut notes)?;
            Ok(plan_one((made.clone(), container), &target, profile, notes))
        })
        .collect()
}

fn plan_one(
    (mut pod, mut container): (Value, Value),
    target: &Target<'_>,
    profile: crate::profile::Profile,
    notes: Vec<String>,
) -> PodPlan {
    let name = name_of(&container).to_owned();
    clean::drop_token_mounts(&mut container);
    if let Some(spec) = pod.get_mut("spec") {
        push(spec, "containers", container);
    }
    PodPlan { pod, container: name, target: Some(target.name.to_owned()), profile, notes }
}

fn check_images(pod: &Value, wish: &CopyWish<'_>) -> Result<(), PlanError> {
    let is_there = |name: &str| {
        name == EVERY
            || LISTS
                .iter()
                .any(|list| items(pod, &format!("/spec/{list}")).iter().any(|item| name_of(item) == name))
    };
    let unknown = wish.images.iter().find(|(name, _)| !is_there(name));
    unknown.map_or(Ok(()), |(name, _)| {
        Err(PlanError::NoContainer { pod: pod_name(pod), name: name.clone(), there: container_names(pod) })
    })
}

/// Labels stay away, so that no Service sends traffic and no controller counts the copy.
fn copied_metadata(pod: &Value, wish: &CopyWish<'_>) -> Value {
    let mut made = metadata(&wish.pod, names::DEBUG_COPY);
    let merge = |made: &mut Value, field: &str, kept: serde_json::Map<String, Value>| {
        let own = made.get(field).and_then(Value::as_object).cloned().unwrap_or_default();
        let mut all = kept;
        all.extend(own);
        set(made, field, all);
    };
    if wish.keep_labels {
        let labels = pod.pointer("/metadata/labels").and_then(Value::as_object).cloned();
        merge(&mut made, "labels", labels.unwrap_or_default());
    }
    let mut annotations = kept_annotations(pod);
    annotations.insert(names::COPY_OF.to_owned(), pod_name(pod).into());
    merge(&mut made, "annotations", annotations);
    made
}

fn copied_spec(pod: &Value, (wish, target): (&CopyWish<'_>, &str), notes: &mut Vec<String>) -> Value {
    let mut spec = clean_spec(pod.get("spec").cloned().unwrap_or_default(), notes);
    for list in LISTS {
        for container in items_mut(&mut spec, list) {
            clean_container(container, list == "initContainers");
            change_image(container, wish);
            if name_of(container) == target {
                change_command(container, wish.command);
            }
        }
    }
    place(&mut spec, wish, notes);
    share(&mut spec, wish, notes);
    write_end(&mut spec, &wish.pod);
    spec
}

fn change_image(container: &mut Value, wish: &CopyWish<'_>) {
    let name = name_of(container).to_owned();
    let exact = wish.images.iter().rev().find(|(container, _)| *container == name);
    let every = || wish.images.iter().rev().find(|(container, _)| container == EVERY);
    if let Some((_, image)) = exact.or_else(every) {
        set(container, "image", image.as_str());
    }
}

/// Hooks are for the command that the container had.
fn change_command(container: &mut Value, command: &[String]) {
    if !command.is_empty() {
        set(container, "command", command);
        remove(container, &["args", "lifecycle"]);
    }
}

/// A volume of a claim may be attached to one node only.
fn place(spec: &mut Value, wish: &CopyWish<'_>, notes: &mut Vec<String>) {
    let has_claim = |volume: &Value| volume.get("persistentVolumeClaim").is_some();
    let claims = items(spec, "/volumes").iter().any(has_claim);
    if claims {
        notes.push("the copy has the pod's own volumes: what it writes there is written for both".to_owned());
    }
    if !(claims || wish.same_node) {
        remove(spec, &["nodeName"]);
    }
}

fn share(spec: &mut Value, wish: &CopyWish<'_>, notes: &mut Vec<String>) {
    let sees_all =
        ["/shareProcessNamespace", "/hostPID"].iter().any(|field| super::field::is_true(spec, field));
    if sees_all {
        return;
    }
    if wish.share_processes {
        set(spec, "shareProcessNamespace", true);
    } else {
        let target = text(spec, "/containers/0/name").unwrap_or_default();
        notes.push(format!(
            "the session sees no processes of {target} and the others: --share-processes shows them"
        ));
    }
}
