//! The examples of the repository: their documents, and the pods in them.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use chandler_injector::locate_pods;
use chandler_manifest::Documents;
use serde_json::{Value, json};

/// A document of an example.
#[derive(Debug, Clone)]
pub struct Example {
    /// The name of the example's folder.
    pub name: String,
    /// The document.
    pub document: Value,
}

/// The documents of the files of that name, of which each example has one.
///
/// # Errors
/// A file cannot be read.
pub fn examples(file: &str) -> Result<Vec<Example>> {
    let mut documents = Vec::new();
    for folder in example_folders()? {
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let read = documents_of(&folder.join(file))?;
        documents.extend(read.into_iter().map(|document| Example { name: name.clone(), document }));
    }
    Ok(documents)
}

/// The documents of a file, YAML or JSON.
///
/// # Errors
/// It cannot be read.
pub fn documents_of(file: &Path) -> Result<Vec<Value>> {
    let opened = File::open(file).map_err(anyhow::Error::from);
    opened.and_then(|file| read(BufReader::new(file))).with_context(|| file.display().to_string())
}

/// The documents of a text, YAML or JSON, but for empty ones.
///
/// # Errors
/// It cannot be read.
pub fn documents_in(text: &str) -> Result<Vec<Value>> {
    let mut documents = read(text.as_bytes())?;
    documents.retain(|document| !document.is_null());
    Ok(documents)
}

fn read(reader: impl BufRead) -> Result<Vec<Value>> {
    let mut documents = Vec::new();
    for document in Documents::new(reader) {
        documents.extend(document?.parse()?);
    }
    Ok(documents)
}

/// The folder of the repository.
#[must_use]
pub fn repository() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

fn example_folders() -> Result<Vec<PathBuf>> {
    let mut folders = Vec::new();
    for entry in std::fs::read_dir(repository().join("examples"))? {
        // One is of toolboxes.
        folders.extend(Some(entry?.path()).filter(|path| path.join("template.yaml").exists()));
    }
    folders.sort();
    Ok(folders)
}

impl Example {
    /// The pods that the document carries, each as a Pod.
    #[must_use]
    pub fn pods(&self) -> Vec<Value> {
        let pod = |pointer: &str| {
            let template = self.document.pointer(pointer)?;
            let part = |name: &str| template.get(name).cloned().unwrap_or_default();
            Some(
                json!({"apiVersion": "v1", "kind": "Pod", "metadata": part("metadata"), "spec": part("spec")}),
            )
        };
        locate_pods(&self.document).iter().filter_map(|location| pod(&location.pointer)).collect()
    }
}
