//! Every path that the rules of a source read, in one tree of keys: one pass over a line finds them all, as slices of
//! the line. Unknown members are skipped, and nothing is parsed until a rule asks for it.

use std::fmt;

use serde::de::{Deserializer as _, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::json;
use super::path::Step;
use crate::observation::Reason;

/// Where a value lies in a filled [`Slots`].
pub(super) type Slot = usize;

/// The slot of the whole line, or of the whole element.
pub(super) const WHOLE: Slot = 0;

/// The values of one line, by slot; none where the line has no such value.
pub(super) type Values<'a> = Vec<Option<&'a str>>;

/// The tree.
#[derive(Debug, Clone)]
pub(super) struct Slots {
    nodes: Vec<Node>,
}

#[derive(Debug, Clone, Default)]
struct Node {
    /// Keys as [`json::quoted`] makes them.
    members: Vec<(Box<str>, Slot)>,
    /// From the end where the index is negative.
    elements: Vec<(i64, Slot)>,
}

impl Default for Slots {
    fn default() -> Self {
        Self { nodes: vec![Node::default()] }
    }
}

impl Slots {
    /// The slot to which constant steps lead, which is made if it is new. Wildcards lead nowhere further.
    pub(super) fn slot<'s>(&mut self, steps: impl IntoIterator<Item = &'s Step>) -> Slot {
        steps.into_iter().fold(WHOLE, |node, step| match step {
            Step::Key(key) => self.member(node, key),
            Step::Index(index) => self.element(node, *index),
            Step::Every | Step::EveryElement | Step::Matching(_) => node,
        })
    }

    fn member(&mut self, of: Slot, key: &str) -> Slot {
        let quoted = json::quoted(key);
        let new = self.nodes.len();
        let Some(node) = self.nodes.get_mut(of) else { return WHOLE };
        if let Some((_, slot)) = node.members.iter().find(|(known, _)| *known == quoted) {
            return *slot;
        }
        node.members.push((quoted, new));
        self.nodes.push(Node::default());
        new
    }

    fn element(&mut self, of: Slot, index: i64) -> Slot {
        let new = self.nodes.len();
        let Some(node) = self.nodes.get_mut(of) else { return WHOLE };
        if let Some((_, slot)) = node.elements.iter().find(|(known, _)| *known == index) {
            return *slot;
        }
        node.elements.push((index, new));
        self.nodes.push(Node::default());
        new
    }

    /// Fills `values` from a line.
    ///
    /// # Errors
    /// The line is no JSON from its first character to its last, no object, or has something behind it.
    pub(super) fn fill_line<'a>(&self, line: &'a str, values: &mut Values<'a>) -> Result<(), Reason> {
        let line = line.trim_matches(|letter: char| matches!(letter, ' ' | '\t' | '\n' | '\r'));
        self.reset(line, values);
        let Some(root) = self.nodes.first() else { return Ok(()) };
        let mut deserializer = serde_json::Deserializer::from_str(line);
        if line.starts_with('{') {
            deserializer.deserialize_map(Found { node: root, values }).map_err(|_| Reason::NotJson)?;
        } else {
            deserializer.deserialize_ignored_any(IgnoredAny).map_err(|_| Reason::NotJson)?;
        }
        deserializer.end().map_err(|_| Reason::TrailingText)?;
        if !line.starts_with('{') {
            return Err(Reason::NotAnObject);
        }
        self.descend_all(root, values);
        Ok(())
    }

    /// Fills `values` from a value of a line.
    pub(super) fn fill<'a>(&self, raw: &'a str, values: &mut Values<'a>) {
        self.reset(raw, values);
        self.descend(WHOLE, values);
    }

    fn reset<'a>(&self, whole: &'a str, values: &mut Values<'a>) {
        values.clear();
        values.resize(self.nodes.len(), None);
        if let Some(first) = values.first_mut() {
            *first = Some(whole);
        }
    }

    /// Fills what lies below a slot that is filled. This comes after its object was read to the end: of equal keys the
    /// last one counts.
    fn descend<'a>(&self, slot: Slot, values: &mut Values<'a>) {
        let Some(node) = self.nodes.get(slot) else { return };
        let Some(raw) = values.get(slot).copied().flatten() else { return };
        if !node.members.is_empty() && raw.starts_with('{') {
            // What was valid as part of the line is valid alone.
            let _ = serde_json::Deserializer::from_str(raw).deserialize_map(Found { node, values });
        } else if !node.elements.is_empty() && raw.starts_with('[') {
            fill_elements(node, raw, values);
        }
        self.descend_all(node, values);
    }

    fn descend_all<'a>(&self, node: &Node, values: &mut Values<'a>) {
        let below =
            node.members.iter().map(|(_, slot)| *slot).chain(node.elements.iter().map(|(_, slot)| *slot));
        for slot in below {
            if self.nodes.get(slot).is_some_and(|node| !node.is_leaf()) {
                self.descend(slot, values);
            }
        }
    }
}

