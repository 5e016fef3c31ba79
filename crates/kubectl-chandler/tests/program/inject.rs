//! What `inject` promises about documents that are fine.

use crate::session::{LABEL, Session};

const POD: &str =
    "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: c, image: i}]}\n";

#[test]
fn documents_without_a_pod_come_out_byte_for_byte() {
    let manifest = "# head\n\n%YAML 1.2\n---\n# note\r\nkind:   Service # odd   spacing\r\nport: 0x1F\n...\n---\n--- # again\n{a: [1, 2,\n 3]}\n---\n";
    let manifest = manifest.replace("# head\n\n%YAML 1.2\n", "# head\n\n");
    let output = Session::with_manifest(&manifest).inject();
    assert_eq!((output.code, output.stderr.as_str()), (0, ""));
    assert_eq!(output.stdout, manifest);
}

#[test]
fn pods_that_nothing_changes_come_out_byte_for_byte() {
    let session = Session::with_manifest(POD);
    let first = session.inject().stdout;
    let commented = format!("# mine\n{}", first.replace("kind: Pod", "kind:   Pod  # spaced"));
    let output = Session::with_manifest(&commented).inject();
    assert_eq!((output.code, output.stdout), (0, commented));
}

#[test]
fn changed_documents_keep_their_key_order() {
    let manifest = "kind: Pod\nspec:\n  nodeName: n\n  containers:\n  - image: i\n    name: c\nmetadata:\n  name: p\napiVersion: v1\n";
    let output = Session::with_manifest(manifest).inject();
    let keys: Vec<_> = output.stdout.lines().filter(|line| !line.starts_with([' ', '-'])).collect();
    assert_eq!(keys, ["kind: Pod", "spec:", "metadata:", "apiVersion: v1"]);
}

#[test]
fn numbers_of_yaml_1_1_keep_the_value_that_kubectl_reads() {
    let manifest = "apiVersion: v1\nkind: Pod\nmetadata: {name: p, annotations: {a: 'yes', b: '0400'}}\nspec:\n  hostNetwork: yes\n  volumes: [{name: s, secret: {secretName: s, defaultMode: 0400}}]\n  x: 9223372036854775807\n";
    let output = Session::with_manifest(manifest).inject().stdout;
    for line in
        ["hostNetwork: true", "defaultMode: 256", "x: 9223372036854775807", "a: \"yes\"", "b: \"0400\""]
    {
        let single = line.replace('"', "'");
        assert!(output.contains(line) || output.contains(&single), "{line} in {output}");
    }
}

#[test]
fn json_documents_stay_json_in_their_own_style() {
    let pod = "{\"apiVersion\": \"v1\", \"kind\": \"Pod\", \"metadata\": {\"name\": \"p\"}, \"spec\": {}}";
    let output = Session::with_manifest(&format!("{pod}\n{{\"kind\": \"Service\"}}\n")).inject();
    assert_eq!(output.code, 0, "{}", output.stderr);
    let documents: Vec<_> = output.stdout.lines().collect();
    assert_eq!(documents.len(), 2, "{}", output.stdout);
    assert!(documents[0].starts_with('{') && documents[0].contains("\"fitted\""));
    assert_eq!(documents[1], "{\"kind\": \"Service\"}");
}

#[test]
fn every_output_form_shows_the_same_change() {
    let session = Session::with_manifest(POD);
    let json = session.run("inject -f m.yaml -t t.yaml -o json").stdout;
    assert!(json.starts_with("{\"apiVersion\":\"v1\"") && json.contains("\"fitted\":\"yes\""), "{json}");
    let patch = session.run("inject -f m.yaml -t t.yaml -o patch").stdout;
    assert!(
        patch.starts_with("{\"kind\":\"Pod\",\"namespace\":\"default\",\"name\":\"p\",\"patch\":["),
        "{patch}"
    );
    let diff = session.run("inject -f m.yaml -t t.yaml -o diff").stdout;
    assert!(diff.starts_with("--- m.yaml document 1\n+++ m.yaml document 1, fitted out\n@@ "), "{diff}");
    assert!(diff.contains("\n+  labels:\n") && !diff.contains('\u{1b}'), "{diff}");
    let coloured = session.run("inject -f m.yaml -t t.yaml -o diff --color always").stdout;
    assert!(coloured.contains('\u{1b}'));
}

