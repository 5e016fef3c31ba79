//! A shell and an editor at a terminal.

use chandler_debugger::script;
use chandler_e2e::{Needs, Scene};
use k8s_openapi::api::core::v1::Pod;
use kube::Api;
use kube::api::AttachParams;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::session::{BOUND, Session, code_of, container, general, run_pod};

/// What a person waits for, and then types.
const TALK: [(&str, &str); 4] = [
    ("bare/app:/$ ", "vi /etc/passwd\r"),
    ("nonroot:x:65532", ":q\r"),
    ("bare/app:/$ ", "echo $HISTFILE$((6 * 7)); cd /etc\r"),
    ("bare/app:/etc$ ", "exit 5\r"),
];

#[tokio::test]
async fn shell_has_a_prompt_and_an_editor_opens_and_closes() {
    let test = "shell_has_a_prompt_and_an_editor_opens_and_closes";
    let Some(scene) = Scene::open(Needs::Node, test).await.unwrap() else { return };
    run_pod(&scene, "bare", json!({"containers": [container("app", "distroless")]})).await;
    for (image, name) in [("toolbox", "one"), ("workload", "two")] {
        let mut made = container(name, image);
        made["securityContext"] = general();
        let session = Session::open_as(&scene, ("bare", "app"), (name, 600), made).await;
        let mut words = script::enter(&session.entry(&[]));
        words.splice(..0, ["env".to_owned(), "TERM=xterm".to_owned()]);
        let (code, seen) = tokio::time::timeout(BOUND, talk(&session, &words)).await.unwrap();
        assert_eq!(code, 5, "{seen}");
        assert!(seen.contains("42\r\n"), "{seen:?}");
    }
}

/// Types each answer when what comes before it is seen. Gives the exit code and all that was seen.
async fn talk(session: &Session<'_>, words: &[String]) -> (i32, String) {
    let pods: Api<Pod> = session.scene.api();
    let parameters = AttachParams::interactive_tty().container(session.name);
    let mut process = pods.exec(session.pod, words, &parameters).await.unwrap();
    let status = process.take_status().unwrap();
    let (mut output, mut input) = (process.stdout().unwrap(), process.stdin().unwrap());
    let (mut seen, mut from) = (Vec::new(), 0);
    for (awaited, answer) in TALK {
        while !String::from_utf8_lossy(&seen[from..]).contains(awaited) {
            let read = output.read_buf(&mut seen).await.unwrap();
            assert_ne!(read, 0, "{awaited:?} did not come: {:?}", String::from_utf8_lossy(&seen));
        }
        from = seen.len();
        input.write_all(answer.as_bytes()).await.unwrap();
    }
    output.read_to_end(&mut seen).await.unwrap();
    (code_of(status.await.unwrap()), String::from_utf8_lossy(&seen).into_owned())
}
