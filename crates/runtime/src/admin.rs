//! What a daemon tells those who run it, on a port of its own: `/livez`, `/readyz`, `/metrics`.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use clap::Args;
use http::{StatusCode, header};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use prometheus::{Registry, TextEncoder};
use thiserror::Error;
use tokio::net::TcpStream;

use crate::listen::{Accepted, Listener};
use crate::readiness::Readiness;

/// How long the whole header of a request may take.
const HEADER: Duration = Duration::from_secs(5);

/// How long a connection may take in all: with the other side reading what it has asked for.
const CONNECTION: Duration = Duration::from_secs(15);

/// Connections at once: a kubelet, a few Prometheus servers, a person.
const CONNECTIONS: usize = 64;

/// Where it listens.
#[derive(Debug, Clone, Args)]
pub struct AdminArgs {
    /// Address and port of /livez, /readyz and /metrics, without TLS.
    #[arg(long, value_name = "ADDRESS", default_value = "[::]:9090")]
    pub admin_address: SocketAddr,
}

/// Why nobody can be told.
#[derive(Debug, Error)]
pub enum AdminError {
    /// The address cannot be listened at.
    #[error("cannot listen at --admin-address {address}")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
}

/// The port, open.
#[derive(Debug)]
pub struct Admin {
    listener: Listener,
}

/// What is told.
#[derive(Debug, Clone)]
struct Told {
    readiness: Readiness,
    registry: Registry,
}

impl AdminArgs {
    /// Opens the port.
    ///
    /// # Errors
    /// The address cannot be listened at.
    pub async fn bind(&self) -> Result<Admin, AdminError> {
        let address = self.admin_address;
        let listener = Listener::bind(address, CONNECTIONS).await;
        listener.map(|listener| Admin { listener }).map_err(|source| AdminError::Bind { address, source })
    }
}

impl Admin {
    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.listener.address
    }

    /// Tells until the task is dropped: also while the daemon drains.
    pub async fn serve(self, readiness: Readiness, registry: Registry) {
        let router = Router::new()
            .route("/livez", get(async || "ok"))
            .route("/readyz", get(readyz))
            .route("/metrics", get(metrics))
            .with_state(Told { readiness, registry });
        loop {
            let Some(Accepted { stream, room }) = self.listener.accept().await else { continue };
            let router = router.clone();
            tokio::spawn(async move {
                serve_connection(stream, router).await;
                drop(room);
            });
        }
    }
}

async fn serve_connection(stream: TcpStream, router: Router) {
    // One protocol: where it is found out which is spoken, a connection that never speaks is waited for without a bound.
    let mut builder = http1::Builder::new();
    // One request a connection: those who come again within seconds are few, and a limit of time can be one of the whole.
    builder.timer(TokioTimer::new()).header_read_timeout(HEADER).keep_alive(false);
    let serving = builder.serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    match tokio::time::timeout(CONNECTION, serving).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => {
            tracing::debug!(error = error.to_string(), "a connection to the admin port failed");
        }
        Err(_) => tracing::debug!("a connection to the admin port took too long"),
    }
}

async fn readyz(State(told): State<Told>) -> Response {
    let missing = told.readiness.missing();
    if missing.is_empty() {
        return "ok".into_response();
    }
    (StatusCode::SERVICE_UNAVAILABLE, format!("waiting for {}\n", missing.join(", "))).into_response()
}

async fn metrics(State(told): State<Told>) -> Response {
    match TextEncoder::new().encode_to_string(&told.registry.gather()) {
        Ok(text) => ([(header::CONTENT_TYPE, prometheus::TEXT_FORMAT)], text).into_response(),
        Err(error) => {
            tracing::error!(error = error.to_string(), "the metrics cannot be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

#[cfg(test)]
mod tests;
