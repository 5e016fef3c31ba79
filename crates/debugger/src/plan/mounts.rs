//! The volume mounts of a tooling container: the target's and the toolbox's, as far as it may have them.

use serde_json::Value;

use super::field::{items, named, remove, text};
use super::target::Target;

/// Folders that the tools need as the toolbox's image has them.
const OF_THE_IMAGE: [&str; 15] = [
    "",
    "/bin",
    "/sbin",
    "/lib",
    "/lib32",
    "/lib64",
    "/usr",
    "/usr/bin",
    "/usr/sbin",
    "/usr/lib",
    "/usr/lib64",
    "/etc",
    "/proc",
    "/sys",
    "/dev",
];

/// What a tooling container mounts, and whether it is an ephemeral one.
pub(crate) struct Mounts<'m> {
    pub(crate) pod: &'m Value,
    pub(crate) target: Option<&'m Target<'m>>,
    pub(crate) toolbox: &'m [Value],
    pub(crate) is_ephemeral: bool,
}

impl Mounts<'_> {
    /// The mounts; a toolbox's goes before the target's at the same path.
    pub(crate) fn list(&self, notes: &mut Vec<String>) -> Vec<Value> {
        let own = self.target.map_or(&[][..], |target| items(target.container, "/volumeMounts"));
        let is_replaced = |mount: &&Value| !self.toolbox.iter().any(|other| path_of(other) == path_of(mount));
        let all = own.iter().filter(is_replaced).chain(self.toolbox);
        let mut list = Vec::new();
        for mount in all {
            match self.obstacle(mount) {
                Some(obstacle) => notes.push(format!("{} is not mounted: {obstacle}", path_of(mount))),
                None => list.push(plain(mount.clone())),
            }
        }
        list
    }

    fn obstacle(&self, mount: &Value) -> Option<String> {
        let volume = text(mount, "/name").unwrap_or_default();
        let has_part = ["/subPath", "/subPathExpr"]
            .iter()
            .any(|field| text(mount, field).is_some_and(|part| !part.is_empty()));
        if OF_THE_IMAGE.contains(&path_of(mount)) {
            Some("it would hide the tools".to_owned())
        } else if has_part && self.is_ephemeral {
            Some("Kubernetes allows no subPath in a container that is added to a pod".to_owned())
        } else if named(items(self.pod, "/spec/volumes"), volume).is_none() {
            Some(format!("the pod has no volume {volume:?}"))
        } else {
            None
        }
    }
}

/// Block devices of the target, which are not given to tools.
pub(crate) fn device_note(target: &Target<'_>) -> Option<String> {
    let devices = items(target.container, "/volumeDevices");
    (!devices.is_empty()).then(|| format!("block devices of {} are left out", target.name))
}

/// Only privileged containers may hand mounts on to the node.
fn plain(mut mount: Value) -> Value {
    if text(&mount, "/mountPropagation") == Some("Bidirectional") {
        remove(&mut mount, &["mountPropagation"]);
    }
    mount
}

fn path_of(mount: &Value) -> &str {
    text(mount, "/mountPath").unwrap_or_default().trim_end_matches('/')
}
