//! What kubectl gets when it asks for completion.

use chandler_api::names;
use serde_json::json;
use tokio::process::Command;

use crate::place::{Place, deployment};

/// Asks as kubectl does: by another name of the program, with the words that follow `kubectl chandler`.
async fn complete(place: &Place, words: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let link = folder.path().join("kubectl_complete-chandler");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_kubectl-chandler"), &link).unwrap();
    let mut command = Command::new(&link);
    command.args(words).env("KUBECONFIG", place.scene.kubeconfig());
    String::from_utf8(command.output().await.unwrap().stdout).unwrap()
}

#[tokio::test]
async fn kubectl_gets_verbs_types_names_and_namespaces() {
    let Some(place) = Place::open("kubectl_gets_verbs_types_names_and_namespaces").await else { return };
    place.apply(&deployment("web", json!({names::TEMPLATES: "a"}))).await;
    place.apply(&deployment("worker", json!({}))).await;
    let namespace = place.scene.namespace.as_str();
    assert!(complete(&place, &["out"]).await.starts_with("outdated\t"));
    assert_eq!(complete(&place, &["explain", "dep"]).await, "deployment/\n:6\n");
    let names = complete(&place, &["explain", "-n", namespace, "deploy/w"]).await;
    assert_eq!(names, "deploy/web\ndeploy/worker\n:4\n");
    let namespaces = complete(&place, &["outdated", "-n", namespace]).await;
    assert_eq!(namespaces, format!("{namespace}\n:4\n"));
    let contexts = complete(&place, &["templates", "--context", ""]).await;
    assert_eq!(contexts, "chandler\n:4\n");
    let flags = complete(&place, &["outdated", "--exit"]).await;
    assert!(flags.starts_with("--exit-code\t"), "{flags}");
}
