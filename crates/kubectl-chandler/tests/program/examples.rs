//! Every folder of `examples/` is a golden test: what the docs show is what the program does.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::session::Session;

/// What an example may consist of; anything else would be a file that nothing tests.
const FILES: [&str; 4] = ["expected.yaml", "manifest.yaml", "namespaces.yaml", "template.yaml"];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples").canonicalize().unwrap()
}

fn examples() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path());
    let mut folders: Vec<_> = entries.filter(|path| path.join("template.yaml").exists()).collect();
    folders.sort();
    assert!(folders.len() >= 8, "{folders:?}");
    folders
}

fn inject(example: &Path, manifest: &Path) -> String {
    let template = example.join("template.yaml");
    let mut arguments = format!("inject -f {} -t {}", manifest.display(), template.display());
    let namespaces = example.join("namespaces.yaml");
    if namespaces.exists() {
        arguments.push_str(&format!(" --namespaces {}", namespaces.display()));
    }
    let output = Session::new(&[]).run(&arguments);
    assert_eq!(output.code, 0, "{}: {}", example.display(), output.stderr);
    output.stdout
}

#[test]
fn every_example_gives_its_golden_output() {
    for example in examples() {
        let expected = example.join("expected.yaml");
        let actual = inject(&example, &example.join("manifest.yaml"));
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            std::fs::write(&expected, &actual).unwrap();
        }
        let golden = std::fs::read_to_string(&expected).unwrap_or_default();
        assert_eq!(actual, golden, "{}: run with UPDATE_GOLDEN=1 if the change is meant", expected.display());
    }
}

#[test]
fn every_example_changes_something_and_a_second_injection_changes_nothing() {
    for example in examples() {
        let expected = std::fs::read_to_string(example.join("expected.yaml")).unwrap();
        assert_ne!(
            expected,
            std::fs::read_to_string(example.join("manifest.yaml")).unwrap(),
            "{}",
            example.display()
        );
        assert_eq!(inject(&example, &example.join("expected.yaml")), expected, "{}", example.display());
    }
}

#[test]
fn examples_hold_no_file_that_nothing_tests() {
    for example in examples() {
        let entries = std::fs::read_dir(&example).unwrap().map(|entry| entry.unwrap().file_name());
        for name in entries.map(|name| name.into_string().unwrap()) {
            assert!(FILES.contains(&name.as_str()), "{}/{name}", example.display());
        }
    }
}

#[test]
fn examples_together_show_every_field_of_a_pod_spec_and_every_directive() {
    let templates: String = examples()
        .iter()
        .map(|example| std::fs::read_to_string(example.join("template.yaml")).unwrap())
        .collect();
    let mut missing = BTreeSet::new();
    for field in chandler_pod_patch::schema::pod_spec_fields() {
        if !templates.contains(&format!("{field}:")) && !templates.contains(&format!("/spec/{field},")) {
            missing.insert(field.to_owned());
        }
    }
    for directive in [
        "$patch: delete",
        "$patch: replace",
        "$patch: merge",
        "$retainKeys",
        "$setElementOrder/",
        "$deleteFromPrimitiveList/",
        ": null",
        "$append",
        "$prepend",
        "$remove",
        "$separator",
        "$ifAbsent",
        "$position: first",
        "$position: last",
        "before:",
        "after:",
        "$requireNodes",
        "$if",
        "$for",
        "json:",
        "containers:",
    ] {
        if !templates.contains(directive) {
            missing.insert(directive.to_owned());
        }
    }
    assert!(missing.is_empty(), "no example shows {missing:?}");
}

#[test]
fn readme_shows_what_the_program_prints() {
    let readme = std::fs::read_to_string(folder().join("../README.md")).unwrap();
    let example = folder().join("log-shipper");
    let template = std::fs::read_to_string(example.join("template.yaml")).unwrap();
    assert!(readme.contains(&template), "the template");
    for command in ["inject -o diff", "explain"] {
        let arguments = format!("{command} -f {0}/manifest.yaml -t {0}/template.yaml", example.display());
        let output = Session::new(&[])
            .run(&arguments)
            .stdout
            .replace(&format!("{}/", folder().display()), "examples/");
        assert!(readme.contains(output.trim_end()), "{command}: {output}");
    }
}
