//! What is known of the cluster now, for requests to read without waiting: a value that is replaced as a whole. Changes
//! are gathered by one task, so that nothing has to be locked.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use chandler_api::InjectionTemplateStatus;
use chandler_runtime::readiness::{Condition, Readiness};
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use super::metrics::Metrics;
use crate::decision::Settings;
use crate::facts::Namespace;
use crate::review::Injector;
use crate::template::{Problem, Template, TemplateReference};

/// Most changes that become effective at once.
const BATCH: usize = 1024;

/// How long a revision is kept after its end: longer than the API server lets one request take.
const EARLIER: Duration = Duration::from_secs(60);

/// Most revisions that are kept so.
const MOST_EARLIER: usize = 256;

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
    Template(TemplateReference, Box<TemplateObject>, Result<Template, Vec<Problem>>),
    /// A template is there, with the spec that it had.
    SameTemplate(TemplateReference, Box<TemplateObject>),
    /// A template is gone.
    NoTemplate(TemplateReference),
    /// A namespace is there.
    Namespace(Namespace),
    /// A namespace is gone.
    NoNamespace(String),
}

/// What the object of a template says besides its spec.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct TemplateObject {
    pub(super) uid: String,
    pub(super) generation: Option<i64>,
    /// When the spec that serves was written, in seconds since 1970.
    pub(super) since: i64,
    /// What is wrong with the newest spec, where it is not the one that serves.
    pub(super) problems: Option<String>,
    pub(super) status: Option<InjectionTemplateStatus>,
}

/// What the duties of a leader see.
#[derive(Debug, Clone, Default)]
pub(super) struct Known {
    pub(super) injector: Arc<Injector>,
    /// Every template that there is, also one of which nothing serves.
    pub(super) objects: Arc<HashMap<TemplateReference, TemplateObject>>,
    /// Whether everything has been listed once.
    pub(super) is_listed: bool,
}

/// What requests read.
#[derive(Debug)]
pub(super) struct Live {
    current: Arc<ArcSwap<Injector>>,
    readiness: Readiness,
    known: watch::Receiver<Known>,
}

/// Gathers changes into what requests read.
#[derive(Debug)]
pub(super) struct Gatherer {
    current: Arc<ArcSwap<Injector>>,
    injector: Injector,
    /// What a list that has begun has named so far.
    listed: HashMap<Watched, Listed>,
    conditions: HashMap<Watched, Condition>,
    /// What has not been listed yet.
    unlisted: HashSet<Watched>,
    objects: Arc<HashMap<TemplateReference, TemplateObject>>,
    /// Revisions that are kept though they are not effective any more, and until when; the oldest first.
    retired: VecDeque<(Instant, Arc<Template>)>,
    known: watch::Sender<Known>,
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
        let (sender, known) = watch::channel(Known::default());
        let gatherer = Gatherer {
            current: Arc::clone(&current),
            injector,
            listed: HashMap::new(),
            unlisted: conditions.keys().copied().collect(),
            conditions,
            objects: Arc::default(),
            retired: VecDeque::new(),
            known: sender,
            metrics,
        };
        (Self { current, readiness: readiness.clone(), known }, gatherer)
    }

    /// What is known; none before everything has been listed once.
    pub(super) fn injector(&self) -> Option<Arc<Injector>> {
        // Once listed it stays so: a daemon that is about to end still answers.
        let unlisted = ["templates", "cluster-templates", "namespaces"];
        let missing = self.readiness.missing();
        let is_listed = !missing.iter().any(|name| unlisted.contains(name));
        is_listed.then(|| self.current.load_full())
    }

    /// What is known, for those who wait for it to change.
    pub(super) fn known(&self) -> watch::Receiver<Known> {
        self.known.clone()
    }
}

impl Gatherer {
    /// Gathers until all watches have ended.
    pub(super) async fn gather(mut self, mut changes: mpsc::Receiver<Change>) {
        let mut batch = Vec::with_capacity(BATCH);
        loop {
            tokio::select! {
                taken = changes.recv_many(&mut batch, BATCH) => {
                    if taken == 0 {
                        return;
                    }
                    batch.drain(..).for_each(|change| self.take(change));
                }
                () = self.until_oldest_is_over() => self.forget_oldest(),
            }
            self.publish();
        }
    }

