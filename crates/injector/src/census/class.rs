//! Classes of pods about which selection says the same: the pods of a workload, as a rule.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use chandler_api::names;
use serde_json::Value;

use super::Known;
use crate::facts::{Facts, Namespace, Owner, Request, Review};
use crate::record::read_record;
use crate::review::Injector;
use crate::selection::{Rejection, needs_spec, select_templates};
use crate::template::TemplateReference;
use crate::templates::TemplateSet;

/// What the metadata of a pod says of it and a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Standing {
    /// Its record names the revision that serves.
    Injected,
    /// Its record names another.
    Outdated,
    /// No record names it, and it is for the pod.
    For,
    /// No record names it, and only the pod's `spec` says whether it is for the pod.
    Unsure,
}

/// Pods with the same labels, annotations and namespace.
#[derive(Debug)]
pub(super) struct Class {
    traits: Arc<str>,
    namespace: Arc<str>,
    pods: u32,
    /// Since when the namespace has been as it is.
    pub(super) since: i64,
    /// Whether selection was asked.
    is_asked: bool,
    /// Templates by number; all others have nothing to do with these pods.
    pub(super) standings: Arc<Standings>,
}

/// Templates by number, with what they have to do with some pods.
type Standings = [(u32, Standing)];

/// All classes, by number.
#[derive(Debug, Default)]
pub(super) struct Classes {
    classes: Vec<Option<Class>>,
    free: Vec<u32>,
    numbers: HashMap<Arc<str>, u32>,
    namespaces: HashSet<Arc<str>>,
    /// Most classes have the same as others.
    standings: HashSet<Arc<Standings>>,
}

type Templates = HashMap<TemplateReference, Known>;

/// What a class is asked.
#[derive(Clone, Copy)]
struct Question<'q> {
    injector: &'q Injector,
    known: &'q Templates,
    /// Templates that may be for it.
    among: &'q TemplateSet,
    /// Numbers of the templates that it is asked about.
    only: &'q HashSet<u32>,
}

impl<'q> Question<'q> {
    fn known(&self, reference: &TemplateReference) -> Option<&'q Known> {
        self.known.get(reference).filter(|known| self.only.contains(&known.id))
    }
}

