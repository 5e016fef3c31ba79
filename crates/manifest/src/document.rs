//! One document of a stream: its bytes, where they stood, and how they read.

use serde_json::Value;

use crate::{
    error::{ParseError, ParseErrorKind},
    json,
    position::{Location, Segment, locate},
    yaml,
};

/// How a document is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// YAML, block or flow style.
    Yaml,
    /// JSON in the strict sense.
    Json,
}

/// One document of a stream, with its bytes as they were.
#[derive(Debug, Clone)]
pub struct Document {
    /// Prefix and body.
    pub(crate) raw: Vec<u8>,
    /// Where the YAML parser starts in `raw`: behind a byte-order mark and the end of the document
    /// before, but ahead of the directives and the marker.
    pub(crate) text_start: usize,
    /// Where the body starts in `raw`.
    pub(crate) body_start: usize,
    /// Where `raw` starts in the file.
    pub(crate) start: Location,
    pub(crate) number: usize,
    pub(crate) format: Format,
}

impl Document {
    /// The document's position in the file, from 1. Documents without content do not count: they
    /// have the number of the next one that has.
    pub fn number(&self) -> usize {
        self.number
    }

    /// The line of the first byte of content, from 1, comments and blank lines ahead of it aside.
    pub fn line(&self) -> usize {
        self.body_location().line
    }

    /// The bytes ahead of the body, to be written back as they are: a byte-order mark, the end of
    /// the document before (`...`), comments, blank lines, directives and the marker `---`.
    pub fn prefix(&self) -> &[u8] {
        self.raw.get(..self.body_start).unwrap_or_default()
    }

    /// The content, up to the next document's prefix. Empty when there is none.
    pub fn body(&self) -> &[u8] {
        self.raw.get(self.body_start..).unwrap_or_default()
    }

    /// Whether the document is JSON.
    pub fn format(&self) -> Format {
        self.format
    }

    /// The value of the document as kubectl reads it; `None` when it has no content.
    ///
    /// # Errors
    /// Text that is not UTF-8, not YAML or JSON, has a key twice in one mapping, or exceeds a limit.
    pub fn parse(&self) -> Result<Option<Value>, ParseError> {
        let whole = self.whole()?;
        self.check_characters(whole)?;
        if self.body().is_empty() {
            return Ok(None);
        }
        let value = match self.format {
            Format::Json => whole.from(self.body_start).read_with(json::read),
            Format::Yaml => whole.from(self.text_start).read_with(yaml::read),
        };
        value.map(Some).map_err(|error| self.json_error(whole).unwrap_or(error))
    }

    /// Where the value at `path` stands in the file, or its deepest ancestor that exists. `None`
    /// when the document has no content. Reads the document again: it is meant for errors.
    pub fn locate(&self, path: &[Segment<'_>]) -> Option<Location> {
        let whole = self.whole().ok().filter(|_| !self.body().is_empty())?;
        match self.format {
            Format::Json => {
                let Text { text, start } = whole.from(self.body_start);
                locate(json::tokens(text, start), path)
            }
            Format::Yaml => {
                let Text { text, start } = whole.from(self.text_start);
                locate(yaml::tokens(text, start), path)
            }
        }
    }

    fn body_location(&self) -> Location {
        self.start.after(self.prefix())
    }

    fn whole(&self) -> Result<Text<'_>, ParseError> {
        let text = std::str::from_utf8(&self.raw).map_err(|error| {
            let valid = self.raw.get(..error.valid_up_to()).unwrap_or_default();
            ParseErrorKind::InvalidUtf8.at(self.start.after(valid))
        })?;
        Ok(Text { text, start: self.start })
    }

    /// Looks for characters that YAML forbids, in comments too.
    fn check_characters(&self, whole: Text<'_>) -> Result<(), ParseError> {
        let end = if self.format == Format::Json { self.body_start } else { self.raw.len() };
        if let Some(error) = yaml::forbidden_character(whole.to(end).text, whole.start) {
            return Err(error);
        }
        let text = whole.from(self.text_start);
        match text.text.find('\u{FEFF}') {
            Some(mark) if self.starts_with_mark(text, mark) => {
                Err(ParseErrorKind::MisplacedMark.at(text.from(mark).start))
            }
            _ => Ok(()),
        }
    }

    /// Whether only the prefix and blanks are ahead of `mark`. There parsers differ: some pass over
    /// it, and for kubectl it is the first character of the content.
    fn starts_with_mark(&self, text: Text<'_>, mark: usize) -> bool {
        let body_start = self.body_start - self.text_start;
        text.to(mark).from(body_start).text.trim_matches([' ', '\t']).is_empty()
    }

    /// For a document that reads neither as JSON nor as YAML but was meant as JSON: what is wrong
    /// with it as JSON, which says more.
    fn json_error(&self, whole: Text<'_>) -> Option<ParseError> {
        if self.format == Format::Json || !json::looks_like_json(self.body()) {
            return None;
        }
        whole.from(self.body_start).read_with(json::read).err()
    }
}

/// A piece of a file, and where it starts.
#[derive(Clone, Copy)]
struct Text<'t> {
    text: &'t str,
    start: Location,
}

impl<'t> Text<'t> {
    fn from(self, offset: usize) -> Self {
        let (before, text) = self.text.split_at_checked(offset).unwrap_or_default();
        Self { text, start: self.start.after(before.as_bytes()) }
    }

    fn to(self, end: usize) -> Self {
        Self { text: self.text.get(..end).unwrap_or_default(), start: self.start }
    }

    fn read_with<T>(self, read: impl FnOnce(&'t str, Location) -> T) -> T {
        read(self.text, self.start)
    }
}
