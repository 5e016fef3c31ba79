//! What the types take, leave out and fill in.

use super::*;
use kube::CustomResourceExt as _;
use serde_json::{Value, json};

fn spec(text: Value) -> InjectionTemplateSpec {
    serde_json::from_value(text).unwrap()
}

#[test]
fn defaults_are_filled_in() {
    let spec = spec(json!({"patches": [{"containers": {"patch": {}}}]}));
    assert_eq!((spec.order, spec.conflicts, spec.on_error), (100, ConflictPolicy::Override, OnError::Skip));
    assert_eq!(spec.select.mode, SelectionMode::OnRequest);
    let selector = &spec.patches[0].containers.as_ref().unwrap().selector;
    assert_eq!(
        (selector.names.as_slice(), selector.kinds.as_slice()),
        (&["*".to_owned()][..], &[ContainerKind::Container][..])
    );
}

#[test]
fn null_as_the_value_of_an_operation_is_not_its_absence() {
    let operation = |text: Value| serde_json::from_value::<JsonOperation>(text).unwrap();
    let null = operation(json!({"op": "add", "path": "/spec/x", "value": null}));
    assert_eq!(null.value, Some(Value::Null));
    assert_eq!(operation(json!({"op": "remove", "path": "/spec/x"})).value, None);
    assert_eq!(serde_json::to_value(&null).unwrap(), json!({"op": "add", "path": "/spec/x", "value": null}));
}

#[test]
fn both_kinds_have_one_spec() {
    let schema = |definition: k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition| {
        let schema = definition.spec.versions[0].schema.clone().unwrap().open_api_v3_schema.unwrap();
        schema.properties.unwrap()["spec"].clone()
    };
    let strip =
        |mut schema: k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::JSONSchemaProps| {
            schema.description = None;
            schema
        };
    let [cluster, namespaced] = [ClusterInjectionTemplate::crd(), InjectionTemplate::crd()];
    assert_eq!(strip(schema(cluster)), strip(schema(namespaced)));
}

#[test]
fn every_field_has_a_description() {
    fn undescribed(schema: &Value, path: &str, found: &mut Vec<String>) {
        let properties = schema["properties"].as_object().into_iter().flatten();
        for (name, property) in properties {
            let path = format!("{path}.{name}");
            if property["description"].as_str().unwrap_or_default().is_empty() {
                found.push(path.clone());
            }
            undescribed(property, &path, found);
            undescribed(&property["items"], &path, found);
        }
    }
    for definition in crate::custom_resource_definitions() {
        let definition = serde_json::to_value(definition).unwrap();
        let schema = &definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"];
        let mut found = Vec::new();
        undescribed(&schema["spec"], "spec", &mut found);
        undescribed(&schema["status"], "status", &mut found);
        assert_eq!(found, Vec::<String>::new());
    }
}
