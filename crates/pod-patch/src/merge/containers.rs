//! `$position`: puts new containers where they are wanted among the others.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::{Merger, Object, rearrange};
use crate::directive::{Anchor, POSITION, Position, read_position};
use crate::error::MergeError;
use crate::place::Place;
use crate::plain::get;
use crate::report::{Cause, Conflicts};

impl Merger {
    /// Whether an item of a patch may merge onto the container that is there. One with `$position` is new:
    /// it merges only onto a container of the same image, which an earlier merge has added,
    /// or onto what is left of one that the patch deletes.
    pub(super) fn may_merge_container(
        &mut self,
        existing: &Object,
        patch: &Object,
        place: &Place<'_>,
    ) -> Result<bool, MergeError> {
        if !self.has_pod_rules() || get(patch, POSITION).is_none() || !place.is_new_container() {
            return Ok(true);
        }
        read_position(patch, place)?;
        let image = patch.get("image").filter(|image| image.is_string());
        let own = existing.get("image");
        if image.is_none() || own.is_none() || own == image {
            return Ok(true);
        }
        if self.conflicts != Conflicts::Keep {
            return Err(MergeError::AddContainer { path: place.path() });
        }
        self.warn(place, Cause::ContainerKept);
        Ok(false)
    }

    /// Moves the new containers, those from `first_new` on, to their positions.
    pub(super) fn place_containers(
        &mut self,
        list: &mut [Value],
        (patch, first_new): (&[Value], usize),
        place: &Place<'_>,
    ) -> Result<(), MergeError> {
        let positions = read_positions(patch, place)?;
        if positions.is_empty() {
            return Ok(());
        }
        let mut arrangement = Arrangement::new(list);
        for (index, item) in list.iter().enumerate().skip(first_new) {
            let position = positions.get(name(item)).copied().unwrap_or(Position::Last);
            if let Some(anchor) = arrangement.add(index, position) {
                self.warn(&place.item(item), Cause::AnchorAbsent { anchor: anchor.to_owned() });
            }
        }
        let sequence = arrangement.sequence(list.len());
        if sequence.len() < list.len() {
            let cycle = arrangement.cycle(&sequence);
            return Err(MergeError::PlaceContainers { path: place.path(), cycle });
        }
        rearrange::permute(list, &sequence);
        Ok(())
    }
}

/// The positions of the items of a patch, by name; the first that a name has.
pub(crate) fn read_positions<'a>(
    patch: &'a [Value],
    place: &Place<'_>,
) -> Result<HashMap<&'a str, Position<'a>>, MergeError> {
    let mut positions = HashMap::new();
    for item in patch {
        let Value::Object(object) = item else { continue };
        if let Some(position) = read_position(object, &place.item(item))? {
            positions.entry(name(item)).or_insert(position);
        }
    }
    Ok(positions)
}

fn name(item: &Value) -> &str {
    item.get("name").and_then(Value::as_str).unwrap_or_default()
}

/// Which containers go where, by their index in the list.
struct Arrangement<'a> {
    names: Vec<&'a str>,
    indices: HashMap<&'a str, usize>,
    first: Vec<usize>,
    /// The anchors of containers that go beside another.
    anchors: HashMap<usize, usize>,
    before: HashMap<usize, Vec<usize>>,
    after: HashMap<usize, Vec<usize>>,
}

impl<'a> Arrangement<'a> {
    fn new(list: &'a [Value]) -> Self {
        let names: Vec<&str> = list.iter().map(name).collect();
        let mut indices = HashMap::with_capacity(names.len());
        for (index, name) in names.iter().enumerate() {
            indices.entry(*name).or_insert(index);
        }
        let (before, after) = (HashMap::new(), HashMap::new());
        Self { names, indices, first: Vec::new(), anchors: HashMap::new(), before, after }
    }

    /// Notes where a container goes; gives the anchor when it is not there.
    fn add<'p>(&mut self, index: usize, position: Position<'p>) -> Option<&'p str> {
        match position {
            Position::Last => {}
            Position::First => self.first.push(index),
            Position::Beside(Anchor { name, before }) => {
                let Some(&anchor) = self.indices.get(name) else { return Some(name) };
                let side = if before { &mut self.before } else { &mut self.after };
                side.entry(anchor).or_default().push(index);
                self.anchors.insert(index, anchor);
            }
        }
        None
    }

    /// The indices in their new sequence. Containers that stand beside each other in a circle are not in it.
    fn sequence(&self, count: usize) -> Vec<usize> {
        let first: HashSet<usize> = self.first.iter().copied().collect();
        let is_free = |index: &usize| !self.anchors.contains_key(index) && !first.contains(index);
        let free = (0..count).filter(is_free);
        let mut pending: Vec<(usize, bool)> =
            self.first.iter().copied().chain(free).map(|at| (at, false)).collect();
        pending.reverse();
        let mut sequence = Vec::with_capacity(count);
        while let Some((index, is_ready)) = pending.pop() {
            if is_ready {
                sequence.push(index);
                continue;
            }
            let beside = |side: &HashMap<usize, Vec<usize>>| side.get(&index).cloned().unwrap_or_default();
            pending.extend(beside(&self.after).into_iter().rev().map(|at| (at, false)));
            pending.push((index, true));
            pending.extend(beside(&self.before).into_iter().rev().map(|at| (at, false)));
        }
        sequence
    }

    /// The names of one circle, given the containers that are in none.
    fn cycle(&self, placed: &[usize]) -> String {
        let placed: HashSet<&usize> = placed.iter().collect();
        let Some(mut index) = (0..self.names.len()).find(|index| !placed.contains(index)) else {
            return String::new();
        };
        let mut walked = Vec::new();
        while !walked.contains(&index) {
            walked.push(index);
            index = self.anchors.get(&index).copied().unwrap_or(index);
        }
        let circle = walked.iter().skip_while(|&&at| at != index).chain([&index]);
        circle.filter_map(|&at| self.names.get(at).copied()).collect::<Vec<_>>().join(" → ")
    }
}
