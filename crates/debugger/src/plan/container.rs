//! The tooling container itself: a sleeper with the marks of its session.

use chandler_api::names;
use chandler_pod_patch::{Conflicts, merge_container};
use serde_json::{Value, json};

use super::SessionWish;
use super::environment::{environment_sources, mark, variables};
use super::error::PlanError;
use super::field::{push, set};
use super::mounts::{Mounts, device_note};
use super::security::security_context;
use super::target::Target;
use super::user::User;
use crate::profile::Profile;
use crate::script;

/// Fields that make a container a session, and so are not for a custom one to change.
const OWN: [&str; 4] = ["args", "command", "targetContainerName", "workingDir"];

/// What is known of a tooling container.
pub(crate) struct Draft<'d> {
    pub(crate) pod: &'d Value,
    pub(crate) target: Option<&'d Target<'d>>,
    pub(crate) wish: &'d SessionWish<'d>,
    pub(crate) is_ephemeral: bool,
}

impl Draft<'_> {
    /// The container with a profile.
    pub(crate) fn container(&self, profile: Profile, notes: &mut Vec<String>) -> Result<Value, PlanError> {
        let mut container = self.bare();
        self.write_environment(&mut container, notes);
        self.write_mounts(&mut container, notes);
        self.write_security(&mut container, profile, notes);
        self.merge_custom(&mut container)?;
        self.write_marks(&mut container, profile);
        Ok(container)
    }

    fn bare(&self) -> Value {
        let toolbox = self.wish.toolbox;
        let mut container =
            json!({"name": self.wish.name, "image": toolbox.image, "command": script::sleeper()});
        if let Some(policy) = self.wish.pull_policy.or(toolbox.pull_policy.as_deref()) {
            set(&mut container, "imagePullPolicy", policy);
        }
        if let Some(target) = self.target.filter(|_| self.is_ephemeral) {
            set(&mut container, "targetContainerName", target.name);
        }
        container
    }

    fn write_environment(&self, container: &mut Value, notes: &mut Vec<String>) {
        let sources = self.target.map(environment_sources).unwrap_or_default();
        if !sources.is_empty() {
            set(container, "envFrom", sources);
        }
        set(container, "env", variables(self.target, &self.wish.toolbox.env, notes));
    }

    fn write_mounts(&self, container: &mut Value, notes: &mut Vec<String>) {
        let mounts = Mounts {
            pod: self.pod,
            target: self.target,
            toolbox: &self.wish.toolbox.volume_mounts,
            is_ephemeral: self.is_ephemeral,
        };
        let list = mounts.list(notes);
        if !list.is_empty() {
            set(container, "volumeMounts", list);
        }
        notes.extend(self.target.and_then(device_note));
    }

    fn write_security(&self, container: &mut Value, profile: Profile, notes: &mut Vec<String>) {
        let user = User::choose(self.pod, self.target, profile);
        let context = security_context(profile, &user);
        notes.extend(user.note);
        if context.as_object().is_some_and(|context| !context.is_empty()) {
            set(container, "securityContext", context);
        }
    }

    fn merge_custom(&self, container: &mut Value) -> Result<(), PlanError> {
        let Some(custom) = self.wish.custom else { return Ok(()) };
        if let Some(field) = OWN.iter().find(|field| custom.get(**field).is_some()) {
            return Err(PlanError::Custom { problem: format!("{field} is the session's own") });
        }
        let merged = merge_container(container, custom, Conflicts::Override);
        merged.map(drop).map_err(|error| PlanError::Custom { problem: error.to_string() })
    }

    /// Last, so that nothing takes them away.
    fn write_marks(&self, container: &mut Value, profile: Profile) {
        let idle = self.wish.idle.as_secs().to_string();
        let marks = [
            (names::SESSION_VARIABLE, self.wish.name),
            (names::TARGET_VARIABLE, self.target.map_or("", |target| target.name)),
            (names::PROFILE_VARIABLE, profile.name()),
            (names::IDLE_VARIABLE, &idle),
        ];
        if let Some(list) = container.get_mut("env").and_then(Value::as_array_mut) {
            list.retain(|variable| marks.iter().all(|(name, _)| super::field::name_of(variable) != *name));
        }
        for (name, value) in marks {
            push(container, "env", mark(name, value));
        }
    }
}
