//! What documents compile to and render to.

use serde_json::{Value, json};

use crate::{CompileError, Context, Document, RenderError, Rendered};

mod properties;

const ROOTS: [&str; 2] = ["params", "pod"];

fn compile(source: &Value) -> Document {
    Document::compile(source, &ROOTS).unwrap_or_else(|errors| panic!("{source}: {errors:?}"))
}

fn values() -> (Value, Value) {
    let params = json!({
        "port": 8080, "name": "web", "on": true, "off": false, "null": null, "ratio": 1.0, "big": u64::MAX,
        "list": ["a", "b"], "none": [], "object": {"x": 1, "y": 2}, "braces": "{{params.name}}",
        "nested": [{"names": ["p", "q"]}, {"names": ["r"]}],
    });
    let pod = json!({
        "metadata": {"labels": {"app.kubernetes.io/name": "shop", "this": "odd"}},
        "spec": {"containers": [{"image": "first:1"}, {"image": "second:2"}]},
    });
    (params, pod)
}

fn try_render(source: &Value) -> Result<Option<Value>, RenderError> {
    let (params, pod) = values();
    let context = Context::new().with("params", &params).with("pod", &pod);
    let document = compile(source);
    match document.render(&context)? {
        Rendered::Absent => Ok(None),
        Rendered::Value(value) => Ok(Some(value.into_owned())),
    }
}

#[track_caller]
fn renders(source: &Value, expected: &Value) {
    assert_eq!(try_render(source).unwrap().as_ref(), Some(expected));
}

#[track_caller]
fn fails(source: &Value, message: &str) {
    assert_eq!(try_render(source).unwrap_err().to_string(), message);
}

fn mistakes(source: &Value) -> Vec<String> {
    let errors = Document::compile(source, &ROOTS).unwrap_err();
    errors.iter().map(CompileError::to_string).collect()
}

#[track_caller]
fn is_wrong(source: &Value, message: &str) {
    assert_eq!(mistakes(source), [message]);
}

#[test]
fn single_expression_keeps_the_type() {
    renders(
        &json!([
            "{{params.port}}",
            "{{ params.on }}",
            "{{params.null}}",
            "{{{params.name}}}",
            "{{params.big}}"
        ]),
        &json!([8080, true, null, "web", u64::MAX]),
    );
}

#[test]
fn text_around_an_expression_makes_a_string() {
    renders(
        &json!([
            "--port={{params.port}}",
            "{{params.name}}-{{params.on}}",
            " {{params.ratio}}",
            "{{params.port}}\n"
        ]),
        &json!(["--port=8080", "web-true", " 1.0", "8080\n"]),
    );
}

#[test]
fn paths_reach_odd_keys_and_list_items() {
    renders(
        &json!([
            "{{pod.metadata.labels.[app.kubernetes.io/name]}}",
            "{{pod.spec.containers.[1].image}}",
            "{{pod.spec.containers.0.image}}",
            "{{pod.metadata.labels.this}}",
            "{{lower pod.metadata.labels.[this]}}",
        ]),
        &json!(["shop", "second:2", "first:1", "odd", "odd"]),
    );
}

#[test]
fn text_of_a_value_is_never_compiled() {
    renders(
        &json!(["{{params.braces}}", "x{{params.braces}}"]),
        &json!(["{{params.name}}", "x{{params.name}}"]),
    );
    renders(&json!(r"\{{params.name}} stays"), &json!("{{params.name}} stays"));
}

#[test]
fn lists_and_objects_never_land_in_a_leaf() {
    fails(
        &json!({"args": ["a", "{{params.list}}"]}),
        "args[1]: `params.list` is a list, and a leaf takes one value: use `$for` to repeat an item, or the `json` function",
    );
    fails(
        &json!("x{{params.object}}"),
        "`params.object` is an object, and a leaf takes one value: use `$for` to repeat an item, or the `json` function",
    );
    fails(
        &json!("{{default params.missing []}}"),
        "`default params.missing []` is a list, and a leaf takes one value: use `$for` to repeat an item, or the `json` function",
    );
}

