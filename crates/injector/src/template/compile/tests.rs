//! What a template may not be, each with the path and the words that a user gets.

use super::*;
use serde_json::json;

fn problems(spec: Value) -> Vec<String> {
    let reference = TemplateReference { name: "a".to_owned(), namespace: None };
    let spec: InjectionTemplateSpec = serde_json::from_value(spec).unwrap();
    Template::compile(reference, &spec).err().unwrap_or_default().iter().map(ToString::to_string).collect()
}

fn revision(spec: Value) -> String {
    revision_of(&serde_json::from_value(spec).unwrap())
}

fn patch() -> Value {
    json!([{"pod": {"metadata": {"labels": {"a": "b"}}}}])
}

#[test]
fn revision_depends_on_the_spec_and_not_on_its_spelling() {
    let written = json!({"patches": patch()});
    let defaulted = json!({"onError": "Skip", "order": 100, "conflicts": "Override", "select": {"mode": "OnRequest"}, "patches": patch()});
    assert_eq!(revision(written.clone()), revision(defaulted));
    assert_ne!(revision(written), revision(json!({"order": 99, "patches": patch()})));
    assert_eq!(revision(json!({"patches": patch()})).len(), 12);
}

#[test]
fn patch_has_exactly_one_form() {
    let words = "spec.patches[0]: set exactly one of pod, containers and json";
    assert_eq!(problems(json!({"patches": [{}]})), [words]);
    assert_eq!(problems(json!({"patches": [{"pod": {}, "containers": {"patch": {}}}]})), [words]);
}

#[test]
fn expression_errors_name_their_leaf() {
    let spec = json!({"patches": [{"pod": {"spec": {"containers": [{"name": "x", "image": "{{nope params.a}}"}]}}}]});
    let found = problems(spec);
    assert!(found[0].starts_with("spec.patches[0].pod.spec.containers[0].image: "), "{found:?}");
}

#[test]
fn undeclared_parameter_is_named() {
    let spec = json!({"patches": [{"pod": {"metadata": {"labels": {"x": "{{params.lvl}}"}}}}]});
    assert_eq!(
        problems(spec),
        [
            "spec.patches[0]: an expression reads params.lvl, and spec.parameters declares no parameter \"lvl\""
        ]
    );
}

#[test]
fn every_problem_is_told_not_the_first() {
    let spec = json!({
        "select": {
            "podSelector": {"matchExpressions": [{"key": "a", "operator": "Like"}]},
            "matchConditions": [{"name": "c", "expression": "1 +"}],
        },
        "parameters": [{"name": "p", "type": "integer", "default": "x"}, {"name": "p"}],
        "patches": [{}, {"pod": {"spec": {"containers": [{"$patch": "explode", "name": "x"}]}}}],
    });
    let found = problems(spec);
    for path in [
        "spec.select.podSelector",
        "spec.select.matchConditions[0]",
        "spec.parameters[0]",
        "spec.parameters[1]",
        "spec.patches[0]",
        "spec.patches[1]",
    ] {
        assert!(found.iter().any(|problem| problem.starts_with(path)), "{path} in {found:?}");
    }
}

#[test]
fn json_operations_are_checked_before_any_pod_comes() {
    for (operation, words) in [
        (json!({"op": "add", "path": "/spec/x"}), "need a value"),
        (json!({"op": "move", "path": "/spec/x"}), "need from"),
        (json!({"op": "add", "path": "/spec/x", "value": 1, "from": "/spec/y"}), "from is for move and copy"),
        (json!({"op": "add", "path": "/spec/{{params.p}}", "value": 1}), "path and from hold no expressions"),
        (json!({"op": "add", "path": "/status/x", "value": 1}), "not in a template's reach"),
        (
            json!({"op": "add", "path": "/metadata/annotations/chandler.dev~1injected", "value": "x"}),
            "written by the injector alone",
        ),
    ] {
        let found = problems(json!({"patches": [{"json": [operation]}]}));
        assert!(found.iter().any(|problem| problem.contains(words)), "{found:?}");
    }
    assert!(
        problems(json!({"patches": [{"json": [{"op": "add", "path": "/spec/x", "value": null}]}]}))
            .is_empty()
    );
}

#[test]
fn parameter_source_has_exactly_one_key() {
    let spec = json!({"parameters": [{"name": "p", "from": [{"podLabel": "a", "podAnnotation": "b"}]}], "patches": patch()});
    assert!(problems(spec)[0].starts_with("spec.parameters[0].from[0]: set exactly one of"));
}

#[test]
fn name_must_fit_into_annotations() {
    let spec: InjectionTemplateSpec =
        serde_json::from_value(json!({"parameters": [{"name": "level"}], "patches": patch()})).unwrap();
    for name in ["", "A", "a.b", "a@b", &"a".repeat(64), &"a".repeat(52)] {
        let reference = TemplateReference { name: name.to_owned(), namespace: None };
        let problems = Template::compile(reference, &spec).unwrap_err();
        assert_eq!(chandler_template::format_path(&problems[0].path), "metadata.name", "{name}");
    }
}

#[test]
fn required_parameter_has_no_default() {
    let spec = json!({"parameters": [{"name": "p", "required": true, "default": "x"}], "patches": patch()});
    assert_eq!(
        problems(spec),
        ["spec.parameters[0]: a parameter with a default is never missing: set either required or default"]
    );
}

#[test]
fn template_does_not_choose_templates() {
    let spec = json!({"patches": [{"pod": {"metadata": {"annotations": {"chandler.dev/templates": "b"}}}}]});
    assert!(
        problems(spec)[0]
            .starts_with("spec.patches[0].pod.metadata.annotations[\"chandler.dev/templates\"]: ")
    );
}
