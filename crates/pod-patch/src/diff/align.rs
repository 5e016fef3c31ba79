//! Which item of one list became which item of another.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use serde_json::Value;

use crate::key::ItemKey;
use crate::schema::Key;

/// Lists that differ in up to this many pairs of items are aligned exactly.
const EXACT: usize = 4096;

/// One step from left to right over both lists.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Step<'a> {
    /// The old item stays in its place, and may have changed.
    Compare(&'a Value, &'a Value),
    /// A new item.
    Add(&'a Value),
    /// The next old item goes.
    Remove,
}

/// Aligns two lists by their merge keys, or by equal items where they have none.
pub(super) fn align<'a>(
    before: &'a [Value],
    after: &'a [Value],
    keys: Option<&'static [Key]>,
) -> Vec<Step<'a>> {
    let is_same = |(old, new): &(&Value, &Value)| is_same_item(old, new, keys);
    let prefix = before.iter().zip(after).take_while(is_same).count();
    let (old_start, old) = before.split_at_checked(prefix).unwrap_or_default();
    let (new_start, new) = after.split_at_checked(prefix).unwrap_or_default();
    let suffix = old.iter().rev().zip(new.iter().rev()).take_while(is_same).count();
    let (old, old_end) = old.split_at_checked(old.len().saturating_sub(suffix)).unwrap_or_default();
    let (new, new_end) = new.split_at_checked(new.len().saturating_sub(suffix)).unwrap_or_default();
    let mut steps = Vec::with_capacity(before.len().max(after.len()));
    fill_gap(&mut steps, old_start, new_start);
    align_middle(&mut steps, (old, new), keys);
    fill_gap(&mut steps, old_end, new_end);
    steps
}

/// Between two pairs items stand for each other as far as they go: to change or replace one costs less than
/// to remove it and add another.
fn fill_gap<'a>(steps: &mut Vec<Step<'a>>, old: &'a [Value], new: &'a [Value]) {
    steps.extend(old.iter().zip(new).map(|(old, new)| Step::Compare(old, new)));
    steps.extend(old.iter().skip(new.len()).map(|_| Step::Remove));
    steps.extend(new.iter().skip(old.len()).map(Step::Add));
}

fn align_middle<'a>(
    steps: &mut Vec<Step<'a>>,
    (mut old, mut new): (&'a [Value], &'a [Value]),
    keys: Option<&'static [Key]>,
) {
    if old.is_empty() || new.is_empty() {
        return fill_gap(steps, old, new);
    }
    let (mut old_start, mut new_start) = (0, 0);
    for (old_index, new_index) in pair(&identities(old, keys), &identities(new, keys)) {
        let (old_gap, old_rest) = split(old, old_index, old_start);
        let (new_gap, new_rest) = split(new, new_index, new_start);
        fill_gap(steps, old_gap, new_gap);
        if let (Some((old_item, old_rest)), Some((new_item, new_rest))) =
            (old_rest.split_first(), new_rest.split_first())
        {
            steps.push(Step::Compare(old_item, new_item));
            (old, new) = (old_rest, new_rest);
        }
        (old_start, new_start) = (old_index.saturating_add(1), new_index.saturating_add(1));
    }
    fill_gap(steps, old, new);
}

fn split(rest: &[Value], index: usize, start: usize) -> (&[Value], &[Value]) {
    rest.split_at_checked(index.saturating_sub(start)).unwrap_or((rest, &[]))
}

fn is_same_item(old: &Value, new: &Value, keys: Option<&'static [Key]>) -> bool {
    match keys.map(|keys| (ItemKey::read(old, keys), ItemKey::read(new, keys))) {
        Some((Ok(old), Ok(new))) => old == new,
        Some((Ok(_), _) | (_, Ok(_))) => false,
        _ => old == new,
    }
}

/// A number for each item: the same for the same key or, where there is none, for the same value. Where two
/// items share one by chance the patch gets longer, not wrong.
fn identities(list: &[Value], keys: Option<&'static [Key]>) -> Vec<u64> {
    let identity = |item| match keys.map(|keys| ItemKey::read(item, keys)) {
        Some(Ok(key)) => hash(&key),
        _ => hash(item),
    };
    list.iter().map(identity).collect()
}