#[test]
fn missing_paths_name_what_exists() {
    fails(
        &json!({"a": {"b/c": ["{{pod.metadata.labels.app.kubernetes}}"]}}),
        r#"a["b/c"][0]: `pod.metadata.labels.app.kubernetes` does not exist: only `pod.metadata.labels` does"#,
    );
    fails(
        &json!("{{pod.metadata.labels.[app.kubernetes.io/name].x}}"),
        "`pod.metadata.labels.[app.kubernetes.io/name].x` does not exist: only `pod.metadata.labels.[app.kubernetes.io/name]` does",
    );
    fails(
        &json!("{{pod.spec.containers.[2].image}}"),
        "`pod.spec.containers.[2].image` does not exist: only `pod.spec.containers` does",
    );
    let error = compile(&json!("{{params.x}}")).render(&Context::new()).unwrap_err();
    assert_eq!(error.to_string(), "`params.x` does not exist: nothing of it does");
    assert_eq!(error.reason(), "MissingValue");
}

#[test]
fn null_has_no_text() {
    fails(&json!("x{{params.null}}"), "`params.null` is null, which has no text: use the `default` function");
}

#[test]
fn if_drops_keys_items_and_the_document() {
    renders(
        &json!({"a": {"$if": "{{params.off}}", "x": 1}, "b": {"$if": "{{params.on}}", "x": 1}, "c": [
            {"$if": "{{params.none}}"}, {"$if": "{{params.list}}", "y": 2}, {"$if": false}, {"$if": true, "z": 3},
        ]}),
        &json!({"b": {"x": 1}, "c": [{"y": 2}, {"z": 3}]}),
    );
    assert_eq!(try_render(&json!({"$if": "{{params.missing.deeper}}", "x": 1})), Ok(None));
    assert_eq!(try_render(&json!({"$if": false, "x": 1})), Ok(None));
    renders(&json!({"$if": "{{params.port}}", "$patch": "replace"}), &json!({"$patch": "replace"}));
}

#[test]
fn for_repeats_an_item() {
    renders(
        &json!({"env": [
            {"name": "FIRST"},
            {"$for": {"in": "{{params.list}}", "as": "item"}, "name": "{{upper item}}", "value": "{{params.name}}-{{item}}"},
            {"$for": {"in": "{{params.object}}", "as": "e"}, "name": "{{e.key}}", "value": "{{e.value}}"},
            {"$for": {"in": "{{params.none}}", "as": "e"}, "name": "{{e.missing}}"},
            {"$for": {"in": "{{default params.missing []}}", "as": "e"}, "name": "constant"},
            {"name": "LAST"},
        ]}),
        &json!({"env": [
            {"name": "FIRST"},
            {"name": "A", "value": "web-a"}, {"name": "B", "value": "web-b"},
            {"name": "x", "value": 1}, {"name": "y", "value": 2},
            {"name": "LAST"},
        ]}),
    );
}

#[test]
fn if_beside_for_is_asked_for_each() {
    renders(
        &json!([{"$if": "{{eq item 'b'}}", "$for": {"in": "{{params.list}}", "as": "item"}, "name": "{{item}}"}]),
        &json!([{"name": "b"}]),
    );
}

#[test]
fn for_nests() {
    renders(
        &json!([{"$for": {"in": "{{params.nested}}", "as": "outer"}, "names": [
            {"$for": {"in": "{{outer.names}}", "as": "inner"}, "name": "{{inner}}"},
        ]}]),
        &json!([{"names": [{"name": "p"}, {"name": "q"}]}, {"names": [{"name": "r"}]}]),
    );
}

#[test]
fn for_takes_lists_and_objects_only() {
    fails(
        &json!([{"$for": {"in": "{{params.port}}", "as": "p"}}]),
        "[0].$for.in: `$for` takes a list or an object, not a number",
    );
    fails(
        &json!([{"$for": {"in": "{{params.nope}}", "as": "p"}}]),
        "[0].$for.in: `params.nope` does not exist: only `params` does",
    );
}

#[test]
fn for_is_bounded() {
    let params = json!({"list": vec![0; 400]});
    let inner = json!({"$for": {"in": "{{params.list}}", "as": "b"}, "$if": false});
    let nested = |inner: Value| json!([{"$for": {"in": "{{params.list}}", "as": "a"}, "x": [inner]}]);
    let render = |source: &Value| compile(source).render(&Context::new().with("params", &params)).map(|_| ());
    assert_eq!(render(&nested(inner)), Ok(()));
    for inner in [
        json!({"$for": {"in": "{{params.list}}", "as": "b"}, "x": 1}),
        json!({"$for": {"in": "{{params.list}}", "as": "b"}, "$if": "{{eq a 1}}"}),
    ] {
        assert_eq!(render(&nested(inner)).unwrap_err().reason(), "TooLarge");
    }
    let long = "x".repeat(16 * 1024);
    let leaf = json!([{"$for": {"in": "{{params.list}}", "as": "a"}, "x": [long, long, long, long, long, long, long, long, long, long, long]}]);
    assert_eq!(render(&leaf).unwrap_err().reason(), "TooLarge");
}

