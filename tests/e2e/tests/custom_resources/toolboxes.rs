//! `DebugToolbox`: what the API server refuses of one, what it fills in, and the example.

use chandler_api::{DebugToolbox, DebugToolboxSpec};
use chandler_e2e::{documents_of, repository};
use serde_json::{Value, json};

use crate::server::Server;

const NAME: &str = "metadata.name must be a DNS label (lower case letters, digits and '-'), so that a command line can name it";
const PROGRAM: &str = "the first word of command names a program";
const ONE_VALUE: &str = "a variable has a value or valueFrom, not both";
const OWN_NAMES: &str = "names that start with CHANDLER_ are the debugger's own";
const NO_PART: &str = "Kubernetes allows no subPath in the containers that are added to a pod";

/// The message of each rule that this file tests.
pub(crate) const TESTED: [&str; 5] = [NAME, PROGRAM, ONE_VALUE, OWN_NAMES, NO_PART];

fn toolbox(name: &str, fields: Value) -> Value {
    let mut spec = json!({"image": "tools:1"});
    let Value::Object(fields) = fields else { panic!("{fields} is no mapping") };
    spec.as_object_mut().unwrap().extend(fields);
    json!({"apiVersion": "chandler.dev/v1alpha1", "kind": "DebugToolbox", "metadata": {"name": name}, "spec": spec})
}

fn with(fields: Value) -> Value {
    toolbox("example", fields)
}

fn recipe(fields: Value) -> Value {
    let mut recipe = json!({"name": "a", "command": ["b"]});
    recipe.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    with(json!({"recipes": [recipe]}))
}

fn mount(fields: Value) -> Value {
    let mut mount = json!({"name": "a", "mountPath": "/a"});
    mount.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    with(json!({"volumeMounts": [mount]}))
}

fn examples() -> Vec<Value> {
    documents_of(&repository().join("examples/debug-toolbox/toolbox.yaml")).unwrap()
}

#[test]
fn every_example_of_a_toolbox_is_accepted_and_means_what_it_means_in_a_file() {
    let Some(server) = Server::open() else { return };
    let examples = examples();
    server.assert_objects_accepted(&examples);
    for (example, created) in examples.iter().zip(server.create(&examples)) {
        let spec =
            |object: &Value| serde_json::from_value::<DebugToolboxSpec>(object["spec"].clone()).unwrap();
        assert_eq!(spec(&created.object), spec(example));
    }
}

#[test]
fn toolbox_that_a_command_line_cannot_name_is_refused() {
    let Some(server) = Server::open() else { return };
    server.assert_objects_refused(&[toolbox("a.b", json!({})), toolbox(&"n".repeat(64), json!({}))], NAME);
    server.assert_objects_accepted(&[toolbox(&"n".repeat(63), json!({}))]);
}

#[test]
fn recipe_without_a_program_is_refused() {
    let Some(server) = Server::open() else { return };
    server.assert_objects_refused(&[recipe(json!({"command": [""]}))], PROGRAM);
    server.assert_objects_refused(&[recipe(json!({"command": []}))], "should have at least 1 items");
    server.assert_objects_accepted(&[recipe(json!({"command": ["a", ""]}))]);
}

#[test]
fn variable_with_two_values_is_refused() {
    let Some(server) = Server::open() else { return };
    let source = json!({"secretKeyRef": {"name": "a", "key": "b", "fieldOfTomorrow": 1}});
    let both = with(json!({"env": [{"name": "A", "value": "", "valueFrom": source}]}));
    server.assert_objects_refused(&[both], ONE_VALUE);
    server.assert_objects_accepted(&[with(
        json!({"env": [{"name": "A", "valueFrom": source}, {"name": "B"}]}),
    )]);
}

#[test]
fn variable_of_the_debuggers_own_is_refused() {
    let Some(server) = Server::open() else { return };
    server.assert_objects_refused(
        &[with(json!({"env": [{"name": "CHANDLER_SESSION", "value": "a"}]}))],
        OWN_NAMES,
    );
}

#[test]
fn mount_of_a_part_of_a_volume_is_refused() {
    let Some(server) = Server::open() else { return };
    let parts = [mount(json!({"subPath": "a"})), mount(json!({"subPathExpr": "a"}))];
    server.assert_objects_refused(&parts, NO_PART);
    server.assert_objects_accepted(&[mount(json!({"readOnly": true, "fieldOfTomorrow": {"a": 1}}))]);
}

#[test]
fn values_of_a_toolbox_outside_a_closed_set_or_pattern_are_refused() {
    let Some(server) = Server::open() else { return };
    let refused = |object: Value, words: &str| server.assert_objects_refused(&[object], words);
    let profiles = r#"values: "auto", "restricted", "baseline", "general", "netadmin", "sysadmin""#;
    refused(with(json!({"profile": "root"})), profiles);
    refused(recipe(json!({"profile": "root"})), profiles);
    refused(recipe(json!({"view": "Node"})), r#"values: "Target", "Toolbox""#);
    refused(with(json!({"imagePullPolicy": "Often"})), r#"values: "Always", "IfNotPresent", "Never""#);
    refused(with(json!({"image": "a b"})), "should match '^");
    refused(recipe(json!({"name": "A"})), "should match '^");
    refused(mount(json!({"mountPath": "a"})), "should match '^");
    refused(
        with(json!({"recipes": [{"name": "a", "command": ["b"]}, {"name": "a", "command": ["c"]}]})),
        "Duplicate value",
    );
    refused(with(json!({"env": [{"name": "A"}, {"name": "A"}]})), "Duplicate value");
}

#[test]
fn defaults_of_a_toolbox_are_those_of_the_rust_types() {
    let Some(server) = Server::open() else { return };
    let written = [with(json!({})), recipe(json!({})), mount(json!({"readOnly": true}))];
    for (written, created) in written.iter().zip(server.create(&written)) {
        let ours: DebugToolbox = serde_json::from_value(written.clone()).unwrap();
        assert_eq!(created.object["spec"], serde_json::to_value(&ours.spec).unwrap());
    }
}
