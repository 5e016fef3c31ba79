//! Security contexts, and what a pod for another operating system may not have in one.

use serde_json::Value;

use super::read::{flag, integer, items, present, text};
use super::{Inspection, Nature, spec_of, words};

/// Largest id of a user or group.
const MAX_ID: i64 = 2_147_483_647;

/// What only Linux has.
const LINUX_OF_CONTAINER: [&str; 10] = [
    "appArmorProfile",
    "seLinuxOptions",
    "seccompProfile",
    "capabilities",
    "readOnlyRootFilesystem",
    "privileged",
    "allowPrivilegeEscalation",
    "procMount",
    "runAsUser",
    "runAsGroup",
];
const LINUX_OF_POD: [&str; 11] = [
    "appArmorProfile",
    "seLinuxOptions",
    "seccompProfile",
    "fsGroup",
    "fsGroupChangePolicy",
    "sysctls",
    "runAsUser",
    "runAsGroup",
    "supplementalGroups",
    "supplementalGroupsPolicy",
    "seLinuxChangePolicy",
];

pub(super) fn check_container(inspection: &mut Inspection<'_>, container: &Value) {
    let Some(context) = present(container, "securityContext") else { return };
    check_shared(inspection, context, "securityContext");
    check_system(inspection, context, "securityContext", &LINUX_OF_CONTAINER);
    inspection.check_choice(context, ("procMount", "securityContext.procMount"), &["Default", "Unmasked"]);
    if context.get("allowPrivilegeEscalation") != Some(&Value::Bool(false)) {
        return;
    }
    let place = "securityContext.allowPrivilegeEscalation";
    if flag(context, "privileged") {
        inspection.note(place, "may not be false where privileged is true");
    }
    let added = present(context, "capabilities").unwrap_or(&Value::Null);
    if items(added, "add").any(|capability| capability == "CAP_SYS_ADMIN") {
        inspection.note(place, "may not be false where the capability CAP_SYS_ADMIN is added");
    }
}

pub(super) fn check_pod(inspection: &mut Inspection<'_>) {
    let Some(context) = present(spec_of(inspection.pod), "securityContext") else { return };
    check_shared(inspection, context, "spec.securityContext");
    check_system(inspection, context, "spec.securityContext", &LINUX_OF_POD);
    let policy = ("fsGroupChangePolicy", "spec.securityContext.fsGroupChangePolicy");
    inspection.check_choice(context, policy, &["Always", "OnRootMismatch"]);
}

fn check_shared(inspection: &mut Inspection<'_>, context: &Value, place: &str) {
    for field in ["runAsUser", "runAsGroup", "fsGroup"] {
        if integer(context, field).is_some_and(|id| !(0..=MAX_ID).contains(&id)) {
            inspection.note(format!("{place}.{field}"), "is not an id: 0 to 2147483647");
        }
    }
    for field in ["seccompProfile", "appArmorProfile"] {
        let Some(profile) = present(context, field) else { continue };
        let place = format!("{place}.{field}");
        let kinds = ["Localhost", "RuntimeDefault", "Unconfined"];
        inspection.check_choice(profile, ("type", &format!("{place}.type")), &kinds);
        let (is_local, name) = (text(profile, "type") == "Localhost", present(profile, "localhostProfile"));
        let place = format!("{place}.localhostProfile");
        match name {
            None if is_local => {
                inspection.note_as(Nature::Presence, place, "is required where type is Localhost");
            }
            Some(_) if !is_local => {
                inspection.note_as(Nature::Presence, place, "may be set only where type is Localhost");
            }
            _ => inspection.check_words(profile, ("localhostProfile", &place), words::descending_path),
        }
    }
}

fn check_system(inspection: &mut Inspection<'_>, context: &Value, place: &str, linux: &[&str]) {
    let os = present(spec_of(inspection.pod), "os").map(|os| text(os, "name"));
    let foreign: &[&str] = match os {
        Some("windows") => linux,
        Some("linux") => &["windowsOptions"],
        _ => &[],
    };
    for field in foreign.iter().filter(|field| present(context, field).is_some()) {
        let message = format!("may not be set for a pod whose os is {}", os.unwrap_or_default());
        inspection.note_as(Nature::Presence, format!("{place}.{field}"), message);
    }
}
