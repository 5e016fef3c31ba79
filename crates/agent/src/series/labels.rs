//! The series of one metric by the values of their labels: each has a slot, which is its place in the columns of values.

use std::hash::{BuildHasher, Hasher};
use std::sync::Arc;

use hashbrown::{DefaultHashBuilder, HashTable};

use crate::bytes::is_same;

/// The values of the labels of all series of a metric, by slot, as [`crate::observation::push_label`] writes them.
pub(crate) type LabelColumn = Arc<Vec<Arc<[u8]>>>;

/// Finds slots by the bytes of labels, which may lie anywhere.
#[derive(Debug, Default)]
pub(crate) struct Labels {
    known: HashTable<Known>,
    hasher: DefaultHashBuilder,
    column: LabelColumn,
}

/// The labels stand beside the slot, as a look into the column would cost a miss of the cache.
#[derive(Debug)]
struct Known {
    values: Arc<[u8]>,
    slot: usize,
}

impl Labels {
    /// Of labels by slot; none where two are the same.
    pub(crate) fn restore(column: LabelColumn) -> Option<Self> {
        let mut labels = Self { known: HashTable::with_capacity(column.len()), ..Self::default() };
        for (slot, values) in column.iter().enumerate() {
            if labels.find(values).is_some() {
                return None;
            }
            labels.insert(Known { values: Arc::clone(values), slot });
        }
        Some(Self { column, ..labels })
    }

    /// How many series there are.
    pub(crate) fn len(&self) -> usize {
        self.column.len()
    }

    /// To be kept or shown. It costs nothing as long as no series comes or goes.
    pub(crate) fn column(&self) -> LabelColumn {
        Arc::clone(&self.column)
    }

    /// The slot of the only series of a metric without labels, if it is there.
    #[inline]
    pub(crate) fn first(&self) -> Option<usize> {
        (!self.column.is_empty()).then_some(0)
    }

    /// The slot of a known series.
    #[inline]
    pub(crate) fn find(&self, values: &[u8]) -> Option<usize> {
        let known = self.known.find(self.hash_of(values), |known| is_same(&known.values, values));
        known.map(|known| known.slot)
    }

    /// The slot of a series that is new: the next one.
    pub(crate) fn push(&mut self, values: &[u8]) -> usize {
        let (values, slot): (Arc<[u8]>, _) = (Arc::from(values), self.column.len());
        Arc::make_mut(&mut self.column).push(Arc::clone(&values));
        self.insert(Known { values, slot });
        slot
    }

    /// Forgets a series. The last one takes its slot, as with [`Vec::swap_remove`].
    pub(crate) fn swap_remove(&mut self, slot: usize) {
        let Some(last) = self.column.len().checked_sub(1).filter(|last| slot <= *last) else { return };
        let hash_of = |slot: usize| self.hash_of(self.column.get(slot).map_or(&[][..], AsRef::as_ref));
        let (hash, hash_of_last) = (hash_of(slot), hash_of(last));
        if let Ok(entry) = self.known.find_entry(hash, |known| known.slot == slot) {
            entry.remove();
        }
        if let Some(moved) = self.known.find_mut(hash_of_last, |known| known.slot == last) {
            moved.slot = slot;
        }
        Arc::make_mut(&mut self.column).swap_remove(slot);
    }

    fn insert(&mut self, known: Known) {
        let (hash, hasher) = (self.hash_of(&known.values), &self.hasher);
        self.known.insert_unique(hash, known, |known| hash_of(hasher, &known.values));
    }

    #[inline]
    fn hash_of(&self, values: &[u8]) -> u64 {
        hash_of(&self.hasher, values)
    }
}

/// The bytes alone: they tell their lengths themselves.
#[inline]
fn hash_of(hasher: &DefaultHashBuilder, values: &[u8]) -> u64 {
    let mut hash = hasher.build_hasher();
    hash.write(values);
    hash.finish()
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_column_with_a_double_is_refused() {
        let column = Arc::new(vec![Arc::from(*b"a"), Arc::from(*b"b"), Arc::from(*b"a")]);
        assert!(Labels::restore(column).is_none());
    }

    #[test]
    fn a_column_that_somebody_holds_does_not_change() {
        let mut labels = Labels::default();
        labels.push(b"a");
        let held = labels.column();
        labels.push(b"b");
        labels.swap_remove(0);
        assert_eq!(held.len(), 1);
        assert_eq!(&*held[0], b"a");
        assert_eq!(labels.find(b"b"), Some(0));
    }

    proptest! {
        #[test]
        fn slots_are_those_of_a_vector(steps in prop::collection::vec((any::<bool>(), 0_u8..40), 0..300)) {
            let mut labels = Labels::default();
            let mut truth: Vec<u8> = Vec::new();
            for (comes, value) in steps {
                let place = truth.iter().position(|other| *other == value);
                prop_assert_eq!(labels.find(&[value]), place);
                match place {
                    None if comes => { truth.push(value); labels.push(&[value]); }
                    Some(slot) if !comes => { truth.swap_remove(slot); labels.swap_remove(slot); }
                    _ => {}
                }
            }
            let slots: HashMap<u8, usize> = truth.iter().enumerate().map(|(slot, value)| (*value, slot)).collect();
            for value in 0..40 {
                prop_assert_eq!(labels.find(&[value]), slots.get(&value).copied());
            }
            let restored = Labels::restore(labels.column()).unwrap();
            prop_assert!((0..40).all(|value| restored.find(&[value]) == labels.find(&[value])));
        }
    }
}
