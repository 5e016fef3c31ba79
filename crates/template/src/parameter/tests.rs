//! What parameters read, and what they refuse.

use serde_json::json;

use super::*;

fn definition(kind: &str) -> Definition {
    Definition::new("level", kind.parse().unwrap())
}

fn parameter(kind: &str) -> Parameter {
    Parameter::compile(definition(kind)).unwrap()
}

#[track_caller]
fn refuses(definition: Definition, message: &str) {
    let errors = Parameter::compile(definition).unwrap_err();
    let [error] = errors.as_slice() else { panic!("{errors:?}") };
    assert_eq!(error.to_string(), message);
    assert_eq!(error.reason(), "InvalidDefinition");
}

#[test]
fn texts_are_read_as_their_type() {
    for (kind, text, expected) in [
        ("string", " a\n", json!(" a\n")),
        ("string", "", json!("")),
        ("integer", "-5", json!(-5)),
        ("integer", "9007199254740993", json!(9_007_199_254_740_993_u64)),
        ("integer", "18446744073709551615", json!(u64::MAX)),
        ("number", "1.5", json!(1.5)),
        ("number", "7", json!(7)),
        ("boolean", "false", json!(false)),
        ("quantity", "1.5Gi", json!("1.5Gi")),
        ("duration", "1h30m", json!("1h30m")),
        ("array", r#"[1,"a"]"#, json!([1, "a"])),
        ("object", r#"{"a":{}}"#, json!({"a": {}})),
    ] {
        assert_eq!(parameter(kind).read(text), Ok(expected), "{kind} {text}");
    }
}

#[test]
fn texts_of_another_type_are_refused() {
    let deep = "[".repeat(100_000);
    for (kind, text) in [
        ("integer", "1.0"),
        ("integer", ""),
        ("integer", " 1"),
        ("integer", "18446744073709551616"),
        ("integer", "1e3"),
        ("number", "NaN"),
        ("number", "1e999"),
        ("number", "\"1\""),
        ("boolean", "True"),
        ("boolean", "yes"),
        ("quantity", "1 Gi"),
        ("duration", "90"),
        ("array", "{}"),
        ("array", "[1"),
        ("array", &deep),
        ("object", "[]"),
        ("object", "null"),
    ] {
        let error = parameter(kind).read(text).unwrap_err();
        assert_eq!(error.reason(), "WrongType", "{kind} {text}");
    }
}

#[test]
fn messages_name_parameter_value_and_wish() {
    let error = parameter("quantity").read("10 apples\n").unwrap_err();
    assert_eq!(
        error.to_string(),
        r"parameter `level`: `10 apples\n` is not a quantity such as 500m or 1.5Gi"
    );
    let error = parameter("array").read("{}").unwrap_err();
    assert_eq!(error.to_string(), "parameter `level`: `{}` is not a JSON array");
    let error = parameter("integer").read(&"x".repeat(1000)).unwrap_err().to_string();
    assert_eq!(error.matches('x').count(), 64);
}

#[test]
fn durations_are_those_of_go() {
    for (text, nanos) in [
        ("0", Some(0)),
        ("-0", Some(0)),
        ("1h30m", Some(5_400_000_000_000)),
        ("1.5s", Some(1_500_000_000)),
        (".5m", Some(30_000_000_000)),
        ("1.s", Some(1_000_000_000)),
        ("-250ms", Some(-250_000_000)),
        ("+1us2µs3μs4ns", Some(6_004)),
        ("9223372036854775807ns", Some(i64::MAX)),
        ("-9223372036854775808ns", Some(i64::MIN)),
        ("9223372036854775808ns", None),
        ("2562047h47m16.854775807s", Some(i64::MAX)),
        ("0.99999999999999999999999999s", Some(999_999_999)),
        ("", None),
        ("-", None),
        ("1", None),
        ("1d", None),
        ("s", None),
        (".s", None),
        ("1 h", None),
        ("1h 2m", None),
        ("--1s", None),
        ("1e3s", None),
    ] {
        assert_eq!(duration::parse_duration(text), nanos, "{text}");
    }
}

#[test]
fn pattern_has_to_match_the_whole_value() {
    let with = |pattern: &str| Definition { pattern: Some(pattern.to_owned()), ..definition("string") };
    let parameter = Parameter::compile(with("a|ab")).unwrap();
    assert_eq!(parameter.read("ab"), Ok(json!("ab")));
    for text in ["b", "xab", "ab\n", "aab", ""] {
        assert_eq!(parameter.read(text).unwrap_err().reason(), "PatternMismatch", "{text:?}");
    }
    let errors = Parameter::compile(with("a)|(?:.*")).unwrap_err();
    assert_eq!(errors[0].reason(), "InvalidDefinition");
    assert!(Parameter::compile(with("(a{1000}){1000}")).is_err());
    assert!(Parameter::compile(with(&"(".repeat(4000))).is_err());
}

#[test]
fn enum_and_bounds_compare_amounts() {
    let quantity = Parameter::compile(Definition {
        allowed: vec![json!("1Gi"), json!(2), json!("500m")],
        minimum: Some(json!("1000m")),
        maximum: Some(json!("2048Mi")),
        ..definition("quantity")
    })
    .unwrap();
    assert_eq!(quantity.read("1024Mi"), Ok(json!("1024Mi")));
    assert_eq!(quantity.read("2000m"), Ok(json!("2000m")));
    assert_eq!(
        quantity.read("3Gi").unwrap_err().to_string(),
        "parameter `level`: `3Gi` is none of `1Gi` `2` `500m`"
    );
    assert_eq!(
        quantity.read("0.5").unwrap_err().to_string(),
        "parameter `level`: `0.5` is less than the minimum `1000m`"
    );
    let duration =
        Parameter::compile(Definition { maximum: Some(json!("1h")), ..definition("duration") }).unwrap();
    assert!(duration.read("60m").is_ok());
    assert_eq!(duration.read("61m").unwrap_err().reason(), "OutOfRange");
    let number =
        Parameter::compile(Definition { minimum: Some(json!(0.5)), ..definition("number") }).unwrap();
    assert!(number.read("0.5").is_ok() && number.read("1").is_ok());
    assert_eq!(number.read("0").unwrap_err().reason(), "OutOfRange");
}

#[test]
fn typed_values_are_checked_alike() {
    let integer =
        Parameter::compile(Definition { maximum: Some(json!(10)), ..definition("integer") }).unwrap();
    assert_eq!(integer.check(&json!(10)), Ok(()));
    assert_eq!(integer.check(&json!(11)).unwrap_err().reason(), "OutOfRange");
    assert_eq!(integer.check(&json!("10")).unwrap_err().reason(), "WrongType");
    assert_eq!(integer.check(&json!(1.0)).unwrap_err().reason(), "WrongType");
    assert_eq!(parameter("quantity").check(&json!(2)), Ok(()));
    assert_eq!(parameter("string").check(&json!(null)).unwrap_err().reason(), "WrongType");
}

#[test]
fn definitions_that_contradict_themselves_are_refused() {
    for name in ["", "1a", "a b", "ä", &"a".repeat(64)] {
        let errors = Parameter::compile(Definition::new(name, ParameterType::String)).unwrap_err();
        assert_eq!(errors[0].kind, ParameterErrorKind::Name, "{name}");
    }
    refuses(
        Definition { default: Some(json!("x")), ..definition("integer") },
        "parameter `level`: `default` does not fit: `x` is not a whole number from -9223372036854775808 to 18446744073709551615",
    );
    refuses(
        Definition { default: Some(json!("x")), allowed: vec![json!("y")], ..definition("string") },
        "parameter `level`: `default` does not fit: `x` is none of `y`",
    );
    refuses(
        Definition { allowed: vec![json!("a"), json!(1)], ..definition("string") },
        "parameter `level`: `enum` does not fit: `1` is not a string",
    );
    refuses(
        Definition { minimum: Some(json!(1)), ..definition("string") },
        "parameter `level`: `minimum` means nothing for the type string",
    );
    refuses(
        Definition { pattern: Some("a".to_owned()), ..definition("boolean") },
        "parameter `level`: `pattern` means nothing for the type boolean",
    );
    refuses(
        Definition { minimum: Some(json!("2")), maximum: Some(json!("1999m")), ..definition("quantity") },
        "parameter `level`: `minimum` is more than `maximum`",
    );
    refuses(
        Definition { maximum: Some(json!(1.5)), ..definition("integer") },
        "parameter `level`: `maximum` does not fit: `1.5` is not a whole number from -9223372036854775808 to 18446744073709551615",
    );
}

#[test]
fn all_mistakes_of_a_definition_are_reported() {
    let errors = Parameter::compile(Definition {
        minimum: Some(json!("a")),
        maximum: Some(json!("b")),
        pattern: Some("(".to_owned()),
        default: Some(json!("c")),
        ..Definition::new("1", ParameterType::Integer)
    })
    .unwrap_err();
    assert_eq!(errors.len(), 5, "{errors:?}");
}

#[test]
fn types_are_read_as_they_are_printed() {
    for kind in ["string", "integer", "number", "boolean", "quantity", "duration", "array", "object"] {
        assert_eq!(kind.parse::<ParameterType>().unwrap().to_string(), kind);
    }
    assert!("String".parse::<ParameterType>().is_err());
}

proptest::proptest! {
    #[test]
    fn any_text_is_read_or_refused(text: String, amount in "[-+]?[0-9.]{0,30}[a-zA-Zµ]{0,3}") {
        for kind in ["string", "integer", "number", "boolean", "quantity", "duration", "array", "object"] {
            let parameter = parameter(kind);
            for text in [&text, &amount] {
                if let Ok(value) = parameter.read(text) {
                    proptest::prop_assert_eq!(parameter.check(&value), Ok(()));
                }
            }
        }
    }
}
