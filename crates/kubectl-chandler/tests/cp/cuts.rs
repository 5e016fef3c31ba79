//! A connection that is cut in the middle.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use chandler_e2e::{Line, Wait, wait_for};
use rustix::process::{Pid, Signal, kill_process};
use tokio::io::AsyncWriteExt as _;

use crate::place::{Place, bytes, with_volume};

const SIZE: usize = 100_000_000;

/// A line to the API server, and a kubeconfig that leads through it.
async fn line(place: &Place) -> (Line, SocketAddr, PathBuf) {
    let text = fs::read_to_string(place.scene.kubeconfig()).unwrap();
    let start = text.find("https://127.0.0.1:").unwrap() + "https://".len();
    let address: String =
        text[start..].chars().take_while(|it| it.is_ascii_digit() || ".:".contains(*it)).collect();
    let target: SocketAddr = address.parse().unwrap();
    let line = Line::open(vec![target]).await.unwrap();
    let path = place.here("kubeconfig");
    fs::write(&path, text.replace(&address, &line.address().to_string())).unwrap();
    (line, target, path)
}

/// Cuts the line when a file has so many bytes.
async fn cut_at(line: &Line, path: &Path, size: u64) {
    wait_for("the transfer to be on its way", Duration::from_secs(60), async || {
        let there = fs::metadata(path).map(|found| found.len()).unwrap_or_default();
        Ok(if there > size { Wait::Done(()) } else { Wait::NotYet(there.to_string()) })
    })
    .await
    .unwrap();
    line.cut();
}

#[tokio::test]
async fn copy_out_that_is_cut_goes_on_by_itself_and_in_another_run() {
    let test = "copy_out_that_is_cut_goes_on_by_itself_and_in_another_run";
    let Some(place) = Place::open(test).await else { return };
    place.pod("web", "workload", with_volume).await;
    fs::write(place.here("large"), bytes(SIZE)).unwrap();
    assert_eq!(place.cp("large web:/data/large").await.code, 0);
    let (line, target, kubeconfig) = line(&place).await;
    let words = "cp --image chandler.dev/toolbox:test web:/data/large back -o json";
    let unfinished = place.here(".back.chandler-part");

    let no_retries = format!("{words} --retries 0");
    let (cut, ()) =
        tokio::join!(place.run(&no_retries, &kubeconfig, &[]), cut_at(&line, &unfinished, 10_000_000));
    assert_eq!((cut.code, &cut.value()["error"]["reason"]), (255, &"Lost".into()), "{cut:?}");
    assert!(!place.here("back").exists());
    let kept = fs::metadata(&unfinished).unwrap().len();

    line.lead_to(vec![target]);
    let cut = async {
        cut_at(&line, &unfinished, kept + 10_000_000).await;
        line.lead_to(vec![target]);
    };
    let (done, ()) = tokio::join!(place.run(words, &kubeconfig, &[]), cut);
    assert_eq!(done.code, 0, "{done:?}");
    assert!(done.stderr.contains("try 1 of 5 to go on"), "{}", done.stderr);
    assert!(done.value()["resumedBytes"].as_u64().unwrap() > kept + 10_000_000, "{done:?}");
    assert!(fs::read(place.here("back")).unwrap() == bytes(SIZE));
    assert!(!unfinished.exists());
}

#[tokio::test]
async fn copy_in_that_is_cut_goes_on_and_shows_nothing_before_it_is_whole() {
    let test = "copy_in_that_is_cut_goes_on_and_shows_nothing_before_it_is_whole";
    let Some(place) = Place::open(test).await else { return };
    place.pod("web", "workload", with_volume).await;
    fs::create_dir(place.here("tree")).unwrap();
    fs::write(place.here("tree/a"), bytes(SIZE)).unwrap();
    fs::write(place.here("tree/b"), bytes(1000)).unwrap();
    let (line, target, kubeconfig) = line(&place).await;
    let words = "cp --image chandler.dev/toolbox:test tree web:/data/new -o json --retries 0";
    let run = place.run(words, &kubeconfig, &[]);
    let cut = async {
        let grown = "i=0; while [ $i -lt 3000 ]; do s=$(stat -c %s /data/.chandler-cp-*/a 2>/dev/null) && [ $s -gt 5000000 ] && break; i=$((i + 1)); done; ls /data";
        assert_eq!(place.in_pod("web", grown).await, "");
        line.cut();
    };
    let (cut, ()) = tokio::join!(run, cut);
    assert_eq!(cut.code, 255, "{cut:?}");
    line.lead_to(vec![target]);
    let done = place.run(words, &kubeconfig, &[]).await;
    assert_eq!(done.code, 0, "{done:?}");
    assert!(done.value()["resumedBytes"].as_u64().unwrap() > 5_000_000, "{done:?}");
    assert_eq!(place.in_pod("web", "ls -A /data; stat -c %s /data/new/a").await, format!("new\n{SIZE}\n"));
}

#[tokio::test]
async fn stream_that_a_signal_ends_leaves_nothing_in_the_container() {
    let test = "stream_that_a_signal_ends_leaves_nothing_in_the_container";
    let Some(place) = Place::open(test).await else { return };
    place.pod("web", "workload", with_volume).await;
    assert_eq!(place.cp_with_input("- web:/data/first", b"text").await.code, 0);
    let words = "cp --image chandler.dev/toolbox:test - web:/data/second";
    let mut child = place.start(words, place.scene.kubeconfig());
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(&bytes(100_000)).await.unwrap();
    let begun = "i=0; until [ -e \"$(echo /data/.chandler-cp-*/file)\" ] || [ $i -gt 3000 ]; do i=$((i + 1)); done; ls -A /data | wc -l";
    assert_eq!(place.in_pod("web", begun).await.trim(), "2");
    kill_process(Pid::from_raw(child.id().unwrap().cast_signed()).unwrap(), Signal::TERM).unwrap();
    let output = child.wait_with_output().await.unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), told.trim_end()), (Some(128 + 15), "error: ended by a signal"));
    assert_eq!(place.in_pod("web", "ls -A /data").await, "first\n");
}
