//! Streams documents, finds their pods, and has the injector decide about each. One document is in memory at a time.

use chandler_injector::catalog::{FileProblem, Source, expand_sources};
use chandler_injector::{Decision, Injector, Namespace, PodLocation, Request, Review, decide, locate_pods};
use chandler_injector::{Problem, Segment};
use chandler_manifest::{Document, Documents, ReadError};
use serde_json::Value;

use crate::args::InputArgs;
use crate::report::Reporter;

/// Templates, namespaces and manifests, ready to be gone through.
pub(crate) struct Run {
    injector: Injector,
    is_complete: bool,
    sources: Vec<Source>,
    namespace: String,
}

/// One document, as far as it could be read.
pub(crate) struct Item<'a> {
    /// Name of its file.
    pub(crate) file: &'a str,
    /// Whether it is the first of its file.
    pub(crate) is_first: bool,
    /// Its bytes.
    pub(crate) document: Document,
    /// Its value. None: it is empty, or no YAML or JSON, which was told.
    pub(crate) value: Option<Value>,
}

/// What was decided about one pod of a document.
pub(crate) struct PodDecision<'t> {
    /// Where the pod is.
    pub(crate) location: PodLocation,
    /// The namespace that it is for.
    pub(crate) namespace: String,
    /// The decision.
    pub(crate) decision: Decision<'t>,
}

impl Run {
    /// Reads templates and namespaces, and finds the manifests. Everything that is wrong is told.
    pub(crate) fn prepare(args: &InputArgs, reporter: &mut Reporter) -> Self {
        let loaded = args.catalog.load();
        loaded.problems.iter().for_each(|problem| reporter.problem(problem));
        let is_complete = loaded.problems.is_empty();
        let (sources, errors) = expand_sources(&args.filename, args.catalog.recursive);
        errors.iter().for_each(|error| reporter.problem(&FileProblem::of_source(error)));
        Self { injector: loaded.found, is_complete, sources, namespace: args.catalog.namespace.clone() }
    }

    /// Whether every template and namespace could be read.
    pub(crate) fn is_complete(&self) -> bool {
        self.is_complete
    }

    /// Every template.
    pub(crate) fn injector(&self) -> &Injector {
        &self.injector
    }

    /// Hands each document of each source to `visit`, until that has no place to write to any more.
    pub(crate) fn for_each(
        &self,
        reporter: &mut Reporter,
        visit: &mut dyn FnMut(Item<'_>, &mut Reporter) -> std::io::Result<()>,
    ) -> std::io::Result<()> {
        for source in &self.sources {
            let reader = match source.open() {
                Ok(reader) => reader,
                Err(error) => {
                    reporter.problem(&FileProblem::of_file(source.name(), error));
                    continue;
                }
            };
            let mut is_first = true;
            for document in Documents::new(reader) {
                if let Some(item) = read_item(source.name(), document, reporter) {
                    visit(Item { is_first, ..item }, reporter)?;
                    is_first = false;
                }
                reporter.advance();
            }
        }
        Ok(())
    }

    /// Decides about every pod of a document.
    pub(crate) fn decide<'r>(&'r self, value: &Value) -> Vec<PodDecision<'r>> {
        locate_pods(value).into_iter().filter_map(|location| self.decide_one(value, location)).collect()
    }

    fn decide_one<'r>(&'r self, value: &Value, location: PodLocation) -> Option<PodDecision<'r>> {
        let namespace = location.namespace.clone().unwrap_or_else(|| self.namespace.clone());
        decide_about(&self.injector, value, location, namespace)
    }
}

/// Decides about the pod at a location of an object.
pub(crate) fn decide_about<'r>(
    injector: &'r Injector,
    value: &Value,
    location: PodLocation,
    namespace: String,
) -> Option<PodDecision<'r>> {
    let pod = value.pointer(&location.pointer)?;
    let unknown;
    let object = match injector.namespaces.get(&namespace) {
        Some(known) => known,
        None => {
            unknown = Namespace::named(&namespace);
            &unknown
        }
    };
    let review =
        Review { pod, namespace: object, owner: location.owner.clone(), request: Request::default() };
    let decision = decide(&injector.templates, &injector.settings, &review);
    Some(PodDecision { location, namespace, decision })
}

fn read_item<'a>(
    file: &'a str,
    document: Result<Document, ReadError>,
    reporter: &mut Reporter,
) -> Option<Item<'a>> {
    let document = document.map_err(|error| reporter.problem(&FileProblem::of_read(file, &error))).ok()?;
    let value = document.parse().unwrap_or_else(|error| {
        reporter.problem(&FileProblem::of_parse(file, &document, &error));
        None
    });
    Some(Item { file, is_first: false, document, value })
}

impl Item<'_> {
    /// Tells what the decision about a pod says to people: warnings, and a denial.
    pub(crate) fn tell(&self, pod: &PodDecision<'_>, run: &Run, reporter: &mut Reporter) {
        // Without a template that could not be read, what is decided is not what will be: only the errors count.
        if !run.is_complete() {
            return;
        }
        for warning in &pod.decision.warnings {
            reporter.warning(self.problem(pod, warning));
        }
        if let Some(denial) = &pod.decision.denial {
            reporter.denial(&self.problem(pod, denial));
        }
    }

    fn problem(&self, pod: &PodDecision<'_>, message: &str) -> FileProblem {
        let PodLocation { kind, name, pointer, .. } = &pod.location;
        let message = format!("{kind} {}/{name}: {message}", pod.namespace);
        let path = pointer_segments(pointer);
        FileProblem {
            path: None,
            ..FileProblem::in_document(self.file, &self.document, Problem { path, message })
        }
    }
}

/// The steps of a JSON Pointer that this program made: its keys need no unescaping.
fn pointer_segments(pointer: &str) -> Vec<Segment> {
    let steps = pointer.split('/').filter(|step| !step.is_empty());
    steps.map(|step| step.parse().map_or_else(|_| Segment::Key(step.to_owned()), Segment::Index)).collect()
}
