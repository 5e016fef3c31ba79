//! The log that is measured: lines of about 250 bytes, as a game could write them.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// Lines of the log.
pub const LINES: usize = 1_000_000;

const RULES: &str = include_str!("../../inputs/agent/rules.yaml");

/// A line without its end. Lines differ in what is counted, and nothing is random: every run measures the same.
#[must_use]
pub fn line(number: usize) -> String {
    let mut line = String::with_capacity(300);
    let region = ["cn-east", "eu-west", "us-east"].get(number % 3).copied().unwrap_or_default();
    let mixed = number.wrapping_mul(2_654_435_761) >> 7;
    let time = 1_790_000_000_000 + number as u64;
    let _ = write!(
        line,
        r#"{{"ts":{time},"game":"m{}","region":"{region}","user":{{"id":{},"level":{},"client":"{}"}},"#,
        mixed % 5,
        100_000 + mixed % 90_000,
        mixed % 97,
        if mixed.is_multiple_of(2) { "ios" } else { "android" },
    );
    let channel = ["wx", "web", "store", "card"].get(mixed % 4).copied().unwrap_or_default();
    let ok = !mixed.is_multiple_of(9);
    let amount = 99 + mixed % 5000;
    let about = match number % 4 {
        0 => format!(r#""event":"order","pay":{{"channel":"{channel}","amount":{amount},"ok":{ok}}}"#),
        1 => format!(r#""event":"login","online":{},"pay":{{"plan":"none"}}"#, mixed % 10_000),
        2 => format!(r#""event":"match","cost_ms":{},"mode":"ranked","won":{ok}"#, mixed % 6000),
        _ => format!(r#""event":"queue","queues":{{"ranked":{},"casual":{}}}"#, mixed % 50, mixed % 70),
    };
    let _ = write!(
        line,
        r#"{about},"bytes":{},"trace":"{:016x}{:016x}","note":""#,
        mixed % 65_536,
        mixed,
        number
    );
    let missing = 248_usize.saturating_sub(line.len());
    line.extend(std::iter::repeat_n('n', missing));
    line.push_str("\"}");
    line
}

/// Writes the log into a folder.
///
/// # Errors
/// The disk does not take it.
pub fn write_log(folder: &Path, lines: usize) -> Result<PathBuf> {
    let path = folder.join("game.log");
    let mut log = BufWriter::new(File::create(&path).with_context(|| path.display().to_string())?);
    for number in 0..lines {
        writeln!(log, "{}", line(number))?;
    }
    log.flush()?;
    Ok(path)
}

/// Ten rules for the logs in a folder.
#[must_use]
pub fn rules(folder: &Path) -> String {
    RULES.replace("FOLDER", &folder.display().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_json_of_about_250_bytes() {
        for number in 0..1000 {
            let line = line(number);
            assert!((245..=265).contains(&line.len()), "{} {line}", line.len());
            assert!(serde_json::from_str::<serde_json::Value>(&line).is_ok(), "{line}");
        }
    }
}
