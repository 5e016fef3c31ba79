//! The operations that a diff gives, one case a kind of change.

use serde_json::{Value, json};

use super::{diff, diff_at};

fn operations(before: &Value, after: &Value) -> Value {
    let operations = serde_json::to_value(diff(before, after)).unwrap();
    let patch: json_patch::Patch = serde_json::from_value(operations.clone()).unwrap();
    let mut patched = before.clone();
    json_patch::patch(&mut patched, &patch).unwrap();
    assert_eq!(&patched, after);
    operations
}

fn containers(names: &[&str]) -> Value {
    let list: Value = names
        .iter()
        .map(|name| json!({"name": name, "image": "registry.example.com/some/image:1.2.3"}))
        .collect();
    json!({"spec": {"containers": list}})
}

#[test]
fn equal_values_need_nothing() {
    let pod = containers(&["a", "b"]);
    assert_eq!(operations(&pod, &pod), json!([]));
}

#[test]
fn inserting_first_costs_one_add() {
    let after = containers(&["new", "a", "b"]);
    assert_eq!(
        operations(&containers(&["a", "b"]), &after),
        json!([{"op": "add", "path": "/spec/containers/0", "value": after["spec"]["containers"][0]}])
    );
}

#[test]
fn items_that_move_and_change_are_followed_by_their_key() {
    let mut after = containers(&["new", "a", "b"]);
    after["spec"]["containers"][2]["tty"] = json!(true);
    let operations = operations(&containers(&["a", "b", "gone"]), &after);
    assert_eq!(operations[0]["path"], "/spec/containers/0");
    assert_eq!(operations[1], json!({"op": "add", "path": "/spec/containers/2/tty", "value": true}));
    assert_eq!(operations[2], json!({"op": "remove", "path": "/spec/containers/3"}));
    assert_eq!(operations.as_array().unwrap().len(), 3);
}

#[test]
fn a_missing_parent_is_created_once() {
    assert_eq!(
        operations(
            &json!({"metadata": {"name": "a"}}),
            &json!({"metadata": {"name": "a", "annotations": {"x": "1", "y": "2"}}})
        ),
        json!([{"op": "add", "path": "/metadata/annotations", "value": {"x": "1", "y": "2"}}])
    );
}

#[test]
fn keys_are_escaped_and_prefixed() {
    let before = json!({"metadata": {"annotations": {"a/b~c": "some long text to keep"}}});
    let after = json!({"metadata": {"annotations": {"a/b~c": "some long text to keep", "d/e~f": "2"}}});
    let operations = serde_json::to_value(diff_at("/spec/template", &before, &after)).unwrap();
    assert_eq!(
        operations,
        json!([{"op": "add", "path": "/spec/template/metadata/annotations/d~1e~0f", "value": "2"}])
    );
}

#[test]
fn a_replacement_that_is_smaller_is_taken() {
    assert_eq!(
        operations(&json!({"spec": {"a": 1, "b": 2, "c": 3}}), &json!({"spec": {"d": 4}})),
        json!([{"op": "replace", "path": "/spec", "value": {"d": 4}}])
    );
}

#[test]
fn lists_without_keys_are_aligned_by_equal_items() {
    let flags: Vec<String> = (0..20).map(|number| format!("--some-long-flag-number={number}")).collect();
    let mut changed = flags.clone();
    changed.remove(5);
    changed.insert(12, "--new".to_owned());
    assert_eq!(
        operations(&json!({ "args": flags }), &json!({ "args": changed })),
        json!([{"op": "remove", "path": "/args/5"}, {"op": "add", "path": "/args/12", "value": "--new"}])
    );
}

#[test]
fn long_lists_that_differ_everywhere_are_aligned_too() {
    let items = |skip: usize| -> Value {
        (0..400)
            .filter(|number| number % 7 != skip)
            .map(|number| json!(format!("item number {number} of many")))
            .collect()
    };
    let operations = operations(&json!({"a": items(1)}), &json!({"a": items(3)}));
    assert!(operations.as_array().unwrap().len() <= 2 * 58, "{operations}");
    assert!(operations.to_string().len() < json!({"a": items(3)}).to_string().len());
}

#[test]
fn lists_with_double_keys_and_other_items_are_compared() {
    let before = json!({"spec": {"containers": [{"name": "a"}, {"name": "a", "image": "1"}, 7, {"image": "x"}, null]}});
    let after = json!({"spec": {"containers": [null, {"name": "a", "image": "2"}, {"name": "a"}, [1], 7]}});
    operations(&before, &after);
}

#[test]
fn the_root_can_be_replaced() {
    assert_eq!(operations(&json!({"a": 1}), &json!([])), json!([{"op": "replace", "path": "", "value": []}]));
}

#[test]
fn deep_values_are_replaced_below_the_limit() {
    let deep = |leaf: u64| {
        (0..120).fold(json!(leaf), |inner, _| json!([inner, "some text that makes replacing dear"]))
    };
    operations(&deep(1), &deep(2));
}