impl Node {
    fn is_leaf(&self) -> bool {
        self.members.is_empty() && self.elements.is_empty()
    }

    /// The slot of a key, given in its quotes as the line has it.
    #[inline]
    fn find(&self, raw: &str) -> Option<Slot> {
        let found = self.members.iter().find(|(key, _)| **key == *raw);
        if found.is_none() && memchr::memchr(b'\\', raw.as_bytes()).is_some() {
            return self.members.iter().find(|(key, _)| json::says(raw, key)).map(|(_, slot)| *slot);
        }
        found.map(|(_, slot)| *slot)
    }
}

fn fill_elements<'a>(node: &Node, raw: &'a str, values: &mut Values<'a>) {
    let needs_count = node.elements.iter().any(|(index, _)| *index < 0);
    let count = if needs_count { i64::try_from(json::count(raw)).unwrap_or(i64::MAX) } else { 0 };
    let mut position = 0;
    json::visit_elements(raw, |element| {
        for (index, slot) in &node.elements {
            if (*index == position || *index == position - count && *index < 0)
                && let Some(value) = values.get_mut(*slot)
            {
                *value = Some(element);
            }
        }
        position += 1;
    });
}

/// Puts the members of one object into their slots.
struct Found<'n, 'v, 'a> {
    node: &'n Node,
    values: &'v mut Values<'a>,
}

