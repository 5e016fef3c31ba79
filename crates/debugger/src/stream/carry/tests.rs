//! The protocol against a server that a test plays: what a real one does not do when it is asked to.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures_util::SinkExt as _;
use tokio::io::{AsyncReadExt as _, DuplexStream, duplex};
use tokio::task::JoinHandle;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::Role;

use super::*;

const SUCCESS: &[u8] = b"\x03{\"status\":\"Success\"}";

const REFUSAL: &[u8] =
    b"\x03{\"status\":\"Failure\",\"code\":500,\"message\":\"container not found (\\\"a\\\")\"}";

type Server = WebSocketStream<DuplexStream>;
type Carried = JoinHandle<Result<Ending, StreamError>>;

/// A stream, and the server at its other end.
async fn connected(has_close: bool, io: Io, is_alive: bool) -> (Carried, Server) {
    connected_telling(has_close, io, is_alive, || ()).await
}

async fn connected_telling(
    has_close: bool,
    io: Io,
    is_alive: bool,
    begun: impl FnOnce() + Send + 'static,
) -> (Carried, Server) {
    let (ours, theirs) = duplex(256 * 1024);
    let socket = WebSocketStream::from_raw_socket(ours, Role::Client, None).await;
    let server = WebSocketStream::from_raw_socket(theirs, Role::Server, None).await;
    let prober: Prober = Box::new(move || Box::pin(std::future::ready(is_alive)));
    (tokio::spawn(carry(Connection { socket, has_close }, io, prober, Box::new(begun))), server)
}

fn io(stdin: Option<&'static [u8]>) -> Io {
    Io {
        stdin: stdin.map(|bytes| Box::new(bytes) as Box<_>),
        stdout: Box::new(tokio::io::sink()),
        stderr: None,
        sizes: None,
    }
}

async fn say(server: &mut Server, message: &'static [u8]) {
    server.send(Message::Binary(Bytes::from_static(message))).await.unwrap();
}

/// The next message that is no ping.
async fn heard(server: &mut Server) -> Bytes {
    loop {
        let message = server.next().await.unwrap().unwrap();
        if message.is_binary() {
            return message.into_data();
        }
    }
}

#[tokio::test]
async fn input_is_followed_by_its_end() {
    let (carried, mut server) = connected(true, io(Some(b"hello")), true).await;
    assert_eq!(heard(&mut server).await.as_ref(), b"\x00hello");
    assert_eq!(heard(&mut server).await.as_ref(), [255, 0]);
    say(&mut server, SUCCESS).await;
    drop(server);
    assert_eq!(carried.await.unwrap().unwrap(), Ending { code: 0 });
}

#[tokio::test]
async fn an_end_that_was_told_counts_whatever_becomes_of_the_connection() {
    let (mut carried, mut server) = connected(true, io(None), true).await;
    say(&mut server, SUCCESS).await;
    // The server neither closes the connection nor says anything more.
    assert_eq!((&mut carried).await.unwrap().unwrap(), Ending { code: 0 });
}

#[tokio::test]
async fn output_is_written_whole_before_the_end_is_told() {
    let (stdout, mut reader) = duplex(1);
    let (carried, mut server) = connected(true, Io { stdout: Box::new(stdout), ..io(None) }, true).await;
    say(&mut server, SUCCESS).await;
    say(&mut server, b"\x01after the status").await;
    drop(server);
    let mut shown = String::new();
    reader.read_to_string(&mut shown).await.unwrap();
    assert_eq!(shown, "after the status");
    assert_eq!(carried.await.unwrap().unwrap(), Ending { code: 0 });
}

