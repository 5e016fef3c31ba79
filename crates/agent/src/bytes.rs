//! Short texts, which are most values and labels, are compared without a call.

/// Whether both are the same bytes.
#[inline]
pub(crate) fn is_same(one: &[u8], other: &[u8]) -> bool {
    if one.len() != other.len() {
        return false;
    }
    // Two pieces that overlap are all of it.
    match one.len() {
        4..8 => one.first_chunk::<4>() == other.first_chunk() && one.last_chunk::<4>() == other.last_chunk(),
        8..=16 => {
            one.first_chunk::<8>() == other.first_chunk() && one.last_chunk::<8>() == other.last_chunk()
        }
        _ => one == other,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn only_equal_bytes_are_the_same(one in prop::collection::vec(0..3_u8, 0..24), at in 0..24_usize, other in prop::collection::vec(0..3_u8, 0..24)) {
            let mut changed = one.clone();
            if let Some(byte) = changed.get_mut(at) {
                *byte = 7;
            }
            prop_assert!(is_same(&one, &one.clone()));
            prop_assert_eq!(is_same(&one, &changed), one == changed);
            prop_assert_eq!(is_same(&one, &other), one == other);
        }
    }
}
