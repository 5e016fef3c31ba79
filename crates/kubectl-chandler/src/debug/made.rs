//! Pods of our own: copies of a pod, and pods on a node. They are removed at the end, whatever ends the program; what
//! cannot be removed ends by its deadline.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chandler_api::names;
use chandler_debugger::plan::{CopyWish, NodeWish, PodPlan, PodWish, plan_copy, plan_node};
use chandler_debugger::script::ViewChoice;
use futures_util::future::join_all;
use k8s_openapi::jiff::Timestamp;
use serde_json::Value;
use tokio::time::{Instant, sleep};

use super::context::Context;
use super::failure::Failure;
use super::pods::name_of;
use super::request::Copy;
use super::session::{Refusals, Session, image_of, made_up_name};
use super::voice::Voice;
use crate::cluster::{Cluster, ClusterError, Object, PODS};
use crate::gc::Maker;

/// Longest beginning of a made-up name: names of pods are names of hosts too.
const STEM: usize = 63 - "-debug-".len() - 5;

/// How long a pod may take to appear whose making was broken off.
const LATE: Duration = Duration::from_secs(2);

/// Between two looks whether it has.
const PAUSE: Duration = Duration::from_millis(100);

/// Pods that are to be removed at the end.
#[derive(Debug, Default)]
pub(crate) struct Made(Mutex<Vec<Pod>>);

/// A pod of ours, or one that may be.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Pod {
    namespace: String,
    name: String,
    /// None: it was being made when something went wrong, and another of its name may have been there before.
    uid: Option<String>,
}

impl Made {
    /// It is about to be made, under this name. A signal may come before the answer.
    fn begin(&self, namespace: &str, name: &str) {
        let (namespace, name) = (namespace.to_owned(), name.to_owned());
        self.pods().push(Pod { namespace, name, uid: None });
    }

    /// It is made: the last that was begun under this name.
    fn finish(&self, pod: &Value) {
        let uid = uid_of(pod).map(str::to_owned);
        if let Some(begun) = self.pods().iter_mut().rev().find(|begun| begun.name == name_of(pod)) {
            begun.uid = uid;
        }
    }

    /// It surely is not made.
    fn forget(&self, name: &str) {
        self.pods().retain(|pod| pod.name != name || pod.uid.is_some());
    }

    fn pods(&self) -> MutexGuard<'_, Vec<Pod>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Removes them, all at once. Whether none is left.
    pub(crate) async fn remove(&self, cluster: &Cluster, voice: &Voice) -> bool {
        let pods = std::mem::take(&mut *self.pods());
        let removals = pods.iter().map(|pod| async move {
            if let Err(error) = pod.remove(cluster).await {
                let Pod { name, namespace, .. } = pod;
                voice.complain(format_args!(
                    "pod {name} is not removed: {error}\n  next: kubectl chandler gc -n {namespace}"
                ));
                return false;
            }
            true
        });
        join_all(removals).await.into_iter().all(|removed| removed)
    }
}

impl Pod {
    async fn remove(&self, cluster: &Cluster) -> Result<(), ClusterError> {
        let namespace = Some(self.namespace.as_str());
        let uid = match &self.uid {
            Some(uid) => Some(uid.clone()),
            None => self.find(cluster).await?,
        };
        let Some(uid) = uid else { return Ok(()) };
        let object = Object { resource: &PODS, namespace, name: &self.name, subresource: None };
        cluster.delete(object, &uid).await
    }

    /// The uid, where it was made after all, and by this process. The API server may still be at it.
    async fn find(&self, cluster: &Cluster) -> Result<Option<String>, ClusterError> {
        let end = Instant::now() + LATE;
        loop {
            match cluster.get(&PODS, Some(&self.namespace), &self.name).await {
                Ok(pod) => {
                    let is_ours = maker_of(&pod) == Some(Maker::here().text().as_str());
                    return Ok(uid_of(&pod).filter(|_| is_ours).map(str::to_owned));
                }
                Err(ClusterError::NotFound { .. }) if Instant::now() < end => sleep(PAUSE).await,
                Err(ClusterError::NotFound { .. }) => return Ok(None),
                Err(error) => return Err(error),
            }
        }
    }
}

