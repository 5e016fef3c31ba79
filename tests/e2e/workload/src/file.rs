//! Writing a file line by line, and waiting until one holds a text.

use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use crate::process::Outcome;

/// How often a file is looked at.
const INTERVAL: Duration = Duration::from_millis(100);

/// Appends `line 1`, `line 2` … and says so.
pub(crate) fn write(file: &Path, every: Duration, count: Option<u64>) -> Outcome {
    let last = count.unwrap_or(u64::MAX);
    for number in 1..=last {
        append(file, &format!("line {number}\n"))
            .map_err(|error| format!("cannot write {}: {error}", file.display()))?;
        writeln!(io::stdout(), "wrote line {number} to {}", file.display())?;
        if number < last {
            thread::sleep(every);
        }
    }
    Ok(())
}

/// Opens the file for each line: one that was moved away is made anew, as a log collector expects.
fn append(file: &Path, line: &str) -> io::Result<()> {
    OpenOptions::new().create(true).append(true).open(file)?.write_all(line.as_bytes())
}

/// Returns when the file holds the text; a file that is not there yet is waited for too.
pub(crate) fn wait_for(file: &Path, text: &str, timeout: Duration) -> Outcome {
    let start = Instant::now();
    loop {
        let seen = match fs::read(file) {
            Ok(content) if holds(&content, text.as_bytes()) => {
                return Ok(writeln!(io::stdout(), "{} holds {text:?}", file.display())?);
            }
            Ok(content) => format!("its {} bytes do not hold it", content.len()),
            Err(error) if error.kind() == ErrorKind::NotFound => "it is not there".to_owned(),
            Err(error) => format!("it cannot be read: {error}"),
        };
        let left = timeout.saturating_sub(start.elapsed());
        if left.is_zero() {
            return Err(format!("{} does not hold {text:?} after {timeout:?}: {seen}", file.display()).into());
        }
        thread::sleep(left.min(INTERVAL));
    }
}

fn holds(content: &[u8], text: &[u8]) -> bool {
    text.is_empty() || content.windows(text.len()).any(|window| window == text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_numbered_and_appended() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("log");
        fs::write(&file, "before\n").unwrap();
        write(&file, Duration::ZERO, Some(2)).unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "before\nline 1\nline 2\n");
    }

    #[test]
    fn a_text_that_is_written_later_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("log");
        thread::scope(|scope| {
            let reader = scope.spawn(|| wait_for(&file, "line 3", Duration::from_secs(30)).is_ok());
            write(&file, Duration::from_millis(10), Some(3)).unwrap();
            assert!(reader.join().unwrap());
        });
    }

    #[test]
    fn the_end_of_waiting_says_what_was_seen() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("log");
        let message = || wait_for(&file, "x", Duration::ZERO).unwrap_err().to_string();
        assert!(message().ends_with("it is not there"), "{}", message());
        fs::write(&file, "abc").unwrap();
        assert!(message().ends_with("its 3 bytes do not hold it"), "{}", message());
    }
}