    fn publish(&self) {
        self.metrics.templates.set(i64::try_from(self.injector.templates.len()).unwrap_or(i64::MAX));
        let broken = self.objects.values().filter(|object| object.problems.is_some()).count();
        self.metrics.broken_templates.set(i64::try_from(broken).unwrap_or(i64::MAX));
        self.metrics.namespaces.set(i64::try_from(self.injector.namespaces.len()).unwrap_or(i64::MAX));
        let injector = Arc::new(self.injector.clone());
        self.current.store(Arc::clone(&injector));
        let (objects, is_listed) = (Arc::clone(&self.objects), self.unlisted.is_empty());
        self.known.send_replace(Known { injector, objects, is_listed });
    }

    fn take(&mut self, change: Change) {
        match change {
            Change::ListBegins(watched) => drop(self.listed.insert(watched, Listed::default())),
            Change::ListEnds(watched) => self.end_list(watched),
            Change::Template(reference, object, compiled) => self.take_template(reference, *object, compiled),
            Change::SameTemplate(reference, object) => self.take_object(reference, *object),
            Change::NoTemplate(reference) => self.remove_template(&reference),
            Change::Namespace(namespace) => self.take_namespace(namespace),
            Change::NoNamespace(name) => drop(self.injector.namespaces.remove(&name)),
        }
    }

    /// A template that does not compile leaves the one before it in its place.
    fn take_template(
        &mut self,
        reference: TemplateReference,
        mut object: TemplateObject,
        compiled: Result<Template, Vec<Problem>>,
    ) {
        match compiled {
            Ok(template) => {
                tracing::info!(template = %reference, revision = template.revision(), "a template is effective");
                let revision = template.revision().to_owned();
                let previous = self.injector.templates.insert(template);
                self.retire(previous.filter(|previous| previous.revision() != revision));
            }
            Err(problems) => {
                let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
                let problems = problems.join("; ");
                let serves = self.injector.templates.get(&reference).map_or("none", Template::revision);
                tracing::warn!(template = %reference, serves, problems, "a template is broken");
                object.problems = Some(problems);
                object.since = self.objects.get(&reference).map_or(object.since, |before| before.since);
            }
        }
        self.list_template(&reference);
        Arc::make_mut(&mut self.objects).insert(reference, object);
    }

    /// The spec is as it was, and so is what became of it.
    fn take_object(&mut self, reference: TemplateReference, object: TemplateObject) {
        self.list_template(&reference);
        if let Some(known) = Arc::make_mut(&mut self.objects).get_mut(&reference) {
            known.status = object.status;
        }
    }

    fn list_template(&mut self, reference: &TemplateReference) {
        if let Some(listed) = self.listed.get_mut(&watch_of(reference)) {
            listed.templates.insert(reference.clone());
        }
    }

    fn remove_template(&mut self, reference: &TemplateReference) {
        Arc::make_mut(&mut self.objects).remove(reference);
        let removed = self.injector.templates.remove(reference);
        self.retire(removed);
        tracing::info!(template = %reference, "a template is gone");
    }

    /// Keeps a revision for pods that have met it and are still on their way in.
    fn retire(&mut self, template: Option<Arc<Template>>) {
        let Some(template) = template else { return };
        self.injector.templates.keep_earlier(Arc::clone(&template));
        self.retired.push_back((Instant::now() + EARLIER, template));
        if self.retired.len() > MOST_EARLIER {
            self.forget_oldest();
        }
    }

    fn forget_oldest(&mut self) {
        if let Some((_, template)) = self.retired.pop_front() {
            self.injector.templates.forget_earlier(&template);
        }
    }

    /// Waits until the oldest revision that is kept need not be any more.
    async fn until_oldest_is_over(&self) {
        match self.retired.front() {
            Some((end, _)) => tokio::time::sleep_until(*end).await,
            None => std::future::pending().await,
        }
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
            let is_gone = |reference: &&TemplateReference| {
                watch_of(reference) == watched && !listed.templates.contains(*reference)
            };
            let gone: HashSet<TemplateReference> = self.objects.keys().filter(is_gone).cloned().collect();
            gone.iter().for_each(|reference| self.remove_template(reference));
        }
        self.unlisted.remove(&watched);
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