#[tokio::test]
async fn a_connection_that_ends_without_a_status_is_lost() {
    for closes in [true, false] {
        let (carried, mut server) = connected(true, io(None), true).await;
        say(&mut server, b"\x01some output").await;
        if closes {
            server.close(None).await.unwrap();
        }
        drop(server);
        assert!(matches!(carried.await.unwrap(), Err(StreamError::Lost)));
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_answers_pings_is_not_silent_however_quiet_the_command_is() {
    let (carried, mut server) = connected(true, io(None), false).await;
    let start = tokio::time::Instant::now();
    while start.elapsed() < Duration::from_secs(3600) {
        // Each read answers a ping.
        assert!(server.next().await.unwrap().unwrap().is_ping());
        server.flush().await.unwrap();
    }
    say(&mut server, SUCCESS).await;
    drop(server);
    assert_eq!(carried.await.unwrap().unwrap(), Ending { code: 0 });
}

#[tokio::test(start_paused = true)]
async fn a_server_that_does_not_answer_is_silent_within_a_minute() {
    let (carried, _server) = connected(true, io(Some(b"typed")), true).await;
    let ended = tokio::time::timeout(Duration::from_secs(59), carried).await.unwrap().unwrap();
    assert!(matches!(ended, Err(StreamError::Silent)));
}

#[tokio::test(start_paused = true)]
async fn with_much_input_on_the_way_silence_counts_if_the_server_is_silent_elsewhere_too() {
    for is_alive in [true, false] {
        let stdin: Box<dyn AsyncRead + Send + Unpin> = Box::new(tokio::io::repeat(b'y'));
        let (carried, _server) = connected(true, Io { stdin: Some(stdin), ..io(None) }, is_alive).await;
        match tokio::time::timeout(Duration::from_secs(300), carried).await {
            Ok(ended) => assert!(!is_alive && matches!(ended.unwrap(), Err(StreamError::Silent))),
            Err(_) => assert!(is_alive),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn version_4_carries_output_after_the_input_has_ended() {
    let (carried, mut server) = connected(false, io(Some(b"x")), true).await;
    assert_eq!(heard(&mut server).await.as_ref(), b"\x00x");
    tokio::time::sleep(Duration::from_secs(20)).await;
    say(&mut server, b"\x01done").await;
    say(&mut server, SUCCESS).await;
    drop(server);
    assert_eq!(carried.await.unwrap().unwrap(), Ending { code: 0 });
}

#[tokio::test(start_paused = true)]
async fn version_4_does_not_wait_for_ever_for_a_command_that_cannot_know() {
    let (carried, mut server) = connected(false, io(Some(b"x")), true).await;
    let answering =
        tokio::spawn(async move { while server.next().await.is_some_and(|heard| heard.is_ok()) {} });
    let ended = tokio::time::timeout(Duration::from_secs(120), carried).await.unwrap().unwrap();
    assert!(matches!(ended, Err(StreamError::InputEndUntold)), "{ended:?}");
    answering.await.unwrap();
}

#[tokio::test]
async fn version_4_ends_the_input_of_a_terminal_as_a_person_does() {
    let (_open, sizes) = tokio::sync::mpsc::channel(1);
    let (_carried, mut server) = connected(false, Io { sizes: Some(sizes), ..io(Some(b"x")) }, true).await;
    assert_eq!(heard(&mut server).await.as_ref(), b"\x00x");
    assert_eq!(heard(&mut server).await.as_ref(), [0, 4]);
}

#[tokio::test]
async fn a_size_comes_before_what_is_typed() {
    let (resize, sizes) = tokio::sync::mpsc::channel(1);
    resize.send(crate::stream::Size { columns: 80, rows: 24 }).await.unwrap();
    let (_carried, mut server) = connected(true, Io { sizes: Some(sizes), ..io(Some(b"x")) }, true).await;
    assert_eq!(heard(&mut server).await.as_ref(), b"\x04{\"Width\":80,\"Height\":24}");
    assert_eq!(heard(&mut server).await.as_ref(), b"\x00x");
}

/// What of a stream comes to its end, and whether the command has begun before.
async fn told(message: &'static [u8]) -> (Result<Ending, StreamError>, bool) {
    let begun = Arc::new(AtomicBool::new(false));
    let tell = Arc::clone(&begun);
    let (carried, mut server) =
        connected_telling(true, io(None), true, move || tell.store(true, Ordering::Relaxed)).await;
    // An API server that translates says that the channel is there before it asks the kubelet.
    say(&mut server, b"\x01").await;
    say(&mut server, message).await;
    drop(server);
    (carried.await.unwrap(), begun.load(Ordering::Relaxed))
}

#[tokio::test]
async fn a_stream_that_is_refused_after_it_was_opened_has_not_begun() {
    let (ended, begun) = told(REFUSAL).await;
    assert!(matches!(ended, Err(StreamError::NotRunning { .. })) && !begun, "{ended:?} {begun}");
}

#[tokio::test]
async fn a_command_that_wrote_something_was_not_refused_whatever_is_said() {
    let (carried, mut server) = connected(true, io(None), true).await;
    say(&mut server, b"\x01x").await;
    say(&mut server, REFUSAL).await;
    drop(server);
    assert!(matches!(carried.await.unwrap(), Err(StreamError::Lost)));
}

#[tokio::test]
async fn output_and_an_end_both_tell_that_the_command_has_begun() {
    assert!(told(SUCCESS).await.1);
    assert!(told(b"\x01x").await.1);
    assert!(told(b"\x02x").await.1);
}

#[tokio::test(start_paused = true)]
async fn a_command_that_only_waits_has_begun_when_nobody_says_otherwise() {
    let (tell, told) = tokio::sync::oneshot::channel();
    let begun = || tell.send(()).unwrap();
    let (_carried, _server) = connected_telling(true, io(None), true, begun).await;
    tokio::time::timeout(Duration::from_secs(20), told).await.unwrap().unwrap();
}
