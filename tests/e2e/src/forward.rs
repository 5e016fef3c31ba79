//! A port on loopback that leads to the API server of a node, which no address of this machine reaches.

use std::fs::File;
use std::io;
use std::net::{SocketAddr, TcpStream};
use std::os::fd::AsFd as _;
use std::sync::mpsc;

use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

/// Opens connections inside a network namespace, from a thread that has moved there.
#[derive(Debug, Clone)]
pub struct Dialer {
    requests: mpsc::Sender<oneshot::Sender<io::Result<TcpStream>>>,
}

impl Dialer {
    /// A dialer of `target` in the network namespace of a process.
    ///
    /// # Errors
    /// The namespace cannot be entered.
    pub fn inside(process: u32, target: SocketAddr) -> io::Result<Self> {
        let namespace = File::open(format!("/proc/{process}/ns/net"))?;
        let (requests, received) = mpsc::channel::<oneshot::Sender<io::Result<TcpStream>>>();
        let (entered, answer) = mpsc::channel();
        std::thread::spawn(move || {
            let entry = move_into_link_name_space(namespace.as_fd(), Some(LinkNameSpaceType::Network));
            let failed = entry.is_err();
            // The one who asks waits for it.
            let _ = entered.send(entry.map_err(io::Error::from));
            for request in received.into_iter().take_while(|_| !failed) {
                // Whoever asked may be gone.
                let _ = request.send(TcpStream::connect(target));
            }
        });
        answer.recv().map_err(io::Error::other)??;
        Ok(Self { requests })
    }

    async fn dial(&self) -> io::Result<tokio::net::TcpStream> {
        let (sender, receiver) = oneshot::channel();
        self.requests.send(sender).map_err(io::Error::other)?;
        let stream = receiver.await.map_err(io::Error::other)??;
        stream.set_nonblocking(true)?;
        tokio::net::TcpStream::from_std(stream)
    }
}

/// Forwards every connection, for as long as the runtime lives.
pub async fn forward(listener: TcpListener, dialer: Dialer) {
    while let Ok((mut near, _)) = listener.accept().await {
        let dialer = dialer.clone();
        tokio::spawn(async move {
            if let Ok(mut far) = dialer.dial().await {
                let _ = near.set_nodelay(true).and_then(|()| far.set_nodelay(true));
                // Either side may hang up.
                let _ = tokio::io::copy_bidirectional(&mut near, &mut far).await;
            }
        });
    }
}
