//! Toolboxes from everywhere: a file of the person's own, the cluster, and the one that is built in.

use std::collections::BTreeMap;
use std::path::PathBuf;

use chandler_api::DebugToolbox;
use chandler_debugger::toolbox::{Choice, ChoiceError, Offer, Source, Toolbox, choose, read_file};
use serde::Deserialize as _;
use serde_json::Value;
use thiserror::Error;

use crate::cluster::{Cluster, ClusterError, Listing, TOOLBOXES};

/// Names the file, in place of the one in the home folder.
const FILE_VARIABLE: &str = "CHANDLER_TOOLBOXES";

/// What there is to choose from.
#[derive(Debug, Default)]
pub(crate) struct Shelf {
    offers: Vec<Offer>,
    /// What could not be used, each a sentence for the person.
    pub(crate) notes: Vec<String>,
}

/// Why there is nothing to work with.
#[derive(Debug, Error)]
pub(crate) enum ToolboxError {
    /// None of that name is for the namespace.
    #[error(transparent)]
    Choice(#[from] ChoiceError),
    /// The toolbox has no such recipe.
    #[error("toolbox {toolbox} has no recipe {name:?}; it has {there}")]
    NoRecipe {
        /// The toolbox.
        toolbox: String,
        /// What was asked for.
        name: String,
        /// The names that there are.
        there: String,
    },
}

impl Shelf {
    /// Gathers them. A cluster without the kind has none, and one that does not let us see it has none for us; what there
    /// is elsewhere serves.
    ///
    /// # Errors
    /// There is no answer: another toolbox than the one that is meant would be taken.
    pub(crate) async fn gather(cluster: &Cluster) -> Result<Self, ClusterError> {
        let mut shelf = Self::default();
        shelf.read_own_file();
        let listing = Listing {
            resource: &TOOLBOXES,
            namespace: None,
            labels: None,
            fields: None,
            metadata_only: false,
        };
        let mut objects = Vec::new();
        match cluster.list(listing, &mut |object| objects.push(object)).await {
            Ok(()) | Err(ClusterError::NotServed { .. }) => {}
            Err(ClusterError::Forbidden { message, .. }) => {
                shelf.notes.push(format!("the cluster's toolboxes are left out: {message}"));
            }
            Err(error) => return Err(error),
        }
        objects.iter().for_each(|object| shelf.take(object));
        Ok(shelf)
    }

    fn take(&mut self, object: &Value) {
        match DebugToolbox::deserialize(object) {
            Ok(toolbox) => self.offers.push(Offer::new(&toolbox, Source::Cluster)),
            Err(error) => {
                let name = object.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default();
                self.notes.push(format!("the cluster's toolbox {name} is not understood: {error}"));
            }
        }
    }

    fn read_own_file(&mut self) {
        let Some(path) = own_file() else { return };
        let text = match std::fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return,
            Err(error) => return self.notes.push(format!("{}: {error}", path.display())),
        };
        match read_file(&path, &text) {
            Ok(offers) => self.offers.extend(offers),
            Err(error) => self.notes.push(format!("{error}; toolboxes of that file are left out")),
        }
    }

    /// The toolbox of that name, or the default, for a namespace with those labels.
    ///
    /// # Errors
    /// There is none of that name.
    pub(crate) fn choose(
        &self,
        labels: &BTreeMap<String, String>,
        name: Option<&str>,
    ) -> Result<Choice, ToolboxError> {
        Ok(choose(&self.offers, labels, name)?)
    }

    /// All that are for a namespace with those labels, by name; the built-in one unless another has its name.
    pub(crate) fn offers_for(&self, labels: &BTreeMap<String, String>) -> Vec<Offer> {
        let mut offers: Vec<Offer> =
            self.offers.iter().filter(|offer| offer.is_for(labels)).cloned().collect();
        let toolbox = Toolbox::built_in();
        if !offers.iter().any(|offer| offer.toolbox.name == toolbox.name) {
            offers.push(Offer { toolbox, source: Source::BuiltIn, namespaces: None, is_default: true });
        }
        offers.sort_by(|one, other| {
            (&one.toolbox.name, &one.source).cmp(&(&other.toolbox.name, &other.source))
        });
        offers
    }
}

/// Labels of a namespace.
pub(crate) fn labels_of(namespace: &Value) -> BTreeMap<String, String> {
    let labels = namespace.pointer("/metadata/labels").and_then(Value::as_object).into_iter().flatten();
    labels.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect()
}

fn own_file() -> Option<PathBuf> {
    let named = |variable| std::env::var_os(variable).filter(|value| !value.is_empty()).map(PathBuf::from);
    named(FILE_VARIABLE).or_else(|| {
        let folder = named("XDG_CONFIG_HOME").or_else(|| Some(named("HOME")?.join(".config")))?;
        Some(folder.join("chandler").join("toolboxes.yaml"))
    })
}
