//! One connection, from its handshake to its end.

use std::convert::Infallible;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::response::Response;
use http::{HeaderValue, Request, Version, header};
use hyper::body::{Body as _, Frame, Incoming, SizeHint};
use hyper::server::conn::{http1, http2};
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::pace::{Pace, Paced, Receiving};
use crate::shutdown::{Phase, Shutdown};
use crate::tls::ServerTls;

/// How long a handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// How often a quiet HTTP/2 connection is asked whether it is there, and how long the answer may take.
const KEEP_ALIVE: Duration = Duration::from_secs(30);
const KEEP_ALIVE_ANSWER: Duration = Duration::from_secs(10);

/// Requests at once on one HTTP/2 connection; a client that has more opens another.
const STREAMS: u32 = 100;

/// Bytes of bodies that a client may send over HTTP/2 before somebody has read them: of one request, and of all of a
/// connection.
const STREAM_WINDOW: u32 = 128 * 1024;
const CONNECTION_WINDOW: u32 = 256 * 1024;

/// Largest header of a request, in bytes.
const HEADER_SIZE: u32 = 64 * 1024;

/// The protocol that a client and a server agree on before they speak it.
const HTTP_2: &[u8] = b"h2";

/// Serves a connection until either side ends it.
pub(super) async fn serve_connection(
    stream: TcpStream,
    pace: &Pace,
    (tls, router): (Option<ServerTls>, Router),
    shutdown: &Shutdown,
) {
    tokio::select! {
        () = open_and_serve(stream, pace, (tls, router), shutdown) => {},
        () = pace.until_too_slow() => tracing::debug!("a connection was too slow or idle"),
    }
}

async fn open_and_serve(
    stream: TcpStream,
    pace: &Pace,
    (tls, router): (Option<ServerTls>, Router),
    shutdown: &Shutdown,
) {
    // Answers are awaited.
    let _ = stream.set_nodelay(true);
    let service = service(router, pace, shutdown);
    let served = match tls {
        None => {
            pace.open();
            serve_http1(Paced::new(stream, pace.clone()), service, shutdown).await
        }
        Some(tls) => {
            let Some(stream) = shake_hands(stream, &tls).await else { return };
            pace.open();
            if stream.get_ref().1.alpn_protocol() == Some(HTTP_2) {
                // Its frames need not belong to a request.
                serve_http2(stream, service, shutdown).await
            } else {
                serve_http1(Paced::new(stream, pace.clone()), service, shutdown).await
            }
        }
    };
    if let Err(error) = served {
        tracing::debug!(error = error.to_string(), "a connection failed");
    }
}

/// A daemon that has just begun may have no certificate yet. One who comes early waits for it, as long as a handshake may
/// take: a little late is better than refused.
async fn shake_hands(stream: TcpStream, tls: &ServerTls) -> Option<TlsStream<TcpStream>> {
    let handshake = async { TlsAcceptor::from(tls.first().await).accept(stream).await };
    match tokio::time::timeout(HANDSHAKE, handshake).await {
        Ok(Ok(stream)) => return Some(stream),
        Ok(Err(error)) => tracing::debug!(error = error.to_string(), "a handshake failed"),
        Err(_) => tracing::debug!("a handshake took too long, or there was no certificate for it"),
    }
    None
}

async fn serve_http1(
    stream: Paced<impl AsyncRead + AsyncWrite + Unpin>,
    service: impl Service<Request<Incoming>, Response = Response, Error = Infallible>,
    shutdown: &Shutdown,
) -> hyper::Result<()> {
    let mut connection = pin!(http1_builder().serve_connection(TokioIo::new(stream), service));
    tokio::select! {
        ended = connection.as_mut() => return ended,
        () = shutdown.reached(Phase::Ending) => connection.as_mut().graceful_shutdown(),
    }
    connection.await
}

async fn serve_http2(
    stream: TlsStream<TcpStream>,
    service: impl Service<Request<Incoming>, Response = Response, Error = Infallible, Future: Send + 'static>,
    shutdown: &Shutdown,
) -> hyper::Result<()> {
    let mut connection = pin!(http2_builder().serve_connection(TokioIo::new(stream), service));
    tokio::select! {
        ended = connection.as_mut() => return ended,
        () = shutdown.reached(Phase::Ending) => connection.as_mut().graceful_shutdown(),
    }
    connection.await
}

/// The router, watched. While the end is near each answer asks the client to come over another connection: one that is
/// closed while it is idle may have a request on its way, which the client cannot repeat.
fn service(
    router: Router,
    pace: &Pace,
    shutdown: &Shutdown,
) -> impl Service<Request<Incoming>, Response = Response, Error = Infallible, Future: Send + 'static> + use<>
{
    let (pace, shutdown) = (pace.clone(), shutdown.clone());
    let router = TowerToHyperService::new(router);
    service_fn(move |request: Request<Incoming>| {
        let (answering, shutdown) = (pace.answer(), shutdown.clone());
        let is_http1 = request.version() < Version::HTTP_2;
        let answer = router.call(request.map(|body| watch(body, &pace)));
        async move {
            let mut response = answer.await?;
            if is_http1 && shutdown.has_reached(Phase::Draining) {
                response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
            }
            drop(answering);
            Ok(response)
        }
    })
}

fn watch(body: Incoming, pace: &Pace) -> Body {
    if body.is_end_stream() {
        return Body::empty();
    }
    Body::new(Watched { body, receiving: Some(pace.receive()) })
}

/// A body of which is known whether it has come whole.
struct Watched {
    body: Incoming,
    receiving: Option<Receiving>,
}

impl hyper::body::Body for Watched {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(context);
        if matches!(polled, Poll::Ready(None)) || self.body.is_end_stream() {
            self.receiving = None;
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

fn http1_builder() -> http1::Builder {
    let mut builder = http1::Builder::new();
    // Its own limit of time would also close a connection that is idle, long before the API server lets go of it.
    builder.timer(TokioTimer::new()).header_read_timeout(None);
    builder.max_header_size(HEADER_SIZE as usize).max_buf_size(HEADER_SIZE as usize);
    builder
}

fn http2_builder() -> http2::Builder<TokioExecutor> {
    let mut builder = http2::Builder::new(TokioExecutor::new());
    builder
        .timer(TokioTimer::new())
        .keep_alive_interval(KEEP_ALIVE)
        .keep_alive_timeout(KEEP_ALIVE_ANSWER)
        .max_concurrent_streams(STREAMS)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_header_list_size(HEADER_SIZE);
    builder
}
