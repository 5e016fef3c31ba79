//! Two values: a strict JSON Patch engine turns the first into exactly the second.

#![no_main]

use chandler_fuzz::{Input, Subject};
use chandler_pod_patch::{Operation, diff, diff_at, merge_pod};
use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};

fuzz_target!(|input: &[u8]| {
    let Input { subject, conflicts, first, second } = Input::of_objects(input);
    check(&first, &second);
    check(&second, &first);
    assert!(diff(&first, &first).is_empty());
    if subject == Subject::Container {
        let pod = |container: &Value| json!({"spec": {"containers": [{"name": "zz"}, container], "initContainers": [container]}});
        check(&pod(&first), &pod(&second));
    }
    let mut merged = first.clone();
    if merge_pod(&mut merged, &second, conflicts).is_ok() {
        check(&first, &merged);
    }
});

fn check(before: &Value, after: &Value) {
    let operations = diff(before, after);
    assert_eq!(apply(before, &operations), *after);
    assert_eq!(operations, diff(&before.clone(), &after.clone()), "the same input gives the same operations");
    let inside = apply(&json!({"a/b~": [before, 1]}), &diff_at("/a~1b~0/0", before, after));
    assert_eq!(inside, json!({"a/b~": [after, 1]}));
}

fn apply(before: &Value, operations: &[Operation<'_>]) -> Value {
    let operations = serde_json::to_value(operations).unwrap_or_default();
    let mut patched = before.clone();
    let applied = serde_json::from_value(operations.clone()).map_err(|error| error.to_string()).and_then(
        |patch: json_patch::Patch| json_patch::patch(&mut patched, &patch).map_err(|error| error.to_string()),
    );
    assert!(applied.is_ok(), "{applied:?}: {operations} on {before}");
    patched
}
