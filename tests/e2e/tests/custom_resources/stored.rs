//! What the API server stores: defaults filled in, unknown fields gone, all else as it was written.

use chandler_api::InjectionTemplateSpec;
use serde_json::{Value, json};

use crate::objects::{
    KINDS, both_kinds, spec, with_operation, with_parameter, with_patch, with_select, with_source,
};
use crate::server::Server;

#[test]
fn defaults_are_those_of_the_documentation() {
    let Some(server) = Server::open() else { return };
    let expected = json!({
        "patches": [{"pod": {}}],
        "select": {"mode": "OnRequest", "hostNetwork": "Inject"},
        "order": 100,
        "conflicts": "Override",
        "onError": "Skip",
    });
    for (_, stored) in stored_specs(server, &[spec(json!({}))]) {
        assert_eq!(stored, expected);
    }
}

#[test]
fn defaults_are_those_of_the_rust_types() {
    let Some(server) = Server::open() else { return };
    let specs = [
        spec(json!({})),
        with_select(json!({})),
        with_select(json!({"mode": "Mandatory"})),
        with_parameter(json!({})),
        with_patch(json!({"containers": {"patch": {}}})),
        with_patch(json!({"containers": {"match": {}, "patch": {}}})),
        with_patch(json!({"containers": {"match": {"names": ["a"]}, "patch": {}}})),
        with_patch(json!({"containers": {"match": {"kinds": ["Sidecar"]}, "patch": {}}})),
    ];
    for (written, stored) in stored_specs(server, &specs) {
        let ours: InjectionTemplateSpec = serde_json::from_value(written).unwrap();
        assert_eq!(stored, serde_json::to_value(&ours).unwrap());
    }
}

#[test]
fn partial_pod_is_stored_as_it_was_written() {
    let Some(server) = Server::open() else { return };
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
    let container = json!({"match": {"names": ["*"], "kinds": ["Container"]}, "patch": partial});
    let specs = [with_patch(json!({"pod": partial})), with_patch(json!({"containers": container}))];
    for (written, stored) in stored_specs(server, &specs) {
        assert_eq!(stored["patches"], written["patches"]);
    }
}

#[test]
fn value_of_an_operation_is_stored_as_it_was_written() {
    let Some(server) = Server::open() else { return };
    let values =
        [json!(null), json!("a"), json!(1), json!(1.5), json!(true), json!([null]), json!({"a": null})];
    let specs = values.map(|value| with_operation(json!({"op": "add", "path": "/spec/a", "value": value})));
    for (written, stored) in stored_specs(server, &specs) {
        assert_eq!(stored["patches"], written["patches"]);
    }
}

#[test]
fn limits_of_a_parameter_may_be_of_any_type() {
    let Some(server) = Server::open() else { return };
    let values = [json!("a"), json!(1), json!(1.5), json!(true), json!([1]), json!({"a": 1})];
    let limited = |value: Value| json!({"type": "string", "default": value, "enum": [value], "minimum": value, "maximum": value});
    for (written, stored) in stored_specs(server, &values.map(|value| with_parameter(limited(value)))) {
        assert_eq!(stored["parameters"], written["parameters"]);
    }
}

#[test]
fn unknown_fields_are_reported() {
    let Some(server) = Server::open() else { return };
    let operation = json!({"op": "remove", "path": "/spec/a", "valeu": 1});
    let cases = [
        (spec(json!({"patch": []})), "spec.patch"),
        (with_select(json!({"podselector": {}})), "spec.select.podselector"),
        (with_parameter(json!({"defualt": 1})), "spec.parameters[0].defualt"),
        (with_source(json!({"podLabel": "a", "nodeLabel": "b"})), "spec.parameters[0].from[0].nodeLabel"),
        (with_patch(json!({"pod": {}, "op": "add"})), "spec.patches[0].op"),
        (with_patch(json!({"containers": {"patch": {}, "name": "a"}})), "spec.patches[0].containers.name"),
        (with_operation(operation), "spec.patches[0].json[0].valeu"),
    ];
    let objects: Vec<_> = cases.iter().flat_map(|(spec, _)| both_kinds("example", spec)).collect();
    let paths = cases.iter().flat_map(|(_, path)| [*path; KINDS.len()]);
    for (created, path) in server.create(&objects).into_iter().zip(paths) {
        assert_eq!(created.unknown, [path]);
    }
}

#[test]
fn unknown_metadata_is_reported() {
    let Some(server) = Server::open() else { return };
    let mut objects = both_kinds("example", &spec(json!({})));
    objects.iter_mut().for_each(|object| object["metadata"]["lables"] = json!({}));
    for created in server.create(&objects) {
        assert_eq!(created.unknown, ["metadata.lables"]);
    }
}

/// Each spec, for both kinds, with what the server makes of it.
fn stored_specs(server: &Server, specs: &[Value]) -> Vec<(Value, Value)> {
    let mut objects: Vec<_> = specs.iter().flat_map(|spec| both_kinds("example", spec)).collect();
    let created = server.create(&objects);
    created.iter().for_each(|created| assert_eq!(created.errors, [""; 0]));
    let stored = created.into_iter().map(|mut created| created.object["spec"].take());
    objects.iter_mut().map(|object| object["spec"].take()).zip(stored).collect()
}
