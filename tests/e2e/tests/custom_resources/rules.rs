//! One test for each CEL rule of the templates: what it refuses, with its words, and what is just legal.

use std::collections::BTreeSet;

use chandler_api::custom_resource_definitions;
use serde_json::{Value, json};

use crate::objects::{both_kinds, with_operation, with_parameter, with_patch, with_source};
use crate::server::Server;
use crate::toolboxes;

const NAME: &str =
    "metadata.name must be a DNS label (lower case letters, digits and '-'), so that annotations can name it";
const ANNOTATION: &str = "the names of the template and of a parameter must not exceed 56 characters together, so that the annotation chandler.dev/param.TEMPLATE.NAME is a legal one";
const ONE_PATCH: &str = "set exactly one of pod, containers and json";
const FROM: &str = "from is for the operations move and copy, and they need it";
const NO_EXPRESSION: &str = "path holds no expression: a value must not choose which field is written";
const REACH: &str = "a template reaches /spec/…, and labels, annotations and finalizers in /metadata";
const PATTERN: &str = "pattern is for parameters of type string";
const ONE_SOURCE: &str =
    "set exactly one of podAnnotation, podLabel, namespaceAnnotation, namespaceLabel and clusterValue";

/// The message of each rule that this file tests.
const TESTED: [&str; 8] = [NAME, ANNOTATION, ONE_PATCH, FROM, NO_EXPRESSION, REACH, PATTERN, ONE_SOURCE];

#[test]
fn every_rule_of_the_definitions_is_tested() {
    let mut messages = BTreeSet::new();
    for definition in custom_resource_definitions() {
        collect_messages(&serde_json::to_value(definition).unwrap(), &mut messages);
    }
    let tested = TESTED.iter().chain(&toolboxes::TESTED).map(|message| (*message).to_owned());
    assert_eq!(messages, tested.collect());
}

#[test]
fn template_whose_name_has_a_dot_is_refused() {
    let Some(server) = Server::open() else { return };
    server.assert_objects_refused(&both_kinds("access.log", &with_patch(json!({"pod": {}}))), NAME);
}

#[test]
fn template_whose_name_is_longer_than_a_dns_label_is_refused() {
    let Some(server) = Server::open() else { return };
    let named = |length| both_kinds(&"n".repeat(length), &with_patch(json!({"pod": {}})));
    server.assert_objects_refused(&named(64), NAME);
    server.assert_objects_accepted(&named(63));
}

#[test]
fn parameter_whose_annotation_would_be_too_long_is_refused() {
    let Some(server) = Server::open() else { return };
    let named = |length| both_kinds(&"n".repeat(length), &with_parameter(json!({"name": "p".repeat(40)})));
    server.assert_objects_refused(&named(17), ANNOTATION);
    server.assert_objects_accepted(&named(16));
}

#[test]
fn patch_that_sets_two_fields_is_refused() {
    let Some(server) = Server::open() else { return };
    let remove = json!([{"op": "remove", "path": "/spec/hostname"}]);
    server.assert_refused(&[
        (with_patch(json!({"pod": {}, "json": remove})), ONE_PATCH),
        (with_patch(json!({"pod": {}, "containers": {"patch": {}}})), ONE_PATCH),
        (with_patch(json!({"containers": {"patch": {}}, "json": remove})), ONE_PATCH),
    ]);
}

#[test]
fn patch_that_sets_no_field_is_refused() {
    let Some(server) = Server::open() else { return };
    let nulls = json!({"pod": null, "containers": null, "json": null});
    server.assert_refused(&[(with_patch(json!({})), ONE_PATCH), (with_patch(nulls), ONE_PATCH)]);
}

#[test]
fn patch_may_set_the_other_fields_to_null() {
    let Some(server) = Server::open() else { return };
    server.assert_accepted(&[
        with_patch(json!({"pod": {}, "containers": null, "json": null})),
        with_patch(json!({"pod": null, "containers": {"patch": {}}})),
    ]);
}

