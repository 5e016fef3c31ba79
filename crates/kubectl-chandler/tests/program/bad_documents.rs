//! Manifests that are broken, odd or hostile: a clear error, and nothing of the others is lost.

use crate::session::Session;

const POD: &str =
    "apiVersion: v1\nkind: Pod\nmetadata:\n  name: p\nspec:\n  containers:\n  - name: c\n    image: i\n";

/// Fits `broken` between two good pods, and says what was printed for it.
fn between_pods(broken: &str) -> (i32, String, String) {
    let manifest = format!("{POD}---\n{broken}---\n{POD}");
    let output = Session::with_manifest(&manifest).inject();
    assert_eq!(output.stdout.matches("fitted:").count(), 2, "{}", output.stdout);
    assert!(output.stdout.contains(broken), "the broken document comes out as it went in: {}", output.stdout);
    (output.code, output.stdout, output.stderr)
}

#[test]
fn broken_documents_are_told_with_file_document_and_line() {
    let cases = [
        ("a: [1, 2\nb: 3\n", "error: m.yaml:1"),
        ("a: 1\na: 2\n", "error: m.yaml:11:1: document 2: duplicate key \"a\", first set on line 10\n"),
        ("a:\n\t- b\n", "error: m.yaml:11:"),
        ("a: \"\\q\"\n", "error: m.yaml:10:"),
        ("a: *nothing\n", "error: m.yaml:10:4: document 2: "),
        ("a: &x [*x]\n", "error: m.yaml:10:"),
        ("a: !secret b\n", "error: m.yaml:10:4: document 2: "),
        ("{\"a\": 1,}x\n", "error: m.yaml:10:"),
    ];
    for (broken, message) in cases {
        let (code, _, stderr) = between_pods(broken);
        assert_eq!(code, 1, "{broken:?}: {stderr}");
        assert!(stderr.starts_with(message), "{broken:?}: {stderr}");
    }
}

#[test]
fn every_broken_document_is_told_not_the_first() {
    let manifest = format!("a: [\n---\n{POD}---\nb: }}\n---\n{POD}---\nc: 1\nc: 2\n");
    let output = Session::with_manifest(&manifest).inject();
    assert_eq!(output.code, 1);
    for document in ["document 1", "document 3", "document 5"] {
        assert!(output.stderr.contains(document), "{}", output.stderr);
    }
}

#[test]
fn billion_laughs_are_refused() {
    let mut bomb = "a: &a [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for (one, next) in ('a'..='i').zip('b'..='j') {
        let aliases = vec![format!("*{one}"); 10].join(", ");
        bomb.push_str(&format!("{next}: &{next} [{aliases}]\n"));
    }
    let (code, _, stderr) = between_pods(&bomb);
    assert_eq!(code, 1);
    assert!(stderr.contains("alias"), "{stderr}");
}

#[test]
fn aliases_within_bounds_are_read() {
    let manifest = "apiVersion: v1\nkind: Pod\nmetadata: {name: p, labels: &l {a: b}}\nspec: {x: *l, z: {<<: *l, c: d}}\n";
    let output = Session::with_manifest(manifest).inject();
    assert_eq!(output.code, 0, "{}", output.stderr);
    assert!(output.stdout.contains("  z:\n    a: b\n    c: d\n"), "{}", output.stdout);
}

#[test]
fn deep_nesting_is_refused() {
    let (code, _, stderr) = between_pods(&format!("{}{}\n", "[".repeat(100_000), "]".repeat(100_000)));
    assert_eq!(code, 1);
    assert!(stderr.contains("document 2"), "{stderr}");
}

#[test]
fn large_document_is_read_or_refused_but_the_others_are_not_lost() {
    let line = format!("  key-%: {}\n", "x".repeat(1000));
    let lines: String = (0..50_000).map(|index| line.replace('%', &index.to_string())).collect();
    let config = format!("kind: ConfigMap\ndata:\n{lines}");
    let manifest = format!("{POD}---\n{config}---\n{POD}");
    let output = Session::with_manifest(&manifest).inject();
    assert_eq!((output.code, output.stderr.as_str()), (0, ""));
    assert_eq!(output.stdout.matches("fitted:").count(), 2);
    assert!(output.stdout.contains(&config));
}

#[test]
fn pods_without_containers_are_fitted_out() {
    for spec in ["{}", "{containers: null}", "{containers: []}", "null"] {
        let output = Session::with_manifest(&format!("apiVersion: v1\nkind: Pod\nspec: {spec}\n")).inject();
        assert_eq!(output.code, 0, "{spec}: {}", output.stderr);
        assert!(output.stdout.contains("fitted:"), "{spec}: {}", output.stdout);
    }
}

#[test]
fn lists_cron_jobs_and_unknown_kinds() {
    let pod = "{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {}}";
    let list = format!(
        "apiVersion: v1\nkind: List\nitems:\n- {{apiVersion: v1, kind: List, items: [{pod}, {pod}]}}\n"
    );
    let output = Session::with_manifest(&list).inject();
    assert_eq!(output.stdout.matches("fitted:").count(), 2, "{}", output.stdout);

    let cron = "apiVersion: batch/v1\nkind: CronJob\nspec: {jobTemplate: {spec: {template: {spec: {}}}}}\n";
    assert!(Session::with_manifest(cron).inject().stdout.contains("fitted:"));

    let unknown = "apiVersion: example.com/v1\nkind: Robot\nspec: {template: {spec: {containers: []}}}\n";
    assert_eq!(Session::with_manifest(unknown).inject().stdout, unknown);
}

#[test]
fn windows_line_ends_and_a_byte_order_mark_stay() {
    let manifest = format!("\u{feff}{}", POD.replace('\n', "\r\n"));
    let output = Session::with_manifest(&manifest).inject();
    assert_eq!(output.code, 0, "{}", output.stderr);
    assert!(output.stdout.starts_with('\u{feff}'));
    assert_eq!(
        output.stdout.matches('\n').count(),
        output.stdout.matches("\r\n").count(),
        "{:?}",
        output.stdout
    );
    assert!(output.stdout.contains("fitted:"));
}

#[test]
fn empty_files_give_nothing_and_missing_files_an_error() {
    for empty in ["", "\n", "# only a comment\n", "---\n---\n"] {
        let output = Session::with_manifest(empty).inject();
        assert_eq!(
            (output.code, output.stdout.as_str(), output.stderr.as_str()),
            (0, empty, ""),
            "{empty:?}"
        );
    }
    let output = Session::with_manifest(POD).run("inject -f nowhere.yaml m.yaml -t t.yaml");
    assert_eq!(output.code, 1);
    assert!(output.stderr.starts_with("error: nowhere.yaml: No such file"), "{}", output.stderr);
    assert!(output.stdout.contains("fitted:"), "the others are read: {}", output.stdout);
}

#[test]
fn bytes_that_are_not_utf_8_are_told() {
    let session = Session::with_manifest(POD);
    let mut input = POD.as_bytes().to_vec();
    input.extend(b"---\na: \xff\xfe\n");
    let script = format!("'{}' inject -f bytes.yaml -t t.yaml", env!("CARGO_BIN_EXE_kubectl-chandler"));
    session.write("bytes.yaml", &input);
    let output = session.shell(&format!("{script} | wc -c; exit ${{PIPESTATUS[0]}}"));
    assert_eq!(output.code, 1);
    assert!(output.stderr.contains("bytes.yaml:10:"), "{}", output.stderr);
}