impl<'a> Visitor<'a> for Found<'_, '_, 'a> {
    type Value = ();

    fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("an object")
    }

    #[inline]
    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<&'a RawValue>()? {
            let Some(slot) = self.node.find(key.get()) else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            let value = map.next_value::<&'a RawValue>()?.get();
            if let Some(place) = self.values.get_mut(slot) {
                *place = Some(value);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;
    use crate::rules::path::Path;

    fn steps(path: &str) -> Vec<Step> {
        Path::parse(path).unwrap().steps
    }

    fn read(paths: &[&str], line: &str) -> Result<Vec<Option<String>>, Reason> {
        let mut slots = Slots::default();
        let places: Vec<_> = paths.iter().map(|path| slots.slot(&steps(path))).collect();
        let mut values = Vec::new();
        slots.fill_line(line, &mut values)?;
        Ok(places.into_iter().map(|slot| values[slot].map(str::to_owned)).collect())
    }

    #[test]
    fn paths_lead_to_slices_of_the_line() {
        let line =
            r#" {"a": 1.50, "b": {"c.d": [1, "x", {"e": null}], "f": true}, "g": "\u0041", "a\u0062": 5} "#;
        let paths =
            ["a", "b.'c.d'[0]", "b['c.d'][-1].e", "b.f", "b", "g", "ab", "x", "a.b", "b.f[0]", "b[0]"];
        let found = read(&paths, line).unwrap();
        let found: Vec<_> = found.iter().map(|value| value.as_deref().unwrap_or("-")).collect();
        assert_eq!(
            found,
            [
                "1.50",
                "1",
                "null",
                "true",
                r#"{"c.d": [1, "x", {"e": null}], "f": true}"#,
                r#""\u0041""#,
                "5",
                "-",
                "-",
                "-",
                "-"
            ]
        );
    }

    #[test]
    fn of_equal_keys_only_the_last_counts_with_all_that_is_in_it() {
        let found = read(&["a.b", "a.c"], r#"{"a": {"b": 1}, "a": {"c": 2}}"#).unwrap();
        assert_eq!(found, [None, Some("2".to_owned())]);
        assert_eq!(read(&["a.b"], r#"{"a": {"b": 1}, "a": 2}"#).unwrap(), [None]);
    }

    #[test]
    fn whole_line_is_valid_or_nothing_counts() {
        for (line, reason) in [
            ("", Reason::NotJson),
            ("{", Reason::NotJson),
            (r#"{"a": 1, "z": tru}"#, Reason::NotJson),
            (r#"{"a": 1, "z": "\x"}"#, Reason::NotJson),
            (r#"{"a": 1,}"#, Reason::NotJson),
            (r#"{"a": 01}"#, Reason::NotJson),
            (r#"{"a": {"b": 1, }}"#, Reason::NotJson),
            ("{a: 1}", Reason::NotJson),
            (r#"{"a": NaN}"#, Reason::NotJson),
            (r#"{"a": 1} {"a": 2}"#, Reason::TrailingText),
            (r#"{"a": 1}x"#, Reason::TrailingText),
            ("[1] 2", Reason::TrailingText),
            ("[{}]", Reason::NotAnObject),
            ("null", Reason::NotAnObject),
            ("\"x\"", Reason::NotAnObject),
            ("1e999", Reason::NotAnObject),
        ] {
            assert_eq!(read(&["a.b", "a"], line), Err(reason), "{line}");
        }
    }

    #[test]
    fn numbers_beyond_all_types_and_half_surrogates_are_json() {
        let line = r#"{"\ud800": 1e999, "a": -1e-999, "b": "\udc00", "c": 123456789012345678901234567890}"#;
        assert_eq!(read(&["a", "c"], line).unwrap()[1].as_deref(), Some("123456789012345678901234567890"));
    }

    #[test]
    fn depth_does_not_matter() {
        let line = format!("{{\"a\": {}1{}}}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(read(&["a[0][0]"], &line).unwrap()[0].is_some());
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::Bool),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            "[a-c\"\\\\é]{0,4}".prop_map(Value::String),
        ];
        leaf.prop_recursive(4, 32, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::vec(("[a-c\"\\\\é]{0,2}", inner), 0..4)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    fn any_step() -> impl Strategy<Value = Step> {
        prop_oneof![
            "[a-c\"\\\\é]{0,2}".prop_map(|key| Step::Key(key.into())),
            (-3_i64..3).prop_map(Step::Index),
        ]
    }

    fn look_up<'v>(value: &'v Value, steps: &[Step]) -> Option<&'v Value> {
        steps.iter().try_fold(value, |value, step| match (value, step) {
            (Value::Object(members), Step::Key(key)) => members.get(key.as_ref()),
            (Value::Array(items), Step::Index(index)) if *index < 0 => {
                items.len().checked_sub(index.unsigned_abs() as usize).map(|place| &items[place])
            }
            (Value::Array(items), Step::Index(index)) => items.get(*index as usize),
            _ => None,
        })
    }

    fn is_json(text: &str) -> bool {
        serde_json::from_str::<IgnoredAny>(text).is_ok()
    }

    proptest! {
        #[test]
        fn slots_agree_with_a_walk_through_the_parsed_document(
            members in prop::collection::vec(("[a-c\"\\\\é]{0,2}", any_json()), 0..5),
            paths in prop::collection::vec(prop::collection::vec(any_step(), 1..4), 1..8),
            spaced in any::<bool>(),
        ) {
            let document = Value::Object(members.into_iter().collect());
            let line = if spaced { format!("{document:#}") } else { document.to_string() };
            let mut slots = Slots::default();
            let places: Vec<_> = paths.iter().map(|steps| slots.slot(steps)).collect();
            let mut values = Vec::new();
            prop_assert_eq!(slots.fill_line(&line, &mut values), Ok(()));
            for (steps, slot) in paths.iter().zip(places) {
                let found = values[slot].map(|raw| serde_json::from_str::<Value>(raw).unwrap());
                prop_assert_eq!(found.as_ref(), look_up(&document, steps), "{:?} of {}", steps, line);
            }
        }

        #[test]
        fn any_line_is_taken_without_a_panic(line in any::<String>()) {
            let _ = read(&["a.b", "a[0]", "a[-1]", "b"], &line);
            let _ = read(&["a.b", "a[0]"], &format!("{{\"a\":{line}}}"));
        }

        #[test]
        fn what_serde_json_refuses_is_refused(line in "[\\[\\]{}\",:a1.e\\\\ -]{0,24}") {
            let taken = read(&["a.b", "a[0]", "a"], &line).is_ok();
            prop_assert_eq!(taken, is_json(&line) && line.trim().starts_with('{'));
        }
    }
}
