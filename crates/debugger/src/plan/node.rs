//! A pod that looks into its node. What it sees follows from the profile: with `general` the processes, the network and,
//! read-only, the files of the node, with `netadmin` and `sysadmin` more rights over them; with `baseline` and
//! `restricted` nothing, for a look at how pods fare there. It has no priority: a pod with one makes room for itself.

use chandler_api::names;
use chandler_pod_security::Level;
use serde_json::{Value, json};

use super::container::Draft;
use super::error::PlanError;
use super::field::{entry, items, push, set, text};
use super::made::{metadata, write_end};
use super::security::candidates;
use super::target::NOTHING;
use super::{NodeWish, PodPlan};
use crate::profile::{Profile, ProfileChoice};

/// Where the node's files are.
pub const HOST_PATH: &str = "/host";

/// Name of the volume with the node's files.
const HOST_VOLUME: &str = "host";

/// Plans a pod on a node: each profile that may be allowed, the strongest first. `auto` is `general` here: what is less
/// sees nothing of the node.
///
/// # Errors
/// The node or the namespace can have no such pod, and why.
pub fn plan_node(node: &Value, namespace: &Value, wish: &NodeWish<'_>) -> Result<Vec<PodPlan>, PlanError> {
    let Some(name) = text(node, "/metadata/name") else {
        return Err(PlanError::NotAnObject { what: "what was read".to_owned(), expected: "a node" });
    };
    check_system(node, name)?;
    let profile = choose(wish, namespace)?;
    let (_, mut notes) = candidates(ProfileChoice::Named(profile), namespace);
    notes.extend(ready_note(node, name));
    notes.extend(sight_note(name, profile));
    let draft = Draft { pod: NOTHING, target: None, wish: &wish.session, is_ephemeral: false };
    let mut container = draft.container(profile, &mut notes)?;
    let spec = spec(name, profile, &mut container);
    let mut pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": metadata(&wish.pod, names::DEBUG_NODE), "spec": spec});
    if let Some(spec) = pod.get_mut("spec") {
        push(spec, "containers", container);
        write_end(spec, &wish.pod);
    }
    Ok(vec![PodPlan { pod, container: wish.session.name.to_owned(), target: None, profile, notes }])
}

fn choose(wish: &NodeWish<'_>, namespace: &Value) -> Result<Profile, PlanError> {
    let level = Level::enforced(namespace);
    match wish.session.profile {
        ProfileChoice::Named(profile) => Ok(profile),
        ProfileChoice::Auto if level == Level::Privileged => Ok(Profile::General),
        ProfileChoice::Auto => Err(PlanError::NodeForbidden {
            namespace: wish.pod.namespace.to_owned(),
            level: level.to_string(),
        }),
    }
}

fn check_system(node: &Value, name: &str) -> Result<(), PlanError> {
    let label = entry(node, "/metadata/labels", names::NODE_OS_LABEL);
    if label.or_else(|| text(node, "/status/nodeInfo/operatingSystem")) == Some("windows") {
        return Err(PlanError::Windows { what: format!("node {name}") });
    }
    Ok(())
}

fn ready_note(node: &Value, name: &str) -> Option<String> {
    let conditions = items(node, "/status/conditions");
    let ready = conditions.iter().find(|condition| text(condition, "/type") == Some("Ready"))?;
    let is_ready = text(ready, "/status") == Some("True");
    let why = text(ready, "/message").unwrap_or_default();
    (!is_ready).then(|| format!("node {name} is not ready, and may start nothing: {why}"))
}

fn sight_note(name: &str, profile: Profile) -> Option<String> {
    let sees_nothing = profile < Profile::General;
    sees_nothing
        .then(|| format!("with profile {profile} the pod sees no processes, network or files of node {name}"))
}

fn spec(node: &str, profile: Profile, container: &mut Value) -> Value {
    let mut spec = json!({
        "nodeName": node,
        "tolerations": [{"operator": "Exists"}],
        "automountServiceAccountToken": false,
        "enableServiceLinks": false,
        "terminationGracePeriodSeconds": 0,
    });
    if profile >= Profile::General {
        set(&mut spec, "hostPID", true);
        set(&mut spec, "hostNetwork", true);
        set(&mut spec, "dnsPolicy", "Default");
        set(
            &mut spec,
            "volumes",
            json!([{"name": HOST_VOLUME, "hostPath": {"path": "/", "type": "Directory"}}]),
        );
        push(container, "volumeMounts", host_mount(profile));
    }
    if profile == Profile::Sysadmin {
        set(&mut spec, "hostIPC", true);
    }
    spec
}

/// Who may do everything may write; for all others what is mounted below is read-only too, where the node can do that.
fn host_mount(profile: Profile) -> Value {
    if profile == Profile::Sysadmin {
        return json!({"name": HOST_VOLUME, "mountPath": HOST_PATH, "mountPropagation": "HostToContainer"});
    }
    json!({"name": HOST_VOLUME, "mountPath": HOST_PATH, "readOnly": true, "recursiveReadOnly": "IfPossible"})
}
