//! Pages for Prometheus and for people, over HTTP or HTTPS: what was counted, and how the agent is doing.
//!
//! [`WebArgs`] are the flags; they become a [`WebServer`] whose socket is open, before anything is read. `scrape` answers
//! `/metrics`, `own` adds what the agent says of itself, and `access` asks for passwords, by a [`config`] file that `live`
//! reads again when it changes.

mod access;
pub mod config;
mod live;
mod own;
mod pages;
mod process;
mod scrape;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use chandler_runtime::readiness::Readiness;
use chandler_runtime::server::{Server, ServerError};
use chandler_runtime::shutdown::Shutdown;
use clap::Args;
use rustix::io::Errno;
use thiserror::Error;

use crate::engine::Engine;
use live::{Live, LiveError};
use pages::Site;
use scrape::Scraper;

/// Where requests come in, and on which terms.
#[derive(Debug, Clone, Args)]
pub struct WebArgs {
    /// Address and port of /metrics; port 0 takes any that is free. `[::]` is every address of the machine, also where it
    /// has no IPv6.
    #[arg(long, value_name = "ADDRESS", default_value = "[::]:9780")]
    pub address: SocketAddr,

    /// File with TLS, headers and users, as Prometheus' exporters have it; read again when it changes. Without it,
    /// everybody may scrape, in the open.
    #[arg(long, value_name = "FILE")]
    pub web_config: Option<PathBuf>,

    /// Connections at once; where there are so many, the one that is idle for the longest time makes room.
    #[arg(long, value_name = "COUNT", default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..))]
    pub max_connections: u32,

    /// Tell in OpenMetrics when each counter began. Only for a server that reads it as such: others take it for as many
    /// series more.
    #[arg(long)]
    pub created_timestamps: bool,
}

/// Why nothing is served.
#[derive(Debug, Error)]
pub enum WebError {
    /// The configuration, or a file that it names, is of no use.
    #[error("--web-config {path} is of no use")]
    Config {
        /// The file.
        path: PathBuf,
        /// Why.
        source: LiveError,
    },
    /// The address cannot be listened at.
    #[error(transparent)]
    Bind(#[from] ServerError),
}

/// A server whose socket is open.
#[derive(Debug)]
pub struct WebServer {
    server: Server,
    live: Live,
    created_timestamps: bool,
}

impl WebArgs {
    /// Reads the configuration and opens the socket.
    ///
    /// # Errors
    /// A file is of no use, or the address cannot be listened at.
    pub async fn bind(&self) -> Result<WebServer, WebError> {
        let live = match &self.web_config {
            None => Live::without_file(),
            Some(path) => {
                Live::open(path).map_err(|source| WebError::Config { path: path.clone(), source })?
            }
        };
        let server = self.listen(&live).await?;
        Ok(WebServer { server, live, created_timestamps: self.created_timestamps })
    }

    async fn listen(&self, live: &Live) -> Result<Server, ServerError> {
        let bound = Server::bind(self.address, self.max_connections, live.tls()).await;
        let Err(ServerError::Bind { source, .. }) = &bound else { return bound };
        let Some(address) = without_ipv6(self.address, source) else { return bound };
        tracing::info!(address = %address, "there is no IPv6 here: every address of IPv4 is listened at");
        Server::bind(address, self.max_connections, live.tls()).await
    }
}

/// Every address is meant, and those of IPv6 are not among them where the machine has none.
fn without_ipv6(address: SocketAddr, error: &io::Error) -> Option<SocketAddr> {
    let every = address.is_ipv6() && address.ip().is_unspecified();
    let lacks = [Errno::AFNOSUPPORT, Errno::ADDRNOTAVAIL].map(|errno| Some(errno.raw_os_error()));
    (every && lacks.contains(&error.raw_os_error()))
        .then(|| SocketAddr::from((Ipv4Addr::UNSPECIFIED, address.port())))
}

impl WebServer {
    /// Where it listens; the port where any was asked for.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// Serves until the end, and waits for what has begun, no longer than the shutdown's grace.
    pub async fn serve(self, engine: Arc<Engine>, readiness: Readiness, shutdown: &Shutdown) {
        let scraper = Scraper::new(engine, self.created_timestamps);
        let site = Site::new(scraper, readiness, self.live.terms());
        tokio::select! {
            () = self.server.serve(site.router(), shutdown) => {},
            () = self.live.follow() => {},
        }
    }
}

#[cfg(test)]
mod tests;
