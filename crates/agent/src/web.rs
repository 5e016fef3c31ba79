//! Pages for Prometheus and for people, over HTTP or HTTPS.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::SystemTime;

use axum::Router;
use axum::http::{HeaderMap, header};
use axum::routing::get;
use chandler_runtime::readiness::Readiness;
use chandler_runtime::shutdown::{Phase, Shutdown};
use clap::Args;

use crate::engine::Engine;
use crate::exposition::{Page, Style, negotiate};

/// Where scrapes come in.
#[derive(Debug, Clone, Args)]
pub struct WebArgs {
    /// Address and port to serve at.
    #[arg(long, value_name = "ADDRESS", default_value = "[::]:9780")]
    pub address: SocketAddr,
}

/// A server whose socket is open.
#[derive(Debug)]
pub struct WebServer {
    listener: tokio::net::TcpListener,
    address: SocketAddr,
}

impl WebArgs {
    /// Opens the socket.
    ///
    /// # Errors
    /// The address cannot be listened at.
    pub async fn bind(&self) -> anyhow::Result<WebServer> {
        let listener = tokio::net::TcpListener::bind(self.address).await?;
        let address = listener.local_addr()?;
        Ok(WebServer { listener, address })
    }
}

impl WebServer {
    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until the end.
    pub async fn serve(self, engine: Arc<Engine>, _readiness: Readiness, shutdown: &Shutdown) {
        let page = move |headers: HeaderMap| {
            let engine = Arc::clone(&engine);
            async move {
                let now = SystemTime::now();
                let snapshot = engine.checkpoint(now).unwrap_or_else(|_| engine.durable());
                let accept =
                    headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
                let negotiated = negotiate(accept);
                let mut bytes = Vec::new();
                let mut page = Page::new(&mut bytes, Style { format: negotiated.format, created: false });
                page.add_snapshot(&snapshot);
                page.finish();
                engine.tell_scraped(&snapshot, now);
                ([(header::CONTENT_TYPE, negotiated.content_type)], bytes)
            }
        };
        let router = Router::new().route("/metrics", get(page));
        let shutdown = shutdown.clone();
        let end = async move { shutdown.reached(Phase::Ending).await };
        let _ = axum::serve(self.listener, router).with_graceful_shutdown(end).await;
    }
}
