//! Our CustomResourceDefinitions, as a cluster has them.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Result;
use kube::Client;
use serde_json::Value;

use crate::examples::{documents_of, repository};
use crate::objects::Objects;
use crate::wait::{Wait, wait_for};

/// How long the API server may take to serve a definition.
const BOUND: Duration = Duration::from_secs(20);

/// What the API server says of a definition.
#[derive(Debug, Clone)]
pub struct Defined {
    /// Its name.
    pub name: String,
    /// What is wrong with it.
    pub problems: Vec<String>,
}

/// The files in `crds/`.
///
/// # Errors
/// The folder cannot be read.
pub fn definition_files() -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(repository().join("crds"))? {
        files.push(entry?.path());
    }
    files.sort();
    Ok(files)
}

/// Applies the definitions and waits until the API server serves them.
///
/// # Errors
/// It does not take or serve one of them.
pub async fn install_definitions(client: &Client) -> Result<Vec<Defined>> {
    let objects = Objects::discover(client).await?;
    let mut definitions = Vec::new();
    for file in definition_files()? {
        for definition in documents_of(&file)? {
            let name =
                definition.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default().to_owned();
            let answer = objects.apply(&definition, "").await?;
            let problems = match answer.status {
                200..300 => until_established(&objects, &definition).await?,
                _ => vec![answer.message().to_owned()],
            };
            definitions.push(Defined { name, problems });
        }
    }
    Ok(definitions)
}

/// Conditions of a definition that say what is wrong with it, once it is established.
async fn until_established(objects: &Objects, definition: &Value) -> Result<Vec<String>> {
    wait_for("the definition to be established", BOUND, async || {
        // Applying it again changes nothing and gives it with its status.
        let object = objects.apply(definition, "").await?.object()?;
        let status = object.get("status").cloned().unwrap_or_default();
        let conditions = status.get("conditions").and_then(Value::as_array).cloned().unwrap_or_default();
        if !conditions.iter().any(|condition| says(condition, "Established", "True")) {
            return Ok(Wait::NotYet(status.to_string()));
        }
        let is_problem = |condition: &&Value| {
            says(condition, "NonStructuralSchema", "True") || says(condition, "NamesAccepted", "False")
        };
        Ok(Wait::Done(conditions.iter().filter(is_problem).map(Value::to_string).collect()))
    })
    .await
}

fn says(condition: &Value, kind: &str, status: &str) -> bool {
    let is = |field: &str, value: &str| condition.get(field).and_then(Value::as_str) == Some(value);
    is("type", kind) && is("status", status)
}
