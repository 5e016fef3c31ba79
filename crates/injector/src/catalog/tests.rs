//! Reading templates and namespaces from real files.

use super::*;
use std::path::PathBuf;

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    folder
}

fn read(folder: &tempfile::TempDir) -> (usize, Vec<String>) {
    let (sources, _) = expand_sources(&[folder.path().to_owned()], false);
    let read = read_templates(&sources, "default");
    let prefix = format!("{}/", folder.path().display());
    let problems = read.problems.iter().map(|problem| problem.to_string().replace(&prefix, "")).collect();
    (read.found.len(), problems)
}

const GOOD: &str = "apiVersion: chandler.dev/v1alpha1
kind: ClusterInjectionTemplate
metadata: {name: good}
spec:
  patches:
  - pod: {metadata: {labels: {a: b}}}
";

#[test]
fn templates_are_read_from_yaml_json_and_lists() {
    let list = r#"{"apiVersion": "v1", "kind": "List", "items": [{"apiVersion": "chandler.dev/v1alpha1",
        "kind": "InjectionTemplate", "metadata": {"name": "own", "namespace": "shop"},
        "spec": {"patches": [{"pod": {"metadata": {"labels": {"a": "b"}}}}]}}]}"#;
    let folder = folder(&[
        ("a.yaml", GOOD),
        ("b.json", list),
        ("README.md", "not read"),
        ("empty.yml", "# nothing\n"),
    ]);
    assert_eq!(read(&folder), (2, Vec::<String>::new()));
}

#[test]
fn what_is_no_template_is_told_with_file_and_line_and_the_others_are_read() {
    let mixed = format!("{GOOD}---\napiVersion: v1\nkind: Service\n---\nfoo: bar\n---\n- 1\n");
    let (found, problems) = read(&folder(&[("a.yaml", &mixed)]));
    assert_eq!(found, 1);
    assert_eq!(problems.len(), 3);
    assert!(problems[0].starts_with("a.yaml:8:1: document 2: v1 Service is not a template"), "{problems:?}");
    assert!(
        problems[1].starts_with("a.yaml:11:1: document 3: an object without apiVersion and kind"),
        "{problems:?}"
    );
}

#[test]
fn unknown_field_is_told_with_its_line_and_path() {
    let typo = GOOD.replace("spec:\n", "spec:\n  slect: {mode: Default}\n  select:\n    mod: Default\n");
    let (_, problems) = read(&folder(&[("a.yaml", &typo)]));
    assert_eq!(
        problems,
        [
            "a.yaml:5:10: document 1: spec.slect: unknown field",
            "a.yaml:7:10: document 1: spec.select.mod: unknown field"
        ]
    );
}

#[test]
fn wrong_type_and_broken_yaml_are_told_with_their_line() {
    let wrong = GOOD.replace("spec:\n", "spec:\n  order: soon\n");
    let (_, problems) =
        read(&folder(&[("a.yaml", &wrong), ("b.yaml", "a: [1\nb: 2\n"), ("c.yaml", "a: 1\na: 2\n")]));
    assert!(problems[0].starts_with("a.yaml:5:10: document 1: spec.order: invalid type"), "{problems:?}");
    assert!(problems[1].starts_with("b.yaml:2:"), "{problems:?}");
    assert!(
        problems[2].starts_with("c.yaml:2:1: document 1: duplicate key \"a\", first set on line 1"),
        "{problems:?}"
    );
}

#[test]
fn template_that_is_read_twice_is_told_with_both_places() {
    let (found, problems) = read(&folder(&[("a.yaml", GOOD), ("b.yaml", GOOD)]));
    assert_eq!(found, 1);
    assert!(problems[0].contains("template cluster/good was read before, from "), "{problems:?}");
}

#[test]
fn missing_files_and_empty_folders_are_all_told() {
    let folder = folder(&[("sub/a.yaml", GOOD)]);
    let paths = [PathBuf::from("/nowhere/a"), folder.path().to_owned(), PathBuf::from("/nowhere/b")];
    assert_eq!(expand_sources(&paths, false).1.len(), 3);
    assert_eq!(expand_sources(&paths, true).0.len(), 1);
}

#[test]
fn namespaces_are_taken_from_any_dump() {
    let dump = "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Namespace, metadata: {name: shop, labels: {team: a}}}\n- {apiVersion: v1, kind: Secret}\n";
    let folder = folder(&[("dump.yaml", dump)]);
    let read = read_namespaces(&expand_sources(&[folder.path().to_owned()], false).0);
    assert!(read.problems.is_empty());
    assert_eq!(read.found["shop"].object()["metadata"]["labels"]["team"], "a");
}
