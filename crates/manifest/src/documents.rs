//! Cuts a stream into documents, with one document in memory at a time.
//!
//! A document ends where the next one's prefix begins: at a line `---`, at the end `...`, or, for
//! JSON, behind its last bracket when another document follows.

mod markers;
mod window;

use std::{io::BufRead, mem};

use serde::de::IgnoredAny;

use self::{
    markers::{BOM, MARKER_WIDTH, Marker, is_utf16},
    window::{Failure, Window},
};
use crate::{
    document::{Document, Format},
    error::ReadError,
    json,
};

/// The largest document that is read unless told otherwise, in bytes: 64 MiB.
pub const DEFAULT_LIMIT: usize = 64 << 20;

/// The documents of a stream, in order.
///
/// A document that is too large is an error and is skipped up to the next `---`; the ones behind it
/// follow. After any other error there are no more.
pub struct Documents<R: BufRead> {
    window: Window<R>,
    /// How many documents with content there were.
    count: usize,
    begun: bool,
    ended: bool,
}

/// Where the parts of the next document are in the window.
struct Layout {
    text_start: usize,
    body_start: usize,
    end: usize,
    format: Format,
}

/// What can stand ahead of a document, and what ends that. Offsets are those where a body starts.
enum Part {
    Start,
    End,
    /// The rest of a line without content.
    Blank,
    Directive(usize),
    Content(usize),
    /// The end of the stream.
    Nothing,
}

impl<R: BufRead> Documents<R> {
    /// The documents of `reader`, each of at most [`DEFAULT_LIMIT`] bytes.
    pub fn new(reader: R) -> Self {
        Self::with_limit(reader, DEFAULT_LIMIT)
    }

    /// The documents of `reader`, each of at most `limit` bytes.
    pub fn with_limit(reader: R, limit: usize) -> Self {
        Self { window: Window::new(reader, limit), count: 0, begun: false, ended: false }
    }

    fn next_document(&mut self) -> Result<Option<Document>, ReadError> {
        match self.layout() {
            Ok(layout) if layout.end == 0 => Ok(None),
            Ok(layout) if layout.end <= self.window.limit() => Ok(Some(self.take(&layout))),
            Ok(layout) => {
                let error = self.too_large();
                self.window.discard(layout.end);
                Err(error)
            }
            Err(Failure::TooLarge) => {
                let error = self.too_large();
                self.window.skip_to_marker().map_err(|failure| self.failed(failure))?;
                Err(error)
            }
            Err(failure) => Err(self.failed(failure)),
        }
    }

    fn take(&mut self, layout: &Layout) -> Document {
        let has_content = layout.body_start < layout.end;
        let number = self.count + 1;
        self.count += usize::from(has_content);
        let start = self.window.start();
        let raw = self.window.take(layout.end);
        let Layout { text_start, body_start, format, .. } = *layout;
        Document { raw, text_start, body_start, start, number, format }
    }

    fn too_large(&mut self) -> ReadError {
        self.count += 1;
        ReadError::TooLarge { number: self.count, line: self.window.start().line, limit: self.window.limit() }
    }

    fn failed(&mut self, failure: Failure) -> ReadError {
        self.ended = true;
        match failure {
            Failure::Read(source) => ReadError::Read { line: self.window.last_line(), source },
            Failure::Utf16 => ReadError::Utf16,
            Failure::TooLarge => self.too_large(),
        }
    }

    /// Finds the parts of the next document; its end is 0 at the end of the stream.
    fn layout(&mut self) -> Result<Layout, Failure> {
        let mut text_start = 0;
        if !mem::replace(&mut self.begun, true) {
            self.window.reach(4)?;
            if is_utf16(self.window.from(0)) {
                return Err(Failure::Utf16);
            }
        }
        let Some(body_start) = self.prefix_end(&mut text_start)? else {
            return self.empty(text_start);
        };
        let (end, format) = self.body_end(body_start)?;
        Ok(Layout { text_start, body_start, end, format })
    }

