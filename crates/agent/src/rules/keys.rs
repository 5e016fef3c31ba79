//! The keys of one object that rules read, to be found by the keys of a line. It is the innermost loop of the agent, so
//! the first eight bytes of a key are compared as one number, which is also where it lies in a table.

use super::json;
use super::scanner::Quoted;
use super::slots::Slot;

/// Keys and their slots.
#[derive(Debug, Clone, Default)]
pub(super) struct Keys {
    keys: Vec<Key>,
    /// The same keys, each where its mark leads to; others are empty, as no key is. At most half of it is used, and its
    /// length is a power of two.
    table: Vec<Key>,
}

#[derive(Debug, Clone, Default)]
struct Key {
    mark: u64,
    /// As [`json::quoted`] makes it.
    quoted: Box<str>,
    slot: Slot,
}

/// The first eight bytes of a key of `length` bytes with which `bytes` begins, as a number.
#[inline]
pub(super) fn mark(bytes: &[u8], length: usize) -> u64 {
    let word = match bytes.first_chunk::<8>() {
        Some(chunk) => u64::from_le_bytes(*chunk),
        None => bytes.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte)),
    };
    if length < 8 { word & ((1 << (8 * length)) - 1) } else { word }
}

impl Keys {
    pub(super) fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    pub(super) fn slots(&self) -> impl Iterator<Item = Slot> {
        self.keys.iter().map(|key| key.slot)
    }

    /// The slot of a key, which is `new` if the key is.
    pub(super) fn insert(&mut self, key: &str, new: Slot) -> Slot {
        let quoted = json::quoted(key);
        if let Some(known) = self.keys.iter().find(|known| known.quoted == quoted) {
            return known.slot;
        }
        self.keys.push(Key { mark: mark(key.as_bytes(), key.len()), quoted, slot: new });
        self.fill_table();
        new
    }

    fn fill_table(&mut self) {
        self.table = vec![Key::default(); (self.keys.len() * 2).next_power_of_two()];
        for key in &self.keys {
            let mut place = self.place(key.mark, key.quoted.len());
            while self.table.get(place).is_some_and(|used| !used.quoted.is_empty()) {
                place = self.next(place);
            }
            if let Some(empty) = self.table.get_mut(place) {
                *empty = key.clone();
            }
        }
    }

    /// The slot of a key of a line.
    #[inline]
    pub(super) fn find(&self, key: Quoted<'_>) -> Option<Slot> {
        if key.escaped {
            return self.find_escaped(key);
        }
        let length = key.length();
        let mut place = self.place(key.mark, length);
        loop {
            let known = self.table.get(place)?;
            // Two bytes are quotes: shorter ones are known by their mark.
            let same = known.mark == key.mark
                && known.quoted.len() == length
                && (length <= 10 || *known.quoted == *key.raw());
            if same {
                return Some(known.slot);
            }
            if known.quoted.is_empty() {
                return None;
            }
            place = self.next(place);
        }
    }

    #[cold]
    fn find_escaped(&self, key: Quoted<'_>) -> Option<Slot> {
        self.keys.iter().find(|known| json::says(key.raw(), &known.quoted)).map(|known| known.slot)
    }

    #[inline]
    #[allow(clippy::cast_possible_truncation, reason = "the table is smaller than that")]
    fn place(&self, mark: u64, length: usize) -> usize {
        let mixed = (mark ^ length as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        (mixed >> 32) as usize & self.table.len().wrapping_sub(1)
    }

    #[inline]
    fn next(&self, place: usize) -> usize {
        (place + 1) & self.table.len().wrapping_sub(1)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn find(keys: &Keys, raw: &str) -> Option<Slot> {
        keys.find(Quoted::whole(raw))
    }

    #[test]
    fn keys_that_need_escapes_are_not_taken_for_what_looks_like_them() {
        let mut keys = Keys::default();
        for (slot, key) in ["a\\n", "a\n", "an", "a\"", "\\u0061bcdefghijkl"].into_iter().enumerate() {
            assert_eq!(keys.insert(key, slot), slot);
        }
        for (raw, slot) in [
            (r#""a\n""#, Some(1)),
            (r#""a\\n""#, Some(0)),
            (r#""an""#, Some(2)),
            (r#""a\u006e""#, Some(2)),
            (r#""a\"""#, Some(3)),
            (r#""\u0061bcdefghijkl""#, None),
            (r#""""#, None),
        ] {
            assert_eq!(find(&keys, raw), slot, "{raw}");
        }
        assert_eq!(find(&Keys::default(), r#""a""#), None);
    }

    #[test]
    fn mark_does_not_see_what_is_behind_the_key() {
        assert_eq!(mark(b"ab\":1234567", 2), mark(b"ab", 2));
        assert_eq!(mark(b"abcdefgh\":1", 8), mark(b"abcdefghi", 9));
        assert_ne!(mark(b"ab", 2), mark(b"abc", 3));
        assert_eq!(mark(b"", 0), 0);
    }

    proptest! {
        #[test]
        fn every_key_is_found_and_no_other(
            known in prop::collection::vec("[ab]{0,3}|a{0,12}|[a-d]{7,12}|[\\\\\"\n]{1,2}", 0..20),
            asked in prop::collection::vec("[ab]{0,3}|a{0,12}|[a-d]{7,12}|[\\\\\"\n]{1,2}", 0..20),
        ) {
            let mut keys = Keys::default();
            for (slot, key) in known.iter().enumerate() {
                keys.insert(key, slot);
            }
            for key in known.iter().chain(&asked) {
                let expected = known.iter().position(|known| known == key);
                prop_assert_eq!(find(&keys, &serde_json::to_string(key).unwrap()), expected, "{}", key);
            }
        }
    }
}
