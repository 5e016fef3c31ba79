//! HTTP for axum routers, with TLS or without, on an accept loop of our own: axum's has no TLS, no limits and no end that
//! waits.

mod connection;
mod pace;

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use clap::Args;
use thiserror::Error;
use tokio::task::{Id, JoinSet};

use crate::listen::{Accepted, Listener};
use crate::shutdown::{Phase, Shutdown};
use crate::tls::ServerTls;
use connection::serve_connection;
use pace::Pace;

/// How often, while there is no room, there is a look at who could make some.
const LOOK: Duration = Duration::from_millis(100);

/// Where requests come in, and how many at once.
#[derive(Debug, Clone, Args)]
pub struct ServerArgs {
    /// Address and port to serve at.
    #[arg(long, value_name = "ADDRESS", default_value = "[::]:8443")]
    pub address: SocketAddr,

    /// Connections at once; where there are so many, the one that is idle for the longest time makes room.
    #[arg(long, value_name = "COUNT", default_value_t = 256)]
    pub max_connections: u32,
}

/// Why nothing is served.
#[derive(Debug, Error)]
pub enum ServerError {
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
pub struct Server {
    listener: Listener,
    /// Without it, HTTP/1 is served over bare TCP.
    tls: Option<ServerTls>,
}

impl ServerArgs {
    /// Opens the socket.
    ///
    /// # Errors
    /// The address cannot be listened at.
    pub async fn bind(&self, tls: ServerTls) -> Result<Server, ServerError> {
        Server::bind(self.address, self.max_connections, Some(tls)).await
    }
}

impl Server {
    /// Opens a socket for so many connections at once; without TLS it serves HTTP/1 only.
    ///
    /// # Errors
    /// The address cannot be listened at.
    pub async fn bind(
        address: SocketAddr,
        max_connections: u32,
        tls: Option<ServerTls>,
    ) -> Result<Self, ServerError> {
        let connections = usize::try_from(max_connections).unwrap_or(usize::MAX);
        let listener = Listener::bind(address, connections).await;
        let listener = listener.map_err(|source| ServerError::Bind { address, source })?;
        Ok(Self { listener, tls })
    }

    /// Where it listens; the port where none was asked for.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.listener.address
    }

    /// Serves until the end, and waits for what has begun, no longer than the shutdown's grace. A connection is one task,
    /// which ends with it. Where there is no room for another, the one that is idle for the longest time is hung up on.
    pub async fn serve(self, router: Router, shutdown: &Shutdown) {
        let (mut connections, mut paces) = (JoinSet::new(), Paces::default());
        loop {
            let is_full = self.listener.is_full();
            if is_full {
                paces.hang_up_on_one();
            }
            let accepted = tokio::select! {
                accepted = self.listener.accept() => accepted,
                Some(ended) = connections.join_next_with_id() => {
                    paces.forget(ended.map_or_else(|error| error.id(), |(id, ())| id));
                    continue;
                }
                () = tokio::time::sleep(LOOK), if is_full => continue,
                () = shutdown.reached(Phase::Ending) => break,
            };
            let Some(Accepted { stream, room }) = accepted else { continue };
            let (tls, router, shutdown, pace) =
                (self.tls.clone(), router.clone(), shutdown.clone(), Pace::default());
            let task = connections.spawn({
                let pace = pace.clone();
                async move {
                    serve_connection(stream, &pace, (tls, router), &shutdown).await;
                    drop(room);
                }
            });
            paces.remember(task.id(), pace);
        }
        drop(self.listener);
        let finished = async { while connections.join_next().await.is_some() {} };
        if tokio::time::timeout(shutdown.grace, finished).await.is_err() {
            tracing::warn!("requests were cut off: they took longer than the grace");
        }
    }
}

/// The connections that there are, by their tasks.
#[derive(Debug, Default)]
struct Paces(HashMap<Id, Pace>);

impl Paces {
    fn remember(&mut self, task: Id, pace: Pace) {
        self.0.insert(task, pace);
    }

    fn forget(&mut self, task: Id) {
        self.0.remove(&task);
    }

    /// Hangs up on the connection that is of no use for the longest time, unless another is about to end so.
    fn hang_up_on_one(&self) {
        if self.0.values().any(Pace::is_ended) {
            return;
        }
        let useless = self.0.values().filter_map(|pace| Some((pace.useless_since()?, pace)));
        if let Some((_, pace)) = useless.min_by_key(|(since, _)| *since) {
            tracing::debug!("no room for another connection: the one that is idle for the longest time ends");
            pace.hang_up();
        }
    }
}

#[cfg(test)]
mod tests;
