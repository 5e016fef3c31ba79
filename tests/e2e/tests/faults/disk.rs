//! A disk that is full.

use crate::stage::Stage;

/// Bytes that a file may have: enough to say where the daemon listens.
const FILE_SIZE: usize = 600;

#[tokio::test]
async fn daemon_whose_log_finds_no_room_on_the_disk_serves_on() {
    let test = "daemon_whose_log_finds_no_room_on_the_disk_serves_on";
    // Writes fail as on a full disk, instead of ending the process with a signal.
    let limited = format!("trap '' XFSZ; exec prlimit --fsize={FILE_SIZE} \"$@\"");
    let Some(stage) = Stage::open(test, &["sh", "-c", &limited, "sh"]).await else { return };
    for value in ["second", "third", "fourth"] {
        stage.apply(value).await;
        stage.until_label(value).await;
    }
    assert_eq!(stage.replica.log().unwrap().len(), FILE_SIZE, "its log is full");
    stage.replica.until_ready().await.unwrap();
}
