//! From the object that a user writes to a [`Template`]; every problem is found, not the first.

use std::collections::HashSet;

use chandler_api::injection::{
    ConflictPolicy, ContainerMatch, JsonOperation, JsonOperationKind, ParameterSpec, ParameterType, Patch,
    Select,
};
use chandler_api::{InjectionTemplateSpec, names};
use chandler_pod_patch::{Conflicts, check_container_patch, check_pod_patch};
use chandler_template::{Definition, Document, Parameter};
use serde::Serialize;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use wildmatch::WildMatch;

use super::place::find_path;
use super::problem::{Problem, Segment, at};
use super::{CompiledPatch, ContainerSelector, DeclaredParameter, Limits, Template, TemplateReference};
use crate::condition::Condition;
use crate::facts::VARIABLES;
use crate::selector::Selector;

/// Where a `json` patch may write: all of a pod that a template can mean.
const JSON_ROOTS: [&str; 4] = ["/spec", "/metadata/labels", "/metadata/annotations", "/metadata/finalizers"];

/// Longest DNS label.
const MAX_LABEL_LENGTH: usize = 63;

/// What the 63 characters after the `/` of an annotation leave for the names of a template and a parameter.
const MAX_NAMES_LENGTH: usize = 56;

impl Template {
    /// Compiles the spec of a template.
    ///
    /// # Errors
    /// Every problem of the spec, with its path from the root of the object.
    pub fn compile(reference: TemplateReference, spec: &InjectionTemplateSpec) -> Result<Self, Vec<Problem>> {
        let mut problems = Vec::new();
        problems.extend(
            check_name(&reference.name, spec).map(|message| Problem::new(&at!["metadata", "name"], message)),
        );
        let parameters = compile_parameters(&spec.parameters, &mut problems);
        let limits = compile_limits(&spec.select, &mut problems);
        let patches = compile_patches(&spec.patches, &mut problems);
        check_references(spec, &patches, &mut problems);
        let patches: Vec<_> = patches.into_iter().flatten().collect();
        if !problems.is_empty() {
            return Err(problems);
        }
        Ok(Self {
            reference,
            revision: revision_of(spec),
            mode: spec.select.mode,
            order: spec.order,
            limits,
            parameters,
            patches,
            conflicts: conflicts_of(spec.conflicts),
            on_error: spec.on_error,
            removes: spec.patches.iter().any(removes),
        })
    }
}

/// What is wrong with the name of a template: annotations must be able to say it, and those of its parameters.
fn check_name(name: &str, spec: &InjectionTemplateSpec) -> Option<String> {
    let is_inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let is_label = !name.is_empty() && name.len() <= MAX_LABEL_LENGTH && name.bytes().all(is_inner);
    if !is_label || name.starts_with('-') || name.ends_with('-') {
        return Some(format!(
            "{name:?} is not a DNS label (lower case letters, digits and '-', at most 63): annotations could not name it"
        ));
    }
    let parameter =
        spec.parameters.iter().find(|parameter| name.len() + parameter.name.len() > MAX_NAMES_LENGTH)?;
    let parameter = &parameter.name;
    Some(format!(
        "with the parameter {parameter:?} the annotation chandler.dev/param.{name}.{parameter} would be too long: {MAX_NAMES_LENGTH} characters are left for both names"
    ))
}

fn conflicts_of(policy: ConflictPolicy) -> Conflicts {
    match policy {
        ConflictPolicy::Override => Conflicts::Override,
        ConflictPolicy::Keep => Conflicts::Keep,
        ConflictPolicy::Fail => Conflicts::Fail,
    }
}

/// Whether a patch takes anything away, or writes where no merge looks.
fn removes(patch: &Patch) -> bool {
    let containers = patch.containers.as_ref().map(|containers| &containers.patch);
    patch.json.is_some() || [patch.pod.as_ref(), containers].into_iter().flatten().any(object_removes)
}

