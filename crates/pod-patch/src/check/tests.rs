//! What a check of a template finds, and what it must let through.

use serde_json::{Value, json};

use crate::{check_container_patch, check_pod_patch};

fn reasons(patch: Value) -> Vec<(String, &'static str)> {
    let errors = check_pod_patch(&patch).err().unwrap_or_default();
    errors.iter().map(|error| (error.path().to_owned(), error.reason())).collect()
}

#[test]
fn a_patch_with_every_directive_and_expressions_is_right() {
    let patch = json!({
        "metadata": {"labels": {"a": "{{params.a}}"}, "$if": "{{params.on}}", "annotations": {"b": {"$ifAbsent": "{{x}}"}}},
        "spec": {
            "$setElementOrder/containers": [{"name": "a"}],
            "initContainers": [
                {"name": "{{params.name}}", "image": "a:{{params.tag}}", "$position": {"before": "{{params.other}}"}},
                {"name": "b", "$position": "{{params.position}}", "$for": {"in": "{{params.list}}", "as": "x"}},
                "{{params.container}}",
            ],
            "containers": [{
                "name": "a",
                "args": {"$append": ["{{a}}"], "$remove": "{{params.removed}}"},
                "command": {"$append": "{{params.command}}"},
                "ports": [{"containerPort": "{{params.port}}"}],
                "env": [{"name": "JAVA_TOOL_OPTIONS", "value": {"$append": "{{params.options}}", "$separator": " "}}],
                "livenessProbe": {"$retainKeys": ["grpc"], "grpc": {"port": "{{p}}"}},
                "resources": {"$ifAbsent": {"limits": {"cpu": "{{params.cpu}}", "memory": 1}}},
            }],
            "volumes": [{"name": "v", "$patch": "delete"}, {"$patch": "replace"}],
            "affinity": {"nodeAffinity": {"$requireNodes": "{{params.nodes}}"}},
            "tolerations": "{{params.tolerations}}",
            "hostNetwork": "{{params.hostNetwork}}",
            "futureField": {"list": [{"$patch": "replace"}, 1], "other": {"$append": ["x"]}},
        },
    });
    assert_eq!(check_pod_patch(&patch), Ok(()));
}

#[test]
fn every_mistake_is_found_with_its_place() {
    let patch = json!({
        "kind": "Pod",
        "metadata": {"managedFields": [], "labels": []},
        "spec": {
            "containers": [
                {"name": "a", "env": {"$append": []}, "image": 1, "$position": "middle"},
                {"image": "x"},
                {"name": "b", "args": "x", "tty": []},
                1,
            ],
            "volumes": [{"name": "v", "emptyDir": {}, "hostPath": {}}, {"name": "w", "$position": "first"}],
            "tolerations": [{"key": "k", "$patch": "delete"}],
            "securityContext": {"$patch": "drop"},
            "overhead": {"cpu": true},
            "hostname": {"$ifAbsent": 1},
            "$nonsense": 1,
        },
    });
    assert_eq!(
        reasons(patch)[..2],
        [("kind".to_owned(), "ProtectedField"), ("metadata.managedFields".to_owned(), "ProtectedField"),]
    );
}

#[test]
fn types_and_directives_are_checked_at_every_level() {
    let patch = json!({
        "metadata": {"labels": []},
        "spec": {
            "containers": [
                {"name": "a", "env": {"$append": []}, "image": 1, "$position": "middle"},
                {"image": "x"},
                {"name": "b", "args": "x", "tty": []},
                1,
            ],
            "volumes": [{"name": "v", "emptyDir": {}, "hostPath": {}}, {"name": "w", "$position": "first"}],
            "tolerations": [{"key": "k", "$patch": "delete"}],
            "securityContext": {"$patch": "drop"},
            "overhead": {"cpu": true},
            "hostname": {"$ifAbsent": 1},
            "hostAliases": [{"ip": "1", "$retainKeys": ["ip"], "hostnames": []}],
        },
    });
    let expected = [
        ("metadata.labels", "UnexpectedType"),
        ("spec.containers[a]", "MalformedDirective"),
        ("spec.containers[a].env", "MisplacedDirective"),
        ("spec.containers[a].image", "UnexpectedType"),
        ("spec.containers[1]", "MissingMergeKey"),
        ("spec.containers[b].args", "UnexpectedType"),
        ("spec.containers[b].tty", "UnexpectedType"),
        ("spec.containers[3]", "UnexpectedType"),
        ("spec.volumes[v]", "SeveralAlternatives"),
        ("spec.volumes[w]", "MisplacedDirective"),
        ("spec.tolerations[0]", "MisplacedDirective"),
        ("spec.securityContext", "UnknownPatchVerb"),
        ("spec.overhead.cpu", "UnexpectedType"),
        ("spec.hostname", "UnexpectedType"),
        ("spec.hostAliases[1].hostnames", "FieldNotRetained"),
    ];
    let expected: Vec<_> = expected.into_iter().map(|(path, reason)| (path.to_owned(), reason)).collect();
    assert_eq!(reasons(patch), expected);
}

#[test]
fn alternatives_of_which_a_condition_drops_one_are_right() {
    let volume =
        json!({"name": "v", "emptyDir": {"$if": "{{a}}"}, "hostPath": {"$if": "{{b}}", "path": "/"}});
    assert_eq!(reasons(json!({"spec": {"volumes": [volume]}})), []);
}

#[test]
fn a_name_in_two_lists_is_found_unless_a_condition_drops_it() {
    let lists = |item: Value| json!({"spec": {"containers": [{"name": "a"}], "initContainers": [item]}});
    let clash = [("spec.initContainers[a]".to_owned(), "ContainerNameClash")];
    assert_eq!(reasons(lists(json!({"name": "a"}))), clash);
    assert_eq!(reasons(lists(json!({"name": "a", "$if": "{{x}}"}))), []);
    assert_eq!(reasons(lists(json!({"name": "a", "$patch": "delete"}))), []);
}

#[test]
fn a_container_patch_is_checked_like_a_container() {
    let patch =
        json!({"env": [{"name": "A", "value": "{{x}}"}], "volumeMounts": [{"name": "v", "mountPath": "/x"}]});
    assert_eq!(check_container_patch(&patch), Ok(()));
    let errors = check_container_patch(&json!({"$position": "first"})).unwrap_err();
    assert_eq!(errors[0].reason(), "MisplacedDirective");
    let errors = check_container_patch(&json!({"env": [{"value": "x"}], "$patch": "delete"})).unwrap_err();
    assert_eq!(
        errors.iter().map(crate::MergeError::reason).collect::<Vec<_>>(),
        ["ProtectedField", "MissingMergeKey"]
    );
    assert_eq!(check_container_patch(&json!([])).unwrap_err()[0].reason(), "UnexpectedType");
}

#[test]
fn a_patch_that_is_nested_too_deep_is_an_error() {
    let deep = (0..200).fold(json!(1), |inner, _| json!({ "a": inner }));
    assert_eq!(check_pod_patch(&json!({"spec": {"x": deep}})).unwrap_err()[0].reason(), "NestedTooDeep");
}

#[test]
fn a_misspelt_directive_is_told_as_one() {
    let patch = json!({"spec": {"tolerations": {"$apend": []}, "hostname": {"$ifabsent": "x"}, "nodeName": {"a": 1}}});
    let path = |path: &str| path.to_owned();
    let expected = [
        (path("spec.tolerations"), "UnknownDirective"),
        (path("spec.hostname"), "UnknownDirective"),
        (path("spec.nodeName"), "UnexpectedType"),
    ];
    assert_eq!(reasons(patch), expected);
}
