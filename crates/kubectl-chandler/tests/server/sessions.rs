//! Sessions that servers open before they know whether there is a container.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use crate::api::{Answer, Api, Request};

/// A pod whose only container runs.
fn pod(name: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": name, "namespace": "shop", "uid": name, "resourceVersion": "1"},
        "spec": {"nodeName": "a", "containers": [{"name": "app", "image": "app:1"}]},
        "status": {"phase": "Running", "containerStatuses": [
            {"name": "app", "containerID": "containerd://1", "state": {"running": {}}}]},
    })
}

/// The pod with the container that was sent, in this state.
fn with_session(mut pod: Value, sent: &Value, state: Value) -> Value {
    let containers = sent["spec"]["ephemeralContainers"].clone();
    let name = containers[0]["name"].clone();
    pod["spec"]["ephemeralContainers"] = containers;
    pod["status"]["ephemeralContainerStatuses"] = json!([{"name": name, "state": state}]);
    pod
}

/// What most ask: of a pod that has no session yet.
fn usual(request: &Request) -> Answer {
    match request {
        _ if request.watches() => Answer::Never,
        _ if request.is("GET", "/pods/web") => Answer::Object(200, pod("web")),
        _ if request.is("PATCH", "/ephemeralcontainers") => Answer::Object(
            200,
            with_session(pod("web"), &request.body, json!({"waiting": {"reason": "ContainerCreating"}})),
        ),
        _ => Answer::Object(200, json!({"items": []})),
    }
}

#[tokio::test]
async fn input_that_was_sent_before_the_container_ran_is_sent_again() {
    let tries = AtomicUsize::new(0);
    let api = Api::serve(move |request| match request {
        _ if !request.is("GET", "/exec") => usual(request),
        _ if tries.fetch_add(1, Ordering::Relaxed) < 3 => Answer::Refuse { input: true },
        _ => Answer::Cat,
    })
    .await;
    let output = api.debug("web -i -- cat", "to be read once\n").await;
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(output.stdout, b"to be read once\n", "{output:?}");
    assert_eq!(api.count("GET", "/exec"), 4);
}

#[tokio::test]
async fn session_that_has_ended_makes_way_for_a_new_one_that_reads_the_same() {
    let sent = Mutex::new(Vec::<Value>::new());
    let api = Api::serve(move |request| {
        let mut sent = sent.lock().unwrap();
        if request.is("PATCH", "/ephemeralcontainers") {
            sent.push(request.body.clone());
        }
        match (request, sent.first()) {
            (_, Some(sent)) if request.is("GET", "/pods/web") && !request.watches() => {
                Answer::Object(200, with_session(pod("web"), sent, json!({"running": {}})))
            }
            (_, Some(sent)) if request.is("GET", "/exec") => {
                let first = sent["spec"]["ephemeralContainers"][0]["name"].as_str().unwrap();
                let has_ended = request.path.contains(first) && request.path.contains("stdin=true");
                if has_ended { Answer::Refuse { input: true } } else { Answer::Cat }
            }
            _ => usual(request),
        }
    })
    .await;
    assert_eq!(api.debug("web -- true", "").await.status.code(), Some(0));
    let output = api.debug("web -i -- cat", "kept\n").await;
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(output.stdout, b"kept\n", "{output:?}");
    assert_eq!(api.count("PATCH", "/ephemeralcontainers"), 2);
}

#[tokio::test]
async fn image_that_is_not_there_is_told_by_servers_that_open_streams_to_nothing() {
    let sent = Mutex::new(Value::Null);
    let api = Api::serve(move |request| {
        let mut sent = sent.lock().unwrap();
        if request.is("PATCH", "/ephemeralcontainers") {
            *sent = request.body.clone();
        }
        let waiting = json!({"waiting": {"reason": "ImagePullBackOff", "message": "tools:1: not found"}});
        match request {
            _ if request.watches() => Answer::Watch(with_session(pod("web"), &sent, waiting)),
            _ if request.is("GET", "/exec") => Answer::Refuse { input: false },
            _ => usual(request),
        }
    })
    .await;
    let output = api.debug("web -o json -- true", "").await;
    assert_eq!(output.status.code(), Some(125), "{output:?}");
    let outcome: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(outcome["reason"], "ImageNotFound", "{outcome}");
}

