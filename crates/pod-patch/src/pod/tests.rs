//! The rules of pods: conflicts, names, one of several alternatives, variables, quantities, protected fields.

use serde_json::{Value, json};

use crate::{Conflicts, MergeError, Report, merge_container, merge_pod};

fn merge(pod: &Value, patch: &Value, conflicts: Conflicts) -> Result<(Value, Report), MergeError> {
    let mut merged = pod.clone();
    let report = merge_pod(&mut merged, patch, conflicts)?;
    Ok((merged, report))
}

fn merge_env(env: Value, patch: Value) -> Vec<String> {
    let mut container = json!({ "env": env });
    let patch = json!({ "env": patch });
    merge_container(&mut container, &patch, Conflicts::Override).unwrap();
    let once = container.clone();
    merge_container(&mut container, &patch, Conflicts::Override).unwrap();
    assert_eq!(once.to_string(), container.to_string(), "a second merge changes nothing");
    let env = container["env"].as_array().unwrap();
    env.iter().map(|item| item["name"].as_str().unwrap().to_owned()).collect()
}

fn conflict_paths(report: &Report) -> Vec<&str> {
    report.conflicts.iter().map(|conflict| conflict.path.as_str()).collect()
}

#[test]
fn each_policy_settles_conflicts_its_way() {
    let pod = json!({"spec": {"containers": [{"name": "a", "image": "own", "args": ["1"], "tty": true}]}});
    let patch = json!({"spec": {"containers": [{"name": "a", "image": "new", "args": ["2"], "tty": true, "stdin": true}]}});
    let paths = ["spec.containers[a].image", "spec.containers[a].args"];

    let (merged, report) = merge(&pod, &patch, Conflicts::Override).unwrap();
    assert_eq!(
        merged["spec"]["containers"][0],
        json!({"name": "a", "image": "new", "args": ["2"], "tty": true, "stdin": true})
    );
    assert_eq!(conflict_paths(&report), paths);
    assert_eq!(report.conflicts[0].to_string(), "spec.containers[a].image: the pod's value was replaced");

    let (merged, report) = merge(&pod, &patch, Conflicts::Keep).unwrap();
    assert_eq!(
        merged["spec"]["containers"][0],
        json!({"name": "a", "image": "own", "args": ["1"], "tty": true, "stdin": true})
    );
    assert_eq!(conflict_paths(&report), paths);

    let error = merge(&pod, &patch, Conflicts::Fail).unwrap_err();
    assert_eq!(error.to_string(), format!("the pod has other values: {}, {}", paths[0], paths[1]));
    assert_eq!((error.path(), error.reason()), (paths[0], "Conflict"));
}

#[test]
fn directives_are_no_conflicts() {
    let pod = json!({"spec": {"hostname": "a", "tolerations": [{"key": "x"}], "securityContext": {"runAsUser": 1}}});
    let patch = json!({"spec": {
        "hostname": null,
        "tolerations": {"$remove": [{"key": "x"}], "$append": [{"key": "y"}]},
        "securityContext": {"$patch": "replace", "runAsUser": 2},
    }});
    let (merged, report) = merge(&pod, &patch, Conflicts::Fail).unwrap();
    assert_eq!(merged, json!({"spec": {"tolerations": [{"key": "y"}], "securityContext": {"runAsUser": 2}}}));
    assert_eq!(report, Report::default());
}

#[test]
fn an_empty_list_or_null_in_the_pod_is_no_conflict() {
    let pod = json!({"spec": {"tolerations": [], "hostname": null, "affinity": {}}});
    let patch =
        json!({"spec": {"tolerations": [{"key": "x"}], "hostname": "h", "affinity": {"podAffinity": {}}}});
    assert_eq!(merge(&pod, &patch, Conflicts::Fail).unwrap().0, patch);
}

#[test]
fn a_container_name_in_another_list_is_a_clash() {
    let pod = json!({"spec": {"containers": [{"name": "a"}], "ephemeralContainers": [{"name": "e"}]}});
    let patch = json!({"spec": {"initContainers": [{"name": "a"}]}});
    let error = merge(&pod, &patch, Conflicts::Keep).unwrap_err();
    assert_eq!(
        error,
        MergeError::NameContainer { path: "spec.initContainers[a]".to_owned(), other: "containers" }
    );
    let patch = json!({"spec": {"containers": [{"name": "e"}]}});
    assert_eq!(merge(&pod, &patch, Conflicts::Override).unwrap_err().reason(), "ContainerNameClash");
}

#[test]
fn a_container_may_move_to_another_list() {
    let pod = json!({"spec": {"containers": [{"name": "a"}, {"name": "b"}]}});
    let patch = json!({"spec": {"containers": [{"name": "a", "$patch": "delete"}], "initContainers": [{"name": "a"}]}});
    let (merged, _) = merge(&pod, &patch, Conflicts::Override).unwrap();
    assert_eq!(merged, json!({"spec": {"containers": [{"name": "b"}], "initContainers": [{"name": "a"}]}}));
}

