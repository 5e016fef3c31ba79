//! The examples, which users start from.

use chandler_api::InjectionTemplateSpec;
use serde_json::Value;

use crate::objects::{KINDS, kind_of};
use crate::server::Server;

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
    let examples = chandler_e2e::examples("template.yaml").unwrap();
    let mut examples: Vec<_> = examples.into_iter().map(|example| example.document).collect();
    // Their namespaces are not there, and are not what is looked at.
    let metadata = examples.iter_mut().filter_map(|example| example["metadata"].as_object_mut());
    metadata.for_each(|metadata| drop(metadata.remove("namespace")));
    examples
}
