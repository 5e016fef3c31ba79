//! Finds the sessions that a pod has already, by the marks on their containers.

use chandler_api::names;
use serde_json::Value;

use crate::profile::{Profile, ProfileChoice};

/// A tooling container of a pod.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// The container.
    pub name: String,
    /// Its image, as it was asked for.
    pub image: String,
    /// The container that it looks into; empty on a node.
    pub target: String,
    /// What it may do.
    pub profile: Profile,
    /// Whether it runs.
    pub running: bool,
}

/// The tooling containers of a pod, in the order in which it has them.
#[must_use]
pub fn sessions(pod: &Value) -> Vec<Session> {
    let lists = ["containers", "ephemeralContainers"];
    let containers = lists.iter().filter_map(|list| pod.get("spec")?.get(list)?.as_array()).flatten();
    containers.filter_map(|container| read_session(pod, container)).collect()
}

/// The session to go back into: the strongest that runs and is no more than what was asked for, of equals the newest.
///
/// `auto` takes none that may do more than [`Profile::General`].
#[must_use]
pub fn session_to_enter(pod: &Value, target: &str, image: &str, choice: ProfileChoice) -> Option<Session> {
    let fits = |session: &Session| {
        let is_meant = match choice {
            ProfileChoice::Auto => session.profile <= Profile::General,
            ProfileChoice::Named(profile) => session.profile == profile,
        };
        is_meant && session.running && session.target == target && session.image == image
    };
    sessions(pod)
        .into_iter()
        .filter(fits)
        .max_by_key(|session| (session.profile, started(pod, &session.name)))
}

/// A container without its own name in its marks is a copy of one, and none of ours.
fn read_session(pod: &Value, container: &Value) -> Option<Session> {
    let name = container.get("name")?.as_str()?;
    if variable(container, names::SESSION_VARIABLE)? != name {
        return None;
    }
    let profile = variable(container, names::PROFILE_VARIABLE)?;
    Some(Session {
        name: name.to_owned(),
        image: container.get("image")?.as_str()?.to_owned(),
        target: variable(container, names::TARGET_VARIABLE).unwrap_or_default().to_owned(),
        profile: Profile::ALL.into_iter().find(|known| known.name() == profile)?,
        running: is_running(pod, name),
    })
}

fn variable<'c>(container: &'c Value, name: &str) -> Option<&'c str> {
    let variables = container.get("env")?.as_array()?;
    let is_meant = |variable: &&Value| variable.get("name").and_then(Value::as_str) == Some(name);
    variables.iter().rev().find(is_meant)?.get("value")?.as_str()
}

fn is_running(pod: &Value, name: &str) -> bool {
    running(pod, name).is_some()
}

/// When it started; times of one form sort as text.
fn started<'p>(pod: &'p Value, name: &str) -> &'p str {
    running(pod, name).and_then(|running| running.get("startedAt")?.as_str()).unwrap_or_default()
}

fn running<'p>(pod: &'p Value, name: &str) -> Option<&'p Value> {
    let lists = ["containerStatuses", "ephemeralContainerStatuses"];
    let statuses = lists.iter().filter_map(|list| pod.get("status")?.get(list)?.as_array()).flatten();
    let mut own = statuses.filter(|status| status.get("name").and_then(Value::as_str) == Some(name));
    own.find_map(|status| status.get("state")?.get("running"))
}

#[cfg(test)]
mod tests;
