//! Writes the seed corpora of all targets from the repository's examples: `cargo run --example seeds`, from any
//! folder.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use chandler_fuzz::Input;
use chandler_injector::locate_pods;
use chandler_manifest::Documents;
use serde_json::Value;

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

fn main() -> Outcome {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut corpora = Corpora { folder: here.join("corpus"), count: 0 };
    for entry in fs::read_dir(here.join("../examples"))? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            corpora.add_example(&entry.path())?;
        }
    }
    println!("{} seeds in {}", corpora.count, corpora.folder.display());
    Ok(())
}

struct Corpora {
    folder: PathBuf,
    count: usize,
}

impl Corpora {
    fn add(&mut self, target: &str, seed: &[u8]) -> Outcome {
        let folder = self.folder.join(target);
        fs::create_dir_all(&folder)?;
        fs::write(folder.join(format!("example-{:04}", self.count)), seed)?;
        self.count += 1;
        Ok(())
    }

    fn add_example(&mut self, folder: &Path) -> Outcome {
        for entry in fs::read_dir(folder)? {
            self.add("template", &fs::read(entry?.path())?)?;
        }
        let before = pods(&folder.join("manifest.yaml"))?;
        let after = pods(&folder.join("expected.yaml"))?;
        for (before, after) in before.iter().zip(&after).filter(|(before, after)| before != after) {
            self.add("diff", &Input::seed(before, after))?;
        }
        for template in documents(&folder.join("template.yaml"))? {
            for patch in template.pointer("/spec/patches").and_then(Value::as_array).into_iter().flatten() {
                self.add_patch(patch, &before)?;
            }
        }
        Ok(())
    }

    fn add_patch(&mut self, patch: &Value, pods: &[Value]) -> Outcome {
        for pod in pods {
            if let Some(patch) = patch.get("pod") {
                self.add("merge", &Input::seed(pod, &without_structure(patch)))?;
            }
            if let (Some(patch), Some(container)) =
                (patch.pointer("/containers/patch"), pod.pointer("/spec/containers/0"))
            {
                self.add("merge", &Input::seed(container, &without_structure(patch)))?;
            }
        }
        Ok(())
    }
}

fn documents(path: &Path) -> Outcome<Vec<Value>> {
    let text = fs::read(path)?;
    let mut values = Vec::new();
    for document in Documents::new(text.as_slice()) {
        values.extend(document?.parse()?);
    }
    Ok(values)
}

fn pods(path: &Path) -> Outcome<Vec<Value>> {
    let documents = documents(path)?;
    let pods = documents.iter().flat_map(|document| {
        let locations = locate_pods(document);
        locations.into_iter().filter_map(|location| document.pointer(&location.pointer).cloned())
    });
    Ok(pods.collect())
}

/// Without the keys of the template engine: a merge never sees them.
fn without_structure(value: &Value) -> Value {
    match value {
        Value::Object(object) => {
            let kept = object.iter().filter(|(key, _)| *key != "$if" && *key != "$for");
            kept.map(|(key, value)| (key.clone(), without_structure(value))).collect()
        }
        Value::Array(items) => items.iter().map(without_structure).collect(),
        leaf => leaf.clone(),
    }
}