fn object_removes(object: &Map<String, Value>) -> bool {
    const REMOVERS: [&str; 3] = ["$patch", "$retainKeys", "$remove"];
    object.iter().any(|(key, value)| {
        REMOVERS.contains(&key.as_str())
            || key.starts_with("$deleteFromPrimitiveList/")
            || key.starts_with("$setElementOrder/")
            || value_removes(value)
    })
}

fn value_removes(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Object(object) => object_removes(object),
        Value::Array(items) => items.iter().any(value_removes),
        _ => false,
    }
}

fn compile_parameters(specs: &[ParameterSpec], problems: &mut Vec<Problem>) -> Vec<DeclaredParameter> {
    let mut seen = HashSet::new();
    let mut parameters = Vec::with_capacity(specs.len());
    for (index, spec) in specs.iter().enumerate() {
        let place = at!["spec", "parameters", index];
        if !seen.insert(&spec.name) {
            problems.push(Problem::new(&place, format_args!("parameter {:?} is declared twice", spec.name)));
        }
        if spec.required && spec.default.is_some() {
            problems.push(Problem::new(
                &place,
                "a parameter with a default is never missing: set either required or default",
            ));
        }
        for (source, from) in spec.from.iter().enumerate() {
            if count_sources(from) != 1 {
                let place = at!["spec", "parameters", index, "from", source];
                problems.push(Problem::new(
                    &place,
                    "set exactly one of podAnnotation, podLabel, namespaceAnnotation, namespaceLabel and clusterValue",
                ));
            }
        }
        match Parameter::compile(definition_of(spec)) {
            Ok(parameter) => parameters.push(DeclaredParameter { parameter, sources: spec.from.clone() }),
            Err(errors) => problems.extend(errors.iter().map(|error| Problem::new(&place, error))),
        }
    }
    parameters
}

fn count_sources(from: &chandler_api::injection::ParameterSource) -> usize {
    [
        &from.pod_annotation,
        &from.pod_label,
        &from.namespace_annotation,
        &from.namespace_label,
        &from.cluster_value,
    ]
    .into_iter()
    .flatten()
    .count()
}

fn definition_of(spec: &ParameterSpec) -> Definition {
    use chandler_template::ParameterType as Kind;
    Definition {
        name: spec.name.clone(),
        kind: match spec.kind {
            ParameterType::String => Kind::String,
            ParameterType::Integer => Kind::Integer,
            ParameterType::Number => Kind::Number,
            ParameterType::Boolean => Kind::Boolean,
            ParameterType::Quantity => Kind::Quantity,
            ParameterType::Duration => Kind::Duration,
            ParameterType::Array => Kind::Array,
            ParameterType::Object => Kind::Object,
        },
        default: spec.default.clone(),
        allowed: spec.allowed.clone(),
        pattern: spec.pattern.clone(),
        minimum: spec.minimum.clone(),
        maximum: spec.maximum.clone(),
        required: spec.required,
    }
}

fn compile_limits(select: &Select, problems: &mut Vec<Problem>) -> Limits {
    let mut selector_of = |field: &str, source: &Option<_>| {
        let compiled = source.as_ref().map(Selector::compile).transpose();
        compiled
            .map_err(|error| problems.push(Problem::new(&at!["spec", "select", field], error)))
            .ok()
            .flatten()
            .unwrap_or_default()
    };
    let namespace_selector = selector_of("namespaceSelector", &select.namespace_selector);
    let pod_selector = selector_of("podSelector", &select.pod_selector);
    let mut conditions = Vec::with_capacity(select.match_conditions.len());
    for (index, source) in select.match_conditions.iter().enumerate() {
        let place = at!["spec", "select", "matchConditions", index, "expression"];
        match Condition::compile(&source.name, &source.expression) {
            Ok(condition) => conditions.push(condition),
            Err(error) => problems.push(Problem::new(&place, error)),
        }
    }
    Limits {
        namespace_selector,
        pod_selector,
        conditions,
        host_network: select.host_network,
        os: select.os.clone(),
    }
}

