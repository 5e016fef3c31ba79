//! Pods that are made to look into: they go at the end, by a signal, by their deadline, or by `gc`.

use std::process::Stdio;
use std::time::Duration;

use chandler_e2e::{Wait, wait_for};
use k8s_openapi::api::core::v1::Node;
use kube::Api;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;
use tokio::process::Child;

use crate::place::{Place, pod};

#[tokio::test]
async fn crashing_pod_is_looked_into_in_a_copy_that_goes_at_the_end() {
    let test = "crashing_pod_is_looked_into_in_a_copy_that_goes_at_the_end";
    let Some(place) = Place::open(test).await else { return };
    let mut crashing = pod("web");
    crashing["spec"]["containers"][0]["command"] = json!(["sh", "-c", "exit 1"]);
    crashing["spec"]["containers"][0]["env"] = json!([{"name": "MARK", "value": "of the pod"}]);
    place.apply(&crashing).await;
    let words = "web --copy --share-processes --command sleep --command 1000";
    let output = place.debug(words, &["sh", "-c", "echo $MARK; exit 4"]).await;
    assert_eq!((output.code, output.stdout.as_str()), (4, "of the pod\n"), "{output:?}");
    gone_but(&place, &["web"]).await;
}

#[tokio::test]
async fn copy_goes_at_a_signal_and_gc_finds_what_a_kill_left() {
    let test = "copy_goes_at_a_signal_and_gc_finds_what_a_kill_left";
    let Some(place) = Place::open(test).await else { return };
    place.pod("web").await;
    let mut child = start(&place, "web --copy=first").await;
    until_made(&place, "first").await;
    kill_process(Pid::from_raw(child.id().unwrap().cast_signed()).unwrap(), Signal::TERM).unwrap();
    let status = tokio::time::timeout(Duration::from_secs(15), child.wait()).await.unwrap().unwrap();
    assert_eq!(status.code(), Some(128 + 15));
    gone_but(&place, &["web"]).await;

    let mut child = start(&place, "web --copy=second").await;
    until_made(&place, "second").await;
    let listed = place.run("gc --dry-run -o json").await;
    assert_eq!(listed.value()["state"], "InUse", "{listed:?}");
    child.kill().await.unwrap();
    let listed = place.run("gc --dry-run -o json").await;
    assert_eq!(listed.value()["state"], "Orphaned", "{listed:?}");
    let removed = place.run("gc -o name").await;
    assert_eq!(removed.stdout, "pod/second\n", "{removed:?}");
    gone_but(&place, &["web"]).await;
    let nothing = place.run("gc").await;
    assert_eq!((nothing.code, nothing.stdout.as_str()), (0, ""), "{nothing:?}");
}

#[tokio::test]
async fn kept_copy_ends_by_its_deadline_and_gc_removes_it() {
    let test = "kept_copy_ends_by_its_deadline_and_gc_removes_it";
    let Some(place) = Place::open(test).await else { return };
    place.pod("web").await;
    let output = place.debug("web --copy=kept --keep --ttl 5s", &["true"]).await;
    assert_eq!(output.code, 0, "{output:?}");
    place.until("kept", "ended", |pod| pod["status"]["phase"] == "Failed").await;
    assert_eq!(place.run("gc -o name").await.stdout, "pod/kept\n");
    gone_but(&place, &["web"]).await;
}

#[tokio::test]
async fn node_is_looked_into_from_a_pod_that_goes_at_the_end() {
    let test = "node_is_looked_into_from_a_pod_that_goes_at_the_end";
    let Some(place) = Place::open(test).await else { return };
    let nodes: Api<Node> = Api::all(place.scene.client.clone());
    let node = nodes.list(&kube::api::ListParams::default()).await.unwrap().items.remove(0);
    let name = node.metadata.name.unwrap();
    let output = place.debug(&format!("node/{name}"), &["sh", "-c", "cat /proc/1/comm; exit 6"]).await;
    assert_eq!(output.code, 6, "{output:?}");
    assert_ne!(output.stdout, "", "{output:?}");
    gone_but(&place, &[]).await;
}

#[tokio::test]
async fn pod_that_has_the_name_of_a_copy_already_stays() {
    let Some(place) = Place::open("pod_that_has_the_name_of_a_copy_already_stays").await else { return };
    place.pod("web").await;
    place.pod("other").await;
    let output = place.debug("web --copy=other", &["true"]).await;
    assert_eq!(output.code, 125, "{output:?}");
    assert!(output.stderr.contains("already exists"), "{output:?}");
    let other = place.get_pod("other").await.unwrap();
    assert!(other["metadata"]["deletionTimestamp"].is_null(), "{other}");
}

async fn start(place: &Place, words: &str) -> Child {
    let words = format!("debug {words} --image chandler.dev/toolbox:test -- sleep 1000");
    let mut command = place.command(&words.split_whitespace().collect::<Vec<_>>());
    command.stdin(Stdio::null()).stdout(Stdio::null()).spawn().unwrap()
}

async fn until_made(place: &Place, name: &str) {
    place.until(name, "running", |pod| pod["status"]["phase"] == "Running").await;
}

async fn gone_but(place: &Place, left: &[&str]) {
    wait_for("only the test's own pods", Duration::from_secs(30), async || {
        let names = place.pod_names().await;
        Ok(if names == left { Wait::Done(()) } else { Wait::NotYet(format!("{names:?}")) })
    })
    .await
    .unwrap();
}