impl Classes {
    /// Whether nothing is left of the pods that there were.
    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.numbers.is_empty() && self.namespaces.is_empty() && self.classes.iter().all(Option::is_none)
    }

    pub(super) fn get(&self, number: u32) -> Option<&Class> {
        self.classes.get(usize::try_from(number).ok()?)?.as_ref()
    }

    fn get_mut(&mut self, number: u32) -> Option<&mut Option<Class>> {
        self.classes.get_mut(usize::try_from(number).ok()?)
    }

    /// Whether the pods of that class have these traits.
    pub(super) fn is(&self, number: u32, traits: &str) -> bool {
        self.get(number).is_some_and(|class| &*class.traits == traits)
    }

    /// Adds a pod; gives the number of its class.
    pub(super) fn join(&mut self, traits: &str, namespace: &str) -> u32 {
        let number = match self.numbers.get(traits) {
            Some(number) => *number,
            None => self.found(traits, namespace),
        };
        if let Some(Some(class)) = self.get_mut(number) {
            class.pods = class.pods.saturating_add(1);
        }
        number
    }

    fn found(&mut self, traits: &str, namespace: &str) -> u32 {
        let namespace = match self.namespaces.get(namespace) {
            Some(namespace) => Arc::clone(namespace),
            None => Arc::from(namespace),
        };
        self.namespaces.insert(Arc::clone(&namespace));
        let traits: Arc<str> = Arc::from(traits);
        let class = Class {
            traits: Arc::clone(&traits),
            namespace,
            pods: 0,
            since: i64::MIN,
            is_asked: false,
            standings: Arc::default(),
        };
        let number = self.free.pop().unwrap_or_else(|| {
            self.classes.push(None);
            u32::try_from(self.classes.len().saturating_sub(1)).unwrap_or(u32::MAX)
        });
        if let Some(place) = self.get_mut(number) {
            *place = Some(class);
        }
        self.numbers.insert(traits, number);
        number
    }

    /// Takes a pod out; a class without pods is forgotten.
    pub(super) fn leave(&mut self, number: u32) {
        let Some(place) = self.get_mut(number) else { return };
        let Some(class) = place else { return };
        class.pods = class.pods.saturating_sub(1);
        if class.pods > 0 {
            return;
        }
        if let Some(class) = place.take() {
            self.numbers.remove(&class.traits);
            self.free.push(number);
            let namespace = class.namespace;
            // This one and the one in the set.
            if Arc::strong_count(&namespace) == 2 {
                self.namespaces.remove(&namespace);
            }
        }
    }

    /// Has to be asked again about the pods of some namespaces; gives the numbers of their classes.
    pub(super) fn forget(&mut self, is_stale: impl Fn(&str) -> bool) -> HashSet<u32> {
        let stale: HashSet<&Arc<str>> = self.namespaces.iter().filter(|name| is_stale(name)).collect();
        let mut forgotten = HashSet::new();
        if stale.is_empty() {
            return forgotten;
        }
        for (number, class) in (0..).zip(&mut self.classes) {
            if let Some(class) = class.as_mut().filter(|class| stale.contains(&class.namespace)) {
                class.is_asked = false;
                forgotten.insert(number);
            }
        }
        forgotten
    }

    /// Asks about the classes that were not asked, and about the templates that changed.
    pub(super) fn ask(&mut self, injector: &Injector, templates: &Templates, changed: &HashSet<String>) {
        let some = injector.templates.of_names(changed);
        let numbers: HashSet<u32> = templates.values().map(|known| known.id).collect();
        let new: HashSet<u32> = templates
            .iter()
            .filter(|(of, _)| changed.contains(&of.name))
            .map(|(_, known)| known.id)
            .collect();
        let all = Question { injector, known: templates, among: &injector.templates, only: &numbers };
        let changes = Question { among: &some, only: &new, ..all };
        for class in self.classes.iter_mut().flatten() {
            let standings = if !class.is_asked {
                class.is_asked = true;
                class.ask(&all)
            } else if !changed.is_empty() {
                let mut standings = class.ask(&changes);
                let others = class.standings.iter();
                standings.extend(others.filter(|(id, _)| numbers.contains(id) && !new.contains(id)));
                standings
            } else {
                continue;
            };
            class.standings = match self.standings.get(standings.as_slice()) {
                Some(known) => Arc::clone(known),
                None => Arc::from(standings),
            };
            self.standings.insert(Arc::clone(&class.standings));
        }
        self.standings.retain(|standings| Arc::strong_count(standings) > 1);
    }
}

impl Class {
    #[cfg(test)]
    pub(super) fn traits(&self) -> &str {
        &self.traits
    }

    pub(super) fn namespace(&self) -> Arc<str> {
        Arc::clone(&self.namespace)
    }

    /// Asks the selection that admission has.
    fn ask(&mut self, question: &Question<'_>) -> Vec<(u32, Standing)> {
        let injector = question.injector;
        let mut standings = Vec::new();
        let pod: Value = serde_json::from_str(&self.traits).unwrap_or_default();
        let own = Arc::clone(&self.namespace);
        let unknown;
        let namespace = match injector.namespaces.get(&*own) {
            Some(namespace) => namespace.as_ref(),
            None => {
                unknown = Namespace::named(&own);
                &unknown
            }
        };
        self.since = namespace.changed();
        let review = Review { pod: &pod, namespace, owner: Owner::default(), request: Request::default() };
        let facts = Facts::gather(&review, &injector.settings.cluster);
        for entry in read_record(facts.pod_annotation(names::INJECTED).unwrap_or_default(), &own) {
            if let Some(Known { id, revision, .. }) = question.known(&entry.reference) {
                let is_current = revision.as_deref() == Some(entry.revision);
                add(&mut standings, *id, if is_current { Standing::Injected } else { Standing::Outdated });
            }
        }
        let selection = select_templates(question.among, &facts);
        let selected = selection.selected.iter().map(|candidate| candidate.template);
        // Without a spec every pod seems to be for Linux.
        let unsure = selection.rejected.iter().filter(|(_, why)| *why == Rejection::OperatingSystem);
        for template in selected.chain(unsure.map(|(candidate, _)| candidate.template)) {
            if let Some(Known { id, .. }) = question.known(template.reference()) {
                add(&mut standings, *id, if needs_spec(template) { Standing::Unsure } else { Standing::For });
            }
        }
        standings
    }
}

/// What the record says goes first.
fn add(standings: &mut Vec<(u32, Standing)>, id: u32, standing: Standing) {
    if standings.iter().all(|(known, _)| *known != id) {
        standings.push((id, standing));
    }
}
