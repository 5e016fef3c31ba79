//! How a reference in an annotation is read.

use super::*;
use crate::facts::{Namespace, Owner, Request, Review};
use proptest::prelude::*;
use serde_json::json;

fn requested(pod: Option<&str>, namespace: Option<&str>) -> Vec<(String, Holder)> {
    let annotated = |list: Option<&str>| match list {
        Some(list) => json!({"annotations": {names::TEMPLATES: list}}),
        None => json!({}),
    };
    let pod = json!({"metadata": annotated(pod), "spec": {}});
    let namespace = Namespace::from_metadata("shop", &annotated(namespace));
    let review =
        Review { pod: &pod, namespace: &namespace, owner: Owner::default(), request: Request::default() };
    let facts = Facts::gather(&review, &Value::Null);
    requested_references(&facts).into_iter().map(|(name, holder)| (name.to_owned(), holder)).collect()
}

#[test]
fn pods_list_replaces_or_adds_to_its_namespaces() {
    let own = |name: &str| (name.to_owned(), Holder::Pod);
    let inherited = |name: &str| (name.to_owned(), Holder::Namespace);
    assert_eq!(requested(Some("b"), Some("a")), [own("b")]);
    assert_eq!(requested(Some(" + b, c"), Some("a")), [inherited("a"), own("b"), own("c")]);
    assert_eq!(requested(None, Some("a,,")), [inherited("a")]);
    assert_eq!(requested(Some(""), Some("a")), []);
    assert_eq!(requested(Some("+"), Some("a")), [inherited("a")]);
}

#[test]
fn operating_system_is_named_selected_or_linux() {
    assert!(is_for(&json!({"spec": {}}), OperatingSystem::Linux));
    assert!(is_for(&json!({"spec": {"os": {"name": "windows"}}}), OperatingSystem::Windows));
    let selected = json!({"spec": {"nodeSelector": {"kubernetes.io/os": "windows"}}});
    assert!(is_for(&selected, OperatingSystem::Windows) && !is_for(&selected, OperatingSystem::Linux));
}

proptest! {
    #[test]
    fn any_list_is_read_without_a_panic_and_without_blanks(pod in ".*", namespace in ".*") {
        for (name, _) in requested(Some(&pod), Some(&namespace)) {
            prop_assert!(!name.trim().is_empty());
        }
    }
}
