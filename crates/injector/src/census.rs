//! How many pods have of each template what they should, from the metadata of pods alone. Pods whose labels, annotations
//! and namespace are equal form a class, about which selection is asked once; where a template also asks for what only a
//! pod's `spec` has, that pod is looked at by itself. No client and no clock.

mod class;
mod exact;
mod pod;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use chandler_api::injection::PodCounts;

use crate::review::Injector;
use crate::template::TemplateReference;
use class::{Classes, Standing};

pub(crate) use exact::{Look, Seen};
pub(crate) use pod::{PodKey, PodMetadata, is_selecting, last_change};

/// Most decisions about single pods that are remembered, for all pods together: eight bytes each.
const MAX_DECISIONS: usize = 250_000;

/// Seconds after a change within which a pod may still have been made without it: times of the API server are whole
/// seconds, and a replica hears of a change a moment after it.
const GRACE: i64 = 2;

/// Counts pods.
#[derive(Debug, Default)]
pub(crate) struct Census {
    excluded: HashSet<String>,
    injector: Arc<Injector>,
    templates: HashMap<TemplateReference, Known>,
    /// What each number of a template stands for.
    next_id: u32,
    pods: HashMap<PodKey, Pod>,
    /// Of the pods that were looked at: templates by number, and whether they are for the pod.
    decisions: HashMap<PodKey, Box<[(u32, bool)]>>,
    /// How many decisions that is.
    decided: usize,
    classes: Classes,
    /// Names of templates that changed since the classes were asked.
    changed: HashSet<String>,
    /// Which list of pods is the newest.
    list: u32,
}

/// What is remembered of a template: a new revision has a new number.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Known {
    id: u32,
    revision: Option<String>,
    /// Since when it has been in force, in seconds since 1970.
    since: i64,
}

/// What is remembered of a pod.
#[derive(Debug)]
struct Pod {
    class: u32,
    list: u32,
    /// Seconds since 1970.
    created: u32,
    /// Whether its labels or the annotations that injection reads were changed after it was made.
    relabelled: bool,
    name: Box<str>,
}

/// What the pods have of every template.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    /// For each template, also one of which nothing serves.
    pub(crate) counts: HashMap<TemplateReference, PodCounts>,
    /// Pods that have to be looked at before they count.
    pub(crate) undecided: usize,
}

impl Census {
    /// Counts no pods of the excluded namespaces.
    pub(crate) fn new(excluded: impl IntoIterator<Item = String>) -> Self {
        Self { excluded: excluded.into_iter().collect(), ..Self::default() }
    }

    /// Takes over what is known of templates and namespaces. `since` has every template that there is, with the time
    /// since when its revision, if one serves, has been in force.
    pub(crate) fn know(&mut self, injector: Arc<Injector>, since: &HashMap<TemplateReference, i64>) {
        self.forget_namespaces_that_changed(&injector);
        let gone: Vec<_> =
            self.templates.keys().filter(|known| !since.contains_key(known)).cloned().collect();
        for reference in gone {
            self.templates.remove(&reference);
            self.changed.insert(reference.name);
        }
        for (reference, since) in since {
            let revision = injector.templates.get(reference).map(|template| template.revision().to_owned());
            self.know_template(reference, revision, *since);
        }
        self.injector = injector;
    }

    fn know_template(&mut self, reference: &TemplateReference, revision: Option<String>, since: i64) {
        match self.templates.get_mut(reference) {
            Some(known) if known.revision == revision => known.since = since,
            _ => {
                self.next_id = self.next_id.wrapping_add(1);
                let known = Known { id: self.next_id, revision, since };
                self.templates.insert(reference.clone(), known);
                self.changed.insert(reference.name.clone());
            }
        }
    }

    fn forget_namespaces_that_changed(&mut self, injector: &Injector) {
        let (old, new) = (&self.injector.namespaces, &injector.namespaces);
        let is_same = |name: &str| match (old.get(name), new.get(name)) {
            (Some(old), Some(new)) => Arc::ptr_eq(old, new) || old == new,
            (old, new) => old.is_none() && new.is_none(),
        };
        let stale = self.classes.forget(|namespace| !is_same(namespace));
        let pods = &self.pods;
        self.decisions.retain(|key, _| pods.get(key).is_some_and(|pod| !stale.contains(&pod.class)));
        self.decided = self.decisions.values().map(|decisions| decisions.len()).sum();
    }

