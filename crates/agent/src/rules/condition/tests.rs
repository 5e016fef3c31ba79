//! Conditions on lines: a table of expressions and what they say.

use cel::{Context, Program};
use proptest::prelude::*;

use super::*;

fn judge(expression: &str, line: &str) -> Answer {
    let mut slots = Slots::default();
    let condition =
        Condition::compile(expression, &mut slots).unwrap_or_else(|fault| panic!("{expression}: {fault:?}"));
    let mut values = Vec::new();
    slots.fill_line(line, &mut values).unwrap();
    condition.judge(&values)
}

const LINE: &str = r#"{"event": "order", "pay": {"ok": true, "channel": "w\u0078", "a.b": 5, "none": null}, "n": 9007199254740993,
    "half": 0.5, "level": "12", "tags": ["a", 1, true], "user-id": 7, "line": "x", "text": "5"}"#;

#[test]
fn conditions_say_what_cel_says() {
    for (expression, answer) in [
        (r#"event == "order""#, Answer::Yes),
        (r#""order" == event"#, Answer::Yes),
        (r#"event == 'order' && pay.ok"#, Answer::Yes),
        (r#"event != "order""#, Answer::No),
        (r#"event == "orde""#, Answer::No),
        (r#"pay.channel == "wx""#, Answer::Yes),
        (r#"pay.channel != "wx""#, Answer::No),
        (r#"pay["channel"] in ["ali", "wx"]"#, Answer::Yes),
        (r#"n in [1, 9007199254740993]"#, Answer::Yes),
        (r#"n in [9007199254740992]"#, Answer::No),
        ("n == 9007199254740993", Answer::Yes),
        ("n == 9007199254740992", Answer::No),
        ("n > 9007199254740992.0", Answer::Yes),
        ("half < 1 && half > 0", Answer::Yes),
        (r#"pay["a.b"] >= 5 && pay["a.b"] <= 5u"#, Answer::Yes),
        ("!pay.ok || event == \"x\"", Answer::No),
        ("has(pay.ok) && !has(pay.other) && has(pay.none) && has(line.event)", Answer::Yes),
        ("pay.none == null && pay.ok != null", Answer::Yes),
        ("event.startsWith('or') && event.endsWith('er') && event.contains('rd')", Answer::Yes),
        ("event.matches('^o.*r$') && matches(event, 'd')", Answer::Yes),
        ("event.matches('^r')", Answer::No),
        ("size(event) == 5 && tags.size() == 3 && size(pay) == 4", Answer::Yes),
        (r#""a" in tags && 1 in tags && true in tags && !("b" in tags)"#, Answer::Yes),
        (r#""ok" in pay && !("x" in pay) && "event" in line"#, Answer::Yes),
        (r#"tags[0] == "a" && tags[-1] == true"#, Answer::Yes),
        (r#"line["user-id"] == 7 && line.line == "x""#, Answer::Yes),
        ("double(level) > 11.5", Answer::Yes),
        ("n % 2 == 1 && half * 4 == 2.0 && n + 1 == 9007199254740994 && 7 / 2 == 3", Answer::Yes),
        ("(event == \"x\" || pay.ok) && true", Answer::Yes),
        ("false", Answer::No),
        // Null is different from anything else, and nothing is less than it.
        ("pay != null && tags != null && null != pay", Answer::Yes),
        ("pay == null || null == tags || event == null", Answer::No),
        ("pay < null || null >= tags || pay.none < null", Answer::No),
        ("tags in [null, 1]", Answer::No),
        ("pay.none in [null]", Answer::Yes),
        // Types that differ are different.
        ("text == 5", Answer::No),
        ("text != 5", Answer::Yes),
        ("pay.ok == \"true\"", Answer::No),
    ] {
        assert_eq!(judge(expression, LINE), answer, "{expression}");
    }
}

#[test]
fn what_is_missing_makes_a_comparison_false() {
    for expression in [
        "x == 1",
        "x != 1",
        "x < 1",
        "x == null",
        "x != null",
        "pay.none < 1",
        "x.y.z == \"a\"",
        "x",
        "pay.none",
        "x in [1]",
        "\"a\" in x",
        "size(x) == 0",
        "x.startsWith(\"\")",
        "x + 1 == 1",
        "event.inner == 1",
        "has(event.inner)",
    ] {
        assert_eq!(judge(expression, LINE), Answer::No, "{expression}");
        assert_eq!(judge(&format!("!({expression})"), LINE), Answer::Yes, "{expression}");
    }
}

#[test]
fn what_cannot_be_compared_is_unclear_unless_the_rest_decides() {
    for expression in [
        "event < 5",
        "event",
        "pay == 1",
        "n.startsWith(\"9\")",
        "size(n) == 1",
        "event + 1 == 2",
        "n / 0 == 1",
        "n / 0 != null",
        "tags == 1",
        "pay == tags",
        "\"a\" in event",
    ] {
        assert_eq!(judge(expression, LINE), Answer::Unclear, "{expression}");
        assert_eq!(judge(&format!("{expression} && pay.ok"), LINE), Answer::Unclear, "{expression}");
        assert_eq!(judge(&format!("{expression} && !pay.ok"), LINE), Answer::No, "{expression}");
        assert_eq!(judge(&format!("{expression} || pay.ok"), LINE), Answer::Yes, "{expression}");
    }
}

#[test]
fn what_is_not_for_conditions_is_refused_with_what_to_write() {
    for (expression, message, advice) in [
        ("event = 1", "is not CEL: line 1, character 7", "write it in CEL"),
        ("", "is not CEL", "write it in CEL"),
        ("has(event)", "has() takes a path with a dot", "has(line.event)"),
        ("a ? b : c", "? :", "(a && b) || (!a && c)"),
        ("tags.exists(t, t == 1)", "a loop", "compare"),
        ("a + 1", "operator +", "compare its result"),
        ("line == 3", "`line` is the whole line", "line.line"),
        ("5", "a constant alone", "compare"),
        ("lower(a) == 'x'", "lower()", "startsWith"),
        ("a in [b]", "something else than constants", "constants"),
        ("a in b", "takes a field and a list", "in ["),
        ("a.matches('(')", "regular expression \"(\"", "RE2"),
        ("a.startsWith(b)", "takes a text", "quotes"),
        ("a[b] == 1", "[ ]", "a constant into the brackets"),
        ("-a == 1", "- before a field", "0 - field"),
        ("{'a': 1} == b", "a map", "compare"),
        ("a + 'x' == 'bx'", "a text beside + - * / % is no number", "compare each field by itself"),
        ("a + b == 'x'", "a text beside + - * / % is no number", "compare each field by itself"),
        ("null + a == 1", "null beside", "write a number"),
        ("a * true > 1", "a boolean beside", "write a number"),
        ("a == 9223372036854775808", "beyond 9223372036854775807", "18446744073709551615u"),
        ("a == 18446744073709551616u", "beyond 9223372036854775807", "1e19"),
        ("a == 99999999999999999999999999999999999999", "beyond 9223372036854775807", "1e19"),
        ("(a in ['x']) == true", "`in` inside of a comparison", "a && b"),
        ("(a && b) == c", "&& inside of a comparison", "a && b"),
        ("(a == b) == c", "a comparison inside of a comparison", "a && b"),
        ("!a == b", "! inside of a comparison", "!(a)"),
        ("a.contains('x') == true", "contains inside of a comparison", "a && b"),
        (&format!("a == '{}'", "x".repeat(5_000)), "bytes; 4096 are allowed", "in place of many comparisons"),
        (&vec!["a == 1"; 200].join(" || "), "too many operators", "in place of many comparisons"),
    ] {
        let complaint = Condition::compile(expression, &mut Slots::default()).unwrap_err();
        assert!(complaint.message.contains(message), "{expression}: {complaint:?}");
        assert!(complaint.advice.contains(advice), "{expression}: {complaint:?}");
    }
}

fn any_expression() -> impl Strategy<Value = String> {
    let operand = prop_oneof![
        Just("a".to_owned()),
        Just("b".to_owned()),
        (-3..3_i32).prop_map(|number| number.to_string()),
        Just("1.5".to_owned()),
        "['][xy]{0,2}[']",
    ];
    let comparison = (operand.clone(), "==|!=|<|<=|>|>=", operand)
        .prop_map(|(left, relation, right)| format!("{left} {relation} {right}"));
    comparison.prop_recursive(3, 12, 2, |inner| {
        prop_oneof![
            (inner.clone(), "&&|\\|\\|", inner.clone())
                .prop_map(|(left, operator, right)| format!("({left}) {operator} ({right})")),
            inner.prop_map(|inner| format!("!({inner})")),
        ]
    })
}

fn any_scalar() -> impl Strategy<Value = serde_json::Value> {
    prop_oneof![(-3..3_i64).prop_map(serde_json::Value::from), "[xy]{0,2}".prop_map(serde_json::Value::from)]
}

proptest! {
    /// The reference is the interpreter of the crate whose parser is used. It has an opinion of its own about whole
    /// numbers beside fractions, which is left out by having no fractions in lines.
    #[test]
    fn lines_with_all_fields_are_judged_as_the_reference_does(
        expression in any_expression(), a in any_scalar(), b in any_scalar(),
    ) {
        let line = serde_json::json!({"a": a, "b": b});
        let mut context = Context::default();
        for (name, value) in [("a", &a), ("b", &b)] {
            context.add_variable_from_value(name, match value {
                serde_json::Value::String(text) => cel::Value::from(text.as_str()),
                other => cel::Value::Int(other.as_i64().unwrap()),
            });
        }
        let expected = Program::compile(&expression).unwrap().execute(&context);
        let answer = judge(&expression, &line.to_string());
        if let Ok(cel::Value::Bool(expected)) = expected {
            prop_assert_eq!(answer, Answer::from(expected), "{} on {}", expression, line);
        } else {
            prop_assert_eq!(answer, Answer::Unclear, "{} on {}: {:?}", expression, line, expected);
        }
    }

    #[test]
    fn any_expression_is_compiled_or_refused_without_a_panic(
        text in any::<String>(), dense in "[ab.\\[\\]()'\"!&|=<>+0-9 -]{0,24}",
    ) {
        for expression in [text, dense] {
            let mut slots = Slots::default();
            if let Ok(condition) = Condition::compile(&expression, &mut slots) {
                let mut values = Vec::new();
                slots.fill_line(r#"{"a": 1, "b": [2, "x"]}"#, &mut values).unwrap();
                let _ = condition.judge(&values);
            }
        }
    }
}