fn uid_of(pod: &Value) -> Option<&str> {
    pod.pointer("/metadata/uid")?.as_str()
}

/// Who made it, where it says that.
fn maker_of(pod: &Value) -> Option<&str> {
    pod.pointer("/metadata/annotations")?.get(names::MADE_BY)?.as_str()
}

/// Makes a copy of a pod.
///
/// # Errors
/// It cannot be copied, or the API server does not take the copy.
pub(crate) async fn make_copy(
    context: &Context<'_>,
    (pod, copy): (&Value, &Copy),
    voice: &Voice,
) -> Result<Session, Failure> {
    let made_up = made_up_name(&format!("{}-debug-", stem(name_of(pod))));
    let pod_name = copy.name.as_deref().unwrap_or(&made_up);
    let container = made_up_name(names::SESSION_PREFIX);
    let (maker, session) = (maker(context), context.wish(&container));
    let wish = CopyWish {
        session,
        pod: pod_wish(context, pod_name, &maker),
        images: &copy.images,
        command: &copy.command,
        share_processes: copy.share_processes,
        keep_labels: copy.keep_labels,
        same_node: false,
    };
    let plans = plan_copy(pod, &context.namespace, &wish)?;
    make(context, plans, voice).await
}

/// Makes a pod on a node.
///
/// # Errors
/// There can be none, or the API server does not take it.
pub(crate) async fn make_on_node(
    context: &Context<'_>,
    node: &Value,
    voice: &Voice,
) -> Result<Session, Failure> {
    let pod_name = made_up_name(&format!("{}-debug-", stem(name_of(node))));
    let container = made_up_name(names::SESSION_PREFIX);
    let (maker, session) = (maker(context), context.wish(&container));
    let wish = NodeWish { session, pod: pod_wish(context, &pod_name, &maker) };
    let plans = plan_node(node, &context.namespace, &wish)?;
    make(context, plans, voice).await
}

/// Sends each plan, the strongest first, until one is taken.
async fn make(context: &Context<'_>, plans: Vec<PodPlan>, voice: &Voice) -> Result<Session, Failure> {
    context.rights.check().await?;
    let namespace = context.cluster.namespace();
    let is_kept = context.request.keep || context.request.dry_run;
    let mut refusals = Refusals::default();
    for plan in plans {
        if !is_kept {
            context.made.begin(namespace, name_of(&plan.pod));
        }
        match create(context, &plan).await {
            Ok(pod) => {
                context.made.finish(&pod);
                refusals.tell(voice);
                plan.notes.iter().for_each(|note| voice.note(note));
                voice.remark(format_args!("pod {} is made", name_of(&pod)));
                return Ok(session_of(context, pod, plan));
            }
            Err(error) => {
                if !error.is_uncertain() {
                    context.made.forget(name_of(&plan.pod));
                }
                refusals.take(plan.profile.to_string(), error)?;
            }
        }
    }
    Err(refusals.failure())
}

/// A create whose connection is closed is sent again, and may have been taken the first time.
async fn create(context: &Context<'_>, plan: &PodPlan) -> Result<Value, ClusterError> {
    let namespace = Some(context.cluster.namespace());
    let refused = match context.cluster.create((&PODS, namespace), &plan.pod, context.request.dry_run).await {
        Err(refused @ ClusterError::Exists { .. }) => refused,
        answer => return answer,
    };
    let there = context.cluster.get(&PODS, namespace, name_of(&plan.pod)).await;
    there.ok().filter(|pod| is_of(pod, plan)).ok_or(refused)
}

