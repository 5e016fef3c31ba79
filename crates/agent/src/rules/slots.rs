//! Every path that the rules of a source read, in one tree of keys: one pass over a line finds them all, as slices of
//! the line. Unknown members are skipped, and nothing is parsed until a rule asks for it.

use super::keys::Keys;
use super::path::Step;
use super::scanner::Scanner;
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
    members: Keys,
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
        let new = self.nodes.len();
        let slot = self.nodes.get_mut(of).map_or(WHOLE, |node| node.members.insert(key, new));
        if slot == new {
            self.nodes.push(Node::default());
        }
        slot
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

    /// Fills `values` from a line, and says whether a string in it has an escape.
    ///
    /// # Errors
    /// The line is no JSON from its first character to its last, no object, or has something behind its object. Behind
    /// anything else it has not: what begins with a number or a word and goes on is a text that is no JSON.
    pub(super) fn fill_line<'a>(&self, line: &'a str, values: &mut Values<'a>) -> Result<bool, Reason> {
        self.reset(values);
        let mut scanner = Scanner::new(line);
        let is_object = scanner.peek() == Some(b'{');
        self.take(WHOLE, &mut scanner, values).ok_or(Reason::NotJson)?;
        match (scanner.peek(), is_object) {
            (Some(_), true) => Err(Reason::TrailingText),
            (Some(_), false) => Err(Reason::NotJson),
            (None, true) => Ok(scanner.has_escapes()),
            (None, false) => Err(Reason::NotAnObject),
        }
    }

    /// Fills `values` from a value of a line.
    pub(super) fn fill<'a>(&self, raw: &'a str, values: &mut Values<'a>) {
        self.reset(values);
        // What was valid as part of the line is valid alone.
        let _ = self.take(WHOLE, &mut Scanner::new(raw), values);
    }

    fn reset(&self, values: &mut Values<'_>) {
        values.clear();
        values.resize(self.nodes.len(), None);
    }

    /// Reads one value into its slot, and what is in it into the slots below.
    fn take<'a>(&self, slot: Slot, scanner: &mut Scanner<'a>, values: &mut Values<'a>) -> Option<()> {
        let node = self.nodes.get(slot)?;
        if node.is_leaf() {
            *values.get_mut(slot)? = Some(scanner.value()?);
            return Some(());
        }
        let kind = scanner.peek()?;
        let start = scanner.position();
        if values.get(slot).is_some_and(Option::is_some) {
            self.clear(node, values);
        }
        if kind == b'{' && !node.members.is_empty() {
            scanner.object(|scanner, key| self.take_or_skip(node.members.find(key), scanner, values))?;
        } else if kind == b'[' && !node.elements.is_empty() {
            self.take_elements(node, scanner, values)?;
        } else {
            scanner.skip()?;
        }
        *values.get_mut(slot)? = scanner.since(start);
        Some(())
    }

    /// Elements that are counted from the end need a second look.
    fn take_elements<'a>(
        &self,
        node: &Node,
        scanner: &mut Scanner<'a>,
        values: &mut Values<'a>,
    ) -> Option<()> {
        let start = scanner.position();
        let mut count = 0;
        scanner.array(|scanner, index| {
            count = index + 1;
            self.take_or_skip(node.element(i64::try_from(index).ok()?), scanner, values)
        })?;
        if node.elements.iter().all(|(index, _)| *index >= 0) {
            return Some(());
        }
        let count = i64::try_from(count).ok()?;
        Scanner::new(scanner.since(start)?).array(|scanner, index| {
            self.take_or_skip(node.element(i64::try_from(index).ok()? - count), scanner, values)
        })
    }

    /// Reads one value, for nobody where there is no slot.
    #[inline]
    fn take_or_skip<'a>(
        &self,
        slot: Option<Slot>,
        scanner: &mut Scanner<'a>,
        values: &mut Values<'a>,
    ) -> Option<()> {
        match slot {
            Some(slot) => self.take(slot, scanner, values),
            None => scanner.skip(),
        }
    }

    /// Empties what lies below a node whose key comes once more: of equal keys the last one counts.
    fn clear(&self, node: &Node, values: &mut Values<'_>) {
        for slot in node.members.slots().chain(node.elements.iter().map(|(_, slot)| *slot)) {
            if let Some(value) = values.get_mut(slot) {
                *value = None;
            }
            if let Some(node) = self.nodes.get(slot) {
                self.clear(node, values);
            }
        }
    }
}

impl Node {
    fn is_leaf(&self) -> bool {
        self.members.is_empty() && self.elements.is_empty()
    }

    fn element(&self, index: i64) -> Option<Slot> {
        self.elements.iter().find(|(known, _)| *known == index).map(|(_, slot)| *slot)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::de::IgnoredAny;
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
            (r#"{"a": 1} INFO started"#, Reason::TrailingText),
            ("{}}", Reason::TrailingText),
            ("2026-03-07 00:00:01 INFO started", Reason::NotJson),
            ("2026 was a good year", Reason::NotJson),
            ("-1 1", Reason::NotJson),
            ("true story", Reason::NotJson),
            ("\"a\" b", Reason::NotJson),
            ("[17] INFO started", Reason::NotJson),
            ("[    0.000000] Linux version", Reason::NotJson),
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
    fn depth_is_judged_the_same_whether_a_path_goes_there_or_not() {
        for (depth, good) in [(127, true), (128, false)] {
            let line = format!("{{\"a\": {}1{}}}", "[".repeat(depth), "]".repeat(depth));
            for paths in [&["a"], &["a[0][0]"], &["b"], &["a[-1]"]] {
                assert_eq!(read(paths, &line).is_ok(), good, "{depth} {paths:?}");
            }
        }
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
            prop_assert_eq!(slots.fill_line(&line, &mut values), Ok(line.contains('\\')));
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
