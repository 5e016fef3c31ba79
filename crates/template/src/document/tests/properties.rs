//! What holds for every content: leaves stay leaves, and nothing panics.

use std::borrow::Cow;

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::{Context, Document, Rendered};

/// A document that uses parameters, labels and annotations in every way there is.
fn document() -> Document {
    let source = json!({
        "metadata": {"labels": {"team": "{{params.a}}"}, "annotations": {"x": "<{{params.b}}> {{pod.metadata.labels.l}}"}},
        "spec": {
            "initContainers": [{"name": "{{params.a}}", "image": "{{pod.metadata.annotations.[example.com/image]}}",
                "args": ["--a={{params.a}}", "{{params.b}}", "{{json params}}", "{{replace params.a 'x' params.b}}"]}],
            "containers": [{"$for": {"in": "{{pod.list}}", "as": "item"}, "name": "{{item}}", "env": [
                {"name": "A", "value": "{{default params.a params.b}}"},
                {"$if": "{{eq item 'two'}}", "name": "B", "value": "{{hash params.b}}{{item}}"},
            ]}],
            "hostname": "{{lower (trunc params.a 20)}}",
        },
    });
    Document::compile(&source, &["params", "pod"]).unwrap_or_else(|errors| panic!("{errors:?}"))
}

fn render(document: &Document, contents: [&str; 4]) -> Value {
    let [a, b, label, annotation] = contents;
    let params = json!({"a": a, "b": b});
    let pod = json!({
        "metadata": {"labels": {"l": label}, "annotations": {"example.com/image": annotation}},
        "list": ["one", "two"],
    });
    let context = Context::new().with("params", &params).with("pod", &pod);
    match document.render(&context) {
        Ok(Rendered::Value(value)) => value.into_owned(),
        other => panic!("{other:?}"),
    }
}

/// The keys and list lengths of a value, and the types of its leaves.
fn shape(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(shape).collect(),
        Value::Object(fields) => fields.iter().map(|(key, value)| (key.clone(), shape(value))).collect(),
        Value::String(_) => json!("string"),
        Value::Number(_) => json!("number"),
        Value::Bool(_) => json!("boolean"),
        Value::Null => json!("null"),
    }
}

/// Texts that would break out of a leaf if anything read them as YAML, JSON or an expression.
fn hostile() -> impl Strategy<Value = String> {
    let parts = prop::sample::select(vec![
        "{{",
        "}}",
        "{{{",
        "{{params.a}}",
        "{{#if params.a}}",
        "\\{{",
        "\n",
        "\r\n",
        "\0",
        "\"",
        "'",
        "\\",
        ": ",
        "- ",
        "[",
        "]",
        "{",
        "}",
        "$if",
        "$for",
        "$patch",
        "&a",
        "*a",
        "!!binary",
        "#",
        "|",
        "\u{feff}",
        "\u{2028}",
        "💥",
        "x",
    ]);
    prop_oneof![any::<String>(), prop::collection::vec(parts, 0..12).prop_map(|parts| parts.concat()),]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn any_content_lands_as_one_scalar(a in hostile(), b in hostile(), label in hostile(), annotation in hostile()) {
        let document = document();
        let plain = render(&document, ["a", "b", "c", "d"]);
        let rendered = render(&document, [&a, &b, &label, &annotation]);
        prop_assert_eq!(shape(&rendered), shape(&plain));
        let first = |pointer: &str| rendered.pointer(pointer).and_then(Value::as_str);
        prop_assert_eq!(first("/metadata/labels/team"), Some(a.as_str()));
        prop_assert_eq!(first("/spec/initContainers/0/image"), Some(annotation.as_str()));
        prop_assert_eq!(first("/spec/initContainers/0/args/1"), Some(b.as_str()));
        let mixed = format!("<{b}> {label}");
        prop_assert_eq!(first("/metadata/annotations/x"), Some(mixed.as_str()));
        prop_assert_eq!(render(&document, [&a, &b, &label, &annotation]).to_string(), rendered.to_string());
    }

    #[test]
    fn any_parameter_value_lands_as_one_scalar_or_is_refused(text in hostile(), key in hostile()) {
        let values = [json!(null), json!(1.5), json!(true), json!(text), json!([text]), json!({key: text})];
        let document = Document::compile(&json!({"k": ["{{params}}", "x"]}), &["params"]).unwrap();
        for value in &values {
            let rendered = document.render(&Context::new().with("params", value));
            if value.is_array() || value.is_object() {
                prop_assert_eq!(rendered.unwrap_err().reason(), "NotOneValue");
            } else {
                let expected = json!({"k": [value, "x"]});
                prop_assert_eq!(rendered, Ok(Rendered::Value(Cow::Owned(expected))));
            }
        }
    }

    #[test]
    fn any_leaf_compiles_or_is_refused(text in hostile(), tag in "[ a-z.()\\[\\]{}'\"0-9=|@/\\\\~!,:-]{0,40}") {
        for leaf in [text.clone(), format!("{{{{{text}}}}}"), format!("{{{{{tag}}}}}"), format!("{{{{lower ({tag})}}}}")] {
            if let Ok(document) = Document::compile(&json!(leaf), &["a", "params"]) {
                let _ = document.render(&Context::new().with("params", &json!({"a": 1})));
            }
        }
    }

    #[test]
    fn leaves_without_braces_stay_as_they_are(text in any::<String>()) {
        prop_assume!(!text.contains("{{"));
        let source = json!({"a": text});
        prop_assert!(Document::compile(&source, &[]).unwrap().is_constant());
        let document = Document::compile(&source, &[]).unwrap();
        prop_assert_eq!(document.render(&Context::new()), Ok(Rendered::Value(Cow::Borrowed(&source))));
    }
}
