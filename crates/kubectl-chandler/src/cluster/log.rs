//! What a container wrote.

use futures_util::AsyncReadExt as _;
use http::Request;
use kube::api::LogParams;
use tokio::io::{AsyncWrite, AsyncWriteExt as _};

use super::error::Question;
use super::{Cluster, ClusterError, PODS, check_name};

/// Most of a log that is read at once.
const MOST: i64 = 1024 * 1024;

/// Most bytes of a piece of a log that goes on.
const PIECE: usize = 64 * 1024;

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

    /// Writes all that a container wrote and writes, until it ends, the connection is lost, or nobody takes it.
    ///
    /// # Errors
    /// There is no answer, or none with a log.
    pub(crate) async fn follow_log(
        &self,
        container: Container<'_>,
        output: &mut (dyn AsyncWrite + Send + Unpin),
    ) -> Result<(), ClusterError> {
        let question = self.about_log(container);
        let request = log_request(container, question, true)?;
        let log = self.bounded(self.client.request_stream(request), question).await?;
        let mut log = std::pin::pin!(log);
        let mut buffer = vec![0; PIECE];
        while let Ok(count @ 1..) = log.read(&mut buffer).await {
            if output.write_all(buffer.get(..count).unwrap_or_default()).await.is_err() {
                break;
            }
        }
        // Whoever reads is told by the end of the command.
        let _ = output.flush().await;
        Ok(())
    }

    fn about_log<'q>(&'q self, container: Container<'q>) -> Question<'q> {
        let Container { namespace, pod, .. } = container;
        Question { name: Some(pod), subresource: Some("log"), ..self.question("get", &PODS, Some(namespace)) }
    }
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
