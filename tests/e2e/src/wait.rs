//! Waits with a bound, whose failure tells what was last seen.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};

/// How often a condition is looked at.
const PAUSE: Duration = Duration::from_millis(100);

/// What a look at a condition found.
#[derive(Debug)]
pub enum Wait<T> {
    /// It holds.
    Done(T),
    /// Not yet; this is what there is instead.
    NotYet(String),
}

/// How long a look may take.
const LOOK: Duration = Duration::from_secs(15);

/// Looks again and again until a condition holds. A look that fails says what was seen, as any other.
///
/// # Errors
/// The condition does not hold within `bound`: then the error tells what was last seen.
pub async fn wait_for<T>(
    what: &str,
    bound: Duration,
    look: impl AsyncFnMut() -> Result<Wait<T>>,
) -> Result<T> {
    wait_with_pause(PAUSE, (what, bound), look).await
}

/// The same, looking as often as `pause` says.
pub(crate) async fn wait_with_pause<T>(
    pause: Duration,
    (what, bound): (&str, Duration),
    mut look: impl AsyncFnMut() -> Result<Wait<T>>,
) -> Result<T> {
    let start = Instant::now();
    loop {
        let seen = match tokio::time::timeout(LOOK, look()).await {
            Ok(Ok(Wait::Done(value))) => return Ok(value),
            Ok(Ok(Wait::NotYet(seen))) => seen,
            Ok(Err(error)) => format!("{error:#}"),
            Err(_) => format!("no answer within {} s", LOOK.as_secs()),
        };
        if start.elapsed() > bound {
            bail!("waited {} s for {what}; last seen: {seen}", bound.as_secs());
        }
        tokio::time::sleep(pause).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn failure_tells_what_was_last_seen() {
        let mut looks = 0;
        let waited = wait_for("the tide", Duration::from_secs(1), async || {
            looks += 1;
            anyhow::ensure!(looks % 2 == 0, "fog");
            Ok(Wait::<()>::NotYet(format!("ebb {looks}")))
        });
        let message = waited.await.unwrap_err().to_string();
        assert!(message.starts_with("waited 1 s for the tide; last seen: "), "{message}");
    }

    #[tokio::test(start_paused = true)]
    async fn look_that_hangs_is_given_up() {
        let waited: Result<()> =
            wait_for("the tide", Duration::from_secs(20), async || std::future::pending().await).await;
        assert!(waited.unwrap_err().to_string().ends_with("no answer within 15 s"));
    }
}
