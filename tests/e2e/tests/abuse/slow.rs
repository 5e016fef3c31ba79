//! Clients that hold connections and do nothing with them, or little.

use std::time::Duration;

use tokio::io::{AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::client::{Client, Seen, post, read_answer};
use crate::target::{Target, review};

/// How many slow clients there are of each kind.
const SLOW: usize = 30;

/// Room for connections of a daemon that is to run out of it.
const ROOM: usize = 40;

/// How often a slow client sends a byte.
const PAUSE: Duration = Duration::from_millis(500);

/// Begins with those bytes, and then sends one at a time until the other side has had enough.
async fn send_slowly(client: Client, begin: Vec<u8>) -> Seen {
    let stream = client.connect(b"http/1.1").await;
    let (mut reader, mut writer) = tokio::io::split(stream);
    writer.write_all(&begin).await.unwrap();
    let (seen, ()) = tokio::select! {
        (seen, _) = read_answer(&mut reader) => (seen, ()),
        () = trickle(&mut writer) => panic!("nobody had enough"),
    };
    seen
}

async fn trickle(writer: &mut (impl AsyncWrite + Unpin)) {
    loop {
        tokio::time::sleep(PAUSE).await;
        // Where the other side has hung up, the reader sees it.
        let _ = writer.write_all(b"a").await;
        let _ = writer.flush().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn slow_clients_are_given_up_and_others_are_answered_meanwhile() {
    let test = "slow_clients_are_given_up_and_others_are_answered_meanwhile";
    let Some(target) = Target::open(test, &[], &[]).await else { return };
    let before = target.usage();
    let whole = post("application/json", &review());
    let head = whole.windows(4).position(|window| window == b"\r\n\r\n").unwrap() + 4;
    // A length that one byte at a time does not reach.
    let promise = String::from_utf8_lossy(&whole[..head]).replace("content-length: ", "content-length: 9");
    let kinds = [
        ("a slow header", b"POST /inject HTTP/1.1\r\nx: ".to_vec(), Seen::HungUp),
        ("a slow body", promise.into_bytes(), Seen::Status(408)),
    ];
    let slow: Vec<_> = kinds
        .iter()
        .flat_map(|kind| std::iter::repeat_n(kind, SLOW))
        .map(|(name, begin, expected)| {
            (*name, *expected, tokio::spawn(send_slowly(target.client.clone(), begin.clone())))
        })
        .collect();
    let silent = open_silent(&target.client, SLOW).await;
    target.answers("slow clients have begun").await;
    for (name, expected, seen) in slow {
        assert_eq!(seen.await.unwrap(), expected, "{name}");
    }
    target.answers("slow clients").await;
    drop(silent);
    target.until_files_are_closed(before).await;
}

#[tokio::test]
async fn more_silent_connections_than_there_is_room_for_keep_nobody_out_for_long() {
    let test = "more_silent_connections_than_there_is_room_for_keep_nobody_out_for_long";
    let room = format!("--max-connections={ROOM}");
    let Some(target) = Target::open(test, &[&room], &[]).await else { return };
    let silent = open_silent(&target.client, ROOM + SLOW).await;
    // It waits behind all of them; the daemon hangs up on each that never speaks.
    target.answers("silent connections").await;
    drop(silent);
}

async fn open_silent(client: &Client, count: usize) -> Vec<TcpStream> {
    let mut silent = Vec::new();
    for _ in 0..count {
        silent.push(TcpStream::connect(client.address).await.unwrap());
    }
    silent
}