#[test]
fn a_volume_has_one_source() {
    let pod = json!({"spec": {"volumes": [{"name": "v", "emptyDir": {}, "future": 1}]}});
    let patch = json!({"spec": {"volumes": [{"name": "v", "hostPath": {"path": "/x"}}]}});
    let (merged, report) = merge(&pod, &patch, Conflicts::Override).unwrap();
    assert_eq!(
        merged,
        json!({"spec": {"volumes": [{"name": "v", "future": 1, "hostPath": {"path": "/x"}}]}})
    );
    assert_eq!(conflict_paths(&report), ["spec.volumes[v].hostPath"]);
    assert_eq!(merge(&pod, &patch, Conflicts::Keep).unwrap().0, pod);
    assert_eq!(merge(&pod, &patch, Conflicts::Fail).unwrap_err().reason(), "Conflict");
}

#[test]
fn a_volume_source_newer_than_the_table_counts_as_its_source() {
    let pod = json!({"spec": {"volumes": [{"name": "v", "newer": {"a": 1}}]}});
    let patch = json!({"spec": {"volumes": [{"name": "v", "emptyDir": {}}]}});
    let (merged, _) = merge(&pod, &patch, Conflicts::Override).unwrap();
    assert_eq!(merged, patch);
    assert_eq!(merge(&patch, &pod, Conflicts::Override).unwrap().0, pod);
}

#[test]
fn an_old_source_that_the_patch_removes_is_no_conflict() {
    let pod = json!({"spec": {"volumes": [{"name": "v", "emptyDir": {}}]}});
    let patch = json!({"spec": {"volumes": [{"name": "v", "emptyDir": null, "hostPath": {"path": "/"}}]}});
    let (merged, report) = merge(&pod, &patch, Conflicts::Fail).unwrap();
    assert_eq!(merged, json!({"spec": {"volumes": [{"name": "v", "hostPath": {"path": "/"}}]}}));
    assert_eq!(report, Report::default());
}

#[test]
fn two_alternatives_in_a_patch_are_an_error() {
    let patch = json!({"spec": {"volumes": [{"name": "v", "emptyDir": {}, "hostPath": {}}]}});
    let error = merge(&json!({}), &patch, Conflicts::Override).unwrap_err();
    assert_eq!(error.to_string(), "spec.volumes[v]: only one of emptyDir and hostPath may be set");
}

#[test]
fn a_variable_has_a_value_or_a_source_and_a_probe_one_handler() {
    let mut container = json!({
        "env": [{"name": "A", "valueFrom": {"fieldRef": {"fieldPath": "x"}}}],
        "livenessProbe": {"httpGet": {"port": 1}, "periodSeconds": 5},
        "lifecycle": {"preStop": {"exec": {"command": ["x"]}}},
    });
    let patch = json!({
        "env": [{"name": "A", "value": "1"}],
        "livenessProbe": {"grpc": {"port": 2}},
        "lifecycle": {"preStop": {"sleep": {"seconds": 3}}},
    });
    let report = merge_container(&mut container, &patch, Conflicts::Override).unwrap();
    assert_eq!(
        container,
        json!({
            "env": [{"name": "A", "value": "1"}],
            "livenessProbe": {"periodSeconds": 5, "grpc": {"port": 2}},
            "lifecycle": {"preStop": {"sleep": {"seconds": 3}}},
        })
    );
    assert_eq!(conflict_paths(&report), ["env[A].value", "livenessProbe.grpc", "lifecycle.preStop.sleep"]);
}

#[test]
fn a_new_variable_stands_before_the_first_that_refers_to_it() {
    let env = json!([{"name": "X", "value": "x"}, {"name": "Y", "value": "a $(NEW) b"}, {"name": "Z", "value": "$(NEW)"}]);
    assert_eq!(merge_env(env, json!([{"name": "NEW", "value": "n"}])), ["X", "NEW", "Y", "Z"]);
}

#[test]
fn an_escaped_reference_moves_nothing() {
    let env = json!([{"name": "Y", "value": "$$(NEW) $(NEW"}, {"name": "Z", "value": "$NEW $()"}]);
    assert_eq!(merge_env(env, json!([{"name": "NEW"}])), ["Y", "Z", "NEW"]);
    let env = json!([{"name": "Y", "value": "$$$(NEW)"}]);
    assert_eq!(merge_env(env, json!([{"name": "NEW"}])), ["NEW", "Y"]);
}

#[test]
fn what_a_new_variable_refers_to_comes_before_it() {
    let env = json!([{"name": "OLD", "value": "$(B)"}]);
    let patch = json!([
        {"name": "TAIL", "value": "$(TAIL) $(END)"},
        {"name": "B", "value": "$(C) $(D)"},
        {"name": "C", "value": "c"},
        {"name": "D", "value": "$(C)"},
        {"name": "END", "value": "e"},
    ]);
    assert_eq!(merge_env(env, patch), ["C", "D", "B", "OLD", "END", "TAIL"]);
}

