//! Which profiles are worth trying, and the security context of each.

use chandler_pod_security::Level;
use serde_json::{Value, json};

use super::field::text;
use super::user::User;
use crate::profile::{Profile, ProfileChoice};

/// The profiles that `auto` tries, the strongest first.
const AUTOMATIC: [Profile; 3] = [Profile::General, Profile::Baseline, Profile::Restricted];

/// The strongest profile with which a container meets a level.
fn strongest_under(level: Level) -> Profile {
    match level {
        Level::Privileged => Profile::Sysadmin,
        Level::Baseline => Profile::Baseline,
        Level::Restricted => Profile::Restricted,
    }
}

/// The profiles to try in turn, and what was given up before. One that somebody names is tried whatever the labels say:
/// the API server may make exceptions.
pub(crate) fn candidates(choice: ProfileChoice, namespace: &Value) -> (Vec<Profile>, Vec<String>) {
    let level = Level::enforced(namespace);
    let strongest = strongest_under(level);
    let name = text(namespace, "/metadata/name").unwrap_or_default();
    match choice {
        ProfileChoice::Named(profile) => {
            let refused = (profile > strongest).then(|| format!("namespace {name} enforces Pod Security {level}: profile {profile} will be refused there unless the cluster makes an exception"));
            (vec![profile], refused.into_iter().collect())
        }
        ProfileChoice::Auto => {
            let allowed: Vec<Profile> =
                AUTOMATIC.into_iter().filter(|profile| *profile <= strongest).collect();
            let given_up = |profile: &Profile| {
                format!("profile {profile} is given up: namespace {name} enforces Pod Security {level}")
            };
            let notes = AUTOMATIC.iter().filter(|profile| **profile > strongest).map(given_up);
            (allowed, notes.collect())
        }
    }
}

/// The security context of a tooling container; None where it asks for nothing.
pub(crate) fn security_context(profile: Profile, user: &User) -> Value {
    match profile {
        Profile::Restricted => restricted(user),
        Profile::Baseline => baseline(user),
        Profile::General => as_root(&["SYS_PTRACE"], user),
        Profile::Netadmin => as_root(&["NET_ADMIN", "NET_RAW", "SYS_PTRACE"], user),
        Profile::Sysadmin => {
            json!({"privileged": true, "runAsUser": 0, "runAsGroup": 0, "runAsNonRoot": false})
        }
    }
}

fn restricted(user: &User) -> Value {
    let mut context = json!({
        "allowPrivilegeEscalation": false,
        "capabilities": {"drop": ["ALL"]},
        "runAsNonRoot": true,
        "seccompProfile": {"type": "RuntimeDefault"},
    });
    user.write(&mut context);
    context
}

fn baseline(user: &User) -> Value {
    let mut context = json!({});
    user.write(&mut context);
    context
}

fn as_root(capabilities: &[&str], user: &User) -> Value {
    let mut context = json!({
        "capabilities": {"add": capabilities},
        "runAsGroup": 0,
        "runAsNonRoot": false,
        "runAsUser": 0,
    });
    user.write_labels(&mut context);
    context
}
