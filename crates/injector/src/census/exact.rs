//! Pods that have to be looked at: what their metadata leaves open is decided by the pipeline of an admission.

use std::collections::HashSet;
use std::sync::Arc;

use serde_json::Value;

use super::class::Standing;
use super::{Census, MAX_DECISIONS, PodKey};
use crate::decision::{Failure, Verdict, decide};
use crate::facts::{Namespace, Owner, Request, Review};
use crate::review::Injector;
use crate::template::{Template, TemplateReference};

/// A pod that has to be looked at.
#[derive(Debug)]
pub(crate) struct Look {
    /// Which it is.
    pub(crate) key: PodKey,
    /// Its namespace.
    pub(crate) namespace: Arc<str>,
    /// Its name.
    pub(crate) name: String,
    class: u32,
    injector: Arc<Injector>,
}

/// What a look at a pod said.
#[derive(Debug)]
pub(crate) struct Seen {
    look: Look,
    /// The templates that are for it.
    matched: HashSet<TemplateReference>,
}

impl Look {
    /// Looks at the pod; nothing is for one that is gone.
    pub(crate) fn at(self, pod: Option<&Value>) -> Seen {
        let is_it = |pod: &&Value| {
            let uid = pod.pointer("/metadata/uid").and_then(Value::as_str);
            uid.is_some_and(|uid| PodKey::of(uid) == self.key)
        };
        let matched = pod.filter(is_it).map(|pod| self.matched(pod)).unwrap_or_default();
        Seen { look: self, matched }
    }

    fn matched(&self, pod: &Value) -> HashSet<TemplateReference> {
        let unknown;
        let namespace = match self.injector.namespaces.get(&*self.namespace) {
            Some(namespace) => namespace.as_ref(),
            None => {
                unknown = Namespace::named(&self.namespace);
                &unknown
            }
        };
        let review = Review { pod, namespace, owner: Owner::of_pod(pod), request: Request::default() };
        let decision = decide(&self.injector.templates, &self.injector.settings, &review);
        // A condition without an answer may have asked for who made the pod, which nobody knows any more.
        let is_for = |verdict: &Verdict| match verdict {
            Verdict::Applied(_) => true,
            Verdict::Failed(failure) => !matches!(failure, Failure::Condition { .. }),
            Verdict::Rejected(_) => false,
        };
        let matched = decision.outcomes.iter().filter(|outcome| is_for(&outcome.verdict));
        matched.map(|outcome| outcome.template.reference().clone()).collect()
    }
}

impl Census {
    /// Some pods that have to be looked at, but for those of which a look is under way.
    pub(crate) fn looks(&self, most: usize, under_way: &HashSet<PodKey>) -> Vec<Look> {
        let is_full = self.decided >= MAX_DECISIONS;
        let open = self.pods.iter().filter(|(key, pod)| {
            let standings = self.classes.get(pod.class).map(|class| &*class.standings);
            !is_full
                && !under_way.contains(key)
                && standings.unwrap_or_default().iter().any(|(id, standing)| {
                    *standing == Standing::Unsure && self.decision(**key, *id).is_none()
                })
        });
        let looks = open.take(most).filter_map(|(key, pod)| {
            Some(Look {
                key: *key,
                namespace: self.classes.get(pod.class)?.namespace(),
                name: pod.name.to_string(),
                class: pod.class,
                injector: Arc::clone(&self.injector),
            })
        });
        looks.collect()
    }

    /// Takes over what a look at a pod said, as far as nothing has changed since.
    pub(crate) fn take_over(&mut self, seen: &Seen) {
        let Seen { look, matched } = seen;
        let Some(pod) = self.pods.get(&look.key).filter(|pod| pod.class == look.class) else { return };
        let Some(class) = self.classes.get(pod.class) else { return };
        let of = |injector: &Injector| injector.namespaces.get(&*look.namespace).map(Arc::as_ptr);
        if of(&look.injector) != of(&self.injector) {
            return;
        }
        let was =
            |reference: &TemplateReference| look.injector.templates.get(reference).map(Template::revision);
        let unsure: HashSet<u32> = class
            .standings
            .iter()
            .filter(|(_, standing)| *standing == Standing::Unsure)
            .map(|(id, _)| *id)
            .collect();
        let known = self.templates.iter().filter(|(_, known)| unsure.contains(&known.id));
        let fresh = known.filter(|(reference, known)| known.revision.as_deref() == was(reference));
        let decided: Vec<_> =
            fresh.map(|(reference, known)| (known.id, matched.contains(reference))).collect();
        let is_fresh = |id: u32| decided.iter().any(|(other, _)| *other == id);
        let before = self.decisions.remove(&look.key).unwrap_or_default();
        let kept = before.iter().filter(|(id, _)| unsure.contains(id) && !is_fresh(*id)).copied();
        let decisions: Box<[_]> = kept.chain(decided.iter().copied()).collect();
        self.decided = self.decided - before.len() + decisions.len();
        self.decisions.insert(look.key, decisions);
    }
}
