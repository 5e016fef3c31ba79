//! Reads the members of one mapping by name and type. What nobody asked for is a fault, with the name that was meant.

use std::time::Duration;

use super::fault::{Complaint, Faults, Place};
use super::node::{Member, Node, Value};
use super::suffix;

/// A value with its place.
#[derive(Debug, Clone)]
pub(super) struct Placed<T> {
    pub(super) place: Place,
    pub(super) value: T,
}

/// The members of one mapping.
#[derive(Debug)]
pub(super) struct Fields<'n> {
    pub(super) place: Place,
    of: &'static str,
    members: &'n [Member],
    asked: Vec<&'static str>,
}

impl<'n> Fields<'n> {
    /// The members of `node`, which is called `of` in messages. Nothing, and a fault, if it is no mapping.
    pub(super) fn of(node: &'n Node, of: &'static str, faults: &mut Faults) -> Option<Self> {
        let Value::Map(members) = &node.value else {
            wrong_type(node, of, "a mapping", faults);
            return None;
        };
        Some(Self { place: node.place, of, members, asked: Vec::new() })
    }

    /// The member of this name; null counts as none.
    pub(super) fn node(&mut self, name: &'static str) -> Option<&'n Node> {
        self.asked.push(name);
        let member = self.members.iter().find(|member| member.key == name)?;
        (member.node.value != Value::Null).then_some(&member.node)
    }

    /// Whether a member of this name is there; it counts as asked for.
    pub(super) fn has(&mut self, name: &'static str) -> Option<Place> {
        self.asked.push(name);
        self.members.iter().find(|member| member.key == name).map(|member| member.place)
    }

    pub(super) fn text(&mut self, name: &'static str, faults: &mut Faults) -> Option<Placed<&'n str>> {
        let node = self.node(name)?;
        text_of(node, name, faults)
    }

    /// A text that has to be there.
    pub(super) fn needed_text(&mut self, name: &'static str, faults: &mut Faults) -> Option<Placed<&'n str>> {
        if self.node(name).is_none() {
            let message = format!("{} has no {name}", self.of);
            faults.add(self.place, Complaint::new(message, format!("add {name}: to it")));
            return None;
        }
        self.text(name, faults)
    }

    pub(super) fn flag(&mut self, name: &'static str, faults: &mut Faults) -> Option<bool> {
        let node = self.node(name)?;
        if let Value::Bool(value) = node.value {
            return Some(value);
        }
        wrong_type(node, name, "true or false", faults);
        None
    }

    pub(super) fn number(&mut self, name: &'static str, faults: &mut Faults) -> Option<Placed<f64>> {
        let node = self.node(name)?;
        number_of(node, name, faults).map(|value| Placed { place: node.place, value })
    }

    /// A whole number from `least` on.
    pub(super) fn count(
        &mut self,
        name: &'static str,
        least: u32,
        faults: &mut Faults,
    ) -> Option<Placed<u32>> {
        let node = self.node(name)?;
        let value = match node.value {
            Value::Whole(value) => u32::try_from(value).ok().filter(|value| *value >= least),
            _ => None,
        };
        if value.is_none() {
            wrong_type(node, name, &format!("a whole number from {least} to {}", u32::MAX), faults);
        }
        value.map(|value| Placed { place: node.place, value })
    }

    /// A time such as `10m` or `1h30m`.
    pub(super) fn duration(&mut self, name: &'static str, faults: &mut Faults) -> Option<Placed<Duration>> {
        let text = self.text(name, faults)?;
        let Some(value) = suffix::read_duration(text.value) else {
            let message = format!("{name} is {:?}, which is no length of time", text.value);
            faults.add(text.place, Complaint::new(message, "write one such as 500ms, 60s, 10m, 1h30m or 2d"));
            return None;
        };
        Some(Placed { place: text.place, value })
    }

    /// One of several words.
    pub(super) fn choice<T: Copy>(
        &mut self,
        name: &'static str,
        words: &[(&str, T)],
        faults: &mut Faults,
    ) -> Option<Placed<T>> {
        let text = self.text(name, faults)?;
        let found = words.iter().find(|(word, _)| *word == text.value);
        if found.is_none() {
            let message = format!("{name} is {:?}, which is not known here", text.value);
            let all: Vec<_> = words.iter().map(|(word, _)| *word).collect();
            faults.add(text.place, Complaint::new(message, format!("write one of: {}", all.join(", "))));
        }
        found.map(|(_, value)| Placed { place: text.place, value: *value })
    }

    /// The items of a list; one that is missing has none.
    pub(super) fn list(&mut self, name: &'static str, faults: &mut Faults) -> &'n [Node] {
        let Some(node) = self.node(name) else { return &[] };
        if let Value::List(items) = &node.value {
            return items;
        }
        wrong_type(node, name, "a list", faults);
        &[]
    }

    /// The members of a mapping; one that is missing has none.
    pub(super) fn map(&mut self, name: &'static str, faults: &mut Faults) -> &'n [Member] {
        let Some(node) = self.node(name) else { return &[] };
        if let Value::Map(members) = &node.value {
            return members;
        }
        wrong_type(node, name, "a mapping", faults);
        &[]
    }

    /// Complains of every member that nobody asked for.
    pub(super) fn finish(self, faults: &mut Faults) {
        for member in self.members.iter().filter(|member| !self.asked.contains(&member.key.as_str())) {
            let message = format!("{} has no field {:?}", self.of, member.key);
            faults.add(member.place, Complaint::new(message, self.suggestion(&member.key)));
        }
    }

    fn suggestion(&self, wrong: &str) -> String {
        let nearest = self.asked.iter().min_by_key(|name| distance(wrong, name));
        match nearest.filter(|name| distance(wrong, name) <= 2) {
            Some(name) => format!("did you mean {name}?"),
            None => {
                let mut names = self.asked.clone();
                names.sort_unstable();
                names.dedup();
                format!("its fields are: {}", names.join(", "))
            }
        }
    }
}

pub(super) fn text_of<'n>(node: &'n Node, name: &str, faults: &mut Faults) -> Option<Placed<&'n str>> {
    if let Value::Text(text) = &node.value {
        return Some(Placed { place: node.place, value: text });
    }
    wrong_type(node, name, "a text; put it in quotes", faults);
    None
}

#[allow(clippy::cast_precision_loss, reason = "bounds and factors are floating-point numbers")]
pub(super) fn number_of(node: &Node, name: &str, faults: &mut Faults) -> Option<f64> {
    match node.value {
        Value::Whole(value) => Some(value as f64),
        Value::Real(value) => Some(value),
        _ => {
            wrong_type(node, name, "a number", faults);
            None
        }
    }
}

fn wrong_type(node: &Node, name: &str, wanted: &str, faults: &mut Faults) {
    let message = format!("{name} is {}", node.kind());
    faults.add(node.place, Complaint::new(message, format!("it has to be {wanted}")));
}

/// How many letters have to change, appear or go to make one name of the other; capitals do not count.
fn distance(one: &str, other: &str) -> usize {
    let one: Vec<_> = one.chars().take(40).map(|letter| letter.to_ascii_lowercase()).collect();
    let mut row: Vec<usize> = (0..=one.len()).collect();
    for (line, letter) in other.chars().enumerate() {
        let mut diagonal = std::mem::replace(row.first_mut().unwrap_or(&mut 0), line + 1);
        let mut left = line + 1;
        for (cell, same) in row.iter_mut().skip(1).zip(&one) {
            let change = diagonal + usize::from(*same != letter.to_ascii_lowercase());
            diagonal = *cell;
            left = change.min(diagonal + 1).min(left + 1);
            *cell = left;
        }
    }
    row.last().copied().unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distance_counts_letters() {
        for (one, other, letters) in [
            ("", "", 0),
            ("when", "when", 0),
            ("wen", "when", 1),
            ("timezone", "timeZone", 0),
            ("ab", "xyz", 3),
        ] {
            assert_eq!(distance(one, other), letters, "{one} {other}");
            assert_eq!(distance(other, one), letters, "{other} {one}");
        }
    }

    #[test]
    fn what_nobody_asked_for_is_a_fault_with_the_name_that_was_meant() {
        let node = Node::parse("{wen: x, other: y, name: z}").unwrap();
        let mut faults = Faults::default();
        let mut fields = Fields::of(&node, "a metric", &mut faults).unwrap();
        assert_eq!(fields.needed_text("name", &mut faults).unwrap().value, "z");
        assert!(fields.text("when", &mut faults).is_none());
        fields.finish(&mut faults);
        let told = faults.into_result(()).unwrap_err().faults;
        assert_eq!(told[0].advice, "did you mean when?");
        assert_eq!(told[1].message, "a metric has no field \"other\"");
        assert_eq!((told[1].line, told[1].column), (1, 10));
    }
}
