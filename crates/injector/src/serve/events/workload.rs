//! The workload behind the controller of a pod: people look at the Deployment, not at its ReplicaSet. `kubectl describe`
//! shows Events that name the uid of what is described, and a pod only has that of its ReplicaSet. So the ReplicaSet is
//! asked who controls it, off any admission, and the answer remembered; where there is none, the Event is about the
//! ReplicaSet itself. The same goes for the Job of a CronJob, and for a ReplicaSet of what is no Deployment.

use std::collections::HashMap;
use std::time::Duration;

use kube::api::{ApiResource, DynamicObject};
use kube::core::{GroupVersionKind, PartialObjectMeta};
use kube::{Api, Client};
use serde_json::Value;
use tokio::time::{Instant, timeout};

use crate::notice::Controller;

/// Controllers that others control.
const CONTROLLED: [(&str, &str, &str); 2] = [("apps", "v1", "ReplicaSet"), ("batch", "v1", "Job")];

/// Most answers that are remembered.
const MAX_ANSWERS: usize = 1024;

/// How long the API server may take for one. Notices wait meanwhile.
const CALL: Duration = Duration::from_secs(2);

/// How long nobody is asked after no answer came.
const REST: Duration = Duration::from_secs(10);

/// Finds workloads.
pub(super) struct Workloads {
    client: Client,
    /// By the uid of the controller.
    answers: HashMap<String, Controller>,
    rests_until: Option<Instant>,
}

impl Workloads {
    pub(super) fn new(client: Client) -> Self {
        Self { client, answers: HashMap::new(), rests_until: None }
    }

    /// The workload that people look at.
    pub(super) async fn of(&mut self, controller: &Controller, now: Instant) -> Controller {
        let Some(resource) = controlled(controller) else { return controller.clone() };
        if let Some(answer) = self.answers.get(&controller.uid) {
            return answer.clone();
        }
        if self.rests_until.is_some_and(|until| now < until) {
            return controller.clone();
        }
        match self.ask(controller, &resource).await {
            Ok(answer) => self.remember(controller, answer.unwrap_or_else(|| controller.clone())),
            Err(message) => {
                tracing::warn!(
                    kind = controller.kind,
                    name = controller.name,
                    error = message,
                    "nobody says whose this is"
                );
                self.rests_until = Some(now + REST);
                controller.clone()
            }
        }
    }

    fn remember(&mut self, controller: &Controller, answer: Controller) -> Controller {
        if self.answers.len() >= MAX_ANSWERS {
            // Asking again costs one call each.
            self.answers.clear();
        }
        self.answers.insert(controller.uid.clone(), answer.clone());
        answer
    }

    async fn ask(
        &self,
        controller: &Controller,
        resource: &ApiResource,
    ) -> Result<Option<Controller>, String> {
        let namespace = &controller.namespace;
        let api: Api<DynamicObject> = Api::namespaced_with(self.client.clone(), namespace, resource);
        let asked = timeout(CALL, api.get_metadata_opt(&controller.name)).await;
        let found = asked.map_err(|_| format!("no answer within {} s", CALL.as_secs()))?;
        let found = found.map_err(|error| error.to_string())?;
        Ok(found.and_then(|found| controller_of(&found, controller)))
    }
}

fn controlled(controller: &Controller) -> Option<ApiResource> {
    let is_it = |(group, version, kind): &&(&str, &str, &str)| {
        controller.kind == *kind && controller.api_version == format!("{group}/{version}")
    };
    let (group, version, kind) = CONTROLLED.iter().find(is_it)?;
    Some(ApiResource::from_gvk(&GroupVersionKind::gvk(group, version, kind)))
}

fn controller_of(found: &PartialObjectMeta<DynamicObject>, asked: &Controller) -> Option<Controller> {
    let is_it = found.metadata.uid.as_ref() == Some(&asked.uid);
    let references = found.metadata.owner_references.iter().flatten();
    let references: Vec<Value> =
        references.filter(|_| is_it).filter_map(|reference| serde_json::to_value(reference).ok()).collect();
    Controller::of_references(references.iter(), &asked.namespace)
}
