//! Each directive of the patch language, and each rule of how lists, objects and scalars merge.

use serde_json::{Value, json};

use crate::{Conflicts, MergeError, Report, merge_container, merge_pod, strategic_merge};

fn try_merge(pod: &Value, patch: &Value, conflicts: Conflicts) -> Result<(Value, Report), MergeError> {
    let mut merged = pod.clone();
    let report = merge_pod(&mut merged, patch, conflicts)?;
    let mut again = merged.clone();
    merge_pod(&mut again, patch, conflicts).expect("the second merge succeeds");
    assert_eq!(again.to_string(), merged.to_string(), "a second merge changes nothing");
    Ok((merged, report))
}

/// Merges partial specs onto each other, the patch winning.
fn spec(pod: Value, patch: Value) -> Value {
    let (merged, _) =
        try_merge(&json!({ "spec": pod }), &json!({ "spec": patch }), Conflicts::Override).unwrap();
    merged["spec"].clone()
}

fn refused(pod: Value, patch: Value) -> MergeError {
    try_merge(&json!({ "spec": pod }), &json!({ "spec": patch }), Conflicts::Override).unwrap_err()
}

/// Merges partial containers onto each other, the patch winning.
fn container(pod: Value, patch: Value) -> Value {
    let mut merged = pod;
    merge_container(&mut merged, &patch, Conflicts::Override).unwrap();
    let once = merged.clone();
    merge_container(&mut merged, &patch, Conflicts::Override).unwrap();
    assert_eq!(once.to_string(), merged.to_string(), "a second merge changes nothing");
    merged
}

fn container_refused(pod: Value, patch: Value) -> MergeError {
    merge_container(&mut pod.clone(), &patch, Conflicts::Override).unwrap_err()
}

fn names(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap()).collect()
}

