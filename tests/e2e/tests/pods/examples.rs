//! The examples: their files, and the pods in them.

use std::io::BufReader;
use std::path::{Path, PathBuf};

use chandler_injector::locate_pods;
use chandler_manifest::Documents;
use serde_json::{Value, json};

/// The documents of the files of that name, one file in each folder of `examples/`.
pub(crate) fn documents(file: &str) -> Vec<(String, Value)> {
    let examples = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples"));
    let mut folders: Vec<PathBuf> = std::fs::read_dir(examples)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    folders.sort();
    let in_folder = |folder: &PathBuf| {
        let example = folder.file_name().unwrap().to_string_lossy().into_owned();
        read(&folder.join(file)).into_iter().map(move |document| (example.clone(), document))
    };
    folders.iter().flat_map(in_folder).collect()
}

/// The pods that a document carries, as `metadata` and `spec`.
pub(crate) fn pods_of(document: &Value) -> Vec<Value> {
    let pod = |pointer: &str| {
        let template = document.pointer(pointer).unwrap();
        json!({"metadata": template["metadata"], "spec": template["spec"]})
    };
    locate_pods(document).iter().map(|location| pod(&location.pointer)).collect()
}

fn read(file: &Path) -> Vec<Value> {
    let reader = BufReader::new(std::fs::File::open(file).unwrap());
    let parsed = Documents::new(reader).map(|document| document.unwrap().parse().unwrap());
    parsed.flatten().collect()
}