#[test]
fn standard_input_is_read_as_a_post_renderer_gives_it() {
    let session = Session::new(&[("t.yaml", LABEL)]);
    let output = session.run_with_input("inject -f - -t t.yaml", POD.as_bytes());
    assert_eq!(output.code, 0);
    assert!(output.stdout.contains("fitted: \"yes\"") || output.stdout.contains("fitted: 'yes'"));
}

#[test]
fn namespace_comes_from_the_document_then_the_flag_then_default() {
    let template = LABEL.replace("{fitted: \"yes\"}", "{ns: \"{{namespace.metadata.name}}\"}");
    let own = POD.replace("{name: p}", "{name: p, namespace: own}");
    let session = Session::new(&[("t.yaml", &template), ("m.yaml", &format!("{POD}---\n{own}"))]);
    for (flags, expected) in [("", "ns: default"), ("-n flag", "ns: flag")] {
        let output = session.run(&format!("inject -f m.yaml -t t.yaml {flags}")).stdout;
        assert!(output.contains(expected) && output.contains("ns: own"), "{output}");
    }
}

#[test]
fn reader_that_goes_away_ends_the_run_quietly() {
    let manifest = format!("{POD}---\n").repeat(5000);
    let session = Session::with_manifest(&manifest);
    let script = format!(
        "'{}' inject -f m.yaml -t t.yaml | head -1; echo ${{PIPESTATUS[0]}}",
        env!("CARGO_BIN_EXE_kubectl-chandler")
    );
    let output = session.shell(&script);
    assert_eq!(output.stdout, "apiVersion: v1\n0\n");
    assert_eq!(output.stderr, "");
}

#[test]
fn usage_errors_have_their_own_exit_code() {
    let session = Session::with_manifest(POD);
    for arguments in
        ["inject", "inject -f m.yaml", "inject -f - -t -", "inject -f m.yaml -t t.yaml -o xml", "nonsense"]
    {
        assert_eq!(session.run(arguments).code, 2, "{arguments}");
    }
}

#[test]
fn every_shell_gets_its_completion() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let output = Session::new(&[]).run(&format!("completion {shell}"));
        assert!(output.code == 0 && output.stdout.contains("namespaces"), "{shell}");
    }
}

#[test]
fn explain_says_the_same_in_text_and_json() {
    let session = Session::with_manifest(POD);
    let text = session.run("explain -f m.yaml -t t.yaml").stdout;
    assert!(text.starts_with("Pod default/p (m.yaml, document 1)\n  applied cluster/label@"), "{text}");
    let json = session.run("explain -f m.yaml -t t.yaml -o json").stdout;
    let account: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(account["templates"][0]["result"], "Applied");
    assert_eq!(account["templates"][0]["reason"], "default");
}

#[test]
fn documents_of_several_files_do_not_run_into_each_other() {
    let service = "kind: Service";
    let session = Session::new(&[
        ("t.yaml", LABEL),
        ("a.yaml", service),
        ("b.yaml", POD),
        ("c.yaml", "---\nkind: Secret\n"),
    ]);
    let output = session.run("inject -f a.yaml b.yaml c.yaml -t t.yaml").stdout;
    assert!(output.starts_with("kind: Service\n---\napiVersion: v1\nkind: Pod\n"), "{output}");
    assert!(output.ends_with("\n---\nkind: Secret\n") && output.matches("---").count() == 2, "{output}");
}

#[test]
fn escapes_of_a_terminal_in_a_manifest_stay() {
    let manifest = format!(
        "kind: ConfigMap\ndata: {{a: \"\\e[31m\"}}\n---\n{{\"a\": \"\\u001b[31m\"}}\n---\n# \u{7f}\u{9b}31m\n{POD}"
    );
    let output = Session::with_manifest(&manifest).inject();
    assert!(output.stdout.starts_with(manifest.split(POD).next().unwrap()), "{:?}", output.stdout);
}
