//! Ten thousand malformed requests: each gets the status that docs/operating.md names, the next good one is answered, and
//! neither memory nor connections are left behind.

use chandler_injector::MAX_REVIEW_SIZE;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;

use crate::client::{Client, Seen, exchange, post, read_answer};
use crate::target::{Target, review};

/// Clients at once.
const CLIENTS: usize = 8;

/// Requests of each kind that costs little, by a client: with the others more than ten thousand.
const EACH: usize = 70;

/// Requests of those that cost megabytes, or a connection each, by a client.
const EACH_LARGE: usize = 4;

/// Bytes from which on a request may be one too many.
const LARGE: usize = 1 << 20;

/// Memory at the end beside that after a first round of everything, and bytes that do not count: threads are there by then,
/// and of what large bodies took the allocator keeps some for the next.
const GROWTH: f64 = 1.3;
const SLACK: u64 = 8 << 20;

/// How often memory is looked at: the least counts, since the allocator gives back late.
const LOOKS: usize = 20;

/// A kind of request over HTTP/1.1 and TLS.
struct Kind {
    name: &'static str,
    request: Vec<u8>,
    expected: u16,
    each: usize,
}

fn kind(name: &'static str, request: Vec<u8>, expected: u16) -> Kind {
    Kind { name, request, expected, each: EACH }
}

