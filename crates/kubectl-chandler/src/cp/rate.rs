//! The line on the terminal that says how far a copy is. Nothing within two seconds, nothing without a terminal.

use std::convert::Infallible;
use std::time::{Duration, Instant};

use chandler_debugger::transfer::Progress;

use crate::debug::Voice;

const QUIET: Duration = Duration::from_secs(2);
const INTERVAL: Duration = Duration::from_millis(500);

/// Shows it while something works. The voice has it, so that all else it says takes the line off the terminal first.
pub(crate) async fn shown<T>(progress: &Progress, voice: &Voice, work: impl Future<Output = T>) -> T {
    let done = tokio::select! {
        done = work => done,
        never = show(progress, voice) => match never {},
    };
    voice.clear();
    done
}

async fn show(progress: &Progress, voice: &Voice) -> Infallible {
    if !voice.is_watched() {
        return std::future::pending().await;
    }
    let began = Instant::now();
    tokio::time::sleep(QUIET).await;
    loop {
        let line = line(progress.done(), progress.total(), began.elapsed());
        voice.progress(format_args!("{line} …"));
        tokio::time::sleep(INTERVAL).await;
    }
}

fn line(done: u64, total: Option<u64>, elapsed: Duration) -> String {
    let share = total.filter(|total| *total >= done).map(|total| {
        format!(
            " of {} ({} %)",
            bytes(total),
            done.saturating_mul(100).checked_div(total).unwrap_or_default()
        )
    });
    format!("{}{}, {}", bytes(done), share.unwrap_or_default(), rate(done, elapsed))
}

/// So many bytes a second, for people.
pub(crate) fn rate(done: u64, elapsed: Duration) -> String {
    let millis = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX).max(1);
    format!("{}/s", bytes(done.saturating_mul(1000) / millis))
}

/// A number of bytes for people: `999 B`, `1.2 kB`, `34.5 MB`.
pub(crate) fn bytes(count: u64) -> String {
    const UNITS: [&str; 5] = ["kB", "MB", "GB", "TB", "PB"];
    let mut tenths = count.saturating_mul(10);
    let mut unit = "B";
    for next in UNITS {
        if tenths < 10_000 {
            break;
        }
        tenths /= 1000;
        unit = next;
    }
    if unit == "B" { format!("{count} B") } else { format!("{}.{} {unit}", tenths / 10, tenths % 10) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_for_people() {
        for (count, text) in
            [(0, "0 B"), (999, "999 B"), (1_000, "1.0 kB"), (34_560_000, "34.5 MB"), (u64::MAX, "1844.6 PB")]
        {
            assert_eq!(bytes(count), text);
        }
        let second = Duration::from_secs(1);
        assert_eq!(line(50_000, Some(200_000), second), "50.0 kB of 200.0 kB (25 %), 50.0 kB/s");
        assert_eq!(line(50_000, None, second), "50.0 kB, 50.0 kB/s");
    }
}