#[test]
fn constants_are_borrowed() {
    let source = json!({"a": [1, "x", null, {"$append": [true]}], "b": {"$if": true, "c": 1}});
    let document = compile(&source);
    assert!(document.is_constant());
    let rendered = document.render(&Context::new()).unwrap();
    assert_eq!(rendered, Rendered::Value(std::borrow::Cow::Owned(json!({"a": source["a"], "b": {"c": 1}}))));
    assert!(matches!(rendered, Rendered::Value(std::borrow::Cow::Borrowed(_))));
    assert!(compile(&json!({"$if": false})).is_constant());
    assert!(!compile(&json!(["{{params.port}}"])).is_constant());
    let conditional = compile(&json!({"$if": "{{params.on}}", "a": 1}));
    let (params, _) = values();
    let rendered = conditional.render(&Context::new().with("params", &params)).unwrap();
    assert!(matches!(rendered, Rendered::Value(std::borrow::Cow::Borrowed(_))));
}

#[test]
fn order_of_keys_is_kept() {
    let source = json!({"z": "{{params.port}}", "a": 1, "m": {"$if": "{{params.on}}", "y": 1, "b": 2}});
    let text = try_render(&source).unwrap().unwrap().to_string();
    assert_eq!(text, r#"{"z":8080,"a":1,"m":{"y":1,"b":2}}"#);
}

#[test]
fn references_are_listed_once() {
    let document = compile(&json!({
        "a": "{{params.level}} {{lower (default params.level pod.metadata.name)}}",
        "b": {"$if": "{{hasKey params.extra 'x'}}"},
        "c": [{"$for": {"in": "{{params.list}}", "as": "item"}, "d": "{{item.name}}"}],
    }));
    let references: Vec<String> = document.references().map(|path| path.join(" ")).collect();
    assert_eq!(references, ["params extra", "params level", "params list", "pod metadata name"]);
}

#[test]
fn unknown_names_come_with_a_suggestion() {
    is_wrong(
        &json!({"a": ["{{parms.port}}"]}),
        "a[0]: there is no variable `parms` (did you mean `params`?); the variables are params pod",
    );
    is_wrong(&json!("{{zzzzzz}}"), "there is no variable `zzzzzz`; the variables are params pod");
    is_wrong(
        &json!("{{lowercase params.name}}"),
        "there is no function `lowercase`; the functions are default coalesce lower upper replace trunc hash json quantity-mul quantity-add hasKey eq and or not",
    );
    assert!(mistakes(&json!("{{haskey params 'a'}}"))[0].contains("`haskey` (did you mean `hasKey`?)"));
    assert!(mistakes(&json!("{{quantity_mul params.a 2}}"))[0].contains("did you mean `quantity-mul`?"));
    assert!(mistakes(&json!("{{jsn params}}"))[0].contains("did you mean `json`?"));
}

#[test]
fn argument_counts_are_checked() {
    is_wrong(
        &json!("{{default params.a}}"),
        "`default` takes a value and what stands in for it; arguments given: 1",
    );
    is_wrong(&json!("{{lower}}"), "`lower` takes a text; arguments given: 0");
    is_wrong(&json!("{{lower (upper) 2}}"), "`lower` takes a text; arguments given: 2");
    is_wrong(&json!("{{hash params.a 1 2}}"), "`hash` takes a value and maybe a length; arguments given: 3");
}

#[test]
fn relative_paths_and_slashes_are_refused() {
    for path in
        ["this", "this.params", "./params", "../params", "@root.params", "@index", "@root", "params.../x"]
    {
        let reason =
            Document::compile(&json!(format!("{{{{json {path}}}}}")), &ROOTS).unwrap_err()[0].reason();
        assert!(matches!(reason, "InvalidPath" | "InvalidExpression"), "{path}: {reason}");
    }
    is_wrong(
        &json!("{{this}}"),
        "`this` is relative: start the path with a variable such as `params` or `pod`",
    );
    is_wrong(
        &json!("{{../pod}}"),
        "`../pod` is relative: start the path with a variable such as `params` or `pod`",
    );
    is_wrong(
        &json!("{{pod.metadata.labels.example/name}}"),
        "`pod.metadata.labels.example/name` has a slash: put a key that holds one in brackets, as in `pod.metadata.labels.[example.com/name]`",
    );
}

#[test]
fn syntax_that_is_no_expression_is_refused() {
    is_wrong(
        &json!("{{#if params.on}}x{{/if}}"),
        "`{{#if params.on}}` is a block, which a leaf cannot hold: use `$if` and `$for` in the document",
    );
    is_wrong(&json!("{{lower x=params.a}}"), "`x=…`: named arguments are not supported");
    is_wrong(
        &json!("{{}}"),
        "`` is not an expression: write a path such as `params.port` or a function call such as `default params.port 8080`",
    );
    for leaf in [
        "{{params.}}",
        "{{params.a b}}",
        "{{(params.a}}",
        "{{default 1. 2}}",
        "{{'a'}}",
        "{{else}}",
        "{{params.a | lower}}",
    ] {
        assert_eq!(mistakes(&json!(leaf)).len(), 1, "{leaf}");
    }
}

#[test]
fn misplaced_and_misshapen_directives_are_refused() {
    is_wrong(&json!({"{{params.name}}": 1}), r#"["{{params.name}}"]: keys cannot hold expressions"#);
    is_wrong(
        &json!({"$if": "yes"}),
        "$if: `$if` takes one expression such as `{{params.enabled}}`, or true or false",
    );
    is_wrong(
        &json!({"$if": "{{params.on}}{{params.off}}"}),
        "$if: `$if` takes one expression such as `{{params.enabled}}`, or true or false",
    );
    let shape = "`$for` takes `{in: \"{{expression}}\", as: name}` and nothing else";
    for spec in [
        json!(1),
        json!({}),
        json!({"in": "{{params.list}}"}),
        json!({"in": "{{params.list}}", "as": "x", "to": 1}),
    ] {
        is_wrong(&json!([{"$for": spec}]), &format!("[0].$for: {shape}"));
    }
    is_wrong(&json!([{"$for": {"in": ["a"], "as": "x"}, "y": "{{x}}"}]), &format!("[0].$for.in: {shape}"));
    for (place, source) in [
        ("$for", json!({"$for": {"in": "{{params.list}}", "as": "x"}})),
        ("a.$for", json!({"a": {"$for": {"in": "{{params.list}}", "as": "x"}}})),
    ] {
        is_wrong(&source, &format!("{place}: `$for` repeats an item of a list, and this mapping is none"));
    }
    for name in ["params", "", "a b", "1", "$x"] {
        let source = json!([{"$for": {"in": "{{params.list}}", "as": name}}]);
        is_wrong(
            &source,
            &format!(
                "[0].$for.as: `as: {name}` is not a name of letters, digits, `_` and `-`, or is already taken"
            ),
        );
    }
    let shadowing = json!([{"$for": {"in": "{{params.nested}}", "as": "a"}, "x": [{"$for": {"in": "{{a.names}}", "as": "a"}}]}]);
    assert_eq!(mistakes(&shadowing).len(), 1);
    let outside = json!([{"$for": {"in": "{{params.list}}", "as": "item"}, "x": "{{item}}"}, "{{item}}"]);
    assert!(mistakes(&outside)[0].starts_with("[1]: there is no variable `item`"));
}

#[test]
fn all_mistakes_are_reported_in_order() {
    let errors =
        mistakes(&json!({"a": "{{x.a}}", "b": ["{{", {"c": "{{params"}], "d": {"$if": 1, "e": "{{f 1}}"}}));
    let places: Vec<_> = errors.iter().map(|error| error.split(':').next().unwrap()).collect();
    assert_eq!(places, ["a", "b[0]", "b[1].c", "d.$if", "d.e"]);
    assert_eq!(mistakes(&json!(vec!["{{"; 1000])).len(), 100);
}

#[test]
fn deep_documents_are_refused() {
    let deep = |levels: usize| (0..levels).fold(json!("{{params.port}}"), |inner, _| json!({"a": inner}));
    assert!(Document::compile(&deep(64), &ROOTS).is_ok());
    let errors = Document::compile(&deep(65), &ROOTS).unwrap_err();
    assert_eq!(errors[0].kind.to_string(), "the document nests more than 64 levels");
}

#[test]
fn other_dollar_keys_are_left_alone() {
    let source = json!({"$patch": "delete", "args": {"$append": ["{{params.name}}"]}, "$retainKeys": ["a"]});
    renders(&source, &json!({"$patch": "delete", "args": {"$append": ["web"]}, "$retainKeys": ["a"]}));
}
