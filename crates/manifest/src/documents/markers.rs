//! What the first bytes of a line or of a stream say.

/// The byte-order mark of UTF-8.
pub(super) const BOM: &[u8] = b"\xEF\xBB\xBF";

/// How many bytes of a line must be there to recognise a marker: a byte-order mark, the marker, and
/// the byte behind it.
pub(super) const MARKER_WIDTH: usize = 7;

/// A line that separates documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Marker {
    /// `---`, perhaps with content behind it.
    Start,
    /// `...`
    End,
}

impl Marker {
    /// The marker at the start of `line`.
    pub(super) fn at(line: &[u8]) -> Option<Self> {
        let line = line.strip_prefix(BOM).unwrap_or(line);
        let (marker, rest) = line.split_at_checked(3)?;
        if !matches!(rest.first(), None | Some(b' ' | b'\t' | b'\r' | b'\n')) {
            return None;
        }
        match marker {
            b"---" => Some(Self::Start),
            b"..." => Some(Self::End),
            _ => None,
        }
    }
}

/// Whether a stream that starts like this is UTF-16: by its byte-order mark, or by the zero bytes
/// beside an ASCII character.
pub(super) fn is_utf16(start: &[u8]) -> bool {
    match start {
        [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] => true,
        [0, second, ..] => *second != 0,
        [first, 0, ..] => *first != 0,
        _ => false,
    }
}

/// Follows the brackets of JSON byte by byte.
#[derive(Default)]
pub(super) struct Brackets {
    depth: usize,
    in_string: bool,
    escaped: bool,
}

impl Brackets {
    /// Whether `byte` closes the outermost bracket.
    pub(super) fn close_with(&mut self, byte: u8) -> bool {
        if self.in_string {
            self.in_string = byte != b'"' || self.escaped;
            self.escaped = byte == b'\\' && !self.escaped;
            return false;
        }
        match byte {
            b'"' => self.in_string = true,
            b'{' | b'[' => self.depth += 1,
            b'}' | b']' => {
                self.depth = self.depth.saturating_sub(1);
                return self.depth == 0;
            }
            _ => {}
        }
        false
    }
}
