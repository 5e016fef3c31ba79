//! Where a command's output goes when there are several: whole lines with a word ahead, or a text that is kept.

use std::io::Write;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use tokio::io::AsyncWrite;

/// A line that is longer is shown in parts.
const LONGEST: usize = 64 * 1024;

/// So much is kept of one output.
const KEPT: usize = 16 * 1024 * 1024;

/// Writes lines with a word ahead, each of them at once, so that those of others do not get into them.
pub(crate) struct PrefixedLines<W: Write> {
    prefix: Vec<u8>,
    output: Arc<Mutex<W>>,
    rest: Vec<u8>,
}

impl<W: Write> PrefixedLines<W> {
    /// Lines that start with the prefix.
    pub(crate) fn new(prefix: &str, output: Arc<Mutex<W>>) -> Self {
        Self { prefix: prefix.as_bytes().to_vec(), output, rest: Vec::new() }
    }

    fn take(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.rest.extend_from_slice(bytes);
        let end = match self.rest.iter().rposition(|byte| *byte == b'\n') {
            Some(last) => last + 1,
            None if self.rest.len() > LONGEST => self.rest.len(),
            None => return Ok(()),
        };
        let lines: Vec<u8> = self.rest.drain(..end).collect();
        self.write_lines(&lines)
    }

    fn write_lines(&self, lines: &[u8]) -> std::io::Result<()> {
        let mut shown = Vec::with_capacity(lines.len() + self.prefix.len());
        for line in lines.split_inclusive(|byte| *byte == b'\n') {
            shown.extend_from_slice(&self.prefix);
            shown.extend_from_slice(line);
        }
        if shown.last().is_some_and(|byte| *byte != b'\n') {
            shown.push(b'\n');
        }
        let mut output = self.output.lock().unwrap_or_else(PoisonError::into_inner);
        output.write_all(&shown)?;
        output.flush()
    }

    fn finish(&mut self) -> std::io::Result<()> {
        let rest = std::mem::take(&mut self.rest);
        if rest.is_empty() { Ok(()) } else { self.write_lines(&rest) }
    }
}

impl<W: Write> Drop for PrefixedLines<W> {
    /// A last line may have no end.
    fn drop(&mut self) {
        let _ = self.finish();
    }
}

impl<W: Write> AsyncWrite for PrefixedLines<W> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        Poll::Ready(self.take(bytes).map(|()| bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(self.finish())
    }
}

/// Keeps what is written, up to a bound.
#[derive(Debug, Clone, Default)]
pub(crate) struct Kept(Arc<Mutex<Keep>>);

#[derive(Debug, Default)]
struct Keep {
    bytes: Vec<u8>,
    truncated: bool,
}

impl Kept {
    /// The text, and whether some of it did not fit.
    pub(crate) fn text(&self) -> (String, bool) {
        let keep = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        (String::from_utf8_lossy(&keep.bytes).into_owned(), keep.truncated)
    }
}

impl AsyncWrite for Kept {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<std::io::Result<usize>> {
        let mut keep = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let room = KEPT.saturating_sub(keep.bytes.len()).min(bytes.len());
        keep.bytes.extend(bytes.iter().take(room));
        keep.truncated |= room < bytes.len();
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::AsyncWriteExt as _;

    async fn shown(pieces: &[&[u8]]) -> String {
        let output = Arc::new(Mutex::new(Vec::new()));
        let mut lines = PrefixedLines::new("[a] ", Arc::clone(&output));
        for piece in pieces {
            lines.write_all(piece).await.unwrap();
        }
        lines.shutdown().await.unwrap();
        String::from_utf8(output.lock().unwrap().clone()).unwrap()
    }

    #[tokio::test]
    async fn lines_come_whole_whatever_pieces_they_arrive_in() {
        assert_eq!(shown(&[b"o", b"ne\ntw", b"o\n\nthree"]).await, "[a] one\n[a] two\n[a] \n[a] three\n");
        assert_eq!(shown(&[]).await, "");
        let long = vec![b'x'; LONGEST + 1];
        assert_eq!(shown(&[&long]).await.len(), long.len() + "[a] \n".len());
    }

    #[tokio::test]
    async fn what_is_kept_has_a_bound() {
        let mut kept = Kept::default();
        kept.write_all(b"some").await.unwrap();
        assert_eq!(kept.text(), ("some".to_owned(), false));
        kept.write_all(&vec![b'x'; KEPT]).await.unwrap();
        let (text, truncated) = kept.text();
        assert_eq!((text.len(), truncated), (KEPT, true));
    }
}
