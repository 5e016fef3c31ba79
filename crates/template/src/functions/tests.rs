//! What each function returns, and what it refuses.

use serde_json::{Value, json};

use crate::{Context, Document, RenderError, Rendered};

fn values() -> Value {
    json!({
        "name": "Hello", "empty": "", "null": null, "port": 8080, "ratio": 1.0, "on": true, "off": false,
        "list": [1, "b"], "none": [], "object": {"b": 1, "a": [true, null]}, "memory": "1Gi", "cpu": "250m",
        "long": "x".repeat(600_000), "greek": "ΑΣ", "digits": "8080",
    })
}

fn render(expression: &str) -> Result<Value, RenderError> {
    let source = json!(format!("{{{{{expression}}}}}"));
    let document = Document::compile(&source, &["v"]).unwrap_or_else(|errors| panic!("{errors:?}"));
    let values = values();
    match document.render(&Context::new().with("v", &values))? {
        Rendered::Value(value) => Ok(value.into_owned()),
        Rendered::Absent => panic!("a leaf is never absent"),
    }
}

#[track_caller]
fn gives(cases: &[(&str, Value)]) {
    for (expression, expected) in cases {
        assert_eq!(render(expression).as_ref(), Ok(expected), "{expression}");
    }
}

#[track_caller]
fn fails(expression: &str, message: &str) {
    let error = render(expression).expect_err(expression).to_string();
    assert!(error.contains(message), "{expression}: {error}");
}

#[test]
fn default_stands_in_for_missing_null_and_empty() {
    gives(&[
        ("default v.missing 1", json!(1)),
        ("default v.missing.deeper 'x'", json!("x")),
        ("default v.null true", json!(true)),
        ("default v.empty v.name", json!("Hello")),
        ("default v.off true", json!(false)),
        ("default v.port 1", json!(8080)),
        ("default v.missing ''", json!("")),
        ("default v.missing (default v.null 'deep')", json!("deep")),
    ]);
    fails("default (lower v.missing) 'x'", "`v.missing` does not exist: only `v` does");
}

#[test]
fn coalesce_gives_the_first_with_something_in_it() {
    gives(&[
        ("coalesce v.missing v.null v.empty v.port", json!(8080)),
        ("coalesce v.off v.port", json!(false)),
        ("coalesce v.missing v.empty", json!(null)),
        ("coalesce v.name (lower v.missing)", json!("Hello")),
    ]);
}

#[test]
fn case_replacement_and_cutting_work_on_characters() {
    gives(&[
        ("lower v.name", json!("hello")),
        ("upper v.name", json!("HELLO")),
        ("lower v.greek", json!("ας")),
        ("upper v.on", json!("TRUE")),
        ("replace v.name 'l' '--'", json!("He----o")),
        ("replace v.port 8 1", json!("1010")),
        ("trunc v.name 2", json!("He")),
        ("trunc v.name -2", json!("lo")),
        ("trunc v.name 0", json!("")),
        ("trunc v.name -99", json!("Hello")),
        ("trunc v.greek 1", json!("Α")),
    ]);
    fails("lower v.list", "`lower` takes a text, not a list");
    fails("lower v.null", "`lower` takes a text, not null");
    fails("replace v.name '' 'x'", "that is empty");
    fails("trunc v.name 1.5", "takes a whole number, not `1.5`");
}

#[test]
fn hash_is_the_start_of_a_sha256() {
    // printf Hello | sha256sum; printf '{"a":[true,null],"b":1}' | sha256sum
    gives(&[
        ("hash v.name", json!("185f8db3")),
        ("hash v.name 4", json!("185f")),
        ("hash v.object 12", json!("51705a2c9eb3")),
        ("hash v.name 64", json!("185f8db32271fe25f561a6fc938b2e264306ec304eda518007d1764826381969")),
    ]);
    fails("hash v.name 0", "takes a length from 1 to 64, not 0");
    fails("hash v.name 65", "takes a length from 1 to 64, not 65");
}

#[test]
fn json_is_compact_and_keeps_the_order_of_keys() {
    gives(&[
        ("json v.object", json!(r#"{"b":1,"a":[true,null]}"#)),
        ("json v.list", json!(r#"[1,"b"]"#)),
        ("json v.name", json!(r#""Hello""#)),
        ("json v.none", json!("[]")),
        ("json v.null", json!("null")),
    ]);
}

#[test]
fn quantities_are_calculated_exactly() {
    gives(&[
        ("quantity-mul v.memory 1.5", json!("1536Mi")),
        ("quantity-mul v.memory '0.3'", json!("322122548")),
        ("quantity-mul v.cpu 3", json!("750m")),
        ("quantity-mul v.cpu 0.001", json!("250u")),
        ("quantity-mul 2 '500m'", json!("1")),
        ("quantity-add v.memory '64Mi'", json!("1088Mi")),
        ("quantity-add v.cpu 1", json!("1250m")),
    ]);
    fails("quantity-mul v.name 2", r#"`quantity-mul` failed: "Hello" is not a quantity"#);
    fails("quantity-mul v.on 2", "is not a quantity");
    fails("quantity-mul '100E' '100E'", "the result is too large");
}

#[test]
fn has_key_is_false_for_what_is_no_object() {
    gives(&[
        ("hasKey v.object 'a'", json!(true)),
        ("hasKey v.object 'c'", json!(false)),
        ("hasKey v 'null'", json!(true)),
        ("hasKey v.missing 'a'", json!(false)),
        ("hasKey v.list '0'", json!(false)),
    ]);
}

#[test]
fn equality_keeps_types_apart_but_not_kinds_of_numbers() {
    gives(&[
        ("eq v.name 'Hello'", json!(true)),
        ("eq v.port 8080", json!(true)),
        ("eq v.port 8080.0", json!(true)),
        ("eq v.ratio 1", json!(true)),
        ("eq v.digits 8080", json!(false)),
        ("eq v.missing null", json!(true)),
        ("eq v.on true", json!(true)),
        ("eq 9007199254740993 9007199254740992", json!(false)),
    ]);
    fails("eq v.list v.list", "`eq` takes scalars, not a list");
}

#[test]
fn logic_uses_one_truth_and_stops_early() {
    gives(&[
        ("and v.on v.port v.list", json!(true)),
        ("and v.on v.none", json!(false)),
        ("or v.missing v.empty v.object", json!(true)),
        ("or v.off v.null", json!(false)),
        ("not v.missing", json!(true)),
        ("not 0", json!(false)),
        ("and v.off (lower v.missing)", json!(false)),
        ("or v.on (lower v.missing)", json!(true)),
    ]);
}

#[test]
fn results_are_bounded() {
    fails("replace v.long 'x' 'yyy'", "a text is longer than 1048576 bytes");
    fails("replace (replace v.long 'x' 'y') 'y' 'zz'", "a text is longer than 1048576 bytes");
    assert_eq!(render("upper v.long").map(|text| text.as_str().map(str::len)), Ok(Some(600_000)));
    let deep = (0..300).fold(json!(1), |inner, _| json!([inner]));
    let document = Document::compile(&json!("{{json v}}"), &["v"]).unwrap();
    let error = document.render(&Context::new().with("v", &deep)).unwrap_err();
    assert_eq!(error.to_string(), "`json` takes a value of at most 128 levels");
}

#[test]
fn every_function_has_a_row_in_the_table() {
    let source = include_str!("../functions.rs");
    for name in super::names() {
        assert!(source.contains(&format!("//! | `{name} ")), "{name}");
    }
}
