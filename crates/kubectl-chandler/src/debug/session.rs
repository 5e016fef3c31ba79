//! A tooling container in a pod: one that runs there already, or one that is added.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};

use chandler_api::names;
use chandler_debugger::existing::session_to_enter;
use chandler_debugger::plan::{PlanError, SessionPlan, plan_session};
use chandler_debugger::script::{Entry, ViewChoice, enter};
use chandler_debugger::standing::{Standing, judge};
use serde_json::{Value, json};

use super::context::Context;
use super::failure::Failure;
use super::pods::name_of;
use super::voice::Voice;
use crate::cluster::{ClusterError, Container, Object, PODS};

/// Letters of made-up names: none that make words, none that look alike.
const LETTERS: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";

/// How many letters a made-up name has.
const LENGTH: usize = 5;

/// A tooling container to run commands in.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    pub(crate) namespace: String,
    /// The pod that it is in, as it was seen last.
    pub(crate) pod: Value,
    pub(crate) container: String,
    /// The container that is looked into; none on a node.
    pub(crate) target: Option<String>,
    pub(crate) image: String,
    pub(crate) profile: String,
    /// Whether it was there before.
    pub(crate) reentered: bool,
    pub(crate) view: ViewChoice,
    /// What was sent to make it, if anything was.
    pub(crate) sent: Option<Value>,
}

/// Enters the session that there is, unless a new one is wanted, or makes one.
///
/// # Errors
/// The pod can have none, or the API server takes none.
pub(crate) async fn open(context: &Context<'_>, pod: Value, voice: &Voice) -> Result<Session, Failure> {
    let name = made_up_name(names::SESSION_PREFIX);
    let plans = plan_session(&pod, &context.namespace, &context.wish(&name))?;
    match find(context, &pod, &plans) {
        Some(session) => Ok(session),
        None => make(context, (&pod, plans), voice).await,
    }
}

/// Makes one, whatever is there.
///
/// # Errors
/// The pod can have none, or the API server takes none.
pub(crate) async fn open_new(context: &Context<'_>, pod: &Value, voice: &Voice) -> Result<Session, Failure> {
    let name = made_up_name(names::SESSION_PREFIX);
    let plans = plan_session(pod, &context.namespace, &context.wish(&name))?;
    make(context, (pod, plans), voice).await
}

/// A session that runs and fits. One with a container of somebody's own making is never taken for another.
fn find(context: &Context<'_>, pod: &Value, plans: &[SessionPlan]) -> Option<Session> {
    let request = context.request;
    if request.new || request.dry_run || request.custom.is_some() {
        return None;
    }
    let target = &plans.first()?.target;
    let found = session_to_enter(pod, target, &context.toolbox.image, context.profile())?;
    Some(Session {
        namespace: context.cluster.namespace().to_owned(),
        pod: pod.clone(),
        container: found.name,
        target: Some(found.target),
        image: found.image,
        profile: found.profile.to_string(),
        reentered: true,
        view: context.view(),
        sent: None,
    })
}

/// Sends each plan, the strongest first, until one is taken.
///
/// # Errors
/// None is, or there is no answer.
pub(crate) async fn make(
    context: &Context<'_>,
    (pod, plans): (&Value, Vec<SessionPlan>),
    voice: &Voice,
) -> Result<Session, Failure> {
    context.rights.check().await?;
    let (namespace, name) = (context.cluster.namespace(), name_of(pod));
    let object = Object {
        resource: &PODS,
        namespace: Some(namespace),
        name,
        subresource: Some("ephemeralcontainers"),
    };
    let mut refusals = Refusals::default();
    for plan in plans {
        let patch = json!({
            "apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": namespace},
            "spec": {"ephemeralContainers": [plan.container]},
        });
        match context.cluster.patch(object, &patch, context.request.dry_run).await {
            Ok(pod) => {
                refusals.tell(voice);
                plan.notes.iter().for_each(|note| voice.note(note));
                return Ok(Session::planned(context, (pod, patch), plan));
            }
            Err(error) => refusals.take(plan.profile.to_string(), error)?,
        }
    }
    Err(refusals.failure())
}

/// Profiles that the API server did not take.
#[derive(Debug, Default)]
pub(crate) struct Refusals(Vec<(String, String)>);

impl Refusals {
    /// One more; any other error is one.
    ///
    /// # Errors
    /// It is no refusal.
    pub(crate) fn take(&mut self, profile: String, error: ClusterError) -> Result<(), Failure> {
        match error {
            ClusterError::Denied { reason, .. } => {
                self.0.push((profile, reason));
                Ok(())
            }
            other => Err(other.into()),
        }
    }

    /// Says what was given up, where a weaker one was taken.
    pub(crate) fn tell(&self, voice: &Voice) {
        self.0.iter().for_each(|(profile, reason)| {
            voice.note(format_args!("profile {profile} is given up: {reason}"));
        });
    }