#[test]
fn variables_that_refer_to_each_other_are_all_kept() {
    let patch = json!([{"name": "A", "value": "$(B)"}, {"name": "B", "value": "$(A)"}]);
    assert_eq!(merge_env(json!([{"name": "O", "value": "$(A)"}]), patch), ["B", "A", "O"]);
}

#[test]
fn a_quantity_of_the_same_size_keeps_the_text_of_the_pod() {
    let pod = json!({"spec": {"containers": [{"name": "a", "resources": {"limits": {"memory": "1Gi", "cpu": "1"}}}]}});
    let patch = json!({"spec": {"containers": [{"name": "a", "resources": {"limits": {"memory": "1024Mi", "cpu": 1}}}]}});
    let (merged, report) = merge(&pod, &patch, Conflicts::Fail).unwrap();
    assert_eq!(merged, pod);
    assert_eq!(report, Report::default());
}

#[test]
fn what_looks_like_a_quantity_elsewhere_is_text() {
    let mut container = json!({"env": [{"name": "A", "value": "1Gi"}]});
    merge_container(&mut container, &json!({"env": [{"name": "A", "value": "1024Mi"}]}), Conflicts::Override)
        .unwrap();
    assert_eq!(container["env"][0]["value"], "1024Mi");
}

#[test]
fn protected_fields_are_never_touched() {
    let refused = [
        (json!({"metadata": {"managedFields": []}}), "metadata.managedFields"),
        (
            json!({"metadata": {"$setElementOrder/managedFields": []}}),
            "metadata[$setElementOrder/managedFields]",
        ),
        (
            json!({"metadata": {"annotations": {"chandler.dev/injected": "x"}}}),
            "metadata.annotations[chandler.dev/injected]",
        ),
        (json!({"metadata": {"annotations": {"$patch": "delete"}}}), "metadata.annotations.$patch"),
        (json!({"metadata": {"annotations": {"$ifAbsent": {}}}}), "metadata.annotations.$ifAbsent"),
        (json!({"metadata": {"annotations": null}}), "metadata.annotations"),
        (json!({"metadata": {"name": "x"}}), "metadata.name"),
        (json!({"metadata": {"$patch": "replace"}}), "metadata.$patch"),
        (json!({"metadata": null}), "metadata"),
        (json!({"spec": null}), "spec"),
        (json!({"spec": {"$patch": "delete"}}), "spec.$patch"),
        (json!({"status": {}}), "status"),
        (json!({"kind": "Pod"}), "kind"),
        (json!({"$patch": "delete"}), "$patch"),
    ];
    for (patch, path) in refused {
        let error = merge(&json!({}), &patch, Conflicts::Override).unwrap_err();
        assert_eq!(error, MergeError::TouchField { path: path.to_owned() });
    }
}

#[test]
fn labels_annotations_and_finalizers_merge() {
    let pod = json!({"metadata": {"annotations": {"chandler.dev/injected": "r"}, "finalizers": ["f"]}});
    let patch = json!({"metadata": {"annotations": {"a": "1"}, "labels": {"l": "2"}, "$deleteFromPrimitiveList/finalizers": ["f"]}});
    let (merged, _) = merge(&pod, &patch, Conflicts::Override).unwrap();
    assert_eq!(
        merged,
        json!({"metadata": {"annotations": {"chandler.dev/injected": "r", "a": "1"}, "finalizers": [], "labels": {"l": "2"}}})
    );
}

#[test]
fn a_container_keeps_its_name() {
    let mut container = json!({"name": "a"});
    merge_container(&mut container, &json!({"name": "a", "tty": true}), Conflicts::Override).unwrap();
    let error = merge_container(&mut container, &json!({"name": "b"}), Conflicts::Override).unwrap_err();
    assert_eq!(error, MergeError::RenameContainer { path: "name".to_owned() });
    for mut container in [json!({"name": "a"}), json!({"name": null}), json!({})] {
        let error = merge_container(&mut container, &json!({"name": null}), Conflicts::Override).unwrap_err();
        assert_eq!(error, MergeError::RenameContainer { path: "name".to_owned() });
    }
    let error =
        merge_container(&mut container, &json!({"$patch": "delete"}), Conflicts::Override).unwrap_err();
    assert_eq!(error.reason(), "ProtectedField");
}

#[test]
fn what_is_no_object_is_an_error() {
    for (pod, patch) in
        [(json!([]), json!({})), (json!({}), json!(null)), (json!({"spec": 1}), json!({"spec": "x"}))]
    {
        let outcome = merge(&pod, &patch, Conflicts::Fail);
        assert!(outcome.is_err(), "{pod} {patch}");
    }
}
