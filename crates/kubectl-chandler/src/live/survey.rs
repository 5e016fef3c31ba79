//! Counts, workload by workload, what running pods have that a new one would not get, or lack.

use std::collections::{BTreeMap, HashSet};

use chandler_api::names;
use chandler_injector::{Facts, Origin, Owner, Request, Review, TemplateReference, select_templates};
use serde::Serialize;
use serde_json::Value;

use super::standing::{Standing, State, record_standing};
use super::{Live, pod_owner};

/// The workloads, by namespace, kind and name.
#[derive(Debug, Default)]
pub(crate) struct Survey {
    /// The templates that may be missing; none: all.
    expected: Option<HashSet<TemplateReference>>,
    workloads: BTreeMap<(String, String, String), Workload>,
}

/// What the running pods of one workload have.
#[derive(Debug, Default)]
pub(crate) struct Workload {
    /// How many have not ended.
    pub(crate) pods: usize,
    /// How many of them have anything that a new pod would not, or may lack something.
    pub(crate) stale: usize,
    findings: BTreeMap<Key, Finding>,
}

/// Template, state and recorded revision: what is counted together.
type Key = (TemplateReference, State, String);

/// Pods of one workload that stand in one way to one template.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Finding {
    /// `name`, or `cluster/name`.
    pub(crate) template: String,
    pub(crate) state: State,
    /// How many pods.
    pub(crate) pods: usize,
    /// The revision that they have.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) recorded: Option<String>,
    /// The revision that a new pod would get.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) current: Option<String>,
    /// Why the template may be for them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<String>,
}

impl Survey {
    /// A survey of pods of which it is known which templates they are to have.
    pub(crate) fn expecting(templates: HashSet<TemplateReference>) -> Self {
        Self { expected: Some(templates), ..Self::default() }
    }

    fn expects(&self, reference: &TemplateReference) -> bool {
        self.expected.as_ref().is_none_or(|expected| expected.contains(reference))
    }

    /// Counts a pod, of which `metadata` is known. One that is on its way out is none any more.
    pub(crate) fn count(&mut self, pod: &Value, live: &Live) {
        let text = |pointer| pod.pointer(pointer).and_then(Value::as_str);
        if text("/metadata/deletionTimestamp").is_some() {
            return;
        }
        let namespace = text("/metadata/namespace").unwrap_or_default();
        let owner = pod_owner(pod);
        let recorded = record_standing(pod, namespace, live);
        let mut missing = missing_templates(pod, namespace, &recorded, live);
        missing.retain(|(standing, _)| self.expects(&standing.reference));
        let workload = self.workloads.entry((namespace.to_owned(), owner.kind, owner.name)).or_default();
        workload.pods += 1;
        let stale: Vec<Standing> =
            recorded.into_iter().filter(|standing| standing.state != State::Current).collect();
        workload.stale += usize::from(!stale.is_empty() || !missing.is_empty());
        stale.into_iter().for_each(|standing| workload.add(standing, None));
        missing.into_iter().for_each(|(standing, origin)| workload.add(standing, Some(origin)));
    }

    /// All of it as if it were one workload.
    pub(crate) fn total(&self) -> Workload {
        let mut total = Workload::default();
        for workload in self.workloads.values() {
            total.pods += workload.pods;
            total.stale += workload.stale;
            for (key, finding) in &workload.findings {
                let pods = finding.pods;
                let sum = total
                    .findings
                    .entry(key.clone())
                    .or_insert_with(|| Finding { pods: 0, ..finding.clone() });
                sum.pods += pods;
            }
        }
        total
    }

    /// Every workload, by namespace, kind and name.
    pub(crate) fn workloads(&self) -> impl Iterator<Item = (&str, Owner, &Workload)> {
        self.workloads.iter().map(|((namespace, kind, name), workload)| {
            (namespace.as_str(), Owner { kind: kind.clone(), name: name.clone() }, workload)
        })
    }
}

impl Workload {
    fn add(&mut self, standing: Standing, origin: Option<Origin>) {
        let Standing { template, reference, recorded, current, state } = standing;
        let key = (reference, state, recorded.clone());
        let finding = self.findings.entry(key).or_insert_with(|| Finding {
            template,
            state,
            pods: 0,
            recorded: Some(recorded).filter(|revision| !revision.is_empty()),
            current,
            reason: origin.map(|origin| origin.to_string()),
        });
        finding.pods += 1;
    }