#[tokio::test]
async fn pod_whose_turn_comes_late_has_all_of_its_time() {
    let api = Api::serve(|request| match request {
        _ if request.watches() => Answer::Never,
        _ if request.is("GET", "/pods") => Answer::Object(200, json!({"items": [pod("one"), pod("two")]})),
        _ if request.is("PATCH", "/ephemeralcontainers") => {
            let name = if request.path.contains("/one/") { "one" } else { "two" };
            Answer::Object(200, with_session(pod(name), &request.body, json!({"waiting": {}})))
        }
        _ if request.is("GET", "/one/exec") => Answer::Refuse { input: false },
        _ if request.is("GET", "/two/exec") => Answer::Cat,
        _ => usual(request),
    })
    .await;
    let output = api.debug("-l app=web --parallel 1 --timeout 3s -o json -- true", "").await;
    let outcomes = String::from_utf8_lossy(&output.stdout);
    let codes: Vec<Value> = outcomes
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .map(|outcome| outcome["exitCode"].clone())
        .collect();
    assert_eq!(codes, [124, 0], "{output:?}");
}

#[tokio::test]
async fn target_behind_an_init_container_that_fails_is_told_at_once() {
    let mut broken = pod("web");
    broken["spec"]["initContainers"] = json!([{"name": "migrate", "image": "app:1"}]);
    broken["status"] = json!({
        "phase": "Pending",
        "initContainerStatuses": [{"name": "migrate", "state": {"waiting": {"reason": "CrashLoopBackOff"}},
            "lastState": {"terminated": {"exitCode": 1, "reason": "Error"}}}],
        "containerStatuses": [{"name": "app", "state": {"waiting": {"reason": "PodInitializing"}}}],
    });
    let api = Api::serve(move |request| match request {
        _ if request.is("GET", "/pods/web") => Answer::Object(200, broken.clone()),
        _ => usual(request),
    })
    .await;
    let output = api.debug("web -o json -- true", "").await;
    assert_eq!(output.status.code(), Some(125), "{output:?}");
    let outcome: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(outcome["reason"], "InitContainer", "{outcome}");
}

#[tokio::test]
async fn process_that_was_over_before_anybody_was_attached_gives_its_own_code() {
    let patches = AtomicUsize::new(0);
    let sent = Mutex::new(Value::Null);
    let api = Api::serve(move |request| {
        let mut sent = sent.lock().unwrap();
        if request.is("PATCH", "/ephemeralcontainers") {
            *sent = request.body.clone();
            patches.fetch_add(1, Ordering::Relaxed);
        }
        let no_shell = json!({"terminated": {"reason": "StartError", "exitCode": 128,
            "message": "exec: \"sh\": executable file not found in $PATH"}});
        let ended = json!({"terminated": {"reason": "Error", "exitCode": 3,
            "startedAt": "2026-01-01T00:00:00Z", "finishedAt": "2026-01-01T00:00:00Z"}});
        let state = if patches.load(Ordering::Relaxed) < 2 { no_shell } else { ended };
        match request {
            _ if request.watches() => Answer::Watch(with_session(pod("web"), &sent, state)),
            _ if request.is("GET", "/pods/web") && sent.is_object() => {
                Answer::Object(200, with_session(pod("web"), &sent, state))
            }
            _ if request.is("GET", "/exec") || request.is("GET", "/attach") => {
                Answer::Refuse { input: false }
            }
            _ if request.is("GET", "/log") => Answer::Text("what it wrote\n"),
            _ => usual(request),
        }
    })
    .await;
    let output = api.debug("web -i -- /tool", "").await;
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    assert_eq!(output.stdout, b"what it wrote\n", "{output:?}");
}
