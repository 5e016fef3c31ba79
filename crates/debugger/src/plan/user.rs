//! As whom a tooling container runs that has no rights of its own: the kernel shows a process to who runs as the same user
//! and group.

use serde_json::Value;

use super::field::set;
use super::target::{NOTHING, Target};
use crate::profile::Profile;

/// Who runs where root is not allowed and nobody knows the target's user; the user `nobody` of most images.
const NOBODY: i64 = 65534;

/// A user, a group and labels for a container's security context.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct User {
    uid: Option<i64>,
    gid: Option<i64>,
    selinux: Option<Value>,
    /// What the person should know of the choice.
    pub(crate) note: Option<String>,
}

impl User {
    /// The target's own user, as far as a profile allows it.
    pub(crate) fn choose(pod: &Value, target: Option<&Target<'_>>, profile: Profile) -> Self {
        let found = Self::of_target(pod, target);
        let is_root_allowed = profile != Profile::Restricted
            && is_set(pod, target, "runAsNonRoot", |value| value.as_bool().map(i64::from))
                .is_none_or(|set| set != 1);
        let may_be_root = found.uid.is_none_or(|uid| uid == 0);
        if profile > Profile::Baseline || is_root_allowed || !may_be_root {
            return found;
        }
        found.replaced(target)
    }

    fn of_target(pod: &Value, target: Option<&Target<'_>>) -> Self {
        let status = target.map_or(NOTHING, |target| target.status);
        let seen = |name: &str| status.pointer("/user/linux")?.get(name)?.as_i64();
        Self {
            uid: seen("uid").or_else(|| is_set(pod, target, "runAsUser", Value::as_i64)),
            gid: seen("gid").or_else(|| is_set(pod, target, "runAsGroup", Value::as_i64)),
            selinux: target
                .and_then(|target| target.container.pointer("/securityContext/seLinuxOptions"))
                .cloned(),
            note: None,
        }
    }

    fn replaced(self, target: Option<&Target<'_>>) -> Self {
        let name = target.map_or("the target", |target| target.name);
        let why = match self.uid {
            Some(_) => format!("{name} runs as root"),
            None => format!("nobody says as whom {name} runs"),
        };
        let note = format!(
            "{why}, and the session may not: it runs as user {NOBODY}, which cannot see the target's files"
        );
        Self { uid: Some(NOBODY), gid: Some(NOBODY), note: Some(note), ..self }
    }

    /// Writes them into a security context.
    pub(crate) fn write(&self, context: &mut Value) {
        if let Some(uid) = self.uid {
            set(context, "runAsUser", uid);
        }
        if let Some(gid) = self.gid {
            set(context, "runAsGroup", gid);
        }
        self.write_labels(context);
    }

    /// Writes what keeps processes apart beside users.
    pub(crate) fn write_labels(&self, context: &mut Value) {
        if let Some(selinux) = &self.selinux {
            set(context, "seLinuxOptions", selinux.clone());
        }
    }
}

/// A field of the target's security context, else of the pod's.
fn is_set<T>(
    pod: &Value,
    target: Option<&Target<'_>>,
    field: &str,
    read: fn(&Value) -> Option<T>,
) -> Option<T> {
    let own = target.and_then(|target| target.container.pointer("/securityContext")?.get(field));
    read(own.or_else(|| pod.pointer("/spec/securityContext")?.get(field))?)
}