    /// What was found, by template.
    pub(crate) fn findings(&self) -> impl Iterator<Item = &Finding> {
        self.findings.values()
    }
}

/// Templates that are for a pod by all that its metadata says, and are not in its record. What only the rest of the pod
/// decides, its network, its operating system and the conditions, may say otherwise.
fn missing_templates(
    pod: &Value,
    namespace: &str,
    recorded: &[Standing],
    live: &Live,
) -> Vec<(Standing, Origin)> {
    let namespace = live.namespace(namespace);
    if !live.reach.includes(&namespace) || is_mirror(pod) {
        return Vec::new();
    }
    let review =
        Review { pod, namespace: &namespace, owner: Owner::of_pod(pod), request: Request::default() };
    let facts = Facts::gather(&review, &live.injector.settings.cluster);
    let selected = select_templates(&live.injector.templates, &facts).selected;
    let is_recorded =
        |reference: &TemplateReference| recorded.iter().any(|standing| standing.reference == *reference);
    let missing = selected.into_iter().filter(|candidate| !is_recorded(candidate.template.reference()));
    missing
        .map(|candidate| {
            let reference = candidate.template.reference().clone();
            let standing = Standing {
                template: reference.to_string(),
                reference,
                recorded: String::new(),
                current: Some(candidate.template.revision().to_owned()),
                state: State::MayMiss,
            };
            (standing, candidate.origin)
        })
        .collect()
}

fn is_mirror(pod: &Value) -> bool {
    pod.pointer("/metadata/annotations")
        .is_some_and(|annotations| annotations.get(names::MIRROR_POD).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::LiveTemplate;
    use serde_json::json;

    fn live(templates: &[(&str, Value)]) -> Live {
        let mut live = Live::default();
        for (name, spec) in templates {
            let metadata = json!({"name": name});
            let object = json!({
                "apiVersion": "chandler.dev/v1alpha1", "kind": "ClusterInjectionTemplate", "metadata": metadata, "spec": spec,
            });
            live.templates.push(LiveTemplate::of(object, &mut live.injector.templates));
        }
        live
    }

    fn for_all() -> Value {
        json!({"select": {"mode": "Default"}, "patches": [{"pod": {"metadata": {"labels": {"a": "b"}}}}]})
    }

    fn states(live: &Live, namespace: &str, annotations: Value) -> Vec<State> {
        let mut survey = Survey::default();
        let metadata = json!({"name": "p", "namespace": namespace, "annotations": annotations});
        survey.count(&json!({"metadata": metadata}), live);
        survey.total().findings().map(|finding| finding.state).collect()
    }

    #[test]
    fn pod_without_a_record_may_miss_what_is_for_it() {
        let live = live(&[("all", for_all())]);
        assert_eq!(states(&live, "shop", json!({})), [State::MayMiss]);
        assert_eq!(states(&live, "kube-system", json!({})), []);
        assert_eq!(states(&live, "shop", json!({names::MIRROR_POD: "x"})), []);
        assert_eq!(states(&live, "shop", json!({names::INJECT: "false"})), []);
    }

    #[test]
    fn revision_of_a_template_that_does_not_compile_is_known_only_from_its_status() {
        let broken = json!({"patches": []});
        let mut live = live(&[("all", broken)]);
        let record = json!({names::INJECTED: "cluster/all@0c1d"});
        assert_eq!(states(&live, "shop", record.clone()), [State::Unknown]);
        live.templates[0].revision = Some("0c1d".to_owned());
        assert_eq!(states(&live, "shop", record), []);
    }

    #[test]
    fn record_that_nobody_could_have_written_does_no_harm() {
        let live = live(&[("all", for_all())]);
        let record = json!({names::INJECTED: "@,,\u{1b}[31m@x,cluster/@,cluster/all@"});
        assert!(states(&live, "shop", record).contains(&State::Outdated));
    }

    #[test]
    fn survey_that_knows_what_pods_are_to_have_asks_for_nothing_else() {
        let live = live(&[("all", for_all())]);
        let mut survey = Survey::expecting(HashSet::new());
        survey.count(&json!({"metadata": {"name": "p", "namespace": "shop"}}), &live);
        assert_eq!((survey.total().pods, survey.total().stale), (1, 0));
    }
}