    /// A list of all pods begins.
    pub(crate) fn begin_list(&mut self) {
        self.list = self.list.wrapping_add(1);
    }

    /// A list of all pods has ended: what it did not name is gone.
    pub(crate) fn end_list(&mut self) {
        let list = self.list;
        let gone: Vec<_> =
            self.pods.iter().filter(|(_, pod)| pod.list != list).map(|(key, _)| *key).collect();
        for key in gone {
            self.lose(key);
        }
    }

    /// A pod is there, or has changed; whether it may count otherwise than before.
    pub(crate) fn see(&mut self, pod: PodMetadata) -> bool {
        let PodMetadata { key, namespace, name, traits, created, relabelled, is_counted } = pod;
        if !is_counted || self.excluded.contains(&*namespace) {
            return self.lose(key);
        }
        match self.pods.get_mut(&key) {
            Some(known) if self.classes.is(known.class, &traits) => {
                known.list = self.list;
                std::mem::replace(&mut known.relabelled, relabelled) != relabelled
            }
            _ => {
                self.lose(key);
                let class = self.classes.join(&traits, &namespace);
                let created = u32::try_from(created.max(0)).unwrap_or(u32::MAX);
                let pod = Pod { class, list: self.list, created, relabelled, name };
                self.pods.insert(key, pod);
                true
            }
        }
    }

    /// A pod is gone; whether it was counted.
    pub(crate) fn lose(&mut self, key: PodKey) -> bool {
        let Some(pod) = self.pods.remove(&key) else { return false };
        self.classes.leave(pod.class);
        self.decided -= self.decisions.remove(&key).map_or(0, |decisions| decisions.len());
        true
    }

    fn decision(&self, pod: PodKey, template: u32) -> Option<bool> {
        let decisions = self.decisions.get(&pod)?;
        decisions.iter().find(|(id, _)| *id == template).map(|(_, is_for)| *is_for)
    }

    /// Counts all pods, as far as they are decided.
    pub(crate) fn count(&mut self) -> Tally {
        self.classes.ask(&self.injector, &self.templates, &std::mem::take(&mut self.changed));
        let mut counts: HashMap<u32, PodCounts> = HashMap::new();
        let since: HashMap<u32, i64> = self.templates.values().map(|known| (known.id, known.since)).collect();
        let mut undecided = 0;
        for (key, pod) in &self.pods {
            let Some(class) = self.classes.get(pod.class) else { continue };
            let mut is_undecided = false;
            for (id, standing) in &*class.standings {
                let is_for = match standing {
                    Standing::For => true,
                    Standing::Unsure => match self.decision(*key, *id) {
                        Some(is_for) => is_for,
                        None => {
                            is_undecided = true;
                            continue;
                        }
                    },
                    Standing::Injected | Standing::Outdated => false,
                };
                let since = since.get(id).copied().unwrap_or(i64::MIN).max(class.since);
                counts.entry(*id).or_default().add(*standing, is_for, pod.is_older_than(since));
            }
            undecided += usize::from(is_undecided);
        }
        let count_of = |known: &Known| counts.get(&known.id).copied().unwrap_or_default();
        let counts =
            self.templates.iter().map(|(reference, known)| (reference.clone(), count_of(known))).collect();
        Tally { counts, undecided }
    }

    /// How many pods are counted.
    pub(crate) fn len(&self) -> usize {
        self.pods.len()
    }
}

impl Pod {
    /// Whether it may have been made before that time, or before somebody labelled it as it is now.
    fn is_older_than(&self, since: i64) -> bool {
        self.relabelled || i64::from(self.created) <= since.saturating_add(GRACE)
    }
}

trait Count {
    fn add(&mut self, standing: Standing, is_for: bool, is_older: bool);
}

impl Count for PodCounts {
    fn add(&mut self, standing: Standing, is_for: bool, is_older: bool) {
        let count = match (standing, is_for, is_older) {
            (Standing::Injected, ..) => &mut self.injected,
            (Standing::Outdated, ..) | (_, true, true) => &mut self.outdated,
            (_, true, false) => &mut self.missed,
            (_, false, _) => return,
        };
        *count = count.saturating_add(1);
        self.matched = self.matched.saturating_add(1);
    }
}

#[cfg(test)]
mod tests;
