//! Properties of the diff: a strict JSON Patch engine turns what was into exactly what is.

use crate::generate;

use chandler_pod_patch::{Operation, diff, diff_at};
use proptest::prelude::*;
use serde_json::{Value, json};

fn apply(before: &Value, operations: &[Operation<'_>]) -> Result<Value, TestCaseError> {
    let operations =
        serde_json::to_value(operations).map_err(|error| TestCaseError::fail(error.to_string()))?;
    let patch: json_patch::Patch =
        serde_json::from_value(operations.clone()).map_err(|error| TestCaseError::fail(error.to_string()))?;
    let mut patched = before.clone();
    json_patch::patch(&mut patched, &patch)
        .map_err(|error| TestCaseError::fail(format!("{error}: {operations} on {before}")))?;
    Ok(patched)
}

fn check(before: &Value, after: &Value) -> Result<(), TestCaseError> {
    let operations = diff(before, after);
    prop_assert_eq!(&apply(before, &operations)?, after);
    let again = serde_json::to_string(&diff(&before.clone(), &after.clone())).unwrap_or_default();
    let text = serde_json::to_string(&operations).unwrap_or_default();
    prop_assert_eq!(&text, &again, "the same input gives the same bytes");
    for operation in &operations {
        let Operation::Replace { path, value: Value::Object(new) } = operation else { continue };
        let old = before.pointer(path).and_then(Value::as_object);
        let is_kept = |key: &String| old.and_then(|old| old.get(key)) == new.get(key);
        prop_assert!(!new.keys().any(is_kept), "what stays is not sent: {}", text);
    }
    prop_assert_eq!(diff(after, after), vec![]);
    let inside = json!({"spec": {"a/b": before}});
    prop_assert_eq!(apply(&inside, &diff_at("/spec/a~1b", before, after))?, json!({"spec": {"a/b": after}}));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_diff_of_any_two_values_applies(before in generate::json(false), after in generate::json(false)) {
        check(&before, &after)?;
    }

    #[test]
    fn a_diff_of_two_pods_applies(before in generate::pod(), after in generate::pod()) {
        check(&before, &after)?;
    }

    #[test]
    fn a_diff_of_two_lists_applies(
        before in prop::collection::vec(0_u8..6, 0..30), after in prop::collection::vec(0_u8..6, 0..30),
    ) {
        check(&json!({"args": before}), &json!({"args": after}))?;
        let named = |list: &[u8]| -> Value { list.iter().map(|name| json!({"name": name.to_string(), "x": 1})).collect() };
        let pods = [named(&before), named(&after)].map(|list| json!({"spec": {"containers": list}}));
        check(&pods[0], &pods[1])?;
    }

    #[test]
    fn a_diff_of_long_lists_applies(seed in 0_u64..1000, length in 70_usize..200) {
        let item = |index: usize, step: u64| (index as u64).wrapping_mul(step).wrapping_add(seed) % 150;
        let before: Vec<u64> = (0..length).map(|index| item(index, 7)).collect();
        let after: Vec<u64> = (0..length).map(|index| item(index, 11)).collect();
        check(&json!({"args": before}), &json!({"args": after}))?;
    }
}
