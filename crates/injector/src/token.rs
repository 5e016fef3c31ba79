//! The token of a pod's service account, for containers that templates add. The API server's ServiceAccount plugin mounts it
//! into every container; it does so before webhooks are called, and again for what they add, and when it changes a pod
//! again then every webhook is called again. Containers that come with the mount spare pods that second call.

use serde_json::{Value, json};

/// Where the plugin mounts it: `DefaultAPITokenMountPath` in the API server's `plugin/pkg/admission/serviceaccount`.
const MOUNT_PATH: &str = "/var/run/secrets/kubernetes.io/serviceaccount";

/// What the name of the plugin's volume starts with.
const VOLUME_PREFIX: &str = "kube-api-access-";

/// The field that says whose token it is.
const ACCOUNT: &str = "serviceAccountName";

/// The lists that the plugin looks at.
const LISTS: [&str; 2] = ["initContainers", "containers"];

/// Mounts the token into each container that a template has added, as the plugin would; where the plugin has not been there,
/// as in a manifest, or may decide anew, as for another account, nothing changes.
pub(crate) fn mount_token(before: &Value, fitted: &mut Value) {
    let Some(volume) = volume_of(before, fitted) else { return };
    let known: Vec<&str> =
        LISTS.into_iter().flat_map(|list| containers_of(before, list)).filter_map(name_of).collect();
    for list in LISTS {
        let containers = fitted.pointer_mut(&format!("/spec/{list}")).and_then(Value::as_array_mut);
        for container in containers.into_iter().flatten() {
            if !name_of(container).is_some_and(|name| known.contains(&name)) && !has_mount(container) {
                append_mount(container, &volume);
            }
        }
    }
}

/// The name of the token's volume, where the plugin has mounted it into every container that there was.
fn volume_of(before: &Value, fitted: &Value) -> Option<String> {
    let field = |pod: &Value, name: &str| pod.get("spec")?.get(name).cloned();
    let is_off = field(fitted, "automountServiceAccountToken") == Some(Value::Bool(false));
    if is_off || field(before, ACCOUNT) != field(fitted, ACCOUNT) {
        return None;
    }
    let volumes = fitted.pointer("/spec/volumes")?.as_array()?;
    let volume = volumes.iter().filter_map(name_of).find(|name| name.starts_with(VOLUME_PREFIX))?;
    let mut containers = LISTS.into_iter().flat_map(|list| containers_of(before, list)).peekable();
    containers.peek()?;
    containers.all(|container| mounts(container, volume)).then(|| volume.to_owned())
}

fn name_of(object: &Value) -> Option<&str> {
    object.get("name")?.as_str()
}

fn containers_of<'p>(pod: &'p Value, list: &str) -> impl Iterator<Item = &'p Value> {
    pod.pointer(&format!("/spec/{list}")).and_then(Value::as_array).into_iter().flatten()
}

fn mounts_there(container: &Value) -> impl Iterator<Item = &Value> {
    let mounts = container.get("volumeMounts").and_then(Value::as_array);
    let is_there = |mount: &&Value| mount.get("mountPath").is_some_and(|path| path == MOUNT_PATH);
    mounts.into_iter().flatten().filter(is_there)
}

fn has_mount(container: &Value) -> bool {
    mounts_there(container).next().is_some()
}

fn mounts(container: &Value, volume: &str) -> bool {
    mounts_there(container).any(|mount| name_of(mount) == Some(volume))
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
        let own = json!([{"name": "own", "mountPath": MOUNT_PATH}]);
        assert_eq!(mounts_of_added(&pod(own), &log), nothing);
    }

    #[test]
    fn containers_that_were_there_and_another_accounts_are_left_to_the_plugin() {
        let before = pod(json!([token()]));
        let mut fitted = before.clone();
        fitted["spec"]["containers"][0]["volumeMounts"] = json!([]);
        let without = fitted.clone();
        mount_token(&before, &mut fitted);
        assert_eq!(fitted, without);
        fitted["spec"]["serviceAccountName"] = "other".into();
        fitted["spec"]["containers"].as_array_mut().unwrap().push(json!({"name": "log"}));
        mount_token(&before, &mut fitted);
        assert_eq!(fitted["spec"]["containers"][1], json!({"name": "log"}));
    }
}
