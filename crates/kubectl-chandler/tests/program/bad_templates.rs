//! Templates that are broken: each is told with file, document, line and path, and nothing is printed that would lack it.

use crate::session::{LABEL, Session};

const POD: &str =
    "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: c, image: i}]}\n";

/// A template with one patch, as YAML in flow style, and further lines of its spec.
fn template(patch: &str, more: &str) -> String {
    format!(
        "apiVersion: chandler.dev/v1alpha1\nkind: ClusterInjectionTemplate\nmetadata: {{name: bad}}\nspec:\n  select: {{mode: Default}}\n  patches:\n  - {patch}\n{more}"
    )
}

/// Errors that are found when the template is read.
fn refused(patch: &str, more: &str) -> String {
    let session = Session::new(&[("t.yaml", &template(patch, more)), ("good.yaml", LABEL), ("m.yaml", POD)]);
    let output = session.run("inject -f m.yaml -t t.yaml good.yaml");
    assert_eq!((output.code, output.stdout.as_str()), (1, ""), "{}", output.stderr);
    output.stderr
}

/// Errors that depend on the pod: the template is skipped with a warning, the good one applies.
fn skipped(patch: &str, more: &str) -> String {
    let session = Session::new(&[("t.yaml", &template(patch, more)), ("good.yaml", LABEL), ("m.yaml", POD)]);
    let output = session.run("inject -f m.yaml -t t.yaml good.yaml");
    assert_eq!(output.code, 0, "{}", output.stderr);
    assert!(output.stdout.contains("fitted:") && !output.stdout.contains("cluster/bad"), "{}", output.stdout);
    output.stderr
}

#[test]
fn mistakes_that_are_seen_in_the_template_are_refused() {
    let cases = [
        (
            "pod: {spec: {hostname: '{{explode params.a}}'}}",
            "",
            "t.yaml:7:28: document 1: spec.patches[0].pod.spec.hostname: ",
        ),
        ("pod: {spec: {hostname: '{{params.a}}'}}", "", "params.a"),
        (
            "pod: {spec: {hostname: '{{pod.'}}",
            "",
            "t.yaml:7:28: document 1: spec.patches[0].pod.spec.hostname: ",
        ),
        (
            "pod: {spec: {containers: [{name: c, $patch: explode}]}}",
            "",
            "t.yaml:7:31: document 1: spec.patches[0].pod.spec.containers[0]: $patch is none of merge, replace and delete",
        ),
        (
            "pod: {spec: {initContainers: [{name: a, image: i, $position: {after: b}}, {name: b, image: i, $position: {after: a}}]}}",
            "",
            "spec.patches[0].pod.spec.initContainers: $position goes in a circle: a → b → a",
        ),
        (
            "pod: {metadata: {annotations: {chandler.dev/injected: forged}}}",
            "",
            "t.yaml:7:59: document 1: spec.patches[0].pod.metadata.annotations[\"chandler.dev/injected\"]: a patch may not touch this field",
        ),
        ("json: [{op: add, path: /spec/x}]", "", "need a value"),
        (
            "pod: {metadata: {labels: {a: b}}}",
            "  parameters: [{name: p, type: integer, default: many}]\n",
            "t.yaml:8:16: document 1: spec.parameters[0]: ",
        ),
        (
            "pod: {metadata: {labels: {a: b}}}",
            "  onEror: Deny\n",
            "t.yaml:8:11: document 1: spec.onEror: unknown field",
        ),
        (
            "pod: {metadata: {labels: {a: b}}}",
            "  onError: Explode\n",
            "t.yaml:8:12: document 1: spec.onError: ",
        ),
    ];
    for (patch, more, words) in cases {
        let stderr = refused(patch, more);
        assert!(stderr.starts_with("error: t.yaml:") && stderr.contains(words), "{patch}: {stderr}");
    }
}

