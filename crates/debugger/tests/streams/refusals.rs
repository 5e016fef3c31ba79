//! Streams that cannot be had, and why, in the words of who refuses.

use chandler_debugger::stream::{Destination, StreamError, run};
use chandler_e2e::{Wait, wait_for};
use kube::Client;
use kube::config::{KubeConfigOptions, Kubeconfig};

use crate::stage::{BOUND, Stage, exec, output_to};

async fn refused(client: &Client, to: &Destination, command: &[&str]) -> StreamError {
    run(client, to, &exec(command), output_to(tokio::io::sink())).await.unwrap_err()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_had_is_told_by_its_reason() {
    let Some(stage) = Stage::open("what_cannot_be_had_is_told_by_its_reason").await else { return };
    let client = stage.client();

    let nowhere = Destination { pod: "nowhere".to_owned(), ..stage.to.clone() };
    let error = refused(client, &nowhere, &["true"]).await;
    assert_eq!(
        (error.reason(), error.to_string().as_str()),
        ("NotFound", "not found: pods \"nowhere\" not found")
    );

    let error = refused(client, &stage.container("nobody"), &["true"]).await;
    assert_eq!(error.reason(), "Refused", "{error}");
    assert!(error.to_string().contains("container nobody is not valid for pod target"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_container_that_has_ended_is_not_running() {
    let Some(stage) = Stage::open("a_container_that_has_ended_is_not_running").await else { return };
    let ended = stage.container("ended");
    wait_for("the container to have ended", BOUND, async || {
        match run(stage.client(), &ended, &exec(&["true"]), output_to(tokio::io::sink())).await {
            Err(StreamError::NotRunning { message }) if message.contains("not found") => Ok(Wait::Done(())),
            Ok(_) | Err(StreamError::NotRunning { .. }) => Ok(Wait::NotYet("it runs".to_owned())),
            Err(error) => Err(error.into()),
        }
    })
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_that_cannot_run_has_the_code_of_a_shell() {
    let Some(stage) = Stage::open("a_command_that_cannot_run_has_the_code_of_a_shell").await else { return };
    for (command, code) in
        [("nothing-of-that-name", 127), ("/nothing", 127), ("/etc", 126), ("/etc/passwd", 126)]
    {
        let error = refused(stage.client(), &stage.to, &[command]).await;
        assert_eq!((error.reason(), error.exit_code()), ("CannotRun", code), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_is_told_so_in_the_words_of_the_api_server() {
    let Some(stage) = Stage::open("who_may_not_is_told_so_in_the_words_of_the_api_server").await else {
        return;
    };
    let kubeconfig = Kubeconfig::read_from(stage.scene.kubeconfig()).unwrap();
    let mut config =
        kube::Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await.unwrap();
    config.auth_info.impersonate = Some("nobody".to_owned());
    let error = refused(&Client::try_from(config).unwrap(), &stage.to, &["true"]).await;
    assert_eq!(error.reason(), "Forbidden", "{error}");
    let words = "pods \"target\" is forbidden: User \"nobody\" cannot";
    assert!(error.to_string().contains(words), "{error}");
}
