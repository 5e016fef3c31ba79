//! The rounds that Criterion measured, read from the files that it leaves behind.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

/// Nanoseconds of one round.
#[derive(Debug, Clone, Copy)]
pub struct Timing {
    /// The median of all rounds.
    pub median: f64,
    /// The best round.
    pub best: f64,
}

#[derive(Deserialize)]
struct Sample {
    iters: Vec<f64>,
    times: Vec<f64>,
}

impl Timing {
    /// The timing of the benchmark `id`, such as `decision/pod`, under Criterion's folder.
    ///
    /// # Errors
    /// The benchmark has not run.
    pub fn read(folder: &Path, id: &str) -> Result<Self> {
        // Criterion makes one folder of the whole id.
        let path = folder.join(id.replace('/', "_")).join("new/sample.json");
        let bytes = std::fs::read(&path).with_context(|| path.display().to_string())?;
        let sample: Sample = serde_json::from_slice(&bytes).with_context(|| path.display().to_string())?;
        Self::of(sample.times.iter().zip(&sample.iters).map(|(time, rounds)| time / rounds).collect())
    }

    /// The timing of measured rounds, in nanoseconds.
    ///
    /// # Errors
    /// There is no round.
    pub fn of(mut rounds: Vec<f64>) -> Result<Self> {
        rounds.sort_by(f64::total_cmp);
        let middle = rounds.get(rounds.len() / 2).copied();
        let (Some(median), Some(best)) = (middle, rounds.first().copied()) else {
            anyhow::bail!("no round was measured");
        };
        ensure!(best > 0.0, "a round took no time");
        Ok(Self { median, best })
    }

    /// The timing of one of `count` equal parts.
    #[must_use]
    pub fn per(self, count: usize) -> Self {
        Self { median: self.median / count as f64, best: self.best / count as f64 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn median_and_best_are_told_apart() {
        let timing = Timing::of(vec![9.0, 2.0, 5.0]).unwrap();
        assert_eq!((timing.median, timing.best), (5.0, 2.0));
        assert!(Timing::of(Vec::new()).is_err());
    }
}