fn compile_patches(patches: &[Patch], problems: &mut Vec<Problem>) -> Vec<Option<CompiledPatch>> {
    if patches.is_empty() {
        problems.push(Problem::new(&at!["spec", "patches"], "a template needs at least one patch"));
    }
    let compiled = patches.iter().enumerate().map(|(index, patch)| {
        let place = at!["spec", "patches", index];
        compile_patch(patch)
            .map_err(|found| problems.extend(found.into_iter().map(|problem| problem.under(&place))))
    });
    compiled.map(Result::ok).collect()
}

fn compile_patch(patch: &Patch) -> Result<CompiledPatch, Vec<Problem>> {
    match (&patch.pod, &patch.containers, &patch.json) {
        (Some(pod), None, None) => {
            let source = Value::Object(pod.clone());
            if let Some(problem) = own_annotation(&source) {
                return Err(vec![problem]);
            }
            compile_document(&source, &at!["pod"], check_pod_patch(&source).err()).map(CompiledPatch::Pod)
        }
        (None, Some(containers), None) => {
            let source = Value::Object(containers.patch.clone());
            let found = check_container_patch(&source).err();
            let patch = compile_document(&source, &at!["containers", "patch"], found)?;
            Ok(CompiledPatch::Containers { selector: compile_selector(&containers.selector), patch })
        }
        (None, None, Some(operations)) => compile_operations(operations),
        _ => Err(vec![Problem::new(&[], "set exactly one of pod, containers and json")]),
    }
}

/// Annotations that select templates and set parameters are for people: a template that wrote one would choose what the
/// next injection does.
fn own_annotation(pod: &Value) -> Option<Problem> {
    let annotations = crate::facts::metadata_map(pod, "annotations")?;
    let key = annotations.keys().find(|key| key.starts_with(names::PREFIX) && *key != names::INJECTED)?;
    Some(Problem::new(
        &at!["pod", "metadata", "annotations", key.as_str()],
        "a template may not write the annotations that select templates and set parameters",
    ))
}

fn compile_selector(selector: &ContainerMatch) -> ContainerSelector {
    let globs = |patterns: &[String]| patterns.iter().map(|pattern| WildMatch::new(pattern)).collect();
    ContainerSelector {
        names: globs(&selector.names),
        except: globs(&selector.except),
        kinds: selector.kinds.clone(),
    }
}

fn compile_document(
    source: &Value,
    place: &[Segment],
    directives: Option<Vec<chandler_pod_patch::MergeError>>,
) -> Result<Document, Vec<Problem>> {
    let misused = directives.into_iter().flatten().map(|error| misuse(source, &error).under(place));
    let mut problems: Vec<_> = misused.collect();
    let roots: Vec<_> = VARIABLES.into_iter().chain(["params"]).collect();
    match Document::compile(source, &roots) {
        Ok(document) if problems.is_empty() => Ok(document),
        Ok(_) => Err(problems),
        Err(errors) => {
            problems.extend(
                errors
                    .into_iter()
                    .map(|error| Problem { message: error.kind.to_string(), path: error.path }.under(place)),
            );
            Err(problems)
        }
    }
}

/// What is wrong with a directive or value of a patch, at its place in the patch.
fn misuse(source: &Value, error: &chandler_pod_patch::MergeError) -> Problem {
    let (words, message) = (error.path(), error.to_string());
    let message =
        message.strip_prefix(words).and_then(|rest| rest.strip_prefix(": ")).unwrap_or(&message).to_owned();
    Problem { path: find_path(source, words), message }
}