#[test]
fn operation_that_does_not_move_or_copy_and_has_a_source_is_refused() {
    let Some(server) = Server::open() else { return };
    let operations = ["add", "remove", "replace", "test"];
    let sourced = |op| (with_operation(json!({"op": op, "path": "/spec/a", "from": "/b", "value": 1})), FROM);
    let plain = |op| with_operation(json!({"op": op, "path": "/spec/a", "value": 1}));
    server.assert_refused(&operations.map(sourced));
    server.assert_accepted(&operations.map(plain));
}

#[test]
fn move_or_copy_without_a_source_is_refused() {
    let Some(server) = Server::open() else { return };
    let operations = ["move", "copy"];
    let without = |op| (with_operation(json!({"op": op, "path": "/spec/a"})), FROM);
    let null = |op| (with_operation(json!({"op": op, "path": "/spec/a", "from": null})), FROM);
    let sourced = |op| with_operation(json!({"op": op, "path": "/spec/a", "from": "/b"}));
    server.assert_refused(&operations.map(without));
    server.assert_refused(&operations.map(null));
    server.assert_accepted(&operations.map(sourced));
}

#[test]
fn pattern_of_a_parameter_that_is_no_string_is_refused() {
    let Some(server) = Server::open() else { return };
    let kinds = ["integer", "number", "boolean", "quantity", "duration", "array", "object"];
    server
        .assert_refused(&kinds.map(|kind| (with_parameter(json!({"type": kind, "pattern": "a+"})), PATTERN)));
    server.assert_accepted(&[
        with_parameter(json!({"type": "string", "pattern": "a+"})),
        with_parameter(json!({"pattern": "a+"})),
    ]);
}

#[test]
fn source_that_names_two_places_is_refused() {
    let Some(server) = Server::open() else { return };
    server.assert_refused(&[
        (with_source(json!({"podAnnotation": "a", "clusterValue": "b"})), ONE_SOURCE),
        (with_source(json!({"podLabel": "a", "namespaceLabel": "b"})), ONE_SOURCE),
    ]);
}

#[test]
fn source_that_names_no_place_is_refused() {
    let Some(server) = Server::open() else { return };
    server.assert_refused(&[(with_source(json!({})), ONE_SOURCE)]);
}

#[test]
fn source_may_be_any_one_place() {
    let Some(server) = Server::open() else { return };
    let places = ["podAnnotation", "podLabel", "namespaceAnnotation", "namespaceLabel", "clusterValue"];
    server.assert_accepted(&places.map(|place| with_source(json!({place: "example.com/level"}))));
}

/// Adds the message of each rule at any depth.
fn collect_messages(value: &Value, messages: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            let rules = fields.get("x-kubernetes-validations").and_then(Value::as_array);
            messages
                .extend(rules.into_iter().flatten().map(|rule| rule["message"].as_str().unwrap().to_owned()));
            fields.values().for_each(|field| collect_messages(field, messages));
        }
        Value::Array(items) => items.iter().for_each(|item| collect_messages(item, messages)),
        _ => {}
    }
}

#[test]
fn path_that_a_value_chooses_is_refused() {
    let Some(server) = Server::open() else { return };
    let operation = json!({"op": "remove", "path": "/spec/{{params.field}}"});
    server.assert_refused(&[(with_operation(operation), NO_EXPRESSION)]);
}

#[test]
fn path_out_of_the_reach_of_a_template_is_refused() {
    let Some(server) = Server::open() else { return };
    let remove = |path: &str| with_operation(json!({"op": "remove", "path": path}));
    let out = ["/status/phase", "/metadata/name", "/metadata/ownerReferences", "/spec"];
    server.assert_refused(&out.map(|path| (remove(path), REACH)));
    server.assert_accepted(&[
        remove("/spec/hostname"),
        remove("/metadata/labels/a"),
        remove("/metadata/annotations"),
        remove("/metadata/finalizers/0"),
        with_operation(json!({"op": "test", "path": "/metadata/name", "value": "a"})),
    ]);
}