/// Whether it is what was planned: the tooling container's name is made up anew each time.
fn is_of(pod: &Value, plan: &PodPlan) -> bool {
    let containers = pod.pointer("/spec/containers").and_then(Value::as_array).into_iter().flatten();
    let mut names = containers.filter_map(|container| container.get("name")?.as_str());
    names.any(|name| name == plan.container) && maker_of(pod) == maker_of(&plan.pod)
}

fn session_of(context: &Context<'_>, pod: Value, plan: PodPlan) -> Session {
    let containers = plan.pod.pointer("/spec/containers").and_then(Value::as_array).into_iter().flatten();
    let is_own = |container: &&Value| container.get("name").and_then(Value::as_str) == Some(&plan.container);
    let image = containers.into_iter().find(is_own).map(image_of).unwrap_or_default();
    let sees_host = plan.pod.pointer("/spec/hostPID").and_then(Value::as_bool) == Some(true);
    let view = match plan.target {
        Some(_) => context.view(),
        None if sees_host => ViewChoice::Host,
        None => ViewChoice::Toolbox,
    };
    Session {
        namespace: context.cluster.namespace().to_owned(),
        pod,
        container: plan.container,
        target: plan.target,
        image,
        profile: plan.profile.to_string(),
        reentered: false,
        view,
        sent: Some(plan.pod),
    }
}

fn pod_wish<'w>(context: &'w Context<'_>, name: &'w str, maker: &'w str) -> PodWish<'w> {
    PodWish {
        name,
        namespace: context.cluster.namespace(),
        now: Timestamp::now(),
        lifetime: Some(context.request.ttl),
        made_by: Some(maker),
        inject: false,
    }
}

fn maker(context: &Context<'_>) -> String {
    let maker = Maker::here();
    if context.request.keep { maker.keeping().text() } else { maker.text() }
}

/// The beginning of a name, without what no name may have at the end of a part.
fn stem(name: &str) -> String {
    let beginning: String = name.chars().take(STEM).collect();
    beginning.replace('.', "-").trim_end_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use chandler_debugger::profile::Profile;
    use serde_json::json;

    #[test]
    fn pod_that_was_not_made_is_not_removed() {
        let made = Made::default();
        made.begin("shop", "first");
        made.finish(&json!({"metadata": {"name": "first", "uid": "1"}}));
        made.begin("shop", "second");
        made.forget("second");
        made.forget("first");
        let names: Vec<_> = made.pods().iter().map(|pod| (pod.name.clone(), pod.uid.clone())).collect();
        assert_eq!(names, [("first".to_owned(), Some("1".to_owned()))]);
    }

    #[test]
    fn pod_of_the_same_name_is_ours_only_with_our_maker_and_container() {
        let pod = |maker: &str, container: &str| {
            json!({"metadata": {"name": "web-debug-b", "annotations": {names::MADE_BY: maker}},
                "spec": {"containers": [{"name": "app"}, {"name": container}]}})
        };
        let (container, profile) = ("chandler-bcdfg".to_owned(), Profile::General);
        let plan =
            PodPlan { pod: pod("me", &container), container, target: None, profile, notes: Vec::new() };
        assert!(is_of(&pod("me", "chandler-bcdfg"), &plan));
        assert!(!is_of(&pod("me", "chandler-other"), &plan));
        assert!(!is_of(&pod("you", "chandler-bcdfg"), &plan));
        assert!(!is_of(&json!({"metadata": {"name": "web-debug-b"}}), &plan));
    }

    #[test]
    fn names_of_copies_are_names_of_hosts() {
        let long = "a".repeat(80);
        assert_eq!(format!("{}-debug-xxxxx", stem(&long)).len(), 63);
        assert_eq!(stem("worker-1.example.com"), "worker-1-example-com");
        assert_eq!(stem(&format!("{}-b", "a".repeat(STEM - 1))), "a".repeat(STEM - 1));
    }
}
