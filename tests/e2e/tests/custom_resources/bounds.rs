//! What the schema bounds: closed sets, patterns, lengths and numbers of items, ranges, names that may not repeat.

use serde_json::{Value, json};

use crate::objects::{
    both_kinds, spec, with_condition, with_match, with_operation, with_parameter, with_patch, with_select,
    with_source,
};
use crate::server::Server;

/// A legal spec, but for the text that is put into it.
type SpecWithText<'a> = &'a dyn Fn(&str) -> Value;

#[test]
fn values_outside_a_closed_set_are_refused() {
    let Some(server) = Server::open() else { return };
    let other = json!("Other");
    server.assert_refused(&[
        (with_select(json!({"mode": other})), r#"values: "OnRequest", "Default", "Mandatory""#),
        (with_select(json!({"hostNetwork": other})), r#"values: "Inject", "Skip""#),
        (with_select(json!({"os": [other]})), r#"values: "linux", "windows""#),
        (spec(json!({"conflicts": other})), r#"values: "Override", "Keep", "Fail""#),
        (spec(json!({"onError": other})), r#"values: "Skip", "Deny""#),
        (with_match(json!({"kinds": [other]})), r#"values: "Container", "InitContainer", "Sidecar""#),
        (
            with_operation(json!({"op": other, "path": "/spec/a"})),
            r#"values: "add", "remove", "replace", "move", "copy", "test""#,
        ),
        (
            with_parameter(json!({"type": other})),
            r#"values: "string", "integer", "number", "boolean", "quantity", "duration", "array", "object""#,
        ),
    ]);
}

#[test]
fn names_and_pointers_outside_their_pattern_are_refused() {
    let Some(server) = Server::open() else { return };
    let specs = [
        with_parameter(json!({"name": "1st"})),
        with_parameter(json!({"name": "a.b"})),
        with_condition("-a", "true"),
        with_condition("a b", "true"),
        with_operation(json!({"op": "test", "path": "spec/hostname", "value": 1})),
        with_operation(json!({"op": "copy", "path": "/spec/a", "from": "b"})),
    ];
    server.assert_refused(&specs.map(|spec| (spec, "should match '^")));
}

#[test]
fn lists_with_too_few_items_are_refused() {
    let Some(server) = Server::open() else { return };
    server.assert_refused(&[
        (json!({"patches": []}), "spec.patches in body should have at least 1 items"),
        (with_patch(json!({"json": []})), "json in body should have at least 1 items"),
        (with_match(json!({"names": []})), "names in body should have at least 1 items"),
        (with_match(json!({"kinds": []})), "kinds in body should have at least 1 items"),
    ]);
}

#[test]
fn lists_are_bounded() {
    let Some(server) = Server::open() else { return };
    let operation = json!({"op": "remove", "path": "/spec/a"});
    let source = json!({"podLabel": "a"});
    let lists: [(usize, &dyn Fn(usize) -> Value); 8] = [
        (64, &|count| json!({"patches": vec![json!({"pod": {}}); count]})),
        (64, &|count| spec(json!({"parameters": numbered(count, &json!({}))}))),
        (64, &|count| {
            with_select(json!({"matchConditions": numbered(count, &json!({"expression": "true"}))}))
        }),
        (256, &|count| with_patch(json!({"json": vec![operation.clone(); count]}))),
        (64, &|count| with_match(json!({"names": vec!["a"; count]}))),
        (64, &|count| with_match(json!({"except": vec!["a"; count]}))),
        (64, &|count| with_parameter(json!({"enum": vec![1; count]}))),
        (16, &|count| with_parameter(json!({"from": vec![source.clone(); count]}))),
    ];
    let words = lists.map(|(most, _)| format!("must have at most {most} items"));
    let longer = lists.map(|(most, list)| list(most + 1));
    server.assert_refused(&longer.into_iter().zip(words.iter().map(String::as_str)).collect::<Vec<_>>());
    server.assert_accepted(&lists.map(|(most, list)| list(most)));
}

#[test]
fn text_is_bounded() {
    let Some(server) = Server::open() else { return };
    let texts: [(usize, SpecWithText<'_>); 10] = [
        (1024, &|text| spec(json!({"description": text}))),
        (40, &|text| with_parameter(json!({"name": text}))),
        (1024, &|text| with_parameter(json!({"description": text}))),
        (1024, &|text| with_parameter(json!({"pattern": text}))),
        (63, &|text| with_condition(text, "true")),
        (4096, &|text| with_condition("a", text)),
        (317, &|text| with_source(json!({"podAnnotation": text}))),
        (317, &|text| with_source(json!({"podLabel": text}))),
        (317, &|text| with_source(json!({"namespaceLabel": text}))),
        (253, &|text| with_source(json!({"clusterValue": text}))),
    ];
    let words = texts.map(|(most, _)| format!("may not be more than {most} "));
    let longer = texts.map(|(most, spec)| spec(&"t".repeat(most + 1)));
    server.assert_refused(&longer.into_iter().zip(words.iter().map(String::as_str)).collect::<Vec<_>>());
    server.assert_accepted(&texts.map(|(most, spec)| spec(&"t".repeat(most))));
}

#[test]
fn empty_text_where_something_must_be_said_is_refused() {
    let Some(server) = Server::open() else { return };
    let specs = [
        with_condition("a", ""),
        with_parameter(json!({"pattern": ""})),
        with_source(json!({"podAnnotation": ""})),
        with_source(json!({"namespaceAnnotation": ""})),
        with_source(json!({"clusterValue": ""})),
    ];
    server.assert_refused(&specs.map(|spec| (spec, "should be at least 1 chars long")));
}

#[test]
fn order_is_a_whole_number_of_five_digits_at_most() {
    let Some(server) = Server::open() else { return };
    server.assert_refused(&[
        (spec(json!({"order": 10_001})), "should be less than or equal to 10000"),
        (spec(json!({"order": -10_001})), "should be greater than or equal to -10000"),
    ]);
    server.assert_accepted(&[spec(json!({"order": 10_000})), spec(json!({"order": -10_000}))]);
    // The rules stumble over it as well, which gives a second error.
    for created in server.create(&both_kinds("example", &spec(json!({"order": 1.5})))) {
        assert!(created.errors[0].contains("must be of type int32"), "{:?}", created.errors);
    }
}

#[test]
fn names_that_repeat_are_refused() {
    let Some(server) = Server::open() else { return };
    let condition = json!({"name": "a", "expression": "true"});
    let specs = [
        spec(json!({"parameters": [{"name": "a"}, {"name": "a"}]})),
        with_select(json!({"matchConditions": [condition, condition]})),
        with_select(json!({"os": ["linux", "linux"]})),
        with_match(json!({"kinds": ["Sidecar", "Sidecar"]})),
    ];
    server.assert_refused(&specs.map(|spec| (spec, "Duplicate value")));
}

#[test]
fn fields_without_which_a_template_says_nothing_are_required() {
    let Some(server) = Server::open() else { return };
    server.assert_refused(&[
        (json!({}), "spec.patches: Required value"),
        (with_patch(json!({"containers": {}})), "spec.patches[0].containers.patch: Required value"),
        (with_operation(json!({"path": "/spec/a"})), "spec.patches[0].json[0].op: Required value"),
        (with_operation(json!({"op": "remove"})), "spec.patches[0].json[0].path: Required value"),
        (spec(json!({"parameters": [{"type": "string"}]})), "spec.parameters[0].name: Required value"),
        (
            with_select(json!({"matchConditions": [{"name": "a"}]})),
            "spec.select.matchConditions[0].expression: Required value",
        ),
        (
            with_select(json!({"matchConditions": [{"expression": "true"}]})),
            "spec.select.matchConditions[0].name: Required value",
        ),
    ]);
}

#[test]
fn patches_that_are_no_mappings_are_refused() {
    let Some(server) = Server::open() else { return };
    server.assert_refused(&[
        (with_patch(json!({"pod": "spec: {}"})), "must be of type object"),
        (with_patch(json!({"containers": {"patch": []}})), "must be of type object"),
    ]);
}

/// Items with names of their own.
fn numbered(count: usize, item: &Value) -> Vec<Value> {
    let named = |number| {
        let mut item = item.clone();
        item["name"] = json!(format!("n{number}"));
        item
    };
    (0..count).map(named).collect()
}
