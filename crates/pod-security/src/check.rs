//! The checks, each with the levels that have it, and what they find in a pod.

use serde_json::Value;

use crate::level::Level;
use crate::pod::{Finding, Pod, Subject};
use crate::{baseline, restricted};

/// Something in a pod that a level refuses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation<'p> {
    /// Whose field it is.
    pub subject: Subject<'p>,
    /// The rule in the words of Kubernetes (`ForbiddenReason` of the check, in the singular): one of a closed set.
    pub reason: &'static str,
    /// What breaks it, as a sentence: `container app is privileged`.
    pub detail: String,
}

/// A rule.
struct Check {
    reason: &'static str,
    levels: &'static [Level],
    find: for<'p> fn(Pod<'p>) -> Vec<Finding<'p>>,
}

/// In whose place the level restricted has a stricter check: `OverrideCheckIDs` of Kubernetes.
const BASELINE: &[Level] = &[Level::Baseline];
const BOTH: &[Level] = &[Level::Baseline, Level::Restricted];
const RESTRICTED: &[Level] = &[Level::Restricted];

/// In the order of Kubernetes: the baseline's checks by their names, then the others.
static CHECKS: [Check; 19] = [
    Check { reason: "forbidden AppArmor profile", levels: BOTH, find: baseline::app_armor },
    Check { reason: "non-default capabilities", levels: BASELINE, find: baseline::capabilities },
    Check { reason: "host namespaces", levels: BOTH, find: baseline::host_namespaces },
    Check { reason: "hostPath volumes", levels: BASELINE, find: baseline::host_paths },
    Check { reason: "hostPort", levels: BOTH, find: baseline::host_ports },
    Check { reason: "probe or lifecycle host", levels: BOTH, find: baseline::probe_hosts },
    Check { reason: "privileged", levels: BOTH, find: baseline::privileged },
    Check { reason: "procMount", levels: BASELINE, find: baseline::proc_mount },
    Check { reason: "seLinuxOptions", levels: BOTH, find: baseline::selinux },
    Check { reason: "seccompProfile", levels: BASELINE, find: baseline::seccomp },
    Check { reason: "forbidden sysctls", levels: BOTH, find: baseline::sysctls },
    Check { reason: "hostProcess", levels: BOTH, find: baseline::host_process },
    Check { reason: "allowPrivilegeEscalation != false", levels: RESTRICTED, find: restricted::escalation },
    Check { reason: "unrestricted capabilities", levels: RESTRICTED, find: restricted::capabilities },
    Check { reason: "procMount", levels: RESTRICTED, find: restricted::proc_mount },
    Check { reason: "restricted volume types", levels: RESTRICTED, find: restricted::volumes },
    Check { reason: "runAsNonRoot != true", levels: RESTRICTED, find: restricted::non_root },
    Check { reason: "runAsUser=0", levels: RESTRICTED, find: restricted::user },
    Check { reason: "seccompProfile", levels: RESTRICTED, find: restricted::seccomp },
];

/// Everything in a pod that a level refuses, rule by rule; in each rule the pod before its containers.
///
/// The pod is one that an API server has taken, or would take but for its level: a value that no field may have counts
/// as one that is not there.
#[must_use]
pub fn violations(pod: &Value, level: Level) -> Vec<Violation<'_>> {
    let pod = Pod { value: pod };
    let of_level = CHECKS.iter().filter(|check| check.levels.contains(&level));
    let of_check = |check: &'static Check| {
        let found = (check.find)(pod).into_iter();
        found.map(|Finding { subject, detail }| Violation { subject, reason: check.reason, detail })
    };
    of_level.flat_map(of_check).collect()
}

#[cfg(test)]
mod tests;
