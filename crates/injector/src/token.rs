//! The token of a pod's service account, for containers that templates add. The API server's ServiceAccount plugin mounts it
//! into every container; it does so before webhooks are called, and again for what they add, and when it changes a pod
//! again then every webhook is called again. Containers that come with the mount spare pods that second call.

use serde_json::{Value, json};

/// Where the plugin mounts it: `DefaultAPITokenMountPath` in the API server's `plugin/pkg/admission/serviceaccount`.
const MOUNT_PATH: &str = "/var/run/secrets/kubernetes.io/serviceaccount";

/// What the name of the plugin's volume starts with.
const VOLUME_PREFIX: &str = "kube-api-access-";

/// The lists that the plugin looks at.
const LISTS: [&str; 2] = ["initContainers", "containers"];

/// Mounts the token into each container that the pod did not have before, as the plugin would; where the plugin has not been
/// there, as in a manifest, or would mount nothing, nothing changes.
pub(crate) fn mount_token(before: &Value, fitted: &mut Value) {
    let Some(volume) = volume_of(before, fitted) else { return };
    for list in LISTS {
        let Some(containers) = fitted.pointer_mut(&format!("/spec/{list}")).and_then(Value::as_array_mut)
        else {
            continue;
        };
        for container in containers.iter_mut().filter(|container| !has_mount(container)) {
            append_mount(container, &volume);
        }
    }
}

/// The name of the token's volume, where the plugin mounts it: into every container that there was.
fn volume_of(before: &Value, fitted: &Value) -> Option<String> {
    if fitted.pointer("/spec/automountServiceAccountToken") == Some(&Value::Bool(false)) {
        return None;
    }
    let mut containers = LISTS.into_iter().flat_map(|list| containers_of(before, list)).peekable();
    containers.peek()?;
    if !containers.all(has_mount) {
        return None;
    }
    let volumes = fitted.pointer("/spec/volumes")?.as_array()?;
    let names = volumes.iter().filter_map(|volume| volume.get("name")?.as_str());
    names.into_iter().find(|name| name.starts_with(VOLUME_PREFIX)).map(ToOwned::to_owned)
}

fn containers_of<'p>(pod: &'p Value, list: &str) -> impl Iterator<Item = &'p Value> {
    pod.pointer(&format!("/spec/{list}")).and_then(Value::as_array).into_iter().flatten()
}

fn has_mount(container: &Value) -> bool {
    let mounts = container.get("volumeMounts").and_then(Value::as_array);
    mounts.into_iter().flatten().any(|mount| mount.get("mountPath").is_some_and(|path| path == MOUNT_PATH))
}

fn append_mount(container: &mut Value, volume: &str) {
    let Some(container) = container.as_object_mut() else { return };
    let mounts = container.entry("volumeMounts").or_insert(Value::Null);
    if mounts.is_null() {
        *mounts = Value::Array(Vec::new());
    }
    if let Some(mounts) = mounts.as_array_mut() {
        mounts.push(json!({"name": volume, "readOnly": true, "mountPath": MOUNT_PATH}));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token() -> Value {
        json!({"name": "kube-api-access-x1", "readOnly": true, "mountPath": MOUNT_PATH})
    }

    fn pod(mounts: Value) -> Value {
        json!({"spec": {
            "containers": [{"name": "app", "volumeMounts": mounts}],
            "volumes": [{"name": "kube-api-access-x1", "projected": {}}],
        }})
    }

    /// The mounts of a container that a template adds to the pod, as an init container and as one beside the others.
    fn mounts_of_added(before: &Value, added: &Value) -> [Value; 2] {
        let mut fitted = before.clone();
        fitted["spec"]["initContainers"] = json!([added]);
        fitted["spec"]["containers"].as_array_mut().unwrap().push(added.clone());
        mount_token(before, &mut fitted);
        let [init, beside] = ["/spec/initContainers/0/volumeMounts", "/spec/containers/1/volumeMounts"];
        [init, beside].map(|pointer| fitted.pointer(pointer).cloned().unwrap_or_default())
    }

    #[test]
    fn added_containers_get_the_mount_that_the_others_have() {
        let added = mounts_of_added(&pod(json!([token()])), &json!({"name": "log"}));
        assert_eq!(added, [json!([token()]), json!([token()])]);
        let own = json!({"name": "logs", "mountPath": "/logs"});
        let added = mounts_of_added(&pod(json!([token()])), &json!({"name": "log", "volumeMounts": [own]}));
        assert_eq!(added, [json!([own, token()]), json!([own, token()])]);
    }

    #[test]
    fn container_that_mounts_something_there_keeps_it() {
        let own = json!([{"name": "own", "mountPath": MOUNT_PATH}]);
        let added = mounts_of_added(&pod(json!([token()])), &json!({"name": "log", "volumeMounts": own}));
        assert_eq!(added, [own.clone(), own]);
    }

    #[test]
    fn nothing_is_mounted_where_the_plugin_would_not() {
        let nothing = [Value::Null, Value::Null];
        let log = json!({"name": "log"});
        assert_eq!(mounts_of_added(&pod(json!([])), &log), nothing);
        let mut off = pod(json!([token()]));
        off["spec"]["automountServiceAccountToken"] = false.into();
        assert_eq!(mounts_of_added(&off, &log), nothing);
        let mut another = pod(json!([token()]));
        another["spec"]["volumes"][0]["name"] = "token".into();
        assert_eq!(mounts_of_added(&another, &log), nothing);
    }
}
