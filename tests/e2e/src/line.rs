//! A line of TCP that a test holds in its hand: it leads to several places in turn, as a Service does, is cut, or falls
//! silent.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// The line. It ends when it is dropped.
#[derive(Debug)]
pub struct Line {
    address: SocketAddr,
    state: Arc<State>,
    _tasks: JoinSet<()>,
}

#[derive(Debug)]
struct State {
    targets: Mutex<Targets>,
    /// Counts the cuts: each ends the connections before it.
    cuts: watch::Sender<u64>,
    silence: watch::Sender<Silence>,
}

/// Whether nothing passes now, and how often that has begun: connections that were there then stay silent.
#[derive(Debug, Clone, Copy, Default)]
struct Silence {
    lasts: bool,
    begun: u64,
}

#[derive(Debug, Default)]
struct Targets {
    addresses: Vec<SocketAddr>,
    next: usize,
    refused: usize,
}

impl Line {
    /// A line that leads to those targets.
    ///
    /// # Errors
    /// No port is free.
    pub async fn open(targets: Vec<SocketAddr>) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let targets = Mutex::new(Targets { addresses: targets, ..Targets::default() });
        let state =
            Arc::new(State { targets, cuts: watch::Sender::new(0), silence: watch::Sender::default() });
        let mut tasks = JoinSet::new();
        tasks.spawn(Arc::clone(&state).accept(listener));
        Ok(Self { address, state, _tasks: tasks })
    }

    /// Where it begins.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Lets new connections go elsewhere, in turn. Those that there are stay as they are, and silent ones silent.
    pub fn lead_to(&self, targets: Vec<SocketAddr>) {
        self.state.silence.send_modify(|silence| silence.lasts = false);
        self.state.targets().addresses = targets;
    }

    /// Lets nothing pass any more, without a word to either side, as when packets are dropped: neither over the connections
    /// that there are nor over new ones, until the line leads somewhere again.
    pub fn freeze(&self) {
        self.state
            .silence
            .send_modify(|silence| *silence = Silence { lasts: true, begun: silence.begun + 1 });
    }

    /// Ends all connections; new ones end as soon as they begin, until the line leads somewhere again.
    pub fn cut(&self) {
        self.lead_to(Vec::new());
        self.state.cuts.send_modify(|cuts| *cuts += 1);
    }

    /// How many connections have found nobody at their target.
    #[must_use]
    pub fn refused(&self) -> usize {
        self.state.targets().refused
    }
}

impl State {
    async fn accept(self: Arc<Self>, listener: TcpListener) {
        let mut connections = JoinSet::new();
        loop {
            let near = tokio::select! {
                accepted = listener.accept() => accepted,
                Some(_) = connections.join_next() => continue,
            };
            if let Ok((near, _)) = near {
                connections.spawn(Arc::clone(&self).forward(near));
            }
        }
    }

    /// One connection, until either side hangs up or the line is cut. As behind a Service, a target that is gone is not
    /// replaced by another.
    async fn forward(self: Arc<Self>, mut near: TcpStream) {
        let (mut cuts, mut silence) = (self.cuts.subscribe(), self.silence.subscribe());
        let begun = silence.borrow().begun;
        let Some(target) = self.targets().take_next() else { return };
        let Ok(mut far) = TcpStream::connect(target).await else {
            self.targets().refused += 1;
            return;
        };
        let _ = near.set_nodelay(true).and_then(|()| far.set_nodelay(true));
        tokio::select! {
            biased;
            // Both ends stay open.
            () = until_silent(&mut silence, begun) => { let _ = cuts.changed().await; },
            _ = tokio::io::copy_bidirectional(&mut near, &mut far) => {},
            _ = cuts.changed() => {},
        }
    }

    fn targets(&self) -> MutexGuard<'_, Targets> {
        self.targets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Waits until nothing passes over a connection that began after so many silences.
async fn until_silent(silence: &mut watch::Receiver<Silence>, begun: u64) {
    let _ = silence.wait_for(|silence| silence.lasts || silence.begun != begun).await;
}

impl Targets {
    fn take_next(&mut self) -> Option<SocketAddr> {
        self.next = self.next.wrapping_add(1);
        self.addresses.get(self.next.checked_rem(self.addresses.len())?).copied()
    }
}
