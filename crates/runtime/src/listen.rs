//! A listening socket that lets in no more connections than there is room for, and never spins.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How long to wait where the process can open no more sockets: asking again at once would only burn the processor that
/// those who hold them need.
const EXHAUSTED: Duration = Duration::from_millis(200);

/// The socket.
#[derive(Debug)]
pub(crate) struct Listener {
    listener: TcpListener,
    /// Where it listens; the port where none was asked for.
    pub(crate) address: SocketAddr,
    permits: Arc<Semaphore>,
}

/// A connection, and the room that it takes until it is dropped.
#[derive(Debug)]
pub(crate) struct Accepted {
    pub(crate) stream: TcpStream,
    pub(crate) room: OwnedSemaphorePermit,
}

impl Listener {
    /// Opens a socket with room for that many connections; further ones wait in the kernel's queue.
    pub(crate) async fn bind(address: SocketAddr, connections: usize) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        Ok(Self { listener, address, permits: Arc::new(Semaphore::new(connections.max(1))) })
    }

    /// Whether there is no room for another.
    pub(crate) fn is_full(&self) -> bool {
        self.permits.available_permits() == 0
    }

    /// The next connection; none where there is none now.
    pub(crate) async fn accept(&self) -> Option<Accepted> {
        // Only closing the semaphore fails, which nobody does.
        let room = Arc::clone(&self.permits).acquire_owned().await.ok()?;
        match self.listener.accept().await {
            Ok((stream, _)) => Some(Accepted { stream, room }),
            // The other side was gone before it was its turn.
            Err(error) if is_of_the_peer(&error) => None,
            Err(error) => {
                tracing::warn!(error = error.to_string(), "no connection can be accepted now");
                tokio::time::sleep(EXHAUSTED).await;
                None
            }
        }
    }
}

fn is_of_the_peer(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionRefused
    )
}
