//! Templates and namespaces from files, for everything that runs without a cluster.

mod args;
mod source;

use std::collections::HashMap;
use std::sync::Arc;

use chandler_api::injection::ClusterInjectionTemplateSpec;
use chandler_api::{InjectionTemplateSpec, names};
use chandler_manifest::{Document, Documents};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::facts::Namespace;
use crate::template::{Problem, Segment, Template, TemplateReference};
use crate::templates::TemplateSet;

pub use args::{CatalogArgs, SettingsArgs, UnknownTemplatesArg};
pub use source::{FileProblem, Source, SourceError, expand_sources};

/// What was read from files, with all that is wrong with them.
#[derive(Debug)]
pub struct Read<T> {
    /// What could be read.
    pub found: T,
    /// Everything that could not.
    pub problems: Vec<FileProblem>,
}

/// Reads templates. Anything else in the sources is a problem. A namespaced template without a namespace belongs
/// to `namespace`.
#[must_use]
pub fn read_templates(sources: &[Source], namespace: &str) -> Read<TemplateSet> {
    let mut reader = TemplateReader { namespace, found: TemplateSet::default(), places: HashMap::new() };
    let problems = for_each_object(sources, &mut |place, object| reader.read(place, object));
    Read { found: reader.found, problems }
}

/// Reads Namespace objects; other kinds are passed over, so that a dump of a cluster will do.
#[must_use]
pub fn read_namespaces(sources: &[Source]) -> Read<HashMap<String, Arc<Namespace>>> {
    let mut found = HashMap::new();
    let problems = for_each_object(sources, &mut |_, object| {
        let kind =
            (object.get("apiVersion").and_then(Value::as_str), object.get("kind").and_then(Value::as_str));
        let name = object.pointer("/metadata/name").and_then(Value::as_str);
        if let (("v1", "Namespace"), Some(name)) =
            ((kind.0.unwrap_or_default(), kind.1.unwrap_or_default()), name)
        {
            let metadata = object.get("metadata").unwrap_or(&Value::Null);
            found.insert(name.to_owned(), Arc::new(Namespace::from_metadata(name, metadata)));
        }
        Vec::new()
    });
    Read { found, problems }
}

/// An object of a document: the file, the document, and the object's path in it (not empty inside a List).
struct Place<'a> {
    file: &'a str,
    document: &'a Document,
    path: Vec<Segment>,
}

impl Place<'_> {
    fn problem(&self, problem: Problem) -> FileProblem {
        FileProblem::in_document(self.file, self.document, problem.under(&self.path))
    }
}

type Visit<'v> = dyn FnMut(&Place<'_>, &Value) -> Vec<FileProblem> + 'v;

/// Hands every object of the sources to `visit`, also the items of Lists, and gathers what is wrong.
fn for_each_object(sources: &[Source], visit: &mut Visit<'_>) -> Vec<FileProblem> {
    let mut problems = Vec::new();
    for source in sources {
        let reader = match source.open() {
            Ok(reader) => reader,
            Err(error) => {
                problems.push(FileProblem::of_file(source.name(), error));
                continue;
            }
        };
        for document in Documents::new(reader) {
            problems.extend(visit_document(source.name(), document, visit));
        }
    }
    problems
}

fn visit_document(
    file: &str,
    document: Result<Document, chandler_manifest::ReadError>,
    visit: &mut Visit<'_>,
) -> Vec<FileProblem> {
    let document = match document {
        Ok(document) => document,
        Err(error) => return vec![FileProblem::of_read(file, &error)],
    };
    match document.parse() {
        Ok(Some(object)) => {
            visit_object(&Place { file, document: &document, path: Vec::new() }, &object, visit)
        }
        Ok(None) => Vec::new(),
        Err(error) => vec![FileProblem::of_parse(file, &document, &error)],
    }
}

fn visit_object(place: &Place<'_>, object: &Value, visit: &mut Visit<'_>) -> Vec<FileProblem> {
    let is_list = object.get("kind").and_then(Value::as_str).is_some_and(|kind| kind == "List");
    let Some(items) = object.get("items").and_then(Value::as_array).filter(|_| is_list) else {
        return visit(place, object);
    };
    let items = items.iter().enumerate().flat_map(|(index, item)| {
        let mut path = place.path.clone();
        path.extend([Segment::Key("items".to_owned()), Segment::Index(index)]);
        visit(&Place { file: place.file, document: place.document, path }, item)
    });
    items.collect()
}

struct TemplateReader<'a> {
    namespace: &'a str,
    found: TemplateSet,
    /// Where each template was read, to name the first when a second comes.
    places: HashMap<TemplateReference, String>,
}

