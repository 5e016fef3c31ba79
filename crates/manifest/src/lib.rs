//! Streams of Kubernetes manifests: split into documents, read as kubectl reads them, located, and
//! written back.
//!
//! [`Documents`] holds one document in memory at a time. A [`Document`] keeps its bytes, so what
//! nobody changes can be written back byte for byte, and [`write_document`] writes a changed one.
//!
//! YAML is resolved by the rules of `sigs.k8s.io/yaml` (YAML 1.1: `yes` is true, `0755` is octal),
//! which is what kubectl uses. `tests/reading.rs` compares the two. What both read is the same value;
//! they differ on purpose in what they refuse:
//!
//! - **Duplicate keys** are an error that names both lines; kubectl takes the last one. A key that
//!   a merge (`<<`) brought may be set again, and as with kubectl the later of the two wins.
//! - **Every document is read.** kubectl refuses `--- {a: b}`, and drops unseen what follows a `...`
//!   or a document that is complete before its text ends.
//! - **Unknown tags** (`!secret`, `!!set`, `!!timestamp`, `!`) are errors; kubectl ignores them.
//! - **What is read in two ways is refused**: `{a:}` and `{a :}` (the colon is part of the key for
//!   kubectl), a tag or an anchor ahead of text that starts with a colon, anchors with other
//!   characters than letters, digits, `-` and `_`, a block of text at column 1 that is the whole
//!   document, and a byte-order mark ahead of content but not of the file or a marker.
//! - **Control characters, U+0085, U+2028 and U+2029** in YAML are errors: the last three end a line
//!   for kubectl and not for newer parsers. JSON may have those three.
//! - **Infinity and not-a-number** are errors as values, and strings as keys, on both sides.
//! - **Syntax.** The parser follows YAML 1.2: it also accepts `%YAML 1.2`, `\/` and pairs of
//!   surrogates in double quotes; it refuses lines of quoted text at column 1 inside a mapping.
//! - **Limits.** Nesting ends at [`MAX_DEPTH`] levels, aliases may repeat [`MAX_ALIAS_NODES`] values
//!   and [`MAX_ALIAS_BYTES`] bytes, and a document is at most [`DEFAULT_LIMIT`] bytes unless told.

mod document;
mod documents;
mod error;
mod json;
mod position;
mod write;
mod yaml;

pub use document::{Document, Format};
pub use documents::{DEFAULT_LIMIT, Documents};
pub use error::{ParseError, ParseErrorKind, ReadError};
pub use position::{Location, Segment};
pub use write::{write_document, write_yaml};
pub use yaml::{MAX_ALIAS_BYTES, MAX_ALIAS_NODES, MAX_DEPTH};
