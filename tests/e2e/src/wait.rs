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

/// Looks again and again until a condition holds.
///
/// # Errors
/// A look fails, or the condition does not hold within `bound`: then the error tells what was last seen.
pub async fn wait_for<T>(
    what: &str,
    bound: Duration,
    mut look: impl AsyncFnMut() -> Result<Wait<T>>,
) -> Result<T> {
    let start = Instant::now();
    loop {
        let seen = match look().await? {
            Wait::Done(value) => return Ok(value),
            Wait::NotYet(seen) => seen,
        };
        if start.elapsed() > bound {
            bail!("waited {} s for {what}; last seen: {seen}", bound.as_secs());
        }
        tokio::time::sleep(PAUSE).await;
    }
}