fn compile_operations(operations: &[JsonOperation]) -> Result<CompiledPatch, Vec<Problem>> {
    let mut problems = Vec::new();
    for (index, operation) in operations.iter().enumerate() {
        problems.extend(check_operation(operation).map(|message| Problem::new(&at!["json", index], message)));
    }
    let source = canonical(operations);
    match compile_document(&source, &at!["json"], None) {
        Ok(document) if problems.is_empty() => Ok(CompiledPatch::Json(document)),
        Ok(_) => Err(problems),
        Err(more) => Err(problems.into_iter().chain(more).collect()),
    }
}

/// What is wrong with an operation, whatever the pod is.
fn check_operation(operation: &JsonOperation) -> Option<String> {
    use JsonOperationKind::{Add, Copy, Move, Remove, Replace, Test};
    let (has_from, has_value) = (operation.from.is_some(), operation.value.is_some());
    let reserved = format!("/metadata/annotations/{}", names::INJECTED.replace('/', "~1"));
    match operation.op {
        _ if [Some(&operation.path), operation.from.as_ref()]
            .into_iter()
            .flatten()
            .any(|path| path.contains("{{")) =>
        {
            Some(
                "path and from hold no expressions: a value must not choose which field is written"
                    .to_owned(),
            )
        }
        Move | Copy if !has_from => Some("move and copy need from".to_owned()),
        Add | Replace | Test if !has_value => {
            Some("add, replace and test need a value (it may be null)".to_owned())
        }
        Add | Replace | Test | Remove if has_from => Some("from is for move and copy".to_owned()),
        Test => None,
        _ if operation.path == reserved => {
            Some(format!("the annotation {} is written by the injector alone", names::INJECTED))
        }
        _ if is_in_reach(&operation.path) => None,
        _ => Some(format!(
            "the path {:?} is not in a template's reach: use /spec/…, or labels, annotations and finalizers in /metadata",
            operation.path
        )),
    }
}

/// Whether a JSON Pointer leads to one of the roots or below it, and for `spec` below. A text that is no pointer leads
/// nowhere.
fn is_in_reach(path: &str) -> bool {
    let is_pointer = path.split('~').skip(1).all(|part| part.starts_with(['0', '1']));
    let reaches = |root: &str| match path.strip_prefix(root) {
        Some("") => root != "/spec",
        Some(rest) => rest.starts_with('/') && rest.len() > 1,
        None => false,
    };
    is_pointer && JSON_ROOTS.into_iter().any(reaches)
}

/// Every `params.NAME` that a patch reads must be declared.
fn check_references(
    spec: &InjectionTemplateSpec,
    patches: &[Option<CompiledPatch>],
    problems: &mut Vec<Problem>,
) {
    let declared: HashSet<_> = spec.parameters.iter().map(|parameter| parameter.name.as_str()).collect();
    for (index, patch) in patches.iter().enumerate() {
        let Some(
            CompiledPatch::Pod(document)
            | CompiledPatch::Containers { patch: document, .. }
            | CompiledPatch::Json(document),
        ) = patch
        else {
            continue;
        };
        let mut unknown: Vec<_> = document
            .references()
            .filter_map(|path| match path {
                [root, name, ..] if root == "params" && !declared.contains(name.as_str()) => Some(name),
                _ => None,
            })
            .collect();
        unknown.dedup();
        problems.extend(unknown.into_iter().map(|name| {
            let message = format!(
                "an expression reads params.{name}, and spec.parameters declares no parameter {name:?}"
            );
            Problem::new(&at!["spec", "patches", index], message)
        }));
    }
}

/// The first 12 hexadecimal digits of the SHA-256 of the spec, keys sorted.
fn revision_of(spec: &InjectionTemplateSpec) -> String {
    let mut canonical = canonical(spec);
    canonical.sort_all_objects();
    let digest = Sha256::digest(canonical.to_string());
    digest.iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}

/// Our own types have string keys and no failing serializer, so that this cannot fail.
fn canonical(value: &(impl Serialize + ?Sized)) -> Value {
    serde_json::to_value(value).unwrap_or_default()
}

#[cfg(test)]
mod tests;
