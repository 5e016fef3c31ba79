//! Reads a file once, from its first line to its last, as the follower would give it: for a look at what is there already.

use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;

use super::lines::Splitter;
use super::source::GZIP;
use super::{FollowOptions, Line};

/// How much is read at once.
const CHUNK: usize = 256 << 10;

/// Gives each line of a text or of a gzip file to the sink, the last one also where it has no end, and says how many there
/// were.
///
/// # Errors
/// It cannot be read, or what is compressed is cut or broken. The lines up to there were given.
pub fn read_lines(
    input: impl Read,
    path: &Path,
    options: &FollowOptions,
    sink: &mut dyn FnMut(Line<'_>),
) -> io::Result<u64> {
    let mut input = BufReader::with_capacity(CHUNK, input);
    let splitter = Splitter { options, path, skipping: false, first: true, over: false, lines: 0, sink };
    // A pipe may give its first bytes one by one.
    if input.fill_buf()?.starts_with(&GZIP) {
        split_all(MultiGzDecoder::new(input), splitter)
    } else {
        split_all(input, splitter)
    }
}

fn split_all(mut input: impl Read, mut splitter: Splitter<'_>) -> io::Result<u64> {
    let mut buffer = Vec::new();
    loop {
        let rest = buffer.len();
        buffer.resize(rest + CHUNK, 0);
        let read = loop {
            match input.read(buffer.get_mut(rest..).unwrap_or_default()) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => break read,
            }
        };
        buffer.truncate(rest + *read.as_ref().unwrap_or(&0));
        let is_end = !matches!(read, Ok(1..));
        splitter.over = is_end;
        let consumed = splitter.split(&buffer).consumed;
        buffer.drain(..consumed.min(buffer.len()));
        read?;
        if is_end {
            return Ok(splitter.lines);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn lines(bytes: &[u8]) -> (Vec<String>, io::Result<u64>) {
        let mut lines = Vec::new();
        let options = FollowOptions::new(Vec::new());
        let read = read_lines(bytes, Path::new("-"), &options, &mut |line| {
            lines.push(line.text.map_or_else(|reason| reason.as_str().to_owned(), str::to_owned));
        });
        (lines, read)
    }

    #[test]
    fn every_line_is_given_also_the_last_one_without_an_end() {
        let (given, read) = lines(b"\xef\xbb\xbfa\r\n\nb\0b\nc");
        assert_eq!((given, read.unwrap()), (vec!["a".to_owned(), "nul_bytes".to_owned(), "c".to_owned()], 3));
    }

    #[test]
    fn lines_over_many_reads_are_whole() {
        let text: String = (0..100_000).map(|line| format!("{{\"line\":{line}}}\n")).collect();
        let (given, _) = lines(text.as_bytes());
        assert!(given.iter().eq(text.lines()));
    }

    #[test]
    fn what_is_compressed_is_read_too_and_told_if_it_is_cut() {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(b"a\nb\n").unwrap();
        let bytes = encoder.finish().unwrap();
        assert_eq!(lines(&bytes).0, ["a", "b"]);
        assert!(lines(&bytes[..bytes.len() - 3]).1.is_err());
    }
}