#[test]
fn objects_merge_field_by_field_and_null_removes_a_field() {
    let merged = spec(
        json!({"nodeSelector": {"a": "1", "b": "2"}, "hostNetwork": true}),
        json!({"nodeSelector": {"b": "3", "c": "4"}, "hostNetwork": null, "priority": null}),
    );
    assert_eq!(merged.to_string(), r#"{"nodeSelector":{"a":"1","b":"3","c":"4"}}"#);
}

#[test]
fn items_merge_by_key_and_new_ones_go_last() {
    let merged = spec(
        json!({"containers": [{"name": "a", "image": "1"}, {"name": "b"}]}),
        json!({"containers": [{"name": "z"}, {"name": "a", "tty": true}, {"name": "c"}]}),
    );
    assert_eq!(
        merged.to_string(),
        r#"{"containers":[{"name":"a","image":"1","tty":true},{"name":"b"},{"name":"z"},{"name":"c"}]}"#
    );
}

#[test]
fn equal_items_in_a_patch_become_one_and_different_ones_are_an_error() {
    let twice =
        |image: &str| json!({"containers": [{"name": "a", "image": "1"}, {"name": "a", "image": image}]});
    assert_eq!(spec(json!({}), twice("1")), json!({"containers": [{"name": "a", "image": "1"}]}));
    let pod = json!({"containers": [{"name": "b"}, {"name": "a"}]});
    let error = MergeError::RepeatItem { path: "spec.containers[a]".to_owned() };
    assert_eq!(refused(json!({}), twice("2")), error);
    assert_eq!(refused(pod, twice("2")), error);
    let mut merged = json!({});
    strategic_merge(&mut merged, &json!({ "spec": twice("2") })).unwrap();
    assert_eq!(merged, json!({"spec": {"containers": [{"name": "a", "image": "2"}]}}));
}

#[test]
fn long_lists_merge_as_short_ones_do() {
    let variables = |from: usize, to: usize, value: &str| -> Value {
        (from..to).map(|number| json!({"name": format!("V{number}"), "value": value})).collect()
    };
    let merged = container(
        json!({"name": "a", "env": variables(0, 40, "old")}),
        json!({"env": variables(20, 60, "new")}),
    );
    let env = merged["env"].as_array().unwrap();
    assert_eq!(env.len(), 60);
    assert!(env.iter().enumerate().all(|(index, item)| item["name"] == format!("V{index}")));
    assert!(
        env.iter().enumerate().all(|(index, item)| item["value"] == if index < 20 { "old" } else { "new" })
    );
}

#[test]
fn ports_of_both_protocols_stay_apart_and_tcp_is_the_default() {
    let merged = container(
        json!({"name": "a", "ports": [{"containerPort": 53, "protocol": "UDP"}, {"containerPort": 53}]}),
        json!({"ports": [{"containerPort": 53, "protocol": "TCP", "name": "dns-tcp"}]}),
    );
    assert_eq!(
        merged["ports"],
        json!([{"containerPort": 53, "protocol": "UDP"}, {"containerPort": 53, "protocol": "TCP", "name": "dns-tcp"}])
    );
}

#[test]
fn topology_spread_constraints_merge_by_key_and_action() {
    let constraint = |action: &str, skew: u32| json!({"topologyKey": "zone", "whenUnsatisfiable": action, "maxSkew": skew});
    let merged = spec(
        json!({"topologySpreadConstraints": [constraint("DoNotSchedule", 1)]}),
        json!({"topologySpreadConstraints": [constraint("ScheduleAnyway", 2), constraint("DoNotSchedule", 3)]}),
    );
    assert_eq!(
        merged["topologySpreadConstraints"],
        json!([constraint("DoNotSchedule", 3), constraint("ScheduleAnyway", 2)])
    );
}

#[test]
fn other_lists_are_replaced() {
    let merged = container(json!({"name": "a", "args": ["1", "2"]}), json!({"args": ["3"]}));
    assert_eq!(merged["args"], json!(["3"]));
}

#[test]
fn lists_of_claims_are_replaced_as_strategic_merge_does() {
    let merged = container(
        json!({"name": "a", "resources": {"claims": [{"name": "one"}]}}),
        json!({"resources": {"claims": [{"name": "two"}]}}),
    );
    assert_eq!(merged["resources"]["claims"], json!([{"name": "two"}]));
}

#[test]
fn finalizers_merge_as_a_set() {
    let mut pod = json!({"metadata": {"finalizers": ["a", "b"]}});
    merge_pod(&mut pod, &json!({"metadata": {"finalizers": ["c", "b"]}}), Conflicts::Override).unwrap();
    assert_eq!(pod["metadata"]["finalizers"], json!(["a", "b", "c"]));
}

#[test]
fn unknown_objects_merge_and_unknown_lists_are_replaced() {
    let merged = spec(
        json!({"future": {"a": {"b": 1}, "list": [1]}}),
        json!({"future": {"a": {"c": 2}, "list": [2]}}),
    );
    assert_eq!(merged, json!({"future": {"a": {"b": 1, "c": 2}, "list": [2]}}));
}

#[test]
fn patch_delete_takes_an_item_out() {
    let merged = spec(
        json!({"volumes": [{"name": "a"}, {"name": "b"}]}),
        json!({"volumes": [{"name": "a", "$patch": "delete"}, {"name": "x", "$patch": "delete"}]}),
    );
    assert_eq!(merged, json!({"volumes": [{"name": "b"}]}));
}

#[test]
fn an_item_that_is_deleted_and_added_is_new_in_its_old_place() {
    let merged = spec(
        json!({"containers": [{"name": "a", "image": "1", "tty": true}, {"name": "b"}]}),
        json!({"containers": [{"name": "a", "image": "2", "$position": "last"}, {"name": "a", "$patch": "delete"}]}),
    );
    assert_eq!(merged, json!({"containers": [{"name": "a", "image": "2"}, {"name": "b"}]}));
}

#[test]
fn an_item_that_is_deleted_and_added_by_a_stated_merge_is_new_in_its_old_place() {
    let merged = spec(
        json!({"containers": [{"name": "a", "image": "1", "tty": true}, {"name": "b"}]}),
        json!({"containers": [{"name": "a", "$patch": "delete"}, {"name": "a", "image": "2", "$patch": "merge"}]}),
    );
    assert_eq!(merged, json!({"containers": [{"name": "a", "image": "2"}, {"name": "b"}]}));
}

#[test]
fn patch_replace_replaces_a_list_and_an_object() {
    let merged = spec(
        json!({"volumes": [{"name": "a"}], "securityContext": {"runAsUser": 1}}),
        json!({
            "volumes": [{"$patch": "replace"}, {"name": "b"}],
            "securityContext": {"$patch": "replace", "runAsGroup": 2, "runAsUser": null},
        }),
    );
    assert_eq!(merged, json!({"volumes": [{"name": "b"}], "securityContext": {"runAsGroup": 2}}));
}

#[test]
fn patch_replace_of_an_absent_object_sets_it() {
    let merged = spec(json!({}), json!({"securityContext": {"$patch": "replace", "runAsGroup": 2}}));
    assert_eq!(merged, json!({"securityContext": {"runAsGroup": 2}}));
}

#[test]
fn patch_delete_empties_an_object_and_leaves_an_absent_one_absent() {
    let patch = json!({"securityContext": {"$patch": "delete"}});
    assert_eq!(
        spec(json!({"securityContext": {"runAsUser": 1}}), patch.clone()),
        json!({"securityContext": {}})
    );
    assert_eq!(spec(json!({}), patch), json!({}));
}

#[test]
fn patch_merge_is_the_default() {
    let merged = spec(
        json!({"securityContext": {"runAsUser": 1}}),
        json!({"securityContext": {"$patch": "merge", "runAsGroup": 2}}),
    );
    assert_eq!(merged, json!({"securityContext": {"runAsUser": 1, "runAsGroup": 2}}));
}

#[test]
fn an_unknown_verb_is_an_error_that_names_the_place() {
    let error = refused(json!({}), json!({"securityContext": {"$patch": "remove"}}));
    assert_eq!(error, MergeError::ReadVerb { path: "spec.securityContext".to_owned() });
    assert_eq!(error.reason(), "UnknownPatchVerb");
    let error = refused(json!({}), json!({"containers": [{"name": "a", "$patch": 1}]}));
    assert_eq!(error.path(), "spec.containers[0]");
}

#[test]
fn an_item_without_merge_key_is_an_error_in_patch_and_pod() {
    let error = refused(json!({}), json!({"containers": [{"image": "a"}]}));
    assert_eq!(error, MergeError::FindKey { path: "spec.containers[0]".to_owned(), key: "name" });
    let error = refused(json!({"containers": [{"image": "a"}]}), json!({"containers": [{"name": "b"}]}));
    assert_eq!(error.reason(), "MissingMergeKey");
    let error = container_refused(json!({"name": "a"}), json!({"ports": [{"protocol": "UDP"}]}));
    assert_eq!(error, MergeError::FindKey { path: "ports[0]".to_owned(), key: "containerPort" });
}

#[test]
fn retain_keys_leaves_only_the_listed_fields() {
    let merged = spec(
        json!({"volumes": [{"name": "a", "emptyDir": {}, "future": 1}]}),
        json!({"volumes": [{"name": "a", "hostPath": {"path": "/"}, "$retainKeys": ["name", "hostPath"]}]}),
    );
    assert_eq!(merged, json!({"volumes": [{"name": "a", "hostPath": {"path": "/"}}]}));
}

#[test]
fn a_field_that_retain_keys_does_not_list_is_an_error() {
    let error =
        refused(json!({}), json!({"volumes": [{"name": "a", "emptyDir": {}, "$retainKeys": ["name"]}]}));
    assert_eq!(error, MergeError::RetainKeys { path: "spec.volumes[a].emptyDir".to_owned() });
}

#[test]
fn set_element_order_orders_its_items_and_keeps_the_others_between() {
    let merged = spec(
        json!({"volumes": [{"name": "a"}, {"name": "x"}, {"name": "b"}, {"name": "y"}]}),
        json!({
            "$setElementOrder/volumes": [{"name": "b"}, {"name": "n"}, {"name": "a"}],
            "volumes": [{"name": "n"}],
        }),
    );
    assert_eq!(names(&merged["volumes"]), ["x", "b", "n", "a", "y"]);
}

#[test]
fn set_element_order_orders_a_list_that_the_patch_does_not_touch() {
    let merged =
        container(json!({"name": "a", "args": ["1", "2"]}), json!({"$setElementOrder/args": ["2", "1"]}));
    assert_eq!(merged["args"], json!(["2", "1"]));
}

#[test]
fn set_element_order_leaves_a_list_as_the_patch_sets_it() {
    let patch = json!({"spec": {"containers": [
        {"name": "a", "args": ["-v", "1", "-v"], "$setElementOrder/args": ["-v", "1", "-v"]},
    ]}});
    let (merged, _) = try_merge(&json!({}), &patch, Conflicts::Fail).unwrap();
    assert_eq!(merged["spec"]["containers"][0]["args"], json!(["-v", "1", "-v"]));
}

#[test]
fn set_element_order_does_not_turn_an_object_into_a_list() {
    let error =
        container_refused(json!({}), json!({"resources": ["a"], "$setElementOrder/resources": ["a"]}));
    assert_eq!(error, MergeError::ReadValue { path: "resources".to_owned(), expected: "an object" });
}

#[test]
fn items_out_of_the_element_order_are_an_error() {
    let patch = json!({
        "$setElementOrder/volumes": [{"name": "a"}, {"name": "b"}],
        "volumes": [{"name": "b"}, {"name": "a"}],
    });
    assert_eq!(refused(json!({}), patch), MergeError::OrderItems { path: "spec.volumes".to_owned() });
}

#[test]
fn delete_from_primitive_list_takes_scalars_out() {
    let merged = container(
        json!({"name": "a", "args": ["1", "2"]}),
        json!({"$deleteFromPrimitiveList/args": ["1", "9"]}),
    );
    assert_eq!(merged, json!({"name": "a", "args": ["2"]}));
    let error = container_refused(json!({"args": ["1"]}), json!({"$deleteFromPrimitiveList/args": [{}]}));
    assert_eq!(error, MergeError::CompareItems { path: "args".to_owned() });
}

#[test]
fn a_list_that_is_deleted_and_set_keeps_its_place_among_the_fields() {
    let merged = container(
        json!({"args": ["1"], "name": "a"}),
        json!({"args": ["2"], "$deleteFromPrimitiveList/args": null, "tty": true}),
    );
    assert_eq!(merged.to_string(), r#"{"args":["2"],"name":"a","tty":true}"#);
}

#[test]
fn delete_from_primitive_list_beside_items_of_another_type_is_an_error() {
    let error = MergeError::CompareItems { path: "list".to_owned() };
    for added in [json!([{}]), json!([1]), json!([null])] {
        let patch = json!({"list": added, "$deleteFromPrimitiveList/list": ["1"]});
        assert_eq!(container_refused(json!({}), patch), error);
    }
    assert_eq!(
        container_refused(json!({}), json!({"list": [{}], "$deleteFromPrimitiveList/list": []})),
        error
    );
    let patch = json!({"list": [], "$deleteFromPrimitiveList/list": ["1"]});
    assert_eq!(container(json!({}), patch), json!({"list": []}));
}

#[test]
fn directives_inside_if_absent_leave_no_trace_where_the_pod_has_something() {
    let pod = json!({"resources": {"limits": {"cpu": "1"}}});
    let inner =
        json!({"limits": {"$patch": "replace", "cpu": "2", "memory": "1Gi"}, "$retainKeys": ["limits"]});
    let merged = container(pod.clone(), json!({"resources": {"$ifAbsent": {"$ifAbsent": inner}}}));
    assert_eq!(merged, json!({"resources": {"limits": {"cpu": "1", "memory": "1Gi"}}}));
    let deleted = json!({"limits": {"$patch": "delete", "cpu": "2", "memory": "1Gi"}});
    assert_eq!(container(pod.clone(), json!({"resources": {"$ifAbsent": deleted}})), pod);
    let wrong = json!({"limits": {"$append": ["x"]}});
    assert_eq!(
        container_refused(pod.clone(), json!({"resources": {"$ifAbsent": wrong}})).reason(),
        "MisplacedDirective"
    );
    let unknown = json!({"limits": {"$nonsense": 1}});
    assert_eq!(
        container_refused(pod, json!({"resources": {"$ifAbsent": unknown}})).reason(),
        "UnknownDirective"
    );
}

#[test]
fn an_unknown_directive_is_an_error() {
    let error = refused(json!({}), json!({"$add": []}));
    assert_eq!(error.to_string(), "spec: unknown directive \"$add\"");
    let error = refused(json!({}), json!({"$setElementOrder": []}));
    assert_eq!(error.reason(), "UnknownDirective");
}

#[test]
fn append_prepend_and_remove_edit_a_list_that_would_be_replaced() {
    let merged = container(
        json!({"name": "a", "args": ["old", "x", "y"]}),
        json!({"args": {"$remove": ["old"], "$prepend": ["first", "x"], "$append": ["y", "last"]}}),
    );
    assert_eq!(merged["args"], json!(["first", "x", "y", "last"]));
}

#[test]
fn append_keeps_the_repeats_of_the_patch() {
    let merged =
        container(json!({"name": "a", "args": ["z"]}), json!({"args": {"$append": ["-v", "1", "-v", "2"]}}));
    assert_eq!(merged["args"], json!(["z", "-v", "1", "-v", "2"]));
}

#[test]
fn what_is_both_removed_and_added_stays() {
    let merged = container(
        json!({"name": "a", "args": ["x", "y", "z"]}),
        json!({"args": {"$remove": ["x", "z"], "$append": ["x", "w"]}}),
    );
    assert_eq!(merged["args"], json!(["x", "y", "w"]));
}

#[test]
fn append_compares_whole_items() {
    let toleration = |value: &str| json!({"key": "k", "value": value});
    let merged = spec(
        json!({"tolerations": [toleration("1")]}),
        json!({"tolerations": {"$append": [toleration("1"), toleration("2")]}}),
    );
    assert_eq!(merged["tolerations"], json!([toleration("1"), toleration("2")]));
}

#[test]
fn append_makes_an_absent_list_and_remove_does_not() {
    assert_eq!(container(json!({}), json!({"args": {"$append": ["1"]}})), json!({"args": ["1"]}));
    assert_eq!(container(json!({}), json!({"args": {"$remove": ["1"]}})), json!({}));
}

#[test]
fn append_to_a_keyed_list_is_an_error_that_names_the_key() {
    let error = container_refused(json!({}), json!({"env": {"$append": [{"name": "A"}]}}));
    assert_eq!(error.to_string(), "env: $append has no place here: the list merges by name already");
    let error = container_refused(json!({}), json!({"ports": {"$remove": []}}));
    assert!(error.to_string().contains("containerPort+protocol"));
}

#[test]
fn append_to_what_is_no_list_is_an_error() {
    let error = container_refused(json!({}), json!({"securityContext": {"$append": [1]}}));
    assert_eq!(error.reason(), "MisplacedDirective");
    let error = container_refused(json!({"args": "x"}), json!({"args": {"$append": ["1"]}}));
    assert_eq!(error, MergeError::ReadValue { path: "args".to_owned(), expected: "a list" });
    let error = container_refused(json!({}), json!({"args": {"$append": ["1"], "image": "x"}}));
    assert_eq!(error.reason(), "MisplacedDirective");
    let error = container_refused(json!({}), json!({"args": {"$append": 1}}));
    assert_eq!(error.reason(), "MalformedDirective");
}

fn option(existing: Value, edit: Value) -> Value {
    let pod = json!({"name": "a", "env": [{"name": "OPTIONS", "value": existing}]});
    container(pod, json!({"env": [{"name": "OPTIONS", "value": edit}]}))["env"][0]["value"].clone()
}

#[test]
fn text_is_added_at_the_ends_with_a_separator() {
    assert_eq!(option(json!("-Xmx1g"), json!({"$append": "-javaagent:/a.jar"})), "-Xmx1g -javaagent:/a.jar");
    assert_eq!(option(json!("/bin"), json!({"$prepend": "/opt/bin", "$separator": ":"})), "/opt/bin:/bin");
    assert_eq!(option(Value::Null, json!({"$append": "-a"})), "-a");
    assert_eq!(option(json!(""), json!({"$append": "-a", "$prepend": "-b"})), "-b -a");
}

#[test]
fn text_that_is_there_as_whole_words_is_not_added_again() {
    assert_eq!(option(json!("-x -a -b"), json!({"$append": "-a"})), "-x -a -b");
    assert_eq!(option(json!("-x -ab"), json!({"$append": "-a"})), "-x -ab -a");
    assert_eq!(option(json!("-x -a -b -c"), json!({"$append": "-a -b"})), "-x -a -b -c");
    assert_eq!(
        option(json!("/usr/bin:/bin"), json!({"$append": "/bin", "$separator": ":"})),
        "/usr/bin:/bin"
    );
}

#[test]
fn text_cannot_be_removed_nor_added_to_what_is_no_text() {
    let error = container_refused(json!({}), json!({"image": {"$append": "a", "$remove": ["b"]}}));
    assert_eq!(error.reason(), "MisplacedDirective");
    assert_eq!(
        container_refused(json!({}), json!({"stdin": {"$append": "a"}})).reason(),
        "MisplacedDirective"
    );
    assert_eq!(
        container_refused(json!({}), json!({"image": {"$separator": ":"}})).reason(),
        "MisplacedDirective"
    );
    assert_eq!(
        container_refused(json!({"image": 1}), json!({"image": {"$append": "a"}})).reason(),
        "UnexpectedType"
    );
}

#[test]
fn if_absent_sets_a_field_only_where_nothing_is() {
    let patch = json!({"securityContext": {"$ifAbsent": {"runAsUser": 2}}, "hostname": {"$ifAbsent": "h"}});
    let set = json!({"securityContext": {"runAsUser": 2}, "hostname": "h"});
    assert_eq!(spec(json!({}), patch.clone()), set);
    assert_eq!(spec(json!({"securityContext": {}, "hostname": null}), patch.clone()), set);
    let own = json!({"securityContext": {"runAsGroup": 1}, "hostname": "mine"});
    assert_eq!(spec(own.clone(), patch), own);
}

#[test]
fn if_absent_works_per_key_inside_resources() {
    let pod = json!({"resources": {"requests": {"cpu": "1"}, "limits": {}}});
    let expected = json!({"resources": {"requests": {"cpu": "1", "memory": "1Gi"}, "limits": {"cpu": 2}}});
    let values = json!({"requests": {"cpu": "9", "memory": "1Gi"}, "limits": {"cpu": 2}});
    assert_eq!(container(pod.clone(), json!({"resources": {"$ifAbsent": values}})), expected);
    let parts =
        json!({"requests": {"$ifAbsent": values["requests"]}, "limits": {"$ifAbsent": values["limits"]}});
    assert_eq!(container(pod, json!({"resources": parts})), expected);
}

#[test]
fn if_absent_counts_another_alternative_as_there() {
    let pod = json!({"env": [{"name": "A", "valueFrom": {"fieldRef": {"fieldPath": "x"}}}]});
    let patch = json!({"env": [{"name": "A", "value": {"$ifAbsent": "1"}}]});
    assert_eq!(container(pod.clone(), patch), pod);
}

#[test]
fn if_absent_goes_alone() {
    let error = container_refused(json!({}), json!({"image": {"$ifAbsent": "a", "$append": "b"}}));
    assert_eq!(error.reason(), "MisplacedDirective");
    let error = container_refused(json!({}), json!({"resources": {"$ifAbsent": {}, "limits": {}}}));
    assert_eq!(error.reason(), "MisplacedDirective");
    assert_eq!(refused(json!({}), json!({"hostname": {"$ifAbsent": 1}})).reason(), "UnexpectedType");
}

fn placed(pod: &[&str], patch: Value) -> Result<(Vec<String>, Report), MergeError> {
    let list: Value = pod.iter().map(|name| json!({"name": name, "image": "own"})).collect();
    let pod = json!({"spec": {"containers": list}});
    let (merged, report) = try_merge(&pod, &json!({"spec": {"containers": patch}}), Conflicts::Override)?;
    Ok((names(&merged["spec"]["containers"]).into_iter().map(str::to_owned).collect(), report))
}

#[test]
fn new_containers_go_to_their_positions_in_the_order_of_the_patch() {
    let patch = json!([
        {"name": "after-1", "$position": {"after": "a"}},
        {"name": "first-1", "$position": "first"},
        {"name": "after-2", "$position": {"after": "a"}},
        {"name": "last", "$position": "last"},
        {"name": "before-1", "$position": {"before": "b"}},
        {"name": "plain"},
        {"name": "first-2", "$position": "first"},
        {"name": "before-2", "$position": {"before": "b"}},
    ]);
    let (order, report) = placed(&["a", "b"], patch).unwrap();
    assert_eq!(
        order,
        ["first-1", "first-2", "a", "after-1", "after-2", "before-1", "before-2", "b", "last", "plain"]
    );
    assert_eq!(report, Report::default());
}

#[test]
fn an_anchor_may_be_a_container_of_the_same_patch() {
    let patch = json!([
        {"name": "z", "$position": {"after": "y"}},
        {"name": "y", "$position": {"before": "x"}},
        {"name": "x", "$position": "first"},
    ]);
    assert_eq!(placed(&["a"], patch).unwrap().0, ["y", "z", "x", "a"]);
}

#[test]
fn an_absent_anchor_means_last_with_a_warning() {
    let (order, report) = placed(&["a"], json!([{"name": "b", "$position": {"before": "nobody"}}])).unwrap();
    assert_eq!(order, ["a", "b"]);
    let warning = report.warnings[0].to_string();
    assert_eq!(warning, "spec.containers[b]: placed last, as there is no container \"nobody\" in the list");
}

#[test]
fn anchors_in_a_circle_are_an_error_that_names_it() {
    let patch = json!([
        {"name": "w", "$position": {"after": "x"}},
        {"name": "x", "$position": {"after": "y"}},
        {"name": "y", "$position": {"before": "x"}},
    ]);
    let error = placed(&["a"], patch).unwrap_err();
    assert_eq!(error.to_string(), "spec.containers: $position goes in a circle: x → y → x");
    let error = placed(&["a"], json!([{"name": "x", "$position": {"after": "x"}}])).unwrap_err();
    assert!(error.to_string().ends_with("x → x"));
}

#[test]
fn a_new_container_that_is_there_with_its_image_merges_in_place() {
    let (order, _) =
        placed(&["a", "b"], json!([{"name": "b", "image": "own", "$position": "first"}])).unwrap();
    assert_eq!(order, ["a", "b"]);
}

#[test]
fn a_new_container_that_is_there_with_another_image_is_a_conflict() {
    let patch = json!([{"name": "a", "image": "other", "tty": true, "$position": "first"}]);
    let error = placed(&["a"], patch.clone()).unwrap_err();
    assert_eq!(error, MergeError::AddContainer { path: "spec.containers[a]".to_owned() });
    let pod = json!({"spec": {"containers": [{"name": "a", "image": "own"}]}});
    let patch = json!({"spec": {"containers": patch}});
    let (merged, report) = try_merge(&pod, &patch, Conflicts::Keep).unwrap();
    assert_eq!(merged, pod);
    assert_eq!(report.warnings.len(), 1);
}

#[test]
fn position_has_its_place_and_form() {
    let error = refused(json!({}), json!({"volumes": [{"name": "a", "$position": "first"}]}));
    assert_eq!(error.reason(), "MisplacedDirective");
    let error = container_refused(json!({}), json!({"$position": "first"}));
    assert_eq!(error.reason(), "MisplacedDirective");
    for position in
        [json!("middle"), json!(1), json!({}), json!({"before": "a", "after": "b"}), json!({"before": 1})]
    {
        let error = refused(json!({}), json!({"containers": [{"name": "a", "$position": position}]}));
        assert_eq!(error.reason(), "MalformedDirective");
    }
}

const REQUIRED: &str = "requiredDuringSchedulingIgnoredDuringExecution";

fn required_terms(terms: Value) -> Value {
    let expression = json!({"key": "tenant", "operator": "In", "values": ["a"]});
    let pod = json!({"affinity": {"nodeAffinity": {REQUIRED: {"nodeSelectorTerms": terms}}}});
    let patch = json!({"affinity": {"nodeAffinity": {"$requireNodes": [expression.clone(), expression]}}});
    spec(pod, patch)["affinity"]["nodeAffinity"][REQUIRED]["nodeSelectorTerms"].clone()
}

#[test]
fn required_nodes_hold_for_every_term_once() {
    let tenant = json!({"key": "tenant", "operator": "In", "values": ["a"]});
    let zone = json!({"key": "zone", "operator": "Exists"});
    assert_eq!(
        required_terms(
            json!([{"matchExpressions": [zone]}, {"matchFields": [zone]}, {"matchExpressions": [tenant]}])
        ),
        json!([
            {"matchExpressions": [zone, tenant]},
            {"matchFields": [zone], "matchExpressions": [tenant]},
            {"matchExpressions": [tenant]},
        ])
    );
}

#[test]
fn required_nodes_make_a_term_where_there_is_none() {
    let tenant = json!({"key": "tenant", "operator": "In", "values": ["a"]});
    assert_eq!(required_terms(json!([])), json!([{"matchExpressions": [tenant]}]));
    let merged = spec(json!({}), json!({"affinity": {"nodeAffinity": {"$requireNodes": [tenant]}}}));
    assert_eq!(
        merged,
        json!({"affinity": {"nodeAffinity": {REQUIRED: {"nodeSelectorTerms": [{"matchExpressions": [tenant]}]}}}})
    );
}

#[test]
fn required_nodes_do_not_widen_a_term_that_matches_nothing() {
    assert_eq!(required_terms(json!([{}])), json!([{}]));
    assert_eq!(required_terms(json!([{"matchExpressions": []}])), json!([{"matchExpressions": []}]));
}

#[test]
fn required_nodes_stand_in_node_affinity_only() {
    let error = refused(json!({}), json!({"affinity": {"$requireNodes": []}}));
    assert_eq!(error.reason(), "MisplacedDirective");
    let terms = json!({"nodeSelectorTerms": []});
    let error =
        refused(json!({}), json!({"affinity": {"nodeAffinity": {"$requireNodes": [], REQUIRED: terms}}}));
    assert_eq!(error.reason(), "MisplacedDirective");
    let error = refused(json!({}), json!({"affinity": {"nodeAffinity": {"$requireNodes": {}}}}));
    assert_eq!(error.reason(), "MalformedDirective");
}

#[test]
fn required_nodes_go_with_no_other_change_of_the_terms() {
    let affinity = |required: Value| {
        let nodes = json!([{"key": "tenant", "operator": "Exists"}]);
        json!({"affinity": {"nodeAffinity": {"$requireNodes": nodes, REQUIRED: required}}})
    };
    for required in [
        json!({"$setElementOrder/nodeSelectorTerms": ["a"]}),
        json!({"$deleteFromPrimitiveList/nodeSelectorTerms": ["a"]}),
        json!({"nodeSelectorTerms": {"$append": [{"matchFields": [{"key": "a"}]}]}}),
    ] {
        assert_eq!(refused(json!({}), affinity(required)).reason(), "MisplacedDirective");
    }
    let mut order = affinity(Value::Null);
    order["affinity"]["nodeAffinity"][format!("$setElementOrder/{REQUIRED}")] = json!([]);
    assert_eq!(refused(json!({}), order).reason(), "MisplacedDirective");
    let absent = affinity(json!({"nodeSelectorTerms": {"$ifAbsent": [{"matchFields": [{"key": "a"}]}]}}));
    let merged = spec(json!({}), absent);
    assert_eq!(
        merged["affinity"]["nodeAffinity"][REQUIRED]["nodeSelectorTerms"][0]["matchFields"][0]["key"],
        "a"
    );
}

#[test]
fn directives_inside_new_values_act_and_never_stay() {
    let merged = spec(
        json!({}),
        json!({"containers": [{
            "name": "a",
            "args": {"$append": ["1"]},
            "image": {"$ifAbsent": "i"},
            "securityContext": {"$patch": "delete"},
            "resources": {"$retainKeys": ["limits"], "limits": {"cpu": 1, "memory": null}},
            "env": [{"name": "A", "$patch": "delete"}],
            "envFrom": [{"prefix": null}],
        }]}),
    );
    assert_eq!(
        merged,
        json!({"containers": [{
            "name": "a", "args": ["1"], "image": "i", "resources": {"limits": {"cpu": 1}}, "env": [], "envFrom": [{}],
        }]})
    );
}

#[test]
fn nulls_in_lists_stay_in_them() {
    assert_eq!(spec(json!({}), json!({"future": [null, 1]})), json!({"future": [null, 1]}));
}

#[test]
fn deleting_from_a_list_that_is_replaced_is_an_error() {
    let error = refused(json!({}), json!({"tolerations": [{"key": "a", "$patch": "delete"}]}));
    assert_eq!(error.reason(), "MisplacedDirective");
}

#[test]
fn a_patch_that_is_nested_too_deep_is_an_error() {
    let deep = (0..200).fold(json!(1), |inner, _| json!({ "a": inner }));
    assert_eq!(refused(json!({}), json!({"future": deep})).reason(), "NestedTooDeep");
    let lists = (0..200).fold(json!(1), |inner, _| json!([inner]));
    assert_eq!(refused(json!({}), json!({"future": lists})).reason(), "NestedTooDeep");
}

#[test]
fn strategic_merge_knows_no_directives_of_chandler() {
    let mut pod = json!({"spec": {"hostname": "a"}});
    let error = strategic_merge(&mut pod, &json!({"spec": {"hostname": {"$ifAbsent": "b"}}})).unwrap_err();
    assert_eq!(error.reason(), "UnknownDirective");
}

#[test]
fn strategic_merge_has_no_rules_of_pods() {
    let mut pod =
        json!({"spec": {"volumes": [{"name": "a", "emptyDir": {}}]}, "status": {"phase": "Running"}});
    let patch = json!({"spec": {"volumes": [{"name": "a", "hostPath": {}}]}, "status": null});
    strategic_merge(&mut pod, &patch).unwrap();
    assert_eq!(pod, json!({"spec": {"volumes": [{"name": "a", "emptyDir": {}, "hostPath": {}}]}}));
}

#[test]
fn a_patch_nests_as_deep_onto_nothing_as_onto_its_own_result() {
    for depth in 60..110 {
        let nested = (0..depth).fold(json!({"leaf": 1}), |inner, _| json!({ "a": inner }));
        for patch in [nested.clone(), json!({"resources": {"$ifAbsent": nested}})] {
            let mut merged = json!({});
            let first = merge_container(&mut merged, &patch, Conflicts::Override);
            let again = first.is_ok().then(|| merge_container(&mut merged, &patch, Conflicts::Override));
            assert_eq!(again.unwrap_or_else(|| first.clone()), first, "{depth}");
        }
    }
}

#[test]
fn a_source_that_is_newer_than_the_table_takes_the_place_of_every_other() {
    let volume = json!({"name": "a", "emptyDir": {}, "sourceOfTomorrow": {"size": 1}});
    let patch = json!({"volumes": [{"name": "a", "sourceOfTheDayAfter": {"size": 2}}]});
    assert_eq!(
        spec(json!({"volumes": [volume]}), patch),
        json!({"volumes": [{"name": "a", "sourceOfTheDayAfter": {"size": 2}}]})
    );
}