    /// The layout of a document without content.
    fn empty(&mut self, text_start: usize) -> Result<Layout, Failure> {
        let end = self.window.position();
        Ok(Layout { text_start, body_start: end, end, format: Format::Yaml })
    }

    /// Where the body starts, or `None` when there is none; then the window's position is at the
    /// next document or at the end.
    fn prefix_end(&mut self, text_start: &mut usize) -> Result<Option<usize>, Failure> {
        let mut marked = false;
        let mut directive = None;
        self.window.rewind();
        loop {
            match self.prefix_part(text_start)? {
                Part::Start if marked => return Ok(None),
                Part::Start => {
                    marked = true;
                    self.window.advance(3);
                }
                Part::End if marked => return Ok(None),
                Part::End => {
                    self.window.skip_line()?;
                    *text_start = self.window.position();
                }
                Part::Blank => self.window.skip_line()?,
                Part::Directive(start) if !marked => {
                    directive.get_or_insert(start);
                    self.window.skip_line()?;
                }
                Part::Directive(start) | Part::Content(start) => return Ok(Some(start)),
                // Directives alone are a mistake, which the parser will name.
                Part::Nothing => return Ok(directive.filter(|_| !marked)),
            }
        }
    }

    /// What is at the window's position; moves to its first byte that is neither space nor tab. A
    /// byte-order mark is passed: the text starts behind it.
    fn prefix_part(&mut self, text_start: &mut usize) -> Result<Part, Failure> {
        let line_start = self.window.at_line_start()?;
        if line_start && self.starts_with_bom() {
            self.window.advance(BOM.len());
            *text_start = self.window.position();
            // What stands behind the mark may be a marker, which has to be there as a whole.
            self.window.reach(*text_start + MARKER_WIDTH)?;
        }
        let start = self.window.position();
        if line_start {
            match Marker::at(self.window.here()) {
                Some(Marker::Start) => return Ok(Part::Start),
                Some(Marker::End) => return Ok(Part::End),
                None => {}
            }
        }
        Ok(match self.window.skip_blanks()? {
            None => Part::Nothing,
            Some(b'\n' | b'\r' | b'#') => Part::Blank,
            Some(b'%') if line_start && start == self.window.position() => Part::Directive(start),
            Some(_) if line_start => Part::Content(start),
            Some(_) => Part::Content(self.window.position()),
        })
    }

    /// Whether a byte-order mark is here, and starts the file or stands ahead of a marker.
    fn starts_with_bom(&self) -> bool {
        let here = self.window.here();
        let is_first = self.window.position() == 0 && self.count == 0;
        here.starts_with(BOM) && (is_first || Marker::at(here) == Some(Marker::Start))
    }

    /// Whether the body that starts at `start`, with the window's position at its first byte of
    /// content, looks like JSON as far as that can be told from its start.
    fn may_be_json(&mut self, start: usize) -> Result<bool, Failure> {
        if !matches!(self.window.here().first(), Some(b'{' | b'[')) {
            return Ok(false);
        }
        self.window.skip_bracket()?;
        Ok(json::looks_like_json(self.window.from(start)))
    }

    /// Where the body that starts at `start` ends, and what it is.
    fn body_end(&mut self, start: usize) -> Result<(usize, Format), Failure> {
        if self.may_be_json(start)?
            && let Some(end) = self.window.json_end(start)?
        {
            let text = self.window.from(start).get(..end - start).unwrap_or_default();
            let valid = serde_json::from_slice::<IgnoredAny>(text).is_ok();
            return Ok((end, if valid { Format::Json } else { Format::Yaml }));
        }
        Ok((self.window.yaml_end(start)?, Format::Yaml))
    }
}

impl<R: BufRead> Iterator for Documents<R> {
    type Item = Result<Document, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let next = self.next_document().transpose();
        self.ended |= next.is_none();
        next
    }
}
