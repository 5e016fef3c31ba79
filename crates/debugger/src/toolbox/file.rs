//! A person's own toolboxes: the same documents as in a cluster, in a file.

use std::path::Path;

use chandler_api::{DebugToolbox, names};
use chandler_manifest::Documents;
use serde_json::Value;
use thiserror::Error;

use super::choice::{Offer, Source};

/// Why a file with toolboxes is not read.
#[derive(Debug, Error)]
pub enum FileError {
    /// A document cannot be cut out of it.
    #[error("{path} cannot be read")]
    Read {
        /// The file.
        path: String,
        /// What is wrong with it.
        source: chandler_manifest::ReadError,
    },
    /// A document is no YAML.
    #[error("{path} is no YAML")]
    Parse {
        /// The file.
        path: String,
        /// What is wrong with it.
        source: chandler_manifest::ParseError,
    },
    /// A document is of another kind.
    #[error("{path}: document {number} is {kind}; a toolbox is a DebugToolbox of {}", names::API_VERSION)]
    Kind {
        /// The file.
        path: String,
        /// Which document, from 1.
        number: usize,
        /// What it is.
        kind: String,
    },
    /// A document has no name.
    #[error("{path}: document {number} has no metadata.name")]
    Name {
        /// The file.
        path: String,
        /// Which document, from 1.
        number: usize,
    },
    /// A document has a field that is wrong, or lacks one.
    #[error("{path}: document {number} is no toolbox")]
    Field {
        /// The file.
        path: String,
        /// Which document, from 1.
        number: usize,
        /// What is wrong with it.
        source: serde_json::Error,
    },
}

/// Reads the toolboxes of a file.
///
/// # Errors
/// It is no YAML, or a document is no toolbox.
pub fn read_file(path: &Path, text: &[u8]) -> Result<Vec<Offer>, FileError> {
    let name = || path.display().to_string();
    let mut offers = Vec::new();
    for (index, document) in Documents::new(text).enumerate() {
        let document = document.map_err(|source| FileError::Read { path: name(), source })?;
        let value = document.parse().map_err(|source| FileError::Parse { path: name(), source })?;
        if let Some(value) = value {
            offers.push(read_document(path, index + 1, value)?);
        }
    }
    Ok(offers)
}

fn read_document(path: &Path, number: usize, value: Value) -> Result<Offer, FileError> {
    let is = |field: &str, wanted: &str| value.get(field).and_then(Value::as_str) == Some(wanted);
    let name = || path.display().to_string();
    if !is("apiVersion", names::API_VERSION) || !is("kind", "DebugToolbox") {
        let word = |field: &str| value.get(field).and_then(Value::as_str).unwrap_or("nothing").to_owned();
        let kind = format!("{} of {}", word("kind"), word("apiVersion"));
        return Err(FileError::Kind { path: name(), number, kind });
    }
    let object: DebugToolbox =
        serde_json::from_value(value).map_err(|source| FileError::Field { path: name(), number, source })?;
    if object.metadata.name.as_deref().unwrap_or_default().is_empty() {
        return Err(FileError::Name { path: name(), number });
    }
    Ok(Offer::new(&object, Source::File(path.to_owned())))
}
