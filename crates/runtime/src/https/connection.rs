//! One connection, from its handshake to its end.

use std::time::Duration;

use axum::Router;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::shutdown::{Phase, Shutdown};
use crate::tls::ServerTls;

/// How long a handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// How long the header of a request may take.
const HEADER: Duration = Duration::from_secs(10);

/// How often a quiet HTTP/2 connection is asked whether it is there, and how long the answer may take.
const KEEP_ALIVE: Duration = Duration::from_secs(30);
const KEEP_ALIVE_ANSWER: Duration = Duration::from_secs(10);

/// Requests at once on one HTTP/2 connection.
const STREAMS: u32 = 250;

/// Largest header of a request, in bytes.
const HEADER_SIZE: u32 = 64 * 1024;

/// Serves a connection until either side ends it.
pub(super) async fn serve_connection(stream: TcpStream, tls: ServerTls, router: Router, shutdown: &Shutdown) {
    // Answers are small and awaited.
    let _ = stream.set_nodelay(true);
    // A daemon that has just begun may have no certificate yet. One who comes early waits for it, as long as a handshake
    // may take: a little late is better than refused.
    let handshake = async { TlsAcceptor::from(tls.first().await).accept(stream).await };
    let stream = match tokio::time::timeout(HANDSHAKE, handshake).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => return tracing::debug!(error = error.to_string(), "a handshake failed"),
        Err(_) => return tracing::debug!("a handshake took too long, or there was no certificate for it"),
    };
    if let Err(error) = serve_requests(stream, router, shutdown).await {
        tracing::debug!(error = error.to_string(), "a connection failed");
    }
}

async fn serve_requests(
    stream: TlsStream<TcpStream>,
    router: Router,
    shutdown: &Shutdown,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let builder = builder();
    let connection = builder.serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    let mut connection = std::pin::pin!(connection);
    tokio::select! {
        ended = connection.as_mut() => return ended,
        () = shutdown.reached(Phase::Ending) => connection.as_mut().graceful_shutdown(),
    }
    connection.await
}

fn builder() -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEADER);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(KEEP_ALIVE)
        .keep_alive_timeout(KEEP_ALIVE_ANSWER)
        .max_concurrent_streams(STREAMS)
        .max_header_list_size(HEADER_SIZE);
    builder
}
