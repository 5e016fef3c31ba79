//! The three pages, over a real socket.

use prometheus::IntCounter;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::*;

async fn ask(address: SocketAddr, path: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn pages_say_how_it_is() {
    let readiness = Readiness::default();
    let templates = readiness.condition("templates");
    let registry = Registry::new();
    let counter = IntCounter::new("chandler_things_total", "Things.").unwrap();
    registry.register(Box::new(counter.clone())).unwrap();
    counter.inc();
    let admin = AdminArgs { admin_address: "127.0.0.1:0".parse().unwrap() }.bind().await.unwrap();
    let address = admin.address();
    tokio::spawn(admin.serve(readiness, registry));

    assert!(ask(address, "/livez").await.starts_with("HTTP/1.1 200"));
    let waiting = ask(address, "/readyz").await;
    assert!(waiting.starts_with("HTTP/1.1 503") && waiting.ends_with("waiting for templates\n"), "{waiting}");
    templates.hold();
    assert!(ask(address, "/readyz").await.starts_with("HTTP/1.1 200"));
    assert!(ask(address, "/metrics").await.contains("\nchandler_things_total 1\n"));
    assert!(ask(address, "/").await.starts_with("HTTP/1.1 404"));
}

#[tokio::test]
async fn connections_that_never_speak_keep_nobody_out_for_long() {
    let admin = AdminArgs { admin_address: "127.0.0.1:0".parse().unwrap() }.bind().await.unwrap();
    let address = admin.address();
    tokio::spawn(admin.serve(Readiness::default(), Registry::new()));
    let mut silent = Vec::new();
    for _ in 0..CONNECTIONS {
        silent.push(TcpStream::connect(address).await.unwrap());
    }
    let answer = tokio::time::timeout(HEADER * 4, ask(address, "/livez")).await;
    assert!(answer.expect("silent connections are hung up on").starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn connections_that_never_read_keep_nobody_out_for_long() {
    let registry = Registry::new();
    // More than the sockets between the two can hold.
    let help = "a".repeat(32 << 20);
    registry.register(Box::new(IntCounter::new("chandler_things_total", help).unwrap())).unwrap();
    let admin = AdminArgs { admin_address: "127.0.0.1:0".parse().unwrap() }.bind().await.unwrap();
    let address = admin.address();
    tokio::spawn(admin.serve(Readiness::default(), registry));
    let mut deaf = Vec::new();
    for _ in 0..CONNECTIONS {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(b"GET /metrics HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
        deaf.push(stream);
    }
    let answer = tokio::time::timeout(CONNECTION * 4, ask(address, "/livez")).await;
    assert!(answer.expect("who does not read is hung up on").starts_with("HTTP/1.1 200"));
}
