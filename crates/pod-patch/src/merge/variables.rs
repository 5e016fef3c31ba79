//! Where new environment variables go: before the first variable that refers to them with `$(NAME)`, since a
//! container expands only references to variables defined earlier.

use std::collections::HashMap;
use std::iter::from_fn;

use serde_json::Value;

use crate::plain::get;

/// The sequence of a list of variables whose items from `first_new` on are new. The others keep their order.
pub(super) fn order(list: &[Value], first_new: usize) -> Vec<usize> {
    let references = References::read(list, first_new);
    let targets = references.targets();
    let mut new: Vec<usize> = (0..targets.len()).collect();
    new.sort_by_key(|&index| targets.get(index));
    let mut new = new.into_iter().peekable();
    let mut sequence =
        Sequence { references: &references, entered: vec![false; targets.len()], indices: Vec::new() };
    for target in 0..=first_new {
        while let Some(index) = new.next_if(|&index| targets.get(index) == Some(&target)) {
            sequence.emit(index);
        }
        sequence.indices.extend(Some(target).filter(|&old| old < first_new));
    }
    sequence.indices
}

/// Which variables refer to new ones. New variables are counted from the first of them.
struct References {
    first_new: usize,
    /// For each new variable the first old one that refers to it, else the end of the old ones.
    first_referrer: Vec<usize>,
    /// For each new variable the new ones that it refers to.
    new: Vec<Vec<usize>>,
}

impl References {
    fn read(list: &[Value], first_new: usize) -> Self {
        let count = list.len().saturating_sub(first_new);
        let mut references =
            Self { first_new, first_referrer: vec![first_new; count], new: vec![Vec::new(); count] };
        let mut definitions = HashMap::with_capacity(count);
        for (index, item) in list.iter().skip(first_new).enumerate() {
            definitions.entry(text(item, "name")).or_insert(index);
        }
        for (index, item) in list.iter().enumerate() {
            for name in referred_names(text(item, "value")) {
                references.note(index, definitions.get(name).copied());
            }
        }
        references
    }

    fn note(&mut self, referrer: usize, definition: Option<usize>) {
        let Some(definition) = definition else { return };
        if let Some(new_referrer) = referrer.checked_sub(self.first_new) {
            let known = self.new.get_mut(new_referrer).filter(|_| new_referrer != definition);
            known.into_iter().for_each(|referred| referred.push(definition));
        } else if let Some(first) = self.first_referrer.get_mut(definition) {
            *first = referrer.min(*first);
        }
    }

    fn referred(&self, index: usize) -> impl DoubleEndedIterator<Item = usize> {
        self.new.get(index).into_iter().flatten().copied()
    }

    /// Before which old variable each new one goes: what a variable refers to goes no later than itself.
    fn targets(&self) -> Vec<usize> {
        let mut targets = self.first_referrer.clone();
        let mut pending: Vec<(usize, usize)> = self.first_referrer.iter().copied().enumerate().collect();
        pending.sort_by_key(|&(_, target)| std::cmp::Reverse(target));
        let mut seen = vec![false; targets.len()];
        while let Some((index, target)) = pending.pop() {
            if seen.get_mut(index).is_none_or(|seen| std::mem::replace(seen, true)) {
                continue;
            }
            targets.get_mut(index).into_iter().for_each(|known| *known = target);
            pending.extend(self.referred(index).map(|referred| (referred, target)));
        }
        targets
    }
}

/// The indices in their new sequence, as far as it is known.
struct Sequence<'a> {
    references: &'a References,
    entered: Vec<bool>,
    indices: Vec<usize>,
}

impl Sequence<'_> {
    /// Puts a new variable next, after those that it refers to.
    fn emit(&mut self, index: usize) {
        let mut pending = vec![(index, false)];
        while let Some((index, is_ready)) = pending.pop() {
            if is_ready {
                self.indices.push(self.references.first_new.saturating_add(index));
            } else if self.entered.get_mut(index).is_some_and(|entered| !std::mem::replace(entered, true)) {
                pending.push((index, true));
                pending.extend(self.references.referred(index).rev().map(|referred| (referred, false)));
            }
        }
    }
}

fn text<'a>(item: &'a Value, field: &str) -> &'a str {
    item.as_object().and_then(|item| get(item, field)).and_then(Value::as_str).unwrap_or_default()
}

/// The names in `$(NAME)`; `$$` stands for a dollar sign.
fn referred_names(mut value: &str) -> impl Iterator<Item = &str> {
    from_fn(move || {
        loop {
            let (_, rest) = value.split_once('$')?;
            if let Some(rest) = rest.strip_prefix('(') {
                let (name, after) = rest.split_once(')')?;
                value = after;
                return Some(name);
            }
            value = rest.strip_prefix('$').unwrap_or(rest);
        }
    })
}