/// The same in every run.
fn hash(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// The indices of items that stay, rising in both lists.
fn pair(old: &[u64], new: &[u64]) -> Vec<(usize, usize)> {
    if old.len().saturating_mul(new.len()) <= EXACT {
        common_subsequence(old, new)
    } else {
        rising_pairs(old, new)
    }
}

/// The longest common subsequence, by a table of how long it is from each pair on.
fn common_subsequence(old: &[u64], new: &[u64]) -> Vec<(usize, usize)> {
    let width = new.len().saturating_add(1);
    let cell = |row: usize, column: usize| row.saturating_mul(width).saturating_add(column);
    let mut lengths = vec![0_usize; cell(old.len().saturating_add(1), 0)];
    let at = |lengths: &[usize], row, column| lengths.get(cell(row, column)).copied().unwrap_or_default();
    for (row, left) in old.iter().enumerate().rev() {
        for (column, right) in new.iter().enumerate().rev() {
            let (below, beside) = (row.saturating_add(1), column.saturating_add(1));
            let skipping = at(&lengths, below, column).max(at(&lengths, row, beside));
            let pairing = at(&lengths, below, beside).saturating_add(1);
            let length = if left == right { pairing } else { skipping };
            lengths.get_mut(cell(row, column)).into_iter().for_each(|known| *known = length);
        }
    }
    let (mut row, mut column) = (0, 0);
    let mut pairs = Vec::new();
    while let (Some(left), Some(right)) = (old.get(row), new.get(column)) {
        if left == right {
            pairs.push((row, column));
            (row, column) = (row.saturating_add(1), column.saturating_add(1));
        } else if at(&lengths, row.saturating_add(1), column) >= at(&lengths, row, column.saturating_add(1)) {
            row = row.saturating_add(1);
        } else {
            column = column.saturating_add(1);
        }
    }
    pairs
}

/// For long lists: the first of equal items stands for the first, the second for the second; of these pairs
/// the longest run that rises in both lists.
fn rising_pairs(old: &[u64], new: &[u64]) -> Vec<(usize, usize)> {
    let places: HashMap<(u64, u32), usize> =
        numbered(old).enumerate().map(|(index, item)| (item, index)).collect();
    let pairs = numbered(new).enumerate().filter_map(|(index, item)| Some((*places.get(&item)?, index)));
    longest_rising(&pairs.collect::<Vec<_>>())
}

/// Each identity with how often it occurred before.
fn numbered(identities: &[u64]) -> impl Iterator<Item = (u64, u32)> {
    let mut seen: HashMap<u64, u32> = HashMap::with_capacity(identities.len());
    identities.iter().map(move |&identity| {
        let count = seen.entry(identity).or_default();
        *count = count.saturating_add(1);
        (identity, *count)
    })
}

/// The longest subsequence whose first numbers rise; the second ones rise anyway.
fn longest_rising(pairs: &[(usize, usize)]) -> Vec<(usize, usize)> {
    // The last pair of the best run of each length, and the pair before each pair.
    let mut ends: Vec<usize> = Vec::new();
    let mut previous: Vec<Option<usize>> = Vec::with_capacity(pairs.len());
    let old_of = |at: usize| pairs.get(at).map(|pair| pair.0);
    for (at, (old, _)) in pairs.iter().enumerate() {
        let length = ends.partition_point(|&end| old_of(end) < Some(*old));
        previous.push(length.checked_sub(1).and_then(|shorter| ends.get(shorter).copied()));
        match ends.get_mut(length) {
            Some(end) => *end = at,
            None => ends.push(at),
        }
    }
    let first = ends.last().copied();
    let run = std::iter::successors(first, |at| previous.get(*at).copied().flatten());
    let mut run: Vec<(usize, usize)> = run.filter_map(|at| pairs.get(at).copied()).collect();
    run.reverse();
    run
}
