//! The part of the stream that is in memory: the document that is being cut, and what the reader
//! gave beyond it.

use std::{
    io::{self, BufRead},
    mem,
};

use super::markers::{Brackets, MARKER_WIDTH, Marker};
use crate::position::Location;

/// How much is taken from the reader at once, in bytes.
const STEP: usize = 16 << 10;

/// Why there is no next document.
pub(super) enum Failure {
    TooLarge,
    Utf16,
    Read(io::Error),
}

/// As in YAML, a carriage return ends a line too, also without a line feed.
fn is_line_end(byte: &u8) -> bool {
    matches!(byte, b'\n' | b'\r')
}

pub(super) struct Window<R> {
    reader: R,
    bytes: Vec<u8>,
    /// How far the bytes are scanned.
    position: usize,
    /// Where the first byte is in the file.
    start: Location,
    limit: usize,
}

impl<R: BufRead> Window<R> {
    pub(super) fn new(reader: R, limit: usize) -> Self {
        let start = Location { line: 1, column: 1 };
        Self { reader, bytes: Vec::new(), position: 0, start, limit }
    }

    pub(super) fn limit(&self) -> usize {
        self.limit
    }

    pub(super) fn start(&self) -> Location {
        self.start
    }

    /// The line of the last byte that was read.
    pub(super) fn last_line(&self) -> usize {
        self.start.after(&self.bytes).line
    }

    pub(super) fn position(&self) -> usize {
        self.position
    }

    pub(super) fn rewind(&mut self) {
        self.position = 0;
    }

    pub(super) fn advance(&mut self, length: usize) {
        self.position += length;
    }

    pub(super) fn from(&self, offset: usize) -> &[u8] {
        self.bytes.get(offset..).unwrap_or_default()
    }

    /// The bytes from the position on.
    pub(super) fn here(&self) -> &[u8] {
        self.from(self.position)
    }

    /// Removes and returns the first `length` bytes.
    pub(super) fn take(&mut self, length: usize) -> Vec<u8> {
        let rest = self.bytes.split_off(length);
        let taken = mem::replace(&mut self.bytes, rest);
        self.start = self.start.after(&taken);
        taken
    }

    pub(super) fn discard(&mut self, length: usize) {
        self.start = self.start.after(self.bytes.get(..length).unwrap_or_default());
        self.bytes.drain(..length);
        self.position = 0;
    }

    /// Reads on; false at the end of the stream.
    fn read_more(&mut self) -> Result<bool, Failure> {
        loop {
            let given = match self.reader.fill_buf() {
                Ok(given) => given.get(..STEP).unwrap_or(given),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(Failure::Read(error)),
            };
            let length = given.len();
            self.bytes.extend_from_slice(given);
            self.reader.consume(length);
            return Ok(length > 0);
        }
    }

    /// Reads on within the limit; false at the end of the stream.
    fn grow(&mut self) -> Result<bool, Failure> {
        if self.bytes.len() > self.limit {
            return Err(Failure::TooLarge);
        }
        self.read_more()
    }

    /// Sees to it that `length` bytes are there, unless the stream ends before.
    pub(super) fn reach(&mut self, length: usize) -> Result<(), Failure> {
        while self.bytes.len() < length && self.grow()? {}
        Ok(())
    }

    /// Moves behind a bracket and the white space behind it.
    pub(super) fn skip_bracket(&mut self) -> Result<(), Failure> {
        self.advance(1);
        while self.skip_blanks()?.is_some_and(|byte| byte.is_ascii_whitespace()) {
            self.advance(1);
        }
        Ok(())
    }

    /// Whether the position is at the start of a line; then a marker there can be recognised.
    pub(super) fn at_line_start(&mut self) -> Result<bool, Failure> {
        self.reach(self.position + MARKER_WIDTH)?;
        Ok(match self.position.checked_sub(1) {
            Some(before) => self.bytes.get(before).is_some_and(is_line_end),
            None => self.start.column == 1,
        })
    }

    /// Moves behind spaces and tabs; returns the byte there.
    pub(super) fn skip_blanks(&mut self) -> Result<Option<u8>, Failure> {
        loop {
            match self.here().iter().position(|byte| !matches!(byte, b' ' | b'\t')) {
                Some(blanks) => {
                    self.advance(blanks);
                    return Ok(self.here().first().copied());
                }
                None => {
                    self.position = self.bytes.len();
                    if !self.grow()? {
                        return Ok(None);
                    }
                }
            }
        }
    }

    /// Moves behind the end of the line, or to the end of the stream.
    pub(super) fn skip_line(&mut self) -> Result<(), Failure> {
        loop {
            match self.here().iter().position(is_line_end) {
                Some(length) => {
                    self.advance(length + 1);
                    return Ok(());
                }
                None => {
                    self.position = self.bytes.len();
                    if !self.grow()? {
                        return Ok(());
                    }
                }
            }
        }
    }

    /// The end of a body in YAML: the next marker, or the end of the stream.
    pub(super) fn yaml_end(&mut self, start: usize) -> Result<usize, Failure> {
        self.position = start;
        loop {
            self.skip_line()?;
            let line_start = self.at_line_start()?;
            if self.here().is_empty() || (line_start && Marker::at(self.here()).is_some()) {
                return Ok(self.position);
            }
        }
    }

    /// The end of a body in JSON: behind its last bracket and white space, when another document or
    /// the end of the stream follows there. `None` when it goes on otherwise.
    pub(super) fn json_end(&mut self, start: usize) -> Result<Option<usize>, Failure> {
        self.position = start;
        let mut brackets = Brackets::default();
        loop {
            let Some(byte) = self.next_byte()? else { return Ok(None) };
            if brackets.close_with(byte) {
                break;
            }
            if is_line_end(&byte) && self.at_line_start()? && Marker::at(self.here()).is_some() {
                return Ok(None);
            }
        }
        self.white_end()
    }

    /// The end of the white space from the position on, when a JSON document can end there.
    fn white_end(&mut self) -> Result<Option<usize>, Failure> {
        loop {
            let marked = self.at_line_start()? && Marker::at(self.here()).is_some();
            match self.here().first() {
                None | Some(b'{' | b'[') => return Ok(Some(self.position)),
                Some(_) if marked => return Ok(Some(self.position)),
                Some(byte) if byte.is_ascii_whitespace() => self.advance(1),
                Some(_) => return Ok(None),
            }
        }
    }

    fn next_byte(&mut self) -> Result<Option<u8>, Failure> {
        if self.here().is_empty() && !self.grow()? {
            return Ok(None);
        }
        let byte = self.here().first().copied();
        self.advance(1);
        Ok(byte)
    }

    /// Drops everything up to the next line `---` or `...` behind the first line, in constant
    /// memory.
    pub(super) fn skip_to_marker(&mut self) -> Result<(), Failure> {
        self.position = 0;
        loop {
            let Some(length) = self.here().iter().position(|byte| *byte == b'\n') else {
                let half_line_end = usize::from(self.bytes.ends_with(b"\r"));
                self.discard(self.bytes.len() - half_line_end);
                if !self.read_more()? {
                    self.discard(half_line_end);
                    return Ok(());
                }
                continue;
            };
            self.advance(length + 1);
            if self.here().len() < MARKER_WIDTH {
                self.discard(self.position);
                while self.bytes.len() < MARKER_WIDTH && self.read_more()? {}
            }
            if Marker::at(self.here()).is_some() {
                self.discard(self.position);
                return Ok(());
            }
        }
    }
}
