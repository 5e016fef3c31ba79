//! Connections that are lost on the way.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use chandler_debugger::stream::{Io, StreamError, run};
use chandler_e2e::Line;
use kube::Client;
use kube::config::{KubeConfigOptions, Kubeconfig};
use tokio::io::{AsyncReadExt as _, DuplexStream};

use crate::stage::{Stage, both, exec, output_to};

/// What the issue promises.
const WITHIN: Duration = Duration::from_secs(60);

/// A client whose way to the API server goes through a line.
async fn through_a_line(stage: &Stage) -> (Client, Line) {
    let kubeconfig = Kubeconfig::read_from(stage.scene.kubeconfig()).unwrap();
    let mut config =
        kube::Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await.unwrap();
    let server: SocketAddr = config.cluster_url.authority().unwrap().as_str().parse().unwrap();
    let line = Line::open(vec![server]).await.unwrap();
    config.cluster_url = format!("https://{}", line.address()).parse().unwrap();
    (Client::try_from(config).unwrap(), line)
}

/// What a command's stream ends with, when something happens after its first line.
async fn error_after(stage: &Stage, io: (Io, DuplexStream), what: impl FnOnce(&Line)) -> StreamError {
    let (client, line) = through_a_line(stage).await;
    let (io, mut output) = io;
    let command = exec(&["sh", "-c", "echo begun; sleep 300"]);
    let begun = async {
        let mut first = [0; 6];
        output.read_exact(&mut first).await.unwrap();
        what(&line);
        output
    };
    let start = Instant::now();
    let (ended, _open) =
        tokio::time::timeout(WITHIN, async { tokio::join!(run(&client, &stage.to, &command, io), begun) })
            .await
            .expect("nobody noticed");
    println!("noticed after {:?}", start.elapsed());
    ended.unwrap_err()
}

fn without_input() -> (Io, DuplexStream) {
    let (theirs, ours) = tokio::io::duplex(1024);
    (output_to(theirs), ours)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_is_cut_is_lost_and_no_end() {
    let Some(stage) = Stage::open("a_connection_that_is_cut_is_lost_and_no_end").await else { return };
    let error = error_after(&stage, without_input(), Line::cut).await;
    assert_eq!((error.reason(), error.exit_code()), ("Lost", 255));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_freezes_is_noticed_within_a_minute() {
    let Some(stage) = Stage::open("a_connection_that_freezes_is_noticed_within_a_minute").await else {
        return;
    };
    let error = error_after(&stage, without_input(), Line::freeze).await;
    assert_eq!((error.reason(), error.exit_code()), ("Silent", 255));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_freezes_with_much_input_on_the_way_is_noticed_too() {
    let test = "a_connection_that_freezes_with_much_input_on_the_way_is_noticed_too";
    let Some(stage) = Stage::open(test).await else { return };
    let (theirs, ours) = tokio::io::duplex(1024);
    let error = error_after(&stage, (both(tokio::io::repeat(b'y'), theirs), ours), Line::freeze).await;
    assert_eq!((error.reason(), error.exit_code()), ("Silent", 255));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_waits_for_a_command_that_reads_nothing_is_not_taken_for_dead() {
    let test = "a_server_that_waits_for_a_command_that_reads_nothing_is_not_taken_for_dead";
    let Some(stage) = Stage::open(test).await else { return };
    // More than all pipes hold: the server cannot answer a ping before the command reads.
    let io = both(tokio::io::repeat(b'y').take(30_000_000), tokio::io::sink());
    let ending = stage.run(&["sh", "-c", "sleep 45; cat >/dev/null; exit 5"], io).await.unwrap();
    assert_eq!(ending.code, 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_api_server_that_cannot_be_reached_is_told() {
    let Some(stage) = Stage::open("an_api_server_that_cannot_be_reached_is_told").await else { return };
    let (client, line) = through_a_line(&stage).await;
    line.cut();
    let io = output_to(tokio::io::sink());
    let error = run(&client, &stage.to, &exec(&["true"]), io).await.unwrap_err();
    assert_eq!((error.reason(), error.exit_code()), ("Unreachable", 125), "{error}");
}
