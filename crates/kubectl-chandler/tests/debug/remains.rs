//! What is left when sessions are over: nothing in the target, no pod, and one kind of Event.

use k8s_openapi::api::core::v1::Pod;
use k8s_openapi::api::events::v1::Event;
use kube::Api;
use kube::api::{AttachParams, ListParams};
use tokio::io::AsyncReadExt as _;

use crate::place::{Place, TOOLBOX};
use crate::window::Window;

/// Every file of a container with its times, size and mode. The kubelet itself writes /etc/hosts anew for each container
/// that it adds to the pod.
const LIST: &str = "find / -xdev ! -path /proc ! -path /sys ! -path /dev ! -path /etc/hosts -exec stat -c '%n %Y %Z %s %a' {} + | sort";

/// Those who say things of every pod.
const OTHERS: [&str; 2] = ["kubelet", "default-scheduler"];

#[tokio::test]
async fn sessions_leave_no_file_no_pod_and_no_event_but_who_debugged() {
    let test = "sessions_leave_no_file_no_pod_and_no_event_but_who_debugged";
    let Some(place) = Place::open(test).await else { return };
    place.pod("web").await;
    let before = list_files(&place, "web").await;
    assert!(before.contains("/bin/chandler-workload "), "{before}");

    let script = "ls -R / >/dev/null; echo kept >$TMPDIR/kept; less /etc/passwd";
    for (words, command) in [
        ("web", &["sh", "-c", script][..]),
        ("web --new", &["sh", "-c", script]),
        ("web --profile baseline", &["sh", "-c", "ls -R /; id"]),
        ("web --recipe ps", &[]),
        ("web --recipe env", &[]),
        ("web --copy", &["true"]),
    ] {
        let output = place.debug(words, command).await;
        assert_eq!(output.code, 0, "{words}: {output:?}");
    }
    let shell = place.debug_with_input("web", &[], Some("cd /etc; ls; exit 3\n")).await;
    assert_eq!(shell.code, 3, "{shell:?}");
    edit(&place).await;
    let copied = place.run(&format!("cp -q --image {TOOLBOX} web:/etc/passwd -")).await;
    assert_eq!(copied.code, 0, "{copied:?}");

    assert_eq!(list_files(&place, "web").await, before, "something was written to the target");
    assert_eq!(place.pod_names().await, ["web"]);
    assert_eq!(reasons(&place).await, ["Debugging"]);
}

/// A shell at a terminal, an editor in it, and a word in its history.
async fn edit(place: &Place) {
    let mut window = Window::open(80, 24);
    let command = place.command_at_terminal(&["debug", "web", "--image", TOOLBOX]);
    let mut program = window.run(command);
    for (awaited, keys) in
        [("web/app:/$ ", "vi /etc/passwd\r"), ("/root:", ":q\r"), ("web/app:/$ ", "exit 0\r")]
    {
        window.until(awaited).await;
        window.type_keys(keys);
    }
    assert_eq!(window.code_of(&mut program).await, Some(0));
}

/// What a container says of its own files, without a session.
async fn list_files(place: &Place, pod: &str) -> String {
    let pods: Api<Pod> = place.scene.api();
    let parameters = AttachParams::default().container("app").stdin(false).stderr(false);
    let mut process = pods.exec(pod, ["sh", "-c", LIST], &parameters).await.unwrap();
    let mut listed = String::new();
    process.stdout().unwrap().read_to_string(&mut listed).await.unwrap();
    process.join().await.unwrap();
    listed
}

/// Reasons of the Events that nobody writes but us, each once.
async fn reasons(place: &Place) -> Vec<String> {
    let events: Api<Event> = place.scene.api();
    let events = events.list(&ListParams::default()).await.unwrap().items.into_iter();
    let ours = events.filter(|event| {
        let source = event.deprecated_source.as_ref().and_then(|source| source.component.as_deref());
        let who = event.reporting_controller.as_deref().filter(|who| !who.is_empty()).or(source);
        !who.is_some_and(|who| OTHERS.contains(&who))
    });
    let mut reasons: Vec<String> = ours.filter_map(|event| event.reason).collect();
    reasons.sort();
    reasons.dedup();
    reasons
}
