//! A fuzzer's bytes, taken from the front by one value and from the back by the other: a change of one value
//! leaves the other as it is.

/// Bytes that are left, and the end from which they are taken. Where none are left there are zeroes.
#[derive(Debug, Clone, Copy)]
pub struct Bytes<'a> {
    left: &'a [u8],
    from_back: bool,
}

impl<'a> Bytes<'a> {
    /// Takes bytes from the first to the last.
    pub fn front(left: &'a [u8]) -> Self {
        Self { left, from_back: false }
    }

    /// Takes bytes from the last to the first.
    pub fn back(left: &'a [u8]) -> Self {
        Self { left, from_back: true }
    }

    /// Whether no byte is left.
    pub fn is_empty(&self) -> bool {
        self.left.is_empty()
    }

    /// The next byte.
    pub fn byte(&mut self) -> u8 {
        let next = if self.from_back { self.left.split_last() } else { self.left.split_first() };
        let Some((byte, left)) = next else { return 0 };
        self.left = left;
        *byte
    }

    /// The next bytes as a number, the highest first.
    pub fn number(&mut self, bytes: usize) -> u64 {
        (0..bytes).fold(0, |number, _| (number << 8) | u64::from(self.byte()))
    }

    /// A number below `limit`; zero when that is zero.
    pub fn below(&mut self, limit: usize) -> usize {
        let bytes = if limit > 256 { 2 } else { 1 };
        usize::try_from(self.number(bytes)).unwrap_or_default().checked_rem(limit).unwrap_or_default()
    }

    /// One of several.
    pub fn choose<'c, T>(&mut self, choices: &'c [T]) -> Option<&'c T> {
        choices.get(self.below(choices.len()))
    }

    /// Text of that many bytes; what is no UTF-8 is replaced.
    pub fn text(&mut self, length: usize) -> String {
        let bytes: Vec<u8> = (0..length.min(self.left.len())).map(|_| self.byte()).collect();
        String::from_utf8_lossy(&bytes).into_owned()
    }
}
