//! Opens the connection, and says in the API server's words why there is none.

use std::pin::Pin;
use std::time::Duration;

use kube::Client;
use kube::api::AttachParams;
use kube::core::Request;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};

use super::{Call, Destination, Io, StreamError, status};

/// How long the API server may take to open a stream. kube asks again by itself where the server is overloaded.
const OPEN_WITHIN: Duration = Duration::from_secs(30);

/// How long it may take to answer while a stream is silent.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// Larger messages go out at once, smaller ones together.
const WRITE_AT_ONCE: usize = 32 * 1024;

/// An open connection.
pub(super) struct Connection<S> {
    /// Its messages.
    pub(super) socket: WebSocketStream<S>,
    /// Whether the end of the input can be told, as in version 5.
    pub(super) has_close: bool,
}

/// Asks whether the API server answers at all.
pub(super) type Prober = Box<dyn Fn() -> Pin<Box<dyn Future<Output = bool> + Send>> + Send + Sync>;

/// Opens the connection.
pub(super) async fn open(
    client: &Client,
    request: http::Request<Vec<u8>>,
) -> Result<Connection<impl AsyncRead + AsyncWrite + Send + Unpin + use<>>, StreamError> {
    let opened =
        timeout(OPEN_WITHIN, client.connect(request)).await.map_err(|_| late())?.map_err(classify)?;
    let has_close = opened.supports_stream_close();
    // Nothing has been read yet: another buffer loses nothing.
    let bytes = opened.into_stream().into_inner();
    let config = WebSocketConfig::default().write_buffer_size(WRITE_AT_ONCE);
    let socket = WebSocketStream::from_raw_socket(bytes, Role::Client, Some(config)).await;
    Ok(Connection { socket, has_close })
}

/// What is asked of the API server.
pub(super) fn request(to: &Destination, call: &Call, io: &Io) -> Result<http::Request<Vec<u8>>, StreamError> {
    let terminal = io.sizes.is_some();
    let parameters = AttachParams {
        container: Some(to.container.clone()),
        stdin: io.stdin.is_some(),
        stdout: true,
        stderr: io.stderr.is_some() && !terminal,
        tty: terminal,
        ..AttachParams::default()
    };
    let pods = Request::new(format!("/api/v1/namespaces/{}/pods", to.namespace));
    let request = match call {
        Call::Exec(command) => pods.exec(&to.pod, command, &parameters),
        Call::Attach => pods.attach(&to.pod, &parameters),
    };
    request.map_err(|error| StreamError::Refused { message: error.to_string() })
}

/// The API server's words, where it said some.
fn classify(error: kube::Error) -> StreamError {
    match error {
        kube::Error::Api(refused) => status::refusal(refused.code, &refused.message),
        kube::Error::UpgradeConnection(error) => StreamError::Refused { message: error.to_string() },
        error => StreamError::Unreachable { message: chain(&error) },
    }
}

/// An error and what caused it; what only repeats is left out.
fn chain(error: &dyn std::error::Error) -> String {
    let mut message = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let words = cause.to_string();
        if !message.contains(&words) {
            message = format!("{message}: {words}");
        }
        source = cause.source();
    }
    message
}

fn late() -> StreamError {
    StreamError::Unreachable { message: format!("no answer within {} seconds", OPEN_WITHIN.as_secs()) }
}

/// Asks the API server for its version, which everybody may.
pub(super) fn prober(client: Client) -> Prober {
    Box::new(move || {
        let client = client.clone();
        Box::pin(async move { matches!(timeout(ANSWER_WITHIN, client.apiserver_version()).await, Ok(Ok(_))) })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uri(call: &Call, terminal: bool) -> String {
        let (_, sizes) = tokio::sync::mpsc::channel(1);
        let io = Io {
            stdin: None,
            stdout: Box::new(tokio::io::sink()),
            stderr: (!terminal).then(|| Box::new(tokio::io::sink()) as Box<_>),
            sizes: terminal.then_some(sizes),
        };
        let to = Destination { namespace: "n".to_owned(), pod: "p".to_owned(), container: "c".to_owned() };
        request(&to, call, &io).unwrap().uri().to_string()
    }

    #[test]
    fn words_of_a_command_go_as_they_are() {
        let uri = uri(&Call::Exec(vec!["echo".to_owned(), "a b&c=é".to_owned()]), false);
        assert!(uri.starts_with("/api/v1/namespaces/n/pods/p/exec?"), "{uri}");
        assert!(uri.contains("command=echo&command=a+b%26c%3D%C3%A9"), "{uri}");
        assert!(uri.contains("stderr=true") && !uri.contains("tty"), "{uri}");
    }

    #[test]
    fn a_terminal_has_no_errors_of_its_own() {
        let uri = uri(&Call::Attach, true);
        assert!(uri.contains("/attach?") && uri.contains("tty=true"), "{uri}");
        assert!(!uri.contains("stderr=true"), "{uri}");
    }
}
