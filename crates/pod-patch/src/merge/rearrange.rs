//! Puts the items of a list into another sequence.

use std::mem::take;

use serde_json::Value;

/// Brings the items into the sequence of indices, which names each index once.
pub(super) fn permute(list: &mut [Value], sequence: &[usize]) {
    if sequence.iter().enumerate().all(|(target, &source)| target == source) {
        return;
    }
    let mut moved: Vec<Value> = sequence.iter().filter_map(|&index| list.get_mut(index).map(take)).collect();
    list.iter_mut().zip(&mut moved).for_each(|(slot, value)| *slot = take(value));
}
