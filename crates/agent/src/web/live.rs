//! The web configuration while it is in force. It is read again on a timer, with the files that it names, and by content: a
//! mounted Secret changes by a switch of links. What is of no use leaves the last good one in force.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use chandler_runtime::tls::{Identity, ServerTls, TlsError};
use http::HeaderMap;
use thiserror::Error;
use tokio::sync::watch;

use super::access::Users;
use super::config::{WebConfig, WebConfigError};

/// How often files are looked at.
const PAUSE: Duration = Duration::from_secs(2);

/// What every answer is given on.
#[derive(Debug, Clone, Default)]
pub(super) struct Terms {
    pub(super) headers: HeaderMap,
    pub(super) users: Users,
}

/// The terms that are in force now.
pub(super) type TermsReceiver = watch::Receiver<Arc<Terms>>;

/// Why a configuration cannot be in force.
#[derive(Debug, Error)]
pub enum LiveError {
    /// It asks for what cannot be done.
    #[error(transparent)]
    Config(#[from] WebConfigError),
    /// A file that it names is of no use.
    #[error("tls_server_config is of no use")]
    Tls(#[from] TlsError),
    /// It came while the agent runs, and says the opposite of the one before it.
    #[error("TLS is turned on or off only when the agent is started again")]
    Turned,
}

/// What is in force, and where it comes from.
#[derive(Debug)]
pub(super) struct Live {
    tls: Option<ServerTls>,
    terms: watch::Sender<Arc<Terms>>,
    file: Option<Follower>,
    /// How long to wait between two looks.
    pub(super) pause: Duration,
}

/// The configuration and what it names, as they were read together.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Content {
    config: WebConfig,
    identity: Option<Identity>,
}

/// Follows the files.
#[derive(Debug)]
struct Follower {
    path: PathBuf,
    in_force: Content,
    /// What was seen last: content, or why there is none.
    seen: Result<Content, String>,
    /// Whether that was acted upon.
    settled: bool,
}

impl Content {
    fn read(path: &Path) -> Result<Self, LiveError> {
        let config = WebConfig::read(path)?;
        let identity = config.tls.is_on().then(|| config.tls.identity(path)).transpose()?;
        Ok(Self { config, identity })
    }
}

impl Live {
    /// No TLS, no headers and no users, for ever.
    pub(super) fn without_file() -> Self {
        Self { tls: None, terms: watch::Sender::default(), file: None, pause: PAUSE }
    }

    /// Reads the file, and puts it in force.
    pub(super) fn open(path: &Path) -> Result<Self, LiveError> {
        let content = Content::read(path)?;
        let tls = content.identity.is_some().then(ServerTls::waiting);
        let live = Self { tls, ..Self::without_file() };
        live.put_in_force(&content)?;
        let in_force = content.clone();
        let file = Follower { path: path.to_owned(), in_force, seen: Ok(content), settled: true };
        Ok(Self { file: Some(file), ..live })
    }

    /// What connections are served with; none without TLS.
    pub(super) fn tls(&self) -> Option<ServerTls> {
        self.tls.clone()
    }

    pub(super) fn terms(&self) -> TermsReceiver {
        self.terms.subscribe()
    }

    /// Looks at the files again and again, for ever.
    pub(super) async fn follow(mut self) {
        let Some(mut file) = self.file.take() else { return std::future::pending().await };
        let mut ticks = tokio::time::interval(self.pause);
        loop {
            ticks.tick().await;
            let looked = tokio::task::spawn_blocking(move || (file.look(), file)).await;
            // Only a panic is an error, after which there is nothing to look with.
            let Ok((changed, looking)) = looked else { return std::future::pending().await };
            file = looking;
            if changed {
                self.take(&mut file);
            }
        }
    }

    fn take(&self, file: &mut Follower) {
        let taken = match &file.seen {
            Ok(content) if *content == file.in_force => return,
            Ok(content) => self.put_in_force(content).map_err(|error| describe(&error)),
            Err(error) => Err(error.clone()),
        };
        if let (Ok(()), Ok(content)) = (&taken, &file.seen) {
            file.in_force = content.clone();
        }
        let file = file.path.display().to_string();
        match taken {
            Ok(()) => tracing::info!(file, "a new web configuration, or a new certificate, is in force"),
            Err(error) => tracing::warn!(
                file,
                error,
                "the web configuration is of no use; the last good one stays in force"
            ),
        }
    }

    /// All of it, or nothing.
    fn put_in_force(&self, content: &Content) -> Result<(), LiveError> {
        let Content { config, identity } = content;
        match (&self.tls, identity) {
            (None, None) => {}
            (Some(tls), Some(identity)) => {
                if config.tls.asks_for_old_version() {
                    tracing::warn!(
                        "min_version is below TLS 1.2, which is the oldest version that is spoken"
                    );
                }
                tls.replace(identity.configure_by(&config.tls.terms(config.http.http2))?);
            }
            _ => return Err(LiveError::Turned),
        }
        let terms = Terms { headers: config.headers(), users: Users::new(&config.users) };
        self.terms.send_replace(Arc::new(terms));
        Ok(())
    }
}

impl Follower {
    /// Whether there is something new to act upon. A file may be seen while it is written, half of it or nothing, and those
    /// of a pair one after the other: so what is new has to be the same twice.
    fn look(&mut self) -> bool {
        let now = Content::read(&self.path).map_err(|error| describe(&error));
        if now != self.seen {
            self.seen = now;
            self.settled = false;
            return false;
        }
        !std::mem::replace(&mut self.settled, true)
    }
}

/// An error with all its reasons.
fn describe(error: &dyn std::error::Error) -> String {
    let reasons = std::iter::successors(error.source(), |error| error.source());
    reasons.fold(error.to_string(), |text, reason| format!("{text}: {reason}"))
}

#[cfg(test)]
mod tests;
