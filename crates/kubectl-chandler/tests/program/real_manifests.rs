//! Manifests that others wrote: every file of Kubernetes' own addons and test manifests goes through `inject` with all
//! example templates together, and a strict decoder in Go reads the result.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use chandler_manifest::{Documents, write_yaml};
use serde_json::{Value, json};

use crate::session::{Output, Session};

/// Every example template in one file. Pods that lack what a template requires go on without it: that is the only change.
fn templates() -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples").canonicalize().unwrap();
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path().join("template.yaml"));
    let mut files: Vec<_> = files.filter(|path| path.exists()).collect();
    files.sort();
    let texts: Vec<_> = files.iter().map(|path| std::fs::read_to_string(path).unwrap()).collect();
    texts.join("\n---\n").replace("onError: Deny", "onError: Skip")
}

fn objects(text: &str) -> impl Iterator<Item = Value> {
    Documents::new(text.as_bytes()).filter_map(|document| document.unwrap().parse().ok().flatten())
}

/// Namespaces that ask for every template and carry the labels that their selectors want.
fn namespaces(templates: &str) -> String {
    let names: Vec<_> = objects(templates)
        .map(|template| template["metadata"]["name"].as_str().unwrap().to_owned())
        .collect();
    let labels = json!({"mesh": "enabled", "example.com/tenant": "t1"});
    let namespaces = ["default", "kube-system", "gke-managed-system", "cnrm-system"].map(|name| {
        json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {
            "name": name, "labels": labels, "annotations": {"chandler.dev/templates": names.join(",")},
        }})
    });
    namespaces.map(|namespace| namespace.to_string()).join("\n")
}

/// What the strict decoder says: its summary line, and the errors it found, without the numbers of their documents.
fn strict_decode(oracle: &str, manifests: &str) -> (Value, Vec<String>) {
    let mut child = Command::new(oracle)
        .arg("strict-decode")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let manifests = manifests.to_owned();
    let writer = std::thread::spawn(move || stdin.write_all(manifests.as_bytes()).unwrap());
    let output = String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap();
    writer.join().unwrap();
    let lines: Vec<Value> = output.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let errors = lines.iter().filter(|line| line.get("error").is_some());
    let errors = errors.map(|line| format!("{} {}: {}", line["kind"], line["name"], line["error"])).collect();
    (lines.last().unwrap().clone(), errors)
}

/// Gives every pod what the templates ask of one: their labels, annotations and a container for each of their globs.
fn annotate(manifests: &str) -> String {
    let mut annotated = Vec::new();
    for mut object in objects(manifests) {
        for location in chandler_injector::locate_pods(&object) {
            let pod = object.pointer_mut(&location.pointer).unwrap();
            for (field, more) in [
                ("labels", json!({"example.com/queue": "training", "app.kubernetes.io/name": "shop"})),
                ("annotations", json!({"example.com/secrets": "{\"db\": \"shop/db\"}"})),
            ] {
                let metadata = pod["metadata"]
                    .as_object_mut()
                    .map_or(json!({}), |metadata| metadata.remove(field).unwrap_or(json!({})));
                let mut merged = metadata.as_object().cloned().unwrap_or_default();
                merged.extend(more.as_object().unwrap().clone());
                pod["metadata"][field] = Value::Object(merged);
            }
        }
        annotated.extend(b"---\n");
        write_yaml(&object, &mut annotated).unwrap();
    }
    String::from_utf8(annotated).unwrap()
}

/// Checks that what came out decodes as well as what went in, and says how many pods were fitted out.
fn check(oracle: &str, before: &str, fitted: &Output) -> usize {
    assert!(!fitted.stderr.contains("panicked") && !fitted.stderr.contains("denied:"), "{}", fitted.stderr);
    let (before, errors_before) = strict_decode(oracle, before);
    let (after, errors_after) = strict_decode(oracle, &fitted.stdout);
    let records =
        fitted.stdout.lines().filter_map(|line| line.trim().strip_prefix("chandler.dev/injected: "));
    let applied: Vec<_> = records.map(|record| record.split(',').count()).collect();
    println!(
        "as they were: {before}, fitted out: {after}, {} pods with {} templates",
        applied.len(),
        applied.iter().sum::<usize>()
    );
    assert_eq!(
        errors_after, errors_before,
        "the same errors as before: some of the files are templates themselves"
    );
    assert_eq!(after, before);
    applied.iter().sum()
}

#[test]
fn manifests_of_kubernetes_itself_are_fitted_out_and_decode_strictly() {
    let (Ok(oracle), Ok(corpus)) = (std::env::var("CHANDLER_ORACLE"), std::env::var("CHANDLER_CORPUS"))
    else {
        println!(
            "SKIPPED manifests_of_kubernetes_itself: CHANDLER_ORACLE and CHANDLER_CORPUS are not set, run make test"
        );
        return;
    };
    let templates = templates();
    let files = [
        ("t.yaml", templates.as_str()),
        ("none.yaml", "# no template\n"),
        ("ns.yaml", &namespaces(&templates)),
    ];
    let session = Session::new(&files);
    let folders = format!("-R -f {corpus}/cluster/addons {corpus}/test/e2e/testing-manifests");

    let plain = session.run(&format!("inject {folders} -t none.yaml")).stdout;
    let fitted = session.run(&format!("inject {folders} -t t.yaml --namespaces ns.yaml"));
    assert!(check(&oracle, &plain, &fitted) >= 200);

    let annotated = annotate(&plain);
    let fitted = session.run_with_input("inject -f - -t t.yaml --namespaces ns.yaml", annotated.as_bytes());
    assert!(check(&oracle, &annotated, &fitted) >= 350);

    session.write("fitted.yaml", fitted.stdout.as_bytes());
    let again = session.run("inject -f fitted.yaml -t t.yaml --namespaces ns.yaml");
    assert!(again.stdout == fitted.stdout, "a second injection changes nothing");
}
