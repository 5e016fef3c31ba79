//! A daemon that may open no more files.

use std::time::Duration;

use chandler_e2e::{Wait, wait_for};
use tokio::net::TcpStream;

use crate::target::Target;

/// Files that the daemon may have open.
const FILES: usize = 64;

/// How long it is watched while it has none left, and how much of the processor it may take meanwhile: a loop that asks
/// again at once takes all of it.
const WINDOW: Duration = Duration::from_secs(2);
const PROCESSOR: Duration = Duration::from_millis(500);

#[tokio::test]
async fn daemon_without_files_left_waits_quietly_and_recovers() {
    let test = "daemon_without_files_left_waits_quietly_and_recovers";
    let limit = format!("--nofile={FILES}");
    let Some(target) = Target::open(test, &[], &["prlimit", &limit]).await else { return };
    let mut connections = Vec::new();
    for _ in 0..FILES {
        connections.push(TcpStream::connect(target.client.address).await.unwrap());
    }
    wait_for("the daemon to have no files left", Duration::from_secs(20), async || {
        let log = target.replica.log()?;
        let is_out = log.contains("no connection can be accepted now");
        Ok(if is_out { Wait::Done(()) } else { Wait::NotYet(format!("{:?}", target.usage())) })
    })
    .await
    .unwrap();
    let begin = target.usage().processor;
    // Not a wait: the time over which the processor's is measured.
    tokio::time::sleep(WINDOW).await;
    let used = target.usage().processor - begin;
    println!(
        "without files left the daemon takes {} ms of the processor in {} s",
        used.as_millis(),
        WINDOW.as_secs()
    );
    assert!(used < PROCESSOR, "{} ms", used.as_millis());
    drop(connections);
    target.answers("files are free again").await;
    target.replica.until_ready().await.unwrap();
}
