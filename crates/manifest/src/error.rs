//! What can be wrong with a stream ([`ReadError`]) and with one document of it ([`ParseError`]).
//! Lines and columns count from 1, and lines are those of the whole file.

use std::io;

use thiserror::Error;

use crate::position::Location;

/// A document could not be cut out of the stream.
#[derive(Debug, Error)]
pub enum ReadError {
    /// The reader failed; there are no further documents.
    #[error("line {line}: the file cannot be read further")]
    Read {
        /// The line that was being read.
        line: usize,
        /// What the reader said.
        source: io::Error,
    },
    /// The stream is not UTF-8 but UTF-16; there are no further documents.
    #[error("the file is UTF-16 text: convert it to UTF-8")]
    Utf16,
    /// The document is larger than the limit. It is skipped: the next one follows.
    #[error("line {line}: document {number} is larger than the limit of {limit} bytes")]
    TooLarge {
        /// The document's number, as [`Document::number`](crate::Document::number) counts.
        number: usize,
        /// The line on which the document starts.
        line: usize,
        /// The limit, in bytes.
        limit: usize,
    },
}

/// A document could not be read as a value.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("line {line}, column {column}: {kind}")]
pub struct ParseError {
    /// The line in the file, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// What is wrong there.
    pub kind: ParseErrorKind,
}

/// What is wrong at the place that a [`ParseError`] names.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ParseErrorKind {
    /// The text is not YAML, or not JSON; the parser's words.
    #[error("{0}")]
    Syntax(String),
    /// A byte that is not UTF-8.
    #[error("invalid UTF-8")]
    InvalidUtf8,
    /// A character that YAML does not allow as it is.
    #[error("character U+{0:04X} is not allowed as it is: write it as an escape in double quotes")]
    ForbiddenCharacter(u32),
    /// A byte-order mark ahead of a document that starts neither the file nor a marker's line.
    #[error("a byte-order mark has no place here")]
    MisplacedMark,
    /// The same key twice in one mapping.
    #[error("duplicate key {key:?}, first set on line {first_line}")]
    DuplicateKey {
        /// The key.
        key: String,
        /// The line in the file of its first occurrence.
        first_line: usize,
    },
    /// A tag without a meaning in a manifest.
    #[error("unknown tag `{0}`")]
    UnknownTag(String),
    /// A value that its tag does not allow.
    #[error("`{text}` is not a value of the tag {tag}")]
    WrongTag {
        /// The tag, such as `!!int`.
        tag: &'static str,
        /// The value as it was written.
        text: String,
    },
    /// `{a:}` or `!!str :a`, which parsers read in two ways.
    #[error("this `:` can be read in two ways: put a space behind it, or quotes around the text")]
    AmbiguousColon,
    /// A block of text that is a whole document and is not indented.
    #[error("a block of text that is the whole document must be indented")]
    UnindentedText,
    /// An anchor whose name kubectl does not know.
    #[error("the name of the anchor `{0}` may only have letters, digits, `-` and `_`")]
    AnchorName(String),
    /// Infinity or not-a-number.
    #[error("`{0}` has no form in JSON")]
    NotFinite(String),
    /// A key that cannot become a string.
    #[error("a {0} cannot be a key")]
    UnsupportedKey(&'static str),
    /// `<<` over something that is no mapping.
    #[error("`<<` merges a mapping or a list of mappings, nothing else")]
    InvalidMerge,
    /// An alias to an anchor around it.
    #[error("the alias refers to a value that contains it")]
    RecursiveAlias,
    /// Aliases that repeat too much.
    #[error("aliases repeat more than {0} values or their bytes: the document is refused")]
    TooManyAliases(usize),
    /// Too many levels.
    #[error("more than {0} levels of nesting")]
    TooDeep(usize),
    /// A second document where the splitter saw one.
    #[error("a second document begins here, but its marker does not start a line")]
    HiddenDocument,
}

impl ParseErrorKind {
    /// This error, at a place.
    pub(crate) fn at(self, location: Location) -> ParseError {
        ParseError { line: location.line, column: location.column, kind: self }
    }
}
