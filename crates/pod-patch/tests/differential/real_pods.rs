//! Pods of real manifests, read from a folder of Kubernetes' own sources.

use std::path::Path;

use serde_json::{Value, json};

use crate::oracle::Oracle;

/// Folders with manifests below the root of the module `k8s.io/kubernetes`.
const FOLDERS: &[&str] = &["cluster/addons", "test/e2e/testing-manifests"];

/// The pods below the folder that `CHANDLER_CORPUS` names; says so where it names none.
pub(crate) fn from_environment(oracle: &Oracle) -> Vec<Value> {
    let Some(root) = std::env::var_os("CHANDLER_CORPUS") else {
        println!("SKIPPED real pods: CHANDLER_CORPUS is not set, run make test");
        return Vec::new();
    };
    let folders = FOLDERS.iter().map(|folder| Path::new(&root).join(folder).display().to_string());
    let arguments: Vec<String> = std::iter::once("corpus".to_owned()).chain(folders).collect();
    let pods: Vec<Value> = oracle.print(&arguments).lines().map(pod).collect();
    assert!(!pods.is_empty(), "no pods below {root:?}");
    pods
}

fn pod(line: &str) -> Value {
    let read: Value = serde_json::from_str(line).unwrap();
    json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": read["pod"].get("metadata").cloned().unwrap_or_else(|| json!({})),
        "spec": read["pod"]["spec"],
    })
}
