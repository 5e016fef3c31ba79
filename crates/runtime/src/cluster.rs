//! The way to the API server. It may fall silent without a word, as when packets are dropped: whoever only listens notices
//! nothing then, so every call has a limit of time, and every watch begins anew before it is old.

use std::time::Duration;

use kube::runtime::watcher;
use kube::{Client, Config};
use thiserror::Error;

/// How long a watch goes on before the API server ends it and it is taken up again where it was, in seconds. Kube gives a
/// silent one up five seconds later.
const WATCH_SECONDS: u32 = 40;

/// How long the API server may take before it sends the first part of an answer, or the next one: longer than a watch.
const READ: Duration = Duration::from_secs(50);

/// Why there is no client.
#[derive(Debug, Error)]
pub enum ConnectError {
    /// Neither the environment nor a file names a cluster. The message holds that of its source.
    #[error("no cluster: let KUBECONFIG name one, or run this in a pod of one ({0})")]
    NoCluster(Box<kube::Error>),
}

/// A client of the cluster that the environment names. It is for calls and watches that end: a stream that is silent for
/// long, as an exec may be, is cut off.
///
/// # Errors
/// No cluster is named, or what names it cannot be used.
pub async fn connect() -> Result<Client, ConnectError> {
    let config = Config::infer().await.map_err(kube::Error::InferConfig);
    config.and_then(client_of).map_err(|error| ConnectError::NoCluster(Box::new(error)))
}

/// A watch that notices within a minute that nobody answers.
#[must_use]
pub fn watching() -> watcher::Config {
    watcher::Config::default().timeout(WATCH_SECONDS)
}

fn client_of(mut config: Config) -> kube::Result<Client> {
    config.read_timeout = Some(READ);
    // Else the time for which a connection was idle would count too.
    config.reset_reader_on_write = true;
    Client::try_from(config)
}

#[cfg(test)]
mod tests {
    use k8s_openapi::api::core::v1::Namespace;
    use kube::Api;
    use kube::api::ListParams;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    use super::*;

    /// Lists namespaces where the answer begins with those bytes and ends there.
    async fn list_from(answer: &'static [u8]) -> kube::Result<()> {
        crate::use_ring();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, answered) = tokio::sync::oneshot::channel();
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            assert!(stream.read(&mut [0; 1024]).await.unwrap() > 0);
            stream.write_all(answer).await.unwrap();
            sender.send(()).unwrap();
            std::future::pending::<()>().await;
        });
        let config = Config::new(format!("http://{address}").parse().unwrap());
        let namespaces: Api<Namespace> = Api::all(client_of(config).unwrap());
        let listed = namespaces.list(&ListParams::default()).await;
        answered.await.unwrap();
        listed.map(drop)
    }

    #[tokio::test(start_paused = true)]
    async fn list_that_is_never_answered_or_breaks_off_without_a_word_ends() {
        assert!(list_from(b"").await.is_err());
        assert!(list_from(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{").await.is_err());
    }
}
