//! The committed table, and the extraction of one from small OpenAPI documents.

use serde_json::{Value, json};

use super::extract::{ExtractError, KeyEntry, ShapeEntry, extract};
use super::render::render;
use super::{Shape, container, pod};

fn document(fields: Value) -> Value {
    json!({"definitions": {
        "io.k8s.api.core.v1.Pod": {"type": "object", "properties": fields},
        "x.HTTPItem": {"type": "object", "properties": {
            "name": {"type": "string"}, "size": {"$ref": "#/definitions/io.k8s.apimachinery.pkg.api.resource.Quantity"},
            "port": {"$ref": "#/definitions/x.IntOrString"},
        }},
        "x.IntOrString": {"type": "string", "format": "int-or-string"},
        "y.HTTPItem": {"type": "object", "properties": {}},
    }})
}

fn keyed(strategy: &str, merge_key: &str, map_keys: &[&str]) -> Value {
    json!({
        "type": "array",
        "items": {"$ref": "#/definitions/x.HTTPItem"},
        "x-kubernetes-patch-strategy": strategy,
        "x-kubernetes-patch-merge-key": merge_key,
        "x-kubernetes-list-map-keys": map_keys,
    })
}

#[test]
fn keys_of_server_side_apply_win_over_the_merge_key() {
    let table = extract(&document(json!({"list": keyed("merge", "name", &["name", "port"])}))).unwrap();
    let key = |field: &str| KeyEntry { field: field.to_owned(), default: None };
    let expected = ShapeEntry::Keyed { item: "HTTPItem".to_owned(), keys: vec![key("name"), key("port")] };
    assert_eq!(table.types["Pod"].fields["list"], expected);
    assert_eq!(table.types["HTTPItem"].fields["size"], ShapeEntry::Quantity);
    assert_eq!(table.types["HTTPItem"].fields["port"], ShapeEntry::Scalar);
}

#[test]
fn lists_without_the_merge_strategy_are_replaced() {
    let mut list = keyed("", "name", &["name"]);
    list.as_object_mut().unwrap().remove("x-kubernetes-patch-strategy");
    let table = extract(&document(json!({ "list": list }))).unwrap();
    let expected = ShapeEntry::Atomic(Box::new(ShapeEntry::Object("HTTPItem".to_owned())));
    assert_eq!(table.types["Pod"].fields["list"], expected);
}

#[test]
fn items_of_lists_that_retain_keys_are_alternatives() {
    let table = extract(&document(json!({"list": keyed("merge,retainKeys", "name", &["name"])}))).unwrap();
    assert_eq!(table.types["HTTPItem"].one_of, ["port", "size"]);
}

#[test]
fn lists_that_merge_by_no_or_too_many_keys_are_errors() {
    let read_keys =
        ExtractError::ReadKeys { definition: super::extract::ROOT.to_owned(), field: "list".to_owned() };
    for keys in [&[][..], &["name", "size", "port"]] {
        assert_eq!(extract(&document(json!({"list": keyed("merge", "name", keys)}))), Err(read_keys.clone()));
    }
}

#[test]
fn missing_definitions_and_doubled_names_are_errors() {
    let missing = document(json!({"a": {"$ref": "#/definitions/x.Nothing"}}));
    assert_eq!(extract(&missing), Err(ExtractError::FindDefinition("x.Nothing".to_owned())));
    let doubled =
        json!({"a": {"$ref": "#/definitions/x.HTTPItem"}, "b": {"$ref": "#/definitions/y.HTTPItem"}});
    assert_eq!(extract(&document(doubled)), Err(ExtractError::NameType("HTTPItem".to_owned())));
    assert_eq!(extract(&json!({})), Err(ExtractError::FindDefinition(super::extract::ROOT.to_owned())));
}

#[test]
fn a_table_is_written_as_source() {
    let fields = json!({"map": {"type": "object", "additionalProperties": {"type": "string"}}, "list": keyed("merge", "name", &["name"])});
    let source = render(&extract(&document(fields)).unwrap());
    assert!(source.contains("pub(super) static POD: Type = Type {\n    name: \"Pod\",\n"), "{source}");
    assert!(source.contains("static HTTP_ITEM: Type"), "{source}");
    assert!(source.contains("Field { name: \"map\", shape: Shape::Map(&Shape::Text) },"), "{source}");
    assert!(source.contains("item: &HTTP_ITEM, keys: &[Key { field: \"name\", default: None }]"), "{source}");
}

#[test]
fn the_table_of_a_pod_is_sorted_and_reaches_containers() {
    let Shape::Object(pod_type) = pod() else { panic!("a pod is an object") };
    assert!(pod_type.fields.is_sorted_by_key(|field| field.name));
    let keys = container().field("ports").keys().unwrap();
    assert_eq!((keys[0].field, keys[1].field, keys[1].default), ("containerPort", "protocol", Some("TCP")));
    assert!(matches!(pod().field("spec").field("overhead").field("cpu"), Shape::Quantity));
    assert!(matches!(pod().field("spec").field("containers").item().field("args").item(), Shape::Text));
}
