//! What kubectl gets when it asks for completion of `debug`.

use chandler_e2e::NO_HOME;
use serde_json::json;
use tokio::process::Command;

use crate::place::{Place, container, pod};

/// Asks as kubectl does: by another name of the program, with the words that follow `kubectl chandler`.
async fn complete(place: &Place, words: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let link = folder.path().join("kubectl_complete-chandler");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_kubectl-chandler"), &link).unwrap();
    let mut command = Command::new(&link);
    command.args(["debug", "-n", &place.scene.namespace]).args(words);
    command.env("KUBECONFIG", place.scene.kubeconfig()).env("HOME", NO_HOME);
    String::from_utf8(command.output().await.unwrap().stdout).unwrap()
}

#[tokio::test]
async fn pods_containers_toolboxes_profiles_and_recipes_are_completed() {
    let test = "pods_containers_toolboxes_profiles_and_recipes_are_completed";
    let Some(place) = Place::open(test).await else { return };
    let mut two = pod("web");
    two["spec"]["containers"] = json!([container("app"), container("apart")]);
    place.apply(&two).await;
    assert_eq!(complete(&place, &["we"]).await, "web\n:4\n");
    assert_eq!(complete(&place, &["dep"]).await, "deployment/\n:6\n");
    assert_eq!(complete(&place, &["pod/"]).await, "pod/web\n:4\n");
    assert_eq!(complete(&place, &["web", "-c", "ap"]).await, "app\napart\n:4\n");
    assert_eq!(complete(&place, &["web", "--toolbox", ""]).await, "default\n:4\n");
    assert_eq!(complete(&place, &["web", "--profile", "ne"]).await, "netadmin\n:4\n");
    assert_eq!(complete(&place, &["web", "--recipe", "dn"]).await, "dns\n:4\n");
}
