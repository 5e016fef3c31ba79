//! An API server that a test plays.

use std::process::{Output, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chandler_e2e::NO_HOME;
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::{Child, Command};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::Role;

/// A run that takes longer hangs.
const BOUND: Duration = Duration::from_secs(100);

const SUCCESS: &[u8] = br#"{"status":"Success"}"#;
const NOT_RUNNING: &[u8] = br#"{"status":"Failure","code":500,"message":"container not found (\"a\")"}"#;

/// What is asked.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// With the query.
    pub(crate) path: String,
    pub(crate) body: Value,
    key: String,
}

impl Request {
    pub(crate) fn is(&self, method: &str, end: &str) -> bool {
        self.method == method && self.path.split('?').next().is_some_and(|path| path.ends_with(end))
    }

    pub(crate) fn watches(&self) -> bool {
        self.path.contains("watch=true")
    }
}

/// What is answered.
pub(crate) enum Answer {
    Object(u16, Value),
    Text(&'static str),
    /// A change, and no end.
    Watch(Value),
    /// The connection ends, and nothing is said.
    Nothing,
    Never,
    /// A stream that is opened, and refused when `input` has come where that is to be read.
    Refuse {
        input: bool,
    },
    /// A stream of a command that writes what it reads.
    Cat,
}

/// The server, and all that it was asked.
pub(crate) struct Api {
    folder: tempfile::TempDir,
    pub(crate) asked: Arc<Mutex<Vec<Request>>>,
}

impl Api {
    /// Rights and the namespace are answered already.
    pub(crate) async fn serve(answer: impl Fn(&Request) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (answer, all) = (Arc::new(answer), Arc::clone(&asked));
        tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                let (answer, all) = (Arc::clone(&answer), Arc::clone(&all));
                tokio::spawn(async move {
                    let mut connection = connection;
                    let request = read(&mut connection).await;
                    all.lock().unwrap().push(request.clone());
                    let answer = usual(&request).unwrap_or_else(|| answer(&request));
                    say(connection, &request, answer).await;
                });
            }
        });
        let folder = tempfile::tempdir().unwrap();
        let config = json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "a",
            "clusters": [{"name": "a", "cluster": {"server": format!("http://{address}")}}],
            "contexts": [{"name": "a", "context": {"cluster": "a", "user": "a", "namespace": "shop"}}],
            "users": [{"name": "a", "user": {}}],
        });
        std::fs::write(folder.path().join("config"), config.to_string()).unwrap();
        Self { folder, asked }
    }

    /// Starts `debug` with these words.
    pub(crate) fn start(&self, words: &str) -> Child {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kubectl-chandler"));
        command.args(["debug", "--image", "tools:1", "--no-event"]).args(words.split_whitespace());
        command.env("KUBECONFIG", self.folder.path().join("config")).env("HOME", NO_HOME);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.kill_on_drop(true).spawn().unwrap()
    }

    /// Runs `debug` with these words and this input.
    pub(crate) async fn debug(&self, words: &str, input: &str) -> Output {
        let mut child = self.start(words);
        child.stdin.take().unwrap().write_all(input.as_bytes()).await.unwrap();
        tokio::time::timeout(BOUND, child.wait_with_output()).await.unwrap().unwrap()
    }

    pub(crate) fn count(&self, method: &str, end: &str) -> usize {
        self.asked.lock().unwrap().iter().filter(|request| request.is(method, end)).count()
    }
}

fn usual(request: &Request) -> Option<Answer> {
    if request.is("POST", "/selfsubjectaccessreviews") {
        return Some(Answer::Object(201, json!({"status": {"allowed": true}})));
    }
    request.is("GET", "/namespaces/shop").then(|| Answer::Object(200, json!({"metadata": {"name": "shop"}})))
}

async fn read(connection: &mut TcpStream) -> Request {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(connection.read_u8().await.unwrap());
    }
    let head = String::from_utf8(head).unwrap();
    let field = |name: &str| {
        let mut lines = head.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.to_owned())
    };
    let length = field("content-length").map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    connection.read_exact(&mut body).await.unwrap();
    let mut words = head.split_whitespace().map(str::to_owned);
    Request {
        method: words.next().unwrap(),
        path: words.next().unwrap(),
        body: serde_json::from_slice(&body).unwrap_or_default(),
        key: field("sec-websocket-key").unwrap_or_default(),
    }
}

async fn say(mut connection: TcpStream, request: &Request, answer: Answer) {
    let plain = |code: u16, text: &str| {
        format!(
            "HTTP/1.1 {code} A\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{text}",
            text.len()
        )
    };
    match answer {
        Answer::Object(code, object) => write(&mut connection, &plain(code, &object.to_string())).await,
        Answer::Text(text) => write(&mut connection, &plain(200, text)).await,
        Answer::Watch(object) => {
            let event = json!({"type": "MODIFIED", "object": object}).to_string() + "\n";
            let head =
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";
            write(&mut connection, &format!("{head}{:x}\r\n{event}\r\n", event.len())).await;
            std::future::pending::<()>().await;
        }
        Answer::Nothing => {}
        Answer::Never => std::future::pending().await,
        Answer::Refuse { input } => {
            let mut stream = upgrade(connection, request).await;
            while input && heard(&mut stream).await.is_none_or(|message| message.first() != Some(&0)) {}
            end(stream, NOT_RUNNING).await;
        }
        Answer::Cat => {
            let mut stream = upgrade(connection, request).await;
            if request.path.contains("stdin=true") {
                while let Some(mut message) = heard(&mut stream).await.filter(|message| message[0] == 0) {
                    message[0] = 1;
                    stream.send(Message::binary(message)).await.unwrap();
                }
            }
            end(stream, SUCCESS).await;
        }
    }
}

async fn write(connection: &mut TcpStream, text: &str) {
    // Whoever asks may have gone.
    let _ = connection.write_all(text.as_bytes()).await;
}

async fn upgrade(mut connection: TcpStream, request: &Request) -> WebSocketStream<TcpStream> {
    let accept = derive_accept_key(request.key.as_bytes());
    let head = format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {accept}\r\nSec-WebSocket-Protocol: v5.channel.k8s.io\r\n\r\n"
    );
    write(&mut connection, &head).await;
    let mut stream = WebSocketStream::from_raw_socket(connection, Role::Server, None).await;
    // As servers say that the channel is there, before they ask the kubelet.
    stream.send(Message::binary(vec![1])).await.unwrap();
    stream
}

/// The next message of the command's channels; none at the end.
async fn heard(stream: &mut WebSocketStream<TcpStream>) -> Option<Vec<u8>> {
    loop {
        match stream.next().await?.ok()? {
            Message::Binary(bytes) if !bytes.is_empty() => return Some(bytes.to_vec()),
            _ => {}
        }
    }
}

async fn end(mut stream: WebSocketStream<TcpStream>, status: &[u8]) {
    let _ = stream.send(Message::binary([&[3], status].concat())).await;
    let _ = stream.close(None).await;
}
