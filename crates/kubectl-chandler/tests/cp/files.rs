//! Single files and streams.

use std::fs;

use crate::place::{Place, bytes, with_volume};

const LARGE: usize = 200_000_000;

#[tokio::test]
async fn two_hundred_megabytes_go_in_and_come_out_the_same() {
    let Some(place) = Place::open("two_hundred_megabytes_go_in_and_come_out_the_same").await else { return };
    place.pod("bare", "distroless", with_volume).await;
    fs::write(place.here("large"), bytes(LARGE)).unwrap();
    let into = place.cp("large bare:/data/there -o json").await;
    assert_eq!((into.code, into.stderr.as_str()), (0, ""), "{into:?}");
    let out = place.cp("bare:/data/there back -o json").await;
    assert_eq!((out.code, out.stderr.as_str()), (0, ""), "{out:?}");
    assert_eq!(into.value()["files"][0]["sha256"], out.value()["files"][0]["sha256"]);
    assert!(fs::read(place.here("back")).unwrap() == fs::read(place.here("large")).unwrap());
    println!("in {} s, out {} s", into.value()["seconds"], out.value()["seconds"]);
}

#[tokio::test]
async fn file_has_its_mode_and_time_and_the_user_of_the_container() {
    let test = "file_has_its_mode_and_time_and_the_user_of_the_container";
    let Some(place) = Place::open(test).await else { return };
    place.pod("bare", "distroless", with_volume).await;
    fs::write(place.here("f"), b"text").unwrap();
    let file = fs::File::options().append(true).open(place.here("f")).unwrap();
    file.set_modified(std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000)).unwrap();
    let output = place.cp("f bare:/data/").await;
    assert_eq!((output.code, output.stderr.as_str()), (0, ""));
    let told = String::from_utf8(output.stdout).unwrap();
    let sum = "982d9e3eb996f559e633f4d194def3761d909f5a3b647d1a851fead67c32c9d1";
    assert!(told.starts_with(&format!("/data/f: 4 B, SHA-256 {sum}, ")), "{told}");
    let listed = place.in_pod("bare", "stat -c '%n %a %Y %u:%g' /data/* && ls -A /data").await;
    assert_eq!(listed, "/data/f 644 1000000000 65532:65532\nf\n");
}

#[tokio::test]
async fn streams_go_both_ways() {
    let Some(place) = Place::open("streams_go_both_ways").await else { return };
    place.pod("web", "workload", with_volume).await;
    let input = bytes(3_000_000);
    let into = place.cp_with_input("- web:/data/stream", &input).await;
    assert_eq!(into.code, 0, "{into:?}");
    let out = place.cp("web:/data/stream -").await;
    assert_eq!(out.code, 0, "{}", out.stderr);
    assert!(out.stdout == input);
    assert!(out.stderr.starts_with("-: 3.0 MB, SHA-256 "), "{}", out.stderr);
    // A relative path is below the working folder, and what is there is replaced as a whole.
    let into = place.cp_with_input("- pod/web:data/stream", b"short").await;
    assert_eq!(into.code, 0, "{into:?}");
    assert_eq!(place.cp("web:/data/stream - -q").await.stdout, b"short");
    let archive = place.cp("web:/data - -q").await.stdout;
    fs::write(place.here("data.tar"), archive).unwrap();
    let listed = std::process::Command::new("tar").arg("-tf").arg(place.here("data.tar")).output().unwrap();
    assert_eq!(String::from_utf8(listed.stdout).unwrap(), "./\n./stream\n");
}