impl TemplateReader<'_> {
    fn read(&mut self, place: &Place<'_>, object: &Value) -> Vec<FileProblem> {
        match compile_object(object, self.namespace) {
            Ok(template) => self.add(place, template).into_iter().collect(),
            Err(problems) => problems.into_iter().map(|problem| place.problem(problem)).collect(),
        }
    }

    fn add(&mut self, place: &Place<'_>, template: Template) -> Option<FileProblem> {
        let reference = template.reference().clone();
        let here = format!("{}:{}", place.file, place.document.line());
        if let Some(first) = self.places.get(&reference) {
            let problem = Problem::new(&[], format!("template {reference} was read before, from {first}"));
            return Some(place.problem(problem));
        }
        self.places.insert(reference, here);
        self.found.insert(template);
        None
    }
}

/// What is read of the object of a template. What the cluster writes into its status is no business of ours.
#[derive(Deserialize)]
struct Stored<S> {
    #[serde(rename = "metadata")]
    _metadata: ObjectMeta,
    spec: S,
}

/// Compiles a template of either kind, from its object. A namespaced one without a namespace belongs to `default`.
///
/// # Errors
/// The object is no template, or every problem of its spec.
pub fn compile_object(object: &Value, default: &str) -> Result<Template, Vec<Problem>> {
    let text = |pointer| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let (name, namespace) = (text("/metadata/name").to_owned(), text("/metadata/namespace"));
    let (namespace, spec) = match (text("/apiVersion"), text("/kind")) {
        (names::API_VERSION, "InjectionTemplate") => {
            let namespace = if namespace.is_empty() { default } else { namespace };
            (Some(namespace.to_owned()), decode::<Stored<InjectionTemplateSpec>>(object)?.spec)
        }
        (names::API_VERSION, "ClusterInjectionTemplate") => {
            let ClusterInjectionTemplateSpec(spec) =
                decode::<Stored<ClusterInjectionTemplateSpec>>(object)?.spec;
            (None, spec)
        }
        (api_version, kind) => return Err(vec![not_a_template(api_version, kind)]),
    };
    let spec: InjectionTemplateSpec = spec;
    Template::compile(TemplateReference { name, namespace }, &spec)
}

fn not_a_template(api_version: &str, kind: &str) -> Problem {
    let what = match (api_version, kind) {
        ("", "") => "an object without apiVersion and kind".to_owned(),
        _ => format!("{api_version} {kind}"),
    };
    Problem::new(
        &[],
        format!(
            "{what} is not a template: want InjectionTemplate or ClusterInjectionTemplate of {}",
            names::API_VERSION
        ),
    )
}

/// Decodes an object of our own; a field that its type does not know is a problem, as a typo would be lost otherwise.
fn decode<T: DeserializeOwned>(object: &Value) -> Result<T, Vec<Problem>> {
    let mut unknown = Vec::new();
    let mut track = serde_path_to_error::Track::new();
    let deserializer = serde_path_to_error::Deserializer::new(object, &mut track);
    let decoded = serde_ignored::deserialize(deserializer, |path| unknown.push(segments_of_ignored(&path)));
    unknown.retain(|path| !is_no_field(path));
    match decoded {
        Ok(decoded) if unknown.is_empty() => Ok(decoded),
        Ok(_) => Err(unknown.iter().map(|path| Problem::new(path, "unknown field")).collect()),
        Err(error) => Err(vec![Problem::new(&segments_of_tracked(&track.path()), error)]),
    }
}

/// `apiVersion` and `kind` are read before an object is decoded, and `status` is for the cluster to write: a template
/// that comes from there has one.
fn is_no_field(path: &[Segment]) -> bool {
    matches!(path, [Segment::Key(key)] if ["apiVersion", "kind", "status"].contains(&key.as_str()))
}

fn segments_of_ignored(path: &serde_ignored::Path<'_>) -> Vec<Segment> {
    use serde_ignored::Path;
    match path {
        Path::Root => Vec::new(),
        Path::Seq { parent, index } => extended(parent, Segment::Index(*index)),
        Path::Map { parent, key } => extended(parent, Segment::Key(key.clone())),
        Path::Some { parent } | Path::NewtypeStruct { parent } | Path::NewtypeVariant { parent } => {
            segments_of_ignored(parent)
        }
    }
}

fn extended(parent: &serde_ignored::Path<'_>, segment: Segment) -> Vec<Segment> {
    let mut segments = segments_of_ignored(parent);
    segments.push(segment);
    segments
}

fn segments_of_tracked(path: &serde_path_to_error::Path) -> Vec<Segment> {
    use serde_path_to_error::Segment as Tracked;
    let segments = path.iter().filter_map(|segment| match segment {
        Tracked::Seq { index } => Some(Segment::Index(*index)),
        Tracked::Map { key } => Some(Segment::Key(key.clone())),
        Tracked::Enum { .. } | Tracked::Unknown => None,
    });
    segments.collect()
}

#[cfg(test)]
mod tests;
