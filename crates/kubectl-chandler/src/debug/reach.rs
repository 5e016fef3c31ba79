//! A session for other verbs: found, entered or made as `debug` does it, and running.

use std::time::Duration;

use chandler_debugger::profile::ProfileChoice;
use chandler_debugger::stream::Destination;
use chandler_debugger::transfer::Owner;
use serde_json::Value;

use super::args::{DebugOutput, PullPolicy, SessionTimes};
use super::context::Context;
use super::failure::Failure;
use super::made::Made;
use super::one;
use super::pods::name_of;
use super::request::{Request, Surroundings, Tools};
use super::session::{Session, container_id};
use super::target::Target;
use super::voice::Voice;
use crate::cluster::Cluster;

/// A copy of a pod, or a pod on a node, ends by itself after this.
const TTL: Duration = Duration::from_secs(3600);

/// What is wished for of a session.
#[derive(Debug, Clone)]
pub(crate) struct SessionArgs {
    pub(crate) target: Target,
    pub(crate) container: Option<String>,
    pub(crate) toolbox: Option<String>,
    pub(crate) image: Option<String>,
    pub(crate) image_pull_policy: Option<PullPolicy>,
    pub(crate) profile: Option<ProfileChoice>,
    pub(crate) times: SessionTimes,
    pub(crate) no_event: bool,
}

/// A session that runs.
#[derive(Debug, Clone)]
pub(crate) struct Reached {
    /// The container to run commands in.
    pub(crate) destination: Destination,
    /// The container that is looked into; empty on a node.
    pub(crate) target: String,
    /// Whose files are looked at from there.
    pub(crate) owner: Owner,
}

/// Finds, enters or makes a session, and has a command run in it: then it is there.
///
/// # Errors
/// There is none to be had.
pub(crate) async fn reach(
    cluster: &Cluster,
    args: &SessionArgs,
    made: &Made,
    voice: &Voice,
) -> Result<Reached, Failure> {
    let request = args.request();
    let (context, pods) = Context::prepare((cluster, &request), made, voice).await?;
    let pod = pods.into_iter().next().unwrap_or_default();
    let session = one::enter(&context, pod, voice).await?;
    Ok(Reached::of(&session))
}

impl SessionArgs {
    fn request(&self) -> Request {
        let tools = match &self.image {
            Some(image) => Tools::Image(image.clone()),
            None => Tools::Toolbox(self.toolbox.clone()),
        };
        Request {
            target: self.target.clone(),
            container: self.container.clone(),
            tools,
            profile: self.profile,
            custom: None,
            pull_policy: self.image_pull_policy.map(PullPolicy::word),
            command: vec!["true".to_owned()],
            recipe: None,
            stdin: false,
            tty: false,
            surroundings: Surroundings { input: false, output: false },
            // What cannot be seen of the target is told by the verb itself.
            quiet: true,
            new: false,
            idle: self.times.idle,
            timeout: self.times.timeout,
            record: None,
            event: !self.no_event,
            all: false,
            parallel: 1,
            copy: None,
            ttl: TTL,
            keep: false,
            dry_run: false,
            form: DebugOutput::Json,
        }
    }
}

impl Reached {
    fn of(session: &Session) -> Self {
        let pod = &session.pod;
        let holds = |field| pod.pointer(&format!("/spec/{field}")).and_then(Value::as_bool) == Some(true);
        let destination = Destination {
            namespace: session.namespace.clone(),
            pod: name_of(pod).to_owned(),
            container: session.container.clone(),
        };
        let owner = match &session.target {
            Some(target) => Owner {
                container_id: container_id(pod, target).map(str::to_owned),
                shares_pod_processes: holds("shareProcessNamespace") || holds("hostPID"),
                below: None,
            },
            None => Owner { below: Some("/host".to_owned()), ..Owner::default() },
        };
        Self { destination, target: session.target.clone().unwrap_or_default(), owner }
    }
}
