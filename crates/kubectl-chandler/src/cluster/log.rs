//! What a container wrote.

use std::time::Duration;

use futures_util::{AsyncRead, AsyncReadExt as _};
use http::Request;
use kube::api::LogParams;
use tokio::io::{AsyncWrite, AsyncWriteExt as _};
use tokio::time::timeout;

use super::error::Question;
use super::{Cluster, ClusterError, PODS, check_name};

/// Most of a log that is read at once.
const MOST: i64 = 1024 * 1024;

/// Most bytes of a piece of a log that goes on.
const PIECE: usize = 64 * 1024;

/// How long a log that goes on may be silent before it is doubted.
const SILENCE: Duration = Duration::from_secs(30);

/// A container.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Container<'c> {
    pub(crate) namespace: &'c str,
    pub(crate) pod: &'c str,
    pub(crate) name: &'c str,
}

impl Cluster {
    /// What a container wrote so far, up to 1 MiB.
    ///
    /// # Errors
    /// There is no answer, or none with a log.
    pub(crate) async fn log(&self, container: Container<'_>) -> Result<String, ClusterError> {
        let question = self.about_log(container);
        let request = log_request(container, question, false)?;
        self.bounded(self.client.request_text(request), question).await
    }

    /// Writes all that a container wrote and writes, until it ends, the connection is lost, or nobody takes it. Whether
    /// that was not a loss. In a silence `is_alive` says whether to go on waiting.
    ///
    /// # Errors
    /// There is no answer, or none with a log.
    pub(crate) async fn follow_log(
        &self,
        container: Container<'_>,
        output: &mut (dyn AsyncWrite + Send + Unpin),
        is_alive: impl AsyncFnMut() -> bool,
    ) -> Result<bool, ClusterError> {
        let question = self.about_log(container);
        let request = log_request(container, question, true)?;
        let log = self.bounded(self.client.request_stream(request), question).await?;
        Ok(carry_log(std::pin::pin!(log), output, is_alive).await)
    }

    fn about_log<'q>(&'q self, container: Container<'q>) -> Question<'q> {
        let Container { namespace, pod, .. } = container;
        Question { name: Some(pod), subresource: Some("log"), ..self.question("get", &PODS, Some(namespace)) }
    }
}

async fn carry_log(
    mut log: impl AsyncRead + Unpin,
    output: &mut (dyn AsyncWrite + Send + Unpin),
    mut is_alive: impl AsyncFnMut() -> bool,
) -> bool {
    let mut buffer = vec![0; PIECE];
    let is_whole = loop {
        let count = match timeout(SILENCE, log.read(&mut buffer)).await {
            Ok(Ok(0)) => break true,
            Ok(Ok(count)) => count,
            Err(_) if is_alive().await => continue,
            Ok(Err(_)) | Err(_) => break false,
        };
        // Whoever reads is told by the end of the command.
        if output.write_all(buffer.get(..count).unwrap_or_default()).await.is_err() {
            break true;
        }
    };
    let _ = output.flush().await;
    is_whole
}

fn log_request(
    container: Container<'_>,
    question: Question<'_>,
    follow: bool,
) -> Result<Request<Vec<u8>>, ClusterError> {
    let Container { namespace, pod, name } = container;
    check_name(pod)?;
    let parameters = LogParams {
        container: Some(name.to_owned()),
        follow,
        limit_bytes: (!follow).then_some(MOST),
        ..LogParams::default()
    };
    let request = kube::core::Request::new(PODS.path(Some(namespace))).logs(pod, &parameters);
    request.map_err(|error| ClusterError::of_answer(kube::Error::BuildRequest(error), question))
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::pin::Pin;
    use std::task::{Context, Poll};

    use super::*;

    /// Says something, and then falls silent, breaks or ends.
    struct Log(Option<&'static [u8]>, fn() -> Poll<io::Result<usize>>);

    impl AsyncRead for Log {
        fn poll_read(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
            into: &mut [u8],
        ) -> Poll<io::Result<usize>> {
            let Some(said) = self.0.take() else { return (self.1)() };
            into[..said.len()].copy_from_slice(said);
            Poll::Ready(Ok(said.len()))
        }
    }

    async fn carried(then: fn() -> Poll<io::Result<usize>>, looks: usize) -> (bool, Vec<u8>) {
        let (mut output, mut left) = (Vec::new(), looks);
        let is_alive = async || {
            left = left.saturating_sub(1);
            left > 0
        };
        (carry_log(Log(Some(b"said"), then), &mut output, is_alive).await, output)
    }

    #[tokio::test(start_paused = true)]
    async fn log_whose_server_is_gone_is_lost_and_one_that_is_only_silent_is_not() {
        let silent: fn() -> Poll<io::Result<usize>> = || Poll::Pending;
        assert_eq!(carried(silent, 0).await, (false, b"said".to_vec()));
        let waited = timeout(Duration::from_secs(3600), carried(silent, usize::MAX));
        waited.await.unwrap_err();
        let broken = carried(|| Poll::Ready(Err(io::ErrorKind::ConnectionReset.into())), 9).await;
        assert_eq!(broken, (false, b"said".to_vec()));
        assert_eq!(carried(|| Poll::Ready(Ok(0)), 9).await, (true, b"said".to_vec()));
    }
}