#[test]
fn conditions_that_do_not_compile_or_give_no_boolean_are_refused() {
    for (expression, words) in
        [("pod.", "not valid CEL"), ("1 + 1", "not true or false"), ("pods.x == 1", "unknown variable")]
    {
        let text = LABEL.replace(
            "{mode: Default}",
            &format!("{{matchConditions: [{{name: c, expression: \"{expression}\"}}]}}"),
        );
        let session = Session::new(&[("t.yaml", &text), ("m.yaml", POD)]);
        let output = session.inject();
        assert_eq!(output.code, 1);
        assert!(
            output.stderr.contains("t.yaml:5:")
                && output.stderr.contains("spec.select.matchConditions[0].expression: "),
            "{}",
            output.stderr
        );
        assert!(output.stderr.contains(words), "{}", output.stderr);
    }
}

#[test]
fn mistakes_that_only_a_pod_shows_skip_the_template() {
    let cases = [
        (
            "pod: {spec: {hostname: '{{params.p}}'}}",
            "  parameters: [{name: p, required: true}]\n",
            "parameter \"p\" is required",
        ),
        ("pod: {spec: {hostname: '{{params.p}}'}}", "  parameters: [{name: p}]\n", "params.p"),
        ("pod: {spec: {hostname: '{{pod.spec.nothing}}'}}", "", "pod.spec.nothing"),
        ("json: [{op: replace, path: /spec/nothing/here, value: 1}]", "", "json patch: "),
        ("pod: {spec: {containers: [{name: c, image: other, $position: first}]}}", "", "other image"),
        ("pod: {spec: {initContainers: [{name: c, image: other}]}}", "", "containers"),
    ];
    for (patch, more, words) in cases {
        let stderr = skipped(patch, more);
        assert!(
            stderr.starts_with("warning: m.yaml:") && stderr.contains("template cluster/bad was skipped: "),
            "{stderr}"
        );
        assert!(stderr.contains(words), "{patch}: {stderr}");
    }
}

#[test]
fn parameter_of_the_wrong_type_names_annotation_and_value() {
    let patch = "pod: {spec: {terminationGracePeriodSeconds: '{{params.p}}'}}";
    let manifest = POD.replace("{name: p}", "{name: p, annotations: {chandler.dev/param.p: soon}}");
    let text = template(patch, "  parameters: [{name: p, type: integer}]\n");
    let output = Session::new(&[("t.yaml", &text), ("m.yaml", &manifest)]).inject();
    assert!(output.stderr.contains("pod annotation chandler.dev/param.p: "), "{}", output.stderr);
    assert!(output.stderr.contains("soon"), "{}", output.stderr);
}

#[test]
fn denied_document_is_left_out_and_the_exit_code_says_so() {
    let text = template("json: [{op: replace, path: /spec/nothing/here, value: 1}]", "  onError: Deny\n");
    let manifest = format!("kind: Service\n---\n{POD}---\nkind: Secret\n");
    let output = Session::new(&[("t.yaml", &text), ("m.yaml", &manifest)]).inject();
    assert_eq!(output.code, 3);
    assert!(
        output
            .stderr
            .contains("denied: m.yaml:3:1: document 2: Pod default/p: template cluster/bad failed: "),
        "{}",
        output.stderr
    );
    assert_eq!(output.stdout, "kind: Service\n---\n---\nkind: Secret\n");
}

#[test]
fn broken_template_does_not_hide_broken_documents() {
    let session = Session::new(&[("t.yaml", "a: [\n"), ("u.yaml", "kind: Pod\n"), ("m.yaml", "x: }\n")]);
    let output = session.run("inject -f m.yaml -t t.yaml nowhere.yaml u.yaml");
    assert_eq!((output.code, output.stdout.as_str()), (1, ""));
    for file in ["t.yaml:", "nowhere.yaml:", "u.yaml:", "m.yaml:"] {
        assert!(output.stderr.contains(&format!("error: {file}")), "{}", output.stderr);
    }
}
