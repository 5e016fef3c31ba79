//! Which toolbox somebody gets: the one that is named, else the one that is the default where the pod is.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use chandler_api::DebugToolbox;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use kube::core::{Selector, SelectorExt as _};
use thiserror::Error;

use super::{DEFAULT_NAME, Toolbox};

/// Where a toolbox comes from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// A file of the person's own.
    File(PathBuf),
    /// The cluster.
    Cluster,
    /// This program.
    BuiltIn,
}

/// A toolbox that there is.
#[derive(Debug, Clone, PartialEq)]
pub struct Offer {
    /// The toolbox.
    pub toolbox: Toolbox,
    /// Where it comes from.
    pub source: Source,
    /// Which namespaces it is for. None: all.
    pub namespaces: Option<LabelSelector>,
    /// Whether those namespaces get it where nobody names one.
    pub is_default: bool,
}

/// The toolbox that somebody gets.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    /// The toolbox.
    pub toolbox: Toolbox,
    /// Where it comes from.
    pub source: Source,
    /// What else might have been meant, each a sentence for the person.
    pub notes: Vec<String>,
}

/// Why somebody gets none.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ChoiceError {
    /// There is no such toolbox.
    #[error("there is no toolbox {name:?}; there is {there}")]
    NoToolbox {
        /// What was asked for.
        name: String,
        /// The names that there are for this namespace.
        there: String,
    },
    /// The toolbox is for other namespaces.
    #[error("toolbox {name:?} is not for this namespace: its selector wants {selector}; there is {there}")]
    OtherNamespaces {
        /// What was asked for.
        name: String,
        /// What its namespaces have.
        selector: String,
        /// The names that there are for this namespace.
        there: String,
    },
}

impl Offer {
    /// A toolbox as the cluster or a file has it.
    #[must_use]
    pub fn new(object: &DebugToolbox, source: Source) -> Self {
        let name = object.metadata.name.as_deref().unwrap_or_default();
        Self {
            toolbox: Toolbox::of_spec(name, &object.spec),
            source,
            namespaces: object.spec.namespace_selector.clone(),
            is_default: object.spec.default,
        }
    }

    fn built_in() -> Self {
        Self { toolbox: Toolbox::built_in(), source: Source::BuiltIn, namespaces: None, is_default: true }
    }

    /// Whether it is for a namespace with those labels. A selector that nobody understands selects none.
    #[must_use]
    pub fn is_for(&self, labels: &BTreeMap<String, String>) -> bool {
        let Some(selector) = &self.namespaces else { return true };
        Selector::try_from(selector.clone()).is_ok_and(|selector| selector.matches(labels))
    }

    /// The first is what is taken: a file before the cluster, who selects before who does not, then by name.
    fn rank(&self) -> (&Source, bool, &str) {
        (&self.source, self.namespaces.is_none(), &self.toolbox.name)
    }

    fn selector(&self) -> String {
        let selector = self.namespaces.clone().and_then(|selector| Selector::try_from(selector).ok());
        selector.map_or_else(|| "what no label can be".to_owned(), |selector| selector.to_string())
    }
}

impl fmt::Display for Source {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(formatter),
            Self::Cluster => formatter.write_str("cluster"),
            Self::BuiltIn => formatter.write_str("built in"),
        }
    }
}

/// Chooses among those of the person's file and of the cluster; the built-in one is there always, unless another has
/// its name.
///
/// # Errors
/// None of that name is for a namespace with those labels.
pub fn choose(
    offers: &[Offer],
    labels: &BTreeMap<String, String>,
    name: Option<&str>,
) -> Result<Choice, ChoiceError> {
    let built_in = Offer::built_in();
    let mut there: Vec<&Offer> =
        offers.iter().chain([&built_in]).filter(|offer| offer.is_for(labels)).collect();
    there.sort_by_key(|offer| offer.rank());
    let is_meant = |offer: &&&Offer| match name {
        Some(name) => offer.toolbox.name == name,
        None => offer.is_default,
    };
    let mut meant = there.iter().filter(is_meant);
    let chosen = meant.next().ok_or_else(|| missing(offers, &there, name.unwrap_or(DEFAULT_NAME)))?;
    let notes =
        meant.filter(|other| name.is_none() && other.is_rival_of(chosen)).map(|other| other.passed_over());
    Ok(Choice { toolbox: chosen.toolbox.clone(), source: chosen.source.clone(), notes: notes.collect() })
}

impl Offer {
    /// Only the names say which goes first.
    fn is_rival_of(&self, chosen: &Self) -> bool {
        self.source == chosen.source && self.namespaces.is_none() == chosen.namespaces.is_none()
    }

    fn passed_over(&self) -> String {
        let name = &self.toolbox.name;
        format!("toolbox {name} is a default of this namespace too; it is had with --toolbox {name}")
    }
}

fn missing(offers: &[Offer], there: &[&Offer], name: &str) -> ChoiceError {
    let mut names: Vec<&str> = there.iter().map(|offer| offer.toolbox.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    let (name, there) = (name.to_owned(), names.join(", "));
    match offers.iter().find(|offer| offer.toolbox.name == name) {
        Some(other) => ChoiceError::OtherNamespaces { name, selector: other.selector(), there },
        None => ChoiceError::NoToolbox { name, there },
    }
}
