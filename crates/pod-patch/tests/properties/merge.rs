//! Properties of the merge that hold for every pod and every patch.

use crate::generate;

use chandler_pod_patch::{
    Conflicts, check_container_patch, check_pod_patch, merge_container, merge_pod, strategic_merge,
};
use proptest::prelude::*;
use serde_json::{Value, json};

fn conflicts() -> impl Strategy<Value = Conflicts> {
    prop_oneof![Just(Conflicts::Override), Just(Conflicts::Keep), Just(Conflicts::Fail)]
}

fn holds_directive(value: &Value) -> bool {
    match value {
        Value::Object(object) => {
            object.iter().any(|(key, value)| key.starts_with('$') || holds_directive(value))
        }
        Value::Array(items) => items.iter().any(holds_directive),
        _ => false,
    }
}

/// Puts a marker into every object.
fn marked(value: &Value, marker: &str) -> Value {
    match value {
        Value::Object(object) => {
            let mut object = object.clone();
            object.values_mut().for_each(|value| *value = marked(value, marker));
            object.insert(
                "futureField".to_owned(),
                json!({"marker": marker, "big": u64::MAX, "none": [null, []]}),
            );
            Value::Object(object)
        }
        Value::Array(items) => items.iter().map(|item| marked(item, marker)).collect(),
        leaf => leaf.clone(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_patch_on_anything_ends_without_directives(
        pod in generate::json(false), patch in generate::json(true), conflicts in conflicts(),
    ) {
        let mut merged = pod.clone();
        if merge_pod(&mut merged, &patch, conflicts).is_ok() {
            prop_assert!(!holds_directive(&merged) || holds_directive(&pod), "{merged}");
        }
        let mut merged = pod.clone();
        if strategic_merge(&mut merged, &patch).is_ok() {
            prop_assert!(!holds_directive(&merged) || holds_directive(&pod), "{merged}");
        }
        let _ = merge_container(&mut pod.clone(), &patch, conflicts);
        let _ = check_pod_patch(&patch);
        let _ = check_container_patch(&patch);
    }

    #[test]
    fn merging_twice_is_merging_once(
        pod in generate::pod(), patch in generate::pod_patch(), conflicts in conflicts(),
    ) {
        let mut once = pod.clone();
        if merge_pod(&mut once, &patch, conflicts).is_ok() {
            prop_assert!(!holds_directive(&once), "{once}");
            let mut twice = once.clone();
            merge_pod(&mut twice, &patch, conflicts).map_err(|error| TestCaseError::fail(format!("{error}\n{once}")))?;
            prop_assert_eq!(twice, once);
        }
    }

    #[test]
    fn strategic_merge_of_a_whole_pod_twice_is_once(pod in generate::pod(), patch in generate::pod()) {
        let mut once = pod.clone();
        strategic_merge(&mut once, &patch).map_err(|error| TestCaseError::fail(error.to_string()))?;
        let mut twice = once.clone();
        strategic_merge(&mut twice, &patch).map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert_eq!(twice, once);
    }

    #[test]
    fn a_patch_that_passes_the_check_merges_onto_an_empty_pod(patch in generate::pod_patch()) {
        if check_pod_patch(&patch).is_ok() {
            let outcome = merge_pod(&mut json!({}), &patch, Conflicts::Override);
            let expected = outcome.as_ref().err().is_none_or(|error| matches!(
                error.reason(), "PositionCycle" | "RepeatedItem" | "WrongElementOrder" | "MixedItems" | "UnexpectedType"
            ));
            prop_assert!(expected, "{outcome:?}");
        }
    }

    #[test]
    fn a_patch_that_fails_the_merge_onto_an_empty_pod_fails_for_a_reason_from_the_closed_set(
        patch in generate::json(true),
    ) {
        if let Err(error) = merge_pod(&mut json!({}), &patch, Conflicts::Override) {
            prop_assert!(error.reason().chars().all(char::is_alphabetic));
            prop_assert!(error.to_string().starts_with(error.path()));
        }
    }

    #[test]
    fn unknown_fields_stay_on_their_elements(pod in generate::pod()) {
        let pod = marked(&pod, "own");
        let patch = json!({"metadata": {"labels": {"new": "1"}}, "spec": {
            "containers": [{"name": "zz", "image": "i", "$position": "first"},
                {"name": "c0", "env": [{"name": "ZZ", "value": "1"}], "stdin": true}],
            "volumes": [{"name": "zz", "emptyDir": {}}],
            "affinity": {"podAffinity": {"zz": 1}},
        }});
        let mut merged = pod.clone();
        merge_pod(&mut merged, &patch, Conflicts::Override).map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert!(contains_in_order(&pod, &merged), "{pod}\n{merged}");
    }

    #[test]
    fn the_order_of_keys_is_kept(pod in generate::pod(), patch in generate::pod_patch()) {
        let mut merged = pod.clone();
        if merge_pod(&mut merged, &patch, Conflicts::Override).is_ok() {
            let before = pod["spec"].as_object().into_iter().flatten().map(|(key, _)| key);
            let kept: Vec<&String> = before.filter(|key| merged["spec"].get(key.as_str()).is_some()).collect();
            let after = merged["spec"].as_object().into_iter().flatten().map(|(key, _)| key);
            let after: Vec<&String> = after.filter(|key| kept.contains(key)).collect();
            prop_assert_eq!(kept, after);
        }
    }

    #[test]
    fn an_empty_patch_changes_nothing(pod in generate::pod()) {
        let mut merged = pod.clone();
        merge_pod(&mut merged, &json!({"spec": {}}), Conflicts::Fail)
            .map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert_eq!(merged.to_string(), pod.to_string());
    }

    #[test]
    fn what_the_pod_has_stays_when_the_pod_wins(pod in generate::pod(), patch in generate::pod()) {
        let mut merged = pod.clone();
        if merge_pod(&mut merged, &without_nothing(&patch), Conflicts::Keep).is_ok() {
            let pod = without_nothing(&pod);
            prop_assert!(contains_in_order(&pod, &merged), "{pod}\n{merged}");
        }
    }
}

/// Without nulls and what is empty, which no policy protects.
fn without_nothing(value: &Value) -> Value {
    match value {
        Value::Object(object) => {
            let full = object.iter().map(|(key, value)| (key.clone(), without_nothing(value)));
            full.filter(|(_, value)| {
                !matches!(value, Value::Null) && *value != json!({}) && *value != json!([])
            })
            .collect()
        }
        Value::Array(items) => items.iter().map(without_nothing).collect(),
        leaf => leaf.clone(),
    }
}

/// Whether all of `part` is still in `whole`: every field, and every item of a list in its order.
fn contains_in_order(part: &Value, whole: &Value) -> bool {
    match (part, whole) {
        (Value::Object(part), Value::Object(whole)) => part
            .iter()
            .all(|(key, value)| whole.get(key).is_some_and(|other| contains_in_order(value, other))),
        (Value::Array(part), Value::Array(whole)) => {
            let mut rest = whole.iter();
            part.iter().all(|item| rest.any(|other| contains_in_order(item, other)))
        }
        _ => part == whole,
    }
}

#[test]
fn numbers_and_nulls_that_no_patch_names_survive() {
    let text = r#"{"metadata":{"x":null},"spec":{"containers":[{"name":"a","resources":{"limits":{"cpu":2,"memory":1.50}},"args":[],"n":18446744073709551615,"m":-9223372036854775808,"list":[null,{}]}],"future":9007199254740993}}"#;
    let mut pod: Value = serde_json::from_str(text).unwrap();
    let patch =
        json!({"spec": {"containers": [{"name": "a", "resources": {"limits": {"cpu": "2"}}, "tty": true}]}});
    merge_pod(&mut pod, &patch, Conflicts::Fail).unwrap();
    let expected =
        text.replace("\"list\":[null,{}]}", "\"list\":[null,{}],\"tty\":true}").replace("1.50", "1.5");
    assert_eq!(pod.to_string(), expected);
}