/// What is no review, and the status that says so.
fn kinds() -> Vec<Kind> {
    let whole = review();
    let json = |body: &[u8]| post("application/json", body);
    let text = |head: &str| head.replace('\n', "\r\n").into_bytes();
    let changed = |change: fn(&mut Value)| {
        let mut review: Value = serde_json::from_slice(&whole).unwrap();
        change(&mut review);
        json(review.to_string().as_bytes())
    };
    let long = "a".repeat(100_000);
    vec![
        kind("another media type", post("text/plain", &whole), 415),
        kind("another media type that holds JSON", post("application/json-patch+json", &whole), 415),
        kind("no media type", text("POST /inject HTTP/1.1\nhost: a\ncontent-length: 2\n\n{}"), 415),
        kind("no body", json(b""), 400),
        kind("half of the JSON", json(&whole[..whole.len() / 2]), 400),
        kind("no JSON", json(b"\x00\xff\xfe{"), 400),
        kind("a compressed body", json(b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xab\xae\x05\x00"), 400),
        kind("bytes that are no text", json(b"{\"kind\": \"\xc3\x28\"}"), 400),
        kind("another kind", changed(|review| review["kind"] = json!("Pod")), 400),
        kind("another version", changed(|review| review["apiVersion"] = json!("admission.k8s.io/v9")), 400),
        kind("no request", changed(|review| review["request"] = Value::Null), 400),
        kind("no uid", changed(|review| review["request"]["uid"] = json!("")), 400),
        kind("a uid that is no text", changed(|review| review["request"]["uid"] = json!(7)), 400),
        kind("another path", text("POST /other HTTP/1.1\nhost: a\ncontent-length: 0\n\n"), 404),
        kind("another method", text("GET /inject HTTP/1.1\nhost: a\n\n"), 405),
        kind("a length that is none", text("POST /inject HTTP/1.1\nhost: a\ncontent-length: x\n\n"), 400),
        kind("another protocol", text("HELO localhost\n\n"), 400),
        kind("no protocol", (0..=255).chain(*b"\r\n\r\n").collect(), 400),
        Kind {
            each: EACH_LARGE,
            ..kind("a long header", text(&format!("GET /inject HTTP/1.1\na: {long}\n\n")), 431)
        },
        Kind {
            each: EACH_LARGE,
            ..kind("a long path", text(&format!("GET /{long} HTTP/1.1\nhost: a\n\n")), 431)
        },
        Kind {
            each: EACH_LARGE,
            ..kind("many headers", text(&format!("GET / HTTP/1.1\n{}\n", "a: b\n".repeat(1000))), 431)
        },
        Kind {
            each: EACH_LARGE,
            ..kind("a length that is too much", post_of_length(MAX_REVIEW_SIZE + 1), 413)
        },
        Kind { each: EACH_LARGE, ..kind("an endless length", post_of_length(usize::MAX >> 1), 413) },
        Kind { each: 1, ..kind("a large body", json(&vec![b' '; MAX_REVIEW_SIZE + 1]), 413) },
        Kind { each: 1, ..kind("a large body in chunks", chunked(MAX_REVIEW_SIZE + 1), 413) },
        Kind { each: EACH_LARGE, ..kind("more values than in any pod", json(many_values().as_bytes()), 413) },
        kind("deep JSON", json(nested("").as_bytes()), 400),
        kind("deep JSON in the pod", json(&deep_pod()), 400),
    ]
}

/// A request that says how long it is, and ends there.
fn post_of_length(length: usize) -> Vec<u8> {
    let head = "POST /inject HTTP/1.1\r\nhost: a\r\ncontent-type: application/json";
    format!("{head}\r\ncontent-length: {length}\r\n\r\n").into_bytes()
}

fn chunked(size: usize) -> Vec<u8> {
    let head = "POST /inject HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n";
    let chunk = [b"10000\r\n".as_slice(), &[b' '; 0x1_0000], b"\r\n"].concat();
    [head.as_bytes(), &chunk.repeat(size / 0x1_0000 + 1), b"0\r\n\r\n"].concat()
}

/// Three mebibytes of the smallest values that there are.
fn many_values() -> String {
    let review = String::from_utf8(review()).unwrap();
    review.replace("\"example.com/app:1\"", &format!("[0{}]", ",0".repeat(3 << 19)))
}

/// A hundred thousand brackets around something.
fn nested(inner: &str) -> String {
    format!("{}{inner}{}", "[".repeat(100_000), "]".repeat(100_000))
}

fn deep_pod() -> Vec<u8> {
    let review = String::from_utf8(review()).unwrap();
    review.replace("\"example.com/app:1\"", &nested("")).into_bytes()
}

/// Sends all kinds, each over as few connections as the daemon lets it, and looks at each answer. How many there were.
async fn send_kinds(client: &Client, part: usize) -> usize {
    let mut sent = 0;
    for Kind { name, request, expected, each } in kinds() {
        let mut connection = client.connection();
        for _ in 0..each.div_ceil(part) {
            let seen = connection.ask(&request).await;
            // Several clients send more than there is room for.
            let is_crowded = request.len() > LARGE && seen == Seen::Status(503);
            assert!(is_crowded || seen == Seen::Status(expected), "{name}: {seen:?}");
            sent += 1;
        }
        let next = connection.ask(&post("application/json", &review())).await;
        assert_eq!(next, Seen::Status(200), "the next good request after {name}");
    }
    sent
}

/// Sends what is no request, or no whole one: most of it is answered by hanging up. How many there were.
async fn send_noise(client: &Client) -> usize {
    for round in 0..EACH_LARGE {
        let plain =
            client.ask_without_tls(b"POST /inject HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\n\r\n").await;
        assert_eq!(plain, Seen::HungUp, "HTTP without TLS");
        let noise: Vec<u8> = (0..1000_usize).map(|index| (index * 7919 + round * 104_729) as u8).collect();
        assert_eq!(client.ask_without_tls(&noise).await, Seen::HungUp, "noise without TLS");
        let mut stream = client.connect(b"h2").await;
        let frames = [b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".as_slice(), &noise].concat();
        assert_eq!(exchange(&mut stream, &frames).await.0, Seen::HungUp, "noise in HTTP/2");
        assert_eq!(exchange(&mut client.connect(b"h2").await, &noise).await.0, Seen::HungUp, "no HTTP/2");
        assert_eq!(break_off(client).await, Seen::Status(400), "half of a body");
    }
    EACH_LARGE * 5
}

/// Promises more than it sends, and goes.
async fn break_off(client: &Client) -> Seen {
    let mut stream = client.connect(b"http/1.1").await;
    let whole = post("application/json", &review());
    stream.write_all(&whole[..whole.len() - 10]).await.unwrap();
    stream.shutdown().await.unwrap();
    read_answer(&mut stream).await.0
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_malformed_requests_leave_nothing_behind() {
    let test = "ten_thousand_malformed_requests_leave_nothing_behind";
    let Some(target) = Target::open(test, &[], &[]).await else { return };
    let before = target.usage();
    round(&target.client, 10).await;
    let warm = settled_memory(&target).await;
    let sent = round(&target.client, 1).await;
    let after = settled_memory(&target).await;
    println!(
        "{sent} malformed requests; memory in bytes: {}, after a tenth {warm}, after all {after}",
        before.memory
    );
    assert!(sent > 10_000, "{sent} were sent");
    assert!((after as f64) < warm as f64 * GROWTH + SLACK as f64, "memory grows from {warm} to {after}");
    target.until_files_are_closed(before).await;
}

/// All kinds from several clients at once, each a part of its number.
async fn round(client: &Client, part: usize) -> usize {
    let mut clients = tokio::task::JoinSet::new();
    for _ in 0..CLIENTS {
        let client = client.clone();
        clients.spawn(async move { send_kinds(&client, part).await + send_noise(&client).await });
    }
    clients.join_all().await.into_iter().sum()
}

/// What stays resident while good requests come in.
async fn settled_memory(target: &Target) -> u64 {
    let mut least = u64::MAX;
    for _ in 0..LOOKS {
        target.answers("all of them").await;
        least = least.min(target.usage().memory);
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    least
}
