//! Clients that take what room there is, for connections and for bodies, and then do nothing.

use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

use crate::client::{Client, Seen, exchange, post, read_answer};
use crate::target::{Target, review};

/// Room for connections.
const ROOM: usize = 40;

/// Bodies that stall, and what each sends before that: more together than the daemon has room for.
const STALLED: usize = 40;
const SENT: usize = 1 << 20;

/// A connection over which those bytes were sent.
async fn send(client: &Client, bytes: &[u8]) -> TlsStream<TcpStream> {
    let mut stream = client.connect(b"http/1.1").await;
    stream.write_all(bytes).await.unwrap();
    stream.flush().await.unwrap();
    stream
}

#[tokio::test]
async fn connections_that_are_idle_or_stall_make_room_for_others() {
    let test = "connections_that_are_idle_or_stall_make_room_for_others";
    let room = format!("--max-connections={ROOM}");
    let Some(target) = Target::open(test, &[&room], &[]).await else { return };
    let whole = post("application/json", &review());
    let mut idle = Vec::new();
    for _ in 0..ROOM * 2 {
        let mut stream = target.client.connect(b"http/1.1").await;
        assert_eq!(exchange(&mut stream, &whole).await, (Seen::Status(200), true));
        idle.push(stream);
    }
    target.answers("idle connections").await;
    let mut stalled = Vec::new();
    for _ in 0..ROOM * 2 {
        stalled.push(send(&target.client, &whole[..whole.len() - 1]).await);
    }
    target.answers("requests that stall").await;
    // The one that came last has had no reason to go yet, so nobody has waited for all of them to be given up.
    let last = stalled.last_mut().unwrap();
    last.write_all(&whole[whole.len() - 1..]).await.unwrap();
    last.flush().await.unwrap();
    assert_eq!(read_answer(last).await.0, Seen::Status(200));
}

#[tokio::test]
async fn large_bodies_that_stall_keep_no_other_waiting() {
    let test = "large_bodies_that_stall_keep_no_other_waiting";
    let Some(target) = Target::open(test, &[], &[]).await else { return };
    let padded = |size: usize| post("application/json", &[review(), vec![b' '; size]].concat());
    let large = padded(2 * SENT);
    let mut stalled = Vec::new();
    for _ in 0..STALLED {
        stalled.push(send(&target.client, &large[..SENT]).await);
    }
    assert_eq!(target.client.ask(&large).await, Seen::Status(200));
    // As above.
    let last = stalled.last_mut().unwrap();
    last.write_all(&large[SENT..]).await.unwrap();
    last.flush().await.unwrap();
    assert_eq!(read_answer(last).await.0, Seen::Status(200));
    let first = stalled.first_mut().unwrap();
    assert_eq!(read_answer(first).await.0, Seen::Status(503), "it began first");
}