    /// None was taken.
    pub(crate) fn failure(self) -> Failure {
        let (profile, reason) = self.0.into_iter().last().unwrap_or_default();
        Failure::Refused { profile, reason }
    }
}

impl Session {
    fn planned(context: &Context<'_>, (pod, patch): (Value, Value), plan: SessionPlan) -> Self {
        Self {
            namespace: context.cluster.namespace().to_owned(),
            pod,
            container: name_in(&plan.container),
            target: Some(plan.target),
            image: image_of(&plan.container),
            profile: plan.profile.to_string(),
            reentered: false,
            view: context.view(),
            sent: Some(patch),
        }
    }

    /// Its container, where the cluster is asked about it.
    pub(crate) fn place(&self) -> Container<'_> {
        Container { namespace: &self.namespace, pod: name_of(&self.pod), name: &self.container }
    }

    /// Whether the target's process has to be told from others by the ID of its container.
    fn shares_processes(&self) -> bool {
        let spec = |field| self.pod.pointer(&format!("/spec/{field}")).and_then(Value::as_bool) == Some(true);
        self.target.is_some() && (spec("shareProcessNamespace") || spec("hostPID"))
    }

    fn target_id(&self) -> Option<&str> {
        container_id(&self.pod, self.target.as_deref()?)
    }

    /// Whether the target can be found as far as it ever will. Of a pod that was just made it takes a moment.
    pub(crate) fn knows_target(&self) -> bool {
        let Some(target) = self.target.as_deref().filter(|_| self.shares_processes()) else { return true };
        let will_start = |standing| matches!(standing, Standing::Waiting(_));
        self.target_id().is_some()
            || !will_start(judge(&self.pod, target, &[]))
            || matches!(judge(&self.pod, &self.container, &[]), Standing::Stuck(_))
    }

    /// The words of the exec that runs a command in it.
    pub(crate) fn words(&self, context: &Context<'_>) -> Vec<String> {
        enter(&Entry {
            view: self.view,
            target_id: self.target_id(),
            shares_pod_processes: self.shares_processes(),
            quiet: context.request.quiet,
            command: &context.words(),
            shell: context.toolbox.shell.as_deref(),
        })
    }
}

fn name_in(container: &Value) -> String {
    container.get("name").and_then(Value::as_str).unwrap_or_default().to_owned()
}

pub(super) fn image_of(container: &Value) -> String {
    container.get("image").and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// The ID of a container that has started, with the name of the runtime ahead.
pub(super) fn container_id<'p>(pod: &'p Value, container: &str) -> Option<&'p str> {
    let lists = ["containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses"];
    let statuses = lists.iter().filter_map(|list| pod.get("status")?.get(list)?.as_array()).flatten();
    let mut own = statuses.filter(|status| status.get("name").and_then(Value::as_str) == Some(container));
    own.next()?.get("containerID")?.as_str()
}

/// A name with letters behind it that nobody else has.
pub(crate) fn made_up_name(prefix: &str) -> String {
    let mut rest = RandomState::new().build_hasher().finish();
    let count = LETTERS.len() as u64;
    let letters = (0..LENGTH).map(|_| {
        let letter = usize::try_from(rest % count).ok().and_then(|place| LETTERS.get(place));
        rest /= count;
        letter.copied().map_or('b', char::from)
    });
    format!("{prefix}{}", letters.collect::<String>())
}

/// The container that is looked into, where it is about to start, so that asking again may help.
pub(crate) fn awaited(failure: &Failure) -> Option<&str> {
    match failure {
        Failure::Plan(PlanError::NotStarted { target, .. }) => Some(target),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_made_up_anew_each_time() {
        let names: std::collections::BTreeSet<String> = (0..100).map(|_| made_up_name("chandler-")).collect();
        assert!(names.len() > 95, "{names:?}");
        let is_plain =
            |name: &String| name.len() == 14 && name.bytes().skip(9).all(|byte| LETTERS.contains(&byte));
        assert!(names.iter().all(is_plain), "{names:?}");
    }

    #[test]
    fn profiles_that_are_refused_are_gathered_and_other_errors_are_not() {
        let mut refusals = Refusals::default();
        let denied =
            |reason: &str| ClusterError::Denied { object: "pod".to_owned(), reason: reason.to_owned() };
        refusals.take("general".to_owned(), denied("no root")).unwrap();
        refusals.take("baseline".to_owned(), denied("no")).unwrap();
        assert!(refusals.take("x".to_owned(), ClusterError::NotFound { object: "pod".to_owned() }).is_err());
        assert_eq!(refusals.failure().to_string(), "profile baseline is not allowed here: no");
    }
}
