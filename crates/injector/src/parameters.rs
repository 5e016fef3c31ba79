//! The values of a template's parameters, and where each came from.

use std::fmt;

use chandler_api::injection::ParameterSource;
use chandler_api::names;
use chandler_template::ParameterError;
use serde_json::{Map, Value};
use thiserror::Error;

use crate::facts::Facts;
use crate::template::{DeclaredParameter, Template};

/// A parameter with its value.
#[derive(Debug, Clone, PartialEq)]
pub struct ResolvedParameter {
    /// Its name.
    pub name: String,
    /// Its value, of its type.
    pub value: Value,
    /// Where the value came from.
    pub origin: ParameterOrigin,
}

/// Where the value of a parameter came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ParameterOrigin {
    /// An annotation of the pod, with its key.
    PodAnnotation(String),
    /// A label of the pod, with its key.
    PodLabel(String),
    /// An annotation of the namespace, with its key.
    NamespaceAnnotation(String),
    /// A label of the namespace, with its key.
    NamespaceLabel(String),
    /// A value of the platform, with its name.
    ClusterValue(String),
    /// The template's default.
    Default,
}

/// Why a template has no parameters.
#[derive(Debug, Clone, Error)]
pub enum ResolveError {
    /// A required parameter has no value.
    #[error(
        "parameter {name:?} is required: set the annotation {}{name} on the pod",
        names::PARAMETER_PREFIX
    )]
    Missing {
        /// The parameter.
        name: String,
    },
    /// A value does not fit.
    #[error("{origin}: {error}")]
    Read {
        /// Where the value came from.
        origin: ParameterOrigin,
        /// Why it does not fit.
        error: ParameterError,
    },
}

/// Finds the value of each parameter of a template. One without a value, a default or a need for one is absent.
///
/// # Errors
/// A required parameter has no value, or a value does not fit its parameter.
pub fn resolve_parameters(
    template: &Template,
    facts: &Facts<'_>,
) -> Result<Vec<ResolvedParameter>, ResolveError> {
    let resolved = template.parameters.iter().map(|declared| resolve(template, declared, facts));
    resolved.filter_map(Result::transpose).collect()
}

/// The parameters as expressions see them.
#[must_use]
pub fn parameters_object(parameters: &[ResolvedParameter]) -> Value {
    let members = parameters.iter().map(|parameter| (parameter.name.clone(), parameter.value.clone()));
    Value::Object(members.collect::<Map<_, _>>())
}

/// The annotations of the pod that look like parameters and belong to none of these templates.
pub fn unused_annotations<'a, 't>(
    facts: &Facts<'a>,
    templates: impl Iterator<Item = &'t Template> + Clone,
) -> Vec<&'a str> {
    let annotations = facts.pod_annotations();
    let keys = annotations.into_iter().flat_map(Map::keys).map(String::as_str);
    let is_unused = |name: &str| !templates.clone().any(|template| declares(template, name));
    keys.filter(|key| key.strip_prefix(names::PARAMETER_PREFIX).is_some_and(is_unused)).collect()
}

fn declares(template: &Template, annotation: &str) -> bool {
    let own =
        annotation.strip_prefix(template.reference.name.as_str()).and_then(|rest| rest.strip_prefix('.'));
    template.parameters.iter().any(|declared| {
        let name = declared.parameter.name();
        name == annotation || Some(name) == own
    })
}

fn resolve(
    template: &Template,
    declared: &DeclaredParameter,
    facts: &Facts<'_>,
) -> Result<Option<ResolvedParameter>, ResolveError> {
    let parameter = &declared.parameter;
    let name = parameter.name().to_owned();
    if let Some((found, origin)) = find_value(template, declared, facts) {
        let read = match found {
            Found::Text(text) => parameter.read(text),
            Found::Value(value) => parameter.check(value).map(|()| value.clone()),
        };
        return match read {
            Ok(value) => Ok(Some(ResolvedParameter { name, value, origin })),
            Err(error) => Err(ResolveError::Read { origin, error }),
        };
    }
    match parameter.default() {
        Some(value) => {
            Ok(Some(ResolvedParameter { name, value: value.clone(), origin: ParameterOrigin::Default }))
        }
        None if parameter.required() => Err(ResolveError::Missing { name }),
        None => Ok(None),
    }
}

/// A value as it was found: text, or a value of the platform that has a type already.
enum Found<'a> {
    Text(&'a str),
    Value(&'a Value),
}

fn find_value<'a>(
    template: &Template,
    declared: &DeclaredParameter,
    facts: &Facts<'a>,
) -> Option<(Found<'a>, ParameterOrigin)> {
    let name = declared.parameter.name();
    let own = format!("{}{}.{name}", names::PARAMETER_PREFIX, template.reference.name);
    let shared = format!("{}{name}", names::PARAMETER_PREFIX);
    [own, shared]
        .into_iter()
        .find_map(|key| Some((Found::Text(facts.pod_annotation(&key)?), ParameterOrigin::PodAnnotation(key))))
        .or_else(|| declared.sources.iter().find_map(|source| find_in(source, facts)))
}

fn find_in<'a>(source: &ParameterSource, facts: &Facts<'a>) -> Option<(Found<'a>, ParameterOrigin)> {
    if let Some(key) = &source.pod_annotation {
        Some((Found::Text(facts.pod_annotation(key)?), ParameterOrigin::PodAnnotation(key.clone())))
    } else if let Some(key) = &source.pod_label {
        Some((Found::Text(facts.pod_labels()?.get(key)?.as_str()?), ParameterOrigin::PodLabel(key.clone())))
    } else if let Some(key) = &source.namespace_annotation {
        Some((
            Found::Text(facts.namespace_annotation(key)?),
            ParameterOrigin::NamespaceAnnotation(key.clone()),
        ))
    } else if let Some(key) = &source.namespace_label {
        let text = facts.namespace_labels()?.get(key)?.as_str()?;
        Some((Found::Text(text), ParameterOrigin::NamespaceLabel(key.clone())))
    } else {
        let key = source.cluster_value.as_ref()?;
        let value = facts.cluster.get("values")?.get(key)?;
        let found = value.as_str().map_or(Found::Value(value), Found::Text);
        Some((found, ParameterOrigin::ClusterValue(key.clone())))
    }
}

impl fmt::Display for ParameterOrigin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PodAnnotation(key) => write!(formatter, "pod annotation {key}"),
            Self::PodLabel(key) => write!(formatter, "pod label {key}"),
            Self::NamespaceAnnotation(key) => write!(formatter, "namespace annotation {key}"),
            Self::NamespaceLabel(key) => write!(formatter, "namespace label {key}"),
            Self::ClusterValue(key) => write!(formatter, "cluster value {key}"),
            Self::Default => formatter.write_str("default"),
        }
    }
}
