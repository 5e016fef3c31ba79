//! The tags that mean something in a manifest.

use serde_saphyr::granit_parser::Tag as WrittenTag;

use crate::error::ParseErrorKind;

const CORE: &str = "tag:yaml.org,2002:";

/// A tag that a manifest may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tag {
    Str,
    Int,
    Float,
    Bool,
    Null,
    Binary,
    Map,
    List,
    /// Of a key `<<`.
    Merge,
}

impl Tag {
    /// The meaning of `tag`.
    pub(super) fn of(tag: &WrittenTag) -> Result<Self, ParseErrorKind> {
        let name = tag.suffix_in_namespace(CORE);
        Ok(match name.as_deref() {
            Some("str") => Self::Str,
            Some("int") => Self::Int,
            Some("float") => Self::Float,
            Some("bool") => Self::Bool,
            Some("null") => Self::Null,
            Some("binary") => Self::Binary,
            Some("map") => Self::Map,
            Some("seq") => Self::List,
            Some("merge") => Self::Merge,
            _ => return Err(ParseErrorKind::UnknownTag(tag.original())),
        })
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Str => "!!str",
            Self::Int => "!!int",
            Self::Float => "!!float",
            Self::Bool => "!!bool",
            Self::Null => "!!null",
            Self::Binary => "!!binary",
            Self::Map => "!!map",
            Self::List => "!!seq",
            Self::Merge => "!!merge",
        }
    }

    /// The error of a value, as written in `text`, that this tag does not allow.
    pub(super) fn refuses(self, text: &str) -> ParseErrorKind {
        let text = text.chars().take(40).collect();
        ParseErrorKind::WrongTag { tag: self.name(), text }
    }
}
