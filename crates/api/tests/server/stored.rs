//! What the API server stores: defaults filled in, unknown fields gone, all else as it was written.

use chandler_api::InjectionTemplateSpec;
use serde_json::{Value, json};

use crate::objects::{
    both_kinds, spec, with_operation, with_parameter, with_patch, with_select, with_source,
};
use crate::server::{Created, Server};

#[test]
fn defaults_are_those_of_the_documentation() {
    let Some(server) = Server::from_environment() else { return };
    let expected = json!({
        "patches": [{"pod": {}}],
        "select": {"mode": "OnRequest", "hostNetwork": "Inject"},
        "order": 100,
        "conflicts": "Override",
        "onError": "Skip",
    });
    for created in accepted(server, &spec(json!({}))) {
        assert_eq!(created.object["spec"], expected);
    }
}

#[test]
fn defaults_are_those_of_the_rust_types() {
    let Some(server) = Server::from_environment() else { return };
    for spec in [
        spec(json!({})),
        with_select(json!({})),
        with_select(json!({"mode": "Mandatory"})),
        with_parameter(json!({})),
        with_patch(json!({"containers": {"patch": {}}})),
        with_patch(json!({"containers": {"match": {}, "patch": {}}})),
        with_patch(json!({"containers": {"match": {"names": ["a"]}, "patch": {}}})),
        with_patch(json!({"containers": {"match": {"kinds": ["Sidecar"]}, "patch": {}}})),
    ] {
        let ours: InjectionTemplateSpec = serde_json::from_value(spec.clone()).unwrap();
        for created in accepted(server, &spec) {
            assert_eq!(created.object["spec"], serde_json::to_value(&ours).unwrap());
        }
    }
}

#[test]
fn partial_pod_is_stored_as_it_was_written() {
    let Some(server) = Server::from_environment() else { return };
    let partial = json!({
        "metadata": {"annotations": {"example.com/gone": null}},
        "spec": {
            "nodeName": null,
            "fieldOfTomorrow": [null, {"$patch": "delete", "name": "a"}],
            "tolerations": {"$append": [{"key": "a"}]},
            "large": 9_007_199_254_740_993_i64,
            "terminationGracePeriodSeconds": "{{params.level}}",
        },
    });
    for created in accepted(server, &with_patch(json!({"pod": partial}))) {
        assert_eq!(created.object["spec"]["patches"][0]["pod"], partial);
    }
    for created in accepted(server, &with_patch(json!({"containers": {"patch": partial}}))) {
        assert_eq!(created.object["spec"]["patches"][0]["containers"]["patch"], partial);
    }
}

#[test]
fn value_of_an_operation_is_stored_as_it_was_written() {
    let Some(server) = Server::from_environment() else { return };
    for value in
        [json!(null), json!("a"), json!(1), json!(1.5), json!(true), json!([null]), json!({"a": null})]
    {
        let operation = json!({"op": "add", "path": "/a", "value": value});
        for created in accepted(server, &with_operation(operation.clone())) {
            assert_eq!(created.object["spec"]["patches"][0]["json"][0], operation);
        }
    }
}

#[test]
fn limits_of_a_parameter_may_be_of_any_type() {
    let Some(server) = Server::from_environment() else { return };
    for value in [json!("a"), json!(1), json!(1.5), json!(true), json!([1]), json!({"a": 1})] {
        let limits = json!({"name": "level", "type": "string", "default": value, "enum": [value], "minimum": value, "maximum": value});
        for created in accepted(server, &with_parameter(limits.clone())) {
            assert_eq!(created.object["spec"]["parameters"][0], limits);
        }
    }
}

#[test]
fn unknown_fields_are_reported() {
    let Some(server) = Server::from_environment() else { return };
    let operation = json!({"op": "remove", "path": "/a", "valeu": 1});
    for (spec, path) in [
        (spec(json!({"patch": []})), "spec.patch"),
        (with_select(json!({"podselector": {}})), "spec.select.podselector"),
        (with_parameter(json!({"defualt": 1})), "spec.parameters[0].defualt"),
        (with_source(json!({"podLabel": "a", "nodeLabel": "b"})), "spec.parameters[0].from[0].nodeLabel"),
        (with_patch(json!({"pod": {}, "op": "add"})), "spec.patches[0].op"),
        (with_patch(json!({"containers": {"patch": {}, "name": "a"}})), "spec.patches[0].containers.name"),
        (with_operation(operation), "spec.patches[0].json[0].valeu"),
    ] {
        for created in server.create(&both_kinds("example", &spec)) {
            assert_eq!(created.unknown, [path]);
        }
    }
}

#[test]
fn unknown_metadata_is_reported() {
    let Some(server) = Server::from_environment() else { return };
    let mut objects = both_kinds("example", &spec(json!({})));
    objects.iter_mut().for_each(|object| object["metadata"]["lables"] = json!({}));
    for created in server.create(&objects) {
        assert_eq!(created.unknown, ["metadata.lables"]);
    }
}

/// What both kinds with that spec become.
fn accepted(server: &Server, spec: &Value) -> Vec<Created> {
    let created = server.create(&both_kinds("example", spec));
    created.iter().for_each(|created| assert_eq!(created.errors, [""; 0], "{spec}"));
    created
}
