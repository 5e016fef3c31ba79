//! The examples, which users start from.

use std::io::BufReader;
use std::path::Path;

use chandler_api::InjectionTemplateSpec;
use chandler_manifest::Documents;
use serde_json::Value;

use crate::objects::{KINDS, kind_of};
use crate::server::{Server, repository};

#[test]
fn every_example_is_accepted() {
    let Some(server) = Server::open() else { return };
    server.assert_objects_accepted(&examples());
}

#[test]
fn every_example_means_in_the_cluster_what_it_means_in_a_file() {
    let Some(server) = Server::open() else { return };
    let examples = examples();
    for (example, created) in examples.iter().zip(server.create(&examples)) {
        assert_eq!(spec_of(&created.object), spec_of(example), "{}", example["metadata"]["name"]);
    }
}

#[test]
fn examples_show_both_kinds() {
    let examples = examples();
    assert!(KINDS.iter().all(|kind| examples.iter().any(|example| kind_of(example) == *kind)));
}

fn spec_of(template: &Value) -> InjectionTemplateSpec {
    serde_json::from_value(template["spec"].clone()).unwrap()
}

/// The documents of every `template.yaml`.
fn examples() -> Vec<Value> {
    let folders =
        std::fs::read_dir(repository().join("examples")).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> =
        folders.filter(|path| path.is_dir()).map(|folder| folder.join("template.yaml")).collect();
    files.sort();
    let mut examples: Vec<_> = files.iter().flat_map(|file| documents(file)).collect();
    // Their namespaces are not there, and are not what is looked at.
    let metadata = examples.iter_mut().filter_map(|example| example["metadata"].as_object_mut());
    metadata.for_each(|metadata| drop(metadata.remove("namespace")));
    examples
}

/// The documents of a file.
pub(crate) fn documents(file: &Path) -> Vec<Value> {
    let reader = BufReader::new(std::fs::File::open(file).unwrap());
    let parsed = Documents::new(reader).map(|document| document.unwrap().parse().unwrap());
    parsed.flatten().collect()
}
