//! A session lives while it is used, and leaves nothing.

use chandler_e2e::{Needs, Scene};
use k8s_openapi::api::core::v1::Pod;
use kube::Api;
use serde_json::{Value, json};

use crate::session::{LONG, Session, container, general, run_pod, state_of, wait_in};

/// Some limit that a command can outlast.
const IDLE: u32 = 3;

fn toolbox(image: &str) -> Value {
    let mut made = container("", image);
    made["securityContext"] = general();
    made
}

#[tokio::test]
async fn idle_session_ends_and_a_used_one_does_not() {
    let test = "idle_session_ends_and_a_used_one_does_not";
    let Some(scene) = Scene::open(Needs::Node, test).await.unwrap() else { return };
    run_pod(&scene, "bare", json!({"containers": [container("app", "distroless")]})).await;
    let pod = ("bare", "app");
    let other = Session::open_as(&scene, pod, ("other", LONG), toolbox("toolbox")).await;
    let used = Session::open_as(&scene, pod, ("used", IDLE), toolbox("toolbox")).await;
    let small = Session::open_as(&scene, pod, ("small", IDLE), toolbox("workload")).await;
    // A session has no end while a command runs, whatever that did to its environment.
    let long = format!("exec env -i $(command -v sleep) {}", IDLE * 3);
    let (one, two, three) = tokio::join!(used.sh(&long), used.sh(&long), small.sh(&long));
    assert_eq!([one.clean(), two.clean(), three.clean()], ["", "", ""]);
    for name in ["used", "small"] {
        let code = wait_in(&scene, "bare", "the session ends", |pod| {
            state_of(pod, name)?["terminated"]["exitCode"].as_i64()
        });
        assert_eq!(code.await, 0, "{name}");
    }
    // Neither ended what is not its own, nor left anything for the target's process to bury.
    assert_eq!(leftovers(&other).await, ["S sleep"], "its own");
    let pods: Api<Pod> = scene.api();
    let pod = serde_json::to_value(pods.get("bare").await.unwrap()).unwrap();
    assert_eq!(pod["status"]["containerStatuses"][0]["restartCount"], 0);
    assert!(state_of(&pod, "other").unwrap()["running"].is_object());
}

#[tokio::test]
async fn two_shells_are_in_one_session() {
    let Some(scene) = Scene::open(Needs::Node, "two_shells_are_in_one_session").await.unwrap() else {
        return;
    };
    run_pod(&scene, "bare", json!({"containers": [container("app", "distroless")]})).await;
    let session = Session::open_as(&scene, ("bare", "app"), ("one", LONG), toolbox("toolbox")).await;
    // Each waits for the other.
    let meet = |mine: &str, theirs: &str| {
        format!("touch $TMPDIR/{mine}; until [ -e $TMPDIR/{theirs} ]; do sleep 0.1; done; echo {mine}")
    };
    let (left, right) = (meet("left", "right"), meet("right", "left"));
    let (one, two) = tokio::join!(session.sh(&left), session.sh(&right));
    assert_eq!((one.clean(), two.clean()), ("left\n".to_owned(), "right\n".to_owned()));
}

#[tokio::test]
async fn asked_to_end_a_session_ends_at_once() {
    let test = "asked_to_end_a_session_ends_at_once";
    let Some(scene) = Scene::open(Needs::Node, test).await.unwrap() else { return };
    run_pod(&scene, "bare", json!({"containers": [container("app", "distroless")]})).await;
    let session = Session::open_as(&scene, ("bare", "app"), ("one", LONG), toolbox("toolbox")).await;
    let other = Session::open_as(&scene, ("bare", "app"), ("two", LONG), toolbox("toolbox")).await;
    let end = "kill -TERM $(pgrep -f -o 'eval .*chandler-sleeper')";
    session.exec(&["sh", "-c", end].map(str::to_owned), None).await.clean();
    let ended =
        wait_in(&scene, "bare", "one ended", |pod| state_of(pod, "one")?["terminated"]["exitCode"].as_i64());
    assert_eq!(ended.await, 0);
    assert_eq!(leftovers(&other).await, ["S sleep"], "its own");
}

/// The state and name of each process that sleeps or that nobody buried.
async fn leftovers(session: &Session<'_>) -> Vec<String> {
    let processes = session.run(&["ps", "-e", "-o", "s=,comm="]).await.clean();
    let is_left = |line: &&str| line.starts_with('Z') || line.ends_with(" sleep");
    processes.lines().filter(is_left).map(str::to_owned).collect()
}
