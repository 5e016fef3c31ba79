//! HTTPS for axum routers, on an accept loop of our own: axum's has no TLS, no limits and no end that waits.

mod connection;
mod pace;

use std::io;
use std::net::SocketAddr;

use axum::Router;
use clap::Args;
use thiserror::Error;
use tokio::task::JoinSet;

use crate::listen::{Accepted, Listener};
use crate::shutdown::{Phase, Shutdown};
use crate::tls::ServerTls;
use connection::serve_connection;

/// Where requests come in, and how many at once.
#[derive(Debug, Clone, Args)]
pub struct HttpsArgs {
    /// Address and port to serve at.
    #[arg(long, value_name = "ADDRESS", default_value = "[::]:8443")]
    pub address: SocketAddr,

    /// Connections at once; further ones wait in the kernel's queue.
    #[arg(long, value_name = "COUNT", default_value_t = 1024)]
    pub max_connections: u32,
}

/// Why nothing is served.
#[derive(Debug, Error)]
pub enum HttpsError {
    /// The address cannot be listened at.
    #[error("cannot listen at --address {address}")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
}

/// A server whose socket is open.
#[derive(Debug)]
pub struct HttpsServer {
    listener: Listener,
    tls: ServerTls,
}

impl HttpsArgs {
    /// Opens the socket.
    ///
    /// # Errors
    /// The address cannot be listened at.
    pub async fn bind(&self, tls: ServerTls) -> Result<HttpsServer, HttpsError> {
        let address = self.address;
        let connections = usize::try_from(self.max_connections).unwrap_or(usize::MAX);
        let listener = Listener::bind(address, connections).await;
        let listener = listener.map_err(|source| HttpsError::Bind { address, source })?;
        Ok(HttpsServer { listener, tls })
    }
}

impl HttpsServer {
    /// Where it listens; the port where none was asked for.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.listener.address
    }

    /// Serves until the end, and waits for what has begun, no longer than the shutdown's grace. A connection is one task,
    /// which ends with it.
    pub async fn serve(self, router: Router, shutdown: &Shutdown) {
        let mut connections = JoinSet::new();
        loop {
            let accepted = tokio::select! {
                accepted = self.listener.accept() => accepted,
                // Ended ones are let go of.
                Some(_) = connections.join_next() => continue,
                () = shutdown.reached(Phase::Ending) => break,
            };
            let Some(Accepted { stream, room }) = accepted else { continue };
            let (tls, router, shutdown) = (self.tls.clone(), router.clone(), shutdown.clone());
            connections.spawn(async move {
                serve_connection(stream, tls, router, &shutdown).await;
                drop(room);
            });
        }
        drop(self.listener);
        let finished = async { while connections.join_next().await.is_some() {} };
        if tokio::time::timeout(shutdown.grace, finished).await.is_err() {
            tracing::warn!("requests were cut off: they took longer than the grace");
        }
    }
}

#[cfg(test)]
mod tests;
