//! What is known of the cluster now, for requests to read without waiting: a value that is replaced as a whole. Changes
//! are gathered by one task, so that nothing has to be locked.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use arc_swap::ArcSwap;
use chandler_runtime::readiness::{Condition, Readiness};
use tokio::sync::mpsc;

use super::metrics::Metrics;
use crate::decision::Settings;
use crate::facts::Namespace;
use crate::review::Injector;
use crate::template::{Problem, Template, TemplateReference};

/// Most changes that become effective at once.
const BATCH: usize = 1024;

/// What is watched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Watched {
    /// InjectionTemplates.
    Templates,
    /// ClusterInjectionTemplates.
    ClusterTemplates,
    /// Namespaces.
    Namespaces,
}

/// One thing that a watch has seen.
#[derive(Debug)]
pub(super) enum Change {
    /// The watch begins to list everything that there is.
    ListBegins(Watched),
    /// It has listed everything.
    ListEnds(Watched),
    /// A template is there; whether it compiles or not.
    Template(TemplateReference, Result<Template, Vec<Problem>>),
    /// A template is gone.
    NoTemplate(TemplateReference),
    /// A namespace is there.
    Namespace(Namespace),
    /// A namespace is gone.
    NoNamespace(String),
}

/// What requests read.
#[derive(Debug)]
pub(super) struct Live {
    current: Arc<ArcSwap<Injector>>,
    readiness: Readiness,
}

/// Gathers changes into what requests read.
#[derive(Debug)]
pub(super) struct Gatherer {
    current: Arc<ArcSwap<Injector>>,
    injector: Injector,
    /// What a list that has begun has named so far.
    listed: HashMap<Watched, Listed>,
    conditions: HashMap<Watched, Condition>,
    broken: HashSet<TemplateReference>,
    metrics: Metrics,
}

#[derive(Debug, Default)]
struct Listed {
    templates: HashSet<TemplateReference>,
    namespaces: HashSet<String>,
}

impl Live {
    /// Nothing is known yet.
    pub(super) fn new(settings: Settings, readiness: &Readiness, metrics: Metrics) -> (Self, Gatherer) {
        let injector = Injector { settings, ..Injector::default() };
        let current = Arc::new(ArcSwap::from_pointee(injector.clone()));
        let conditions = HashMap::from([
            (Watched::Templates, readiness.condition("templates")),
            (Watched::ClusterTemplates, readiness.condition("cluster-templates")),
            (Watched::Namespaces, readiness.condition("namespaces")),
        ]);
        let gatherer = Gatherer {
            current: Arc::clone(&current),
            injector,
            listed: HashMap::new(),
            conditions,
            broken: HashSet::new(),
            metrics,
        };
        (Self { current, readiness: readiness.clone() }, gatherer)
    }

    /// What is known; none before everything has been listed once.
    pub(super) fn injector(&self) -> Option<Arc<Injector>> {
        // Once listed it stays so: a daemon that is about to end still answers.
        let unlisted = ["templates", "cluster-templates", "namespaces"];
        let missing = self.readiness.missing();
        let is_listed = !missing.iter().any(|name| unlisted.contains(name));
        is_listed.then(|| self.current.load_full())
    }
}

impl Gatherer {
    /// Gathers until all watches have ended.
    pub(super) async fn gather(mut self, mut changes: mpsc::Receiver<Change>) {
        let mut batch = Vec::with_capacity(BATCH);
        while changes.recv_many(&mut batch, BATCH).await > 0 {
            batch.drain(..).for_each(|change| self.take(change));
            self.publish();
        }
    }

    fn publish(&self) {
        self.metrics.templates.set(i64::try_from(self.injector.templates.len()).unwrap_or(i64::MAX));
        self.metrics.broken_templates.set(i64::try_from(self.broken.len()).unwrap_or(i64::MAX));
        self.metrics.namespaces.set(i64::try_from(self.injector.namespaces.len()).unwrap_or(i64::MAX));
        self.current.store(Arc::new(self.injector.clone()));
    }

    fn take(&mut self, change: Change) {
        match change {
            Change::ListBegins(watched) => drop(self.listed.insert(watched, Listed::default())),
            Change::ListEnds(watched) => self.end_list(watched),
            Change::Template(reference, compiled) => self.take_template(reference, compiled),
            Change::NoTemplate(reference) => self.remove_template(&reference),
            Change::Namespace(namespace) => self.take_namespace(namespace),
            Change::NoNamespace(name) => drop(self.injector.namespaces.remove(&name)),
        }
    }

    /// A template that does not compile leaves the one before it in its place.
    fn take_template(&mut self, reference: TemplateReference, compiled: Result<Template, Vec<Problem>>) {
        let watched = watch_of(&reference);
        if let Some(listed) = self.listed.get_mut(&watched) {
            listed.templates.insert(reference.clone());
        }
        match compiled {
            Ok(template) => {
                self.broken.remove(&reference);
                tracing::info!(template = %reference, revision = template.revision(), "a template is effective");
                self.injector.templates.insert(template);
            }
            Err(problems) => {
                let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
                let serves = self.injector.templates.get(&reference).map_or("none", Template::revision);
                tracing::warn!(template = %reference, serves, problems = problems.join("; "), "a template is broken");
                self.broken.insert(reference);
            }
        }
    }

    fn remove_template(&mut self, reference: &TemplateReference) {
        self.broken.remove(reference);
        self.injector.templates.remove(reference);
        tracing::info!(template = %reference, "a template is gone");
    }

    fn take_namespace(&mut self, namespace: Namespace) {
        let name = namespace.name().to_owned();
        if let Some(listed) = self.listed.get_mut(&Watched::Namespaces) {
            listed.namespaces.insert(name.clone());
        }
        self.injector.namespaces.insert(name, Arc::new(namespace));
    }

    /// What the list did not name is gone.
    fn end_list(&mut self, watched: Watched) {
        let Some(listed) = self.listed.remove(&watched) else { return };
        if watched == Watched::Namespaces {
            self.injector.namespaces.retain(|name, _| listed.namespaces.contains(name));
        } else {
            let known = self.injector.templates.references().chain(&self.broken);
            let is_gone = |reference: &&TemplateReference| {
                watch_of(reference) == watched && !listed.templates.contains(*reference)
            };
            let gone: HashSet<TemplateReference> = known.filter(is_gone).cloned().collect();
            gone.iter().for_each(|reference| self.remove_template(reference));
        }
        // A request that finds the daemon ready finds what makes it so.
        self.publish();
        self.conditions.get(&watched).into_iter().for_each(Condition::hold);
    }
}

fn watch_of(reference: &TemplateReference) -> Watched {
    if reference.namespace.is_some() { Watched::Templates } else { Watched::ClusterTemplates }
}

#[cfg(test)]
mod tests;
