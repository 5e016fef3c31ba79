//! What a rule can read: values of the line, and under `each` those of one element and the keys that lead to it.

use std::borrow::Cow;

use super::fault::Complaint;
use super::json;
use super::path::{Path, Root, Step};
use super::slots::{Slot, Slots};
use super::time::Moment;

/// Where a value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    Line(Slot),
    Element(Slot),
    /// By the place of its wildcard among those of `each`.
    Key(usize),
}

/// What stands there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found<'a> {
    Missing,
    /// A piece of JSON.
    Raw(&'a str),
    /// The text of a key, or an index.
    Key(&'a str),
}

/// All that can be read for one observation.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scope<'s> {
    pub(super) line: &'s [Option<&'s str>],
    pub(super) element: &'s [Option<&'s str>],
    pub(super) keys: &'s [Cow<'s, str>],
    pub(super) moment: Moment,
    /// Whether a string in it may have an escape. If not, each says what stands between its quotes.
    pub(super) escapes: bool,
}

impl<'s> Scope<'s> {
    /// That of a rule without `each`.
    pub(super) fn of_line(line: &'s [Option<&'s str>], moment: Moment) -> Self {
        Self { line, element: &[], keys: &[], moment, escapes: true }
    }

    /// What is there; null is missing.
    #[inline]
    pub(super) fn find(&self, origin: Origin) -> Found<'s> {
        let raw = match origin {
            Origin::Line(slot) => self.line.get(slot).copied().flatten(),
            Origin::Element(slot) => self.element.get(slot).copied().flatten(),
            Origin::Key(place) => return self.keys.get(place).map_or(Found::Missing, |key| Found::Key(key)),
        };
        raw.filter(|raw| *raw != "null").map_or(Found::Missing, Found::Raw)
    }
}

/// `each`: what leads to the elements.
#[derive(Debug)]
pub(super) struct Each {
    /// Where the object or array lies in which the first wildcard is.
    pub(super) slot: Slot,
    steps: Vec<Step>,
    /// What is read of every element.
    pub(super) elements: Slots,
}

/// Takes an element and the keys of the wildcards that lead to it.
type Visit<'v, 'a> = dyn FnMut(&'a str, &[Cow<'a, str>]) + 'v;

impl Each {
    /// Shows every element below `raw`.
    pub(super) fn walk<'a>(&self, raw: &'a str, visit: &mut Visit<'_, 'a>) {
        walk(&self.steps, raw, &mut Vec::new(), visit);
    }
}

fn walk<'a>(steps: &[Step], raw: &'a str, keys: &mut Vec<Cow<'a, str>>, visit: &mut Visit<'_, 'a>) {
    let Some((step, steps)) = steps.split_first() else { return visit(raw, keys) };
    match step {
        Step::Key(_) | Step::Index(_) => {
            let mut slots = Slots::default();
            let slot = slots.slot([step]);
            let mut values = Vec::new();
            slots.fill(raw, &mut values);
            if let Some(raw) = values.get(slot).copied().flatten() {
                walk(steps, raw, keys, visit);
            }
        }
        Step::Every | Step::Matching(_) if raw.starts_with('{') => {
            let wanted = |key: &str| !matches!(step, Step::Matching(regex) if !regex.is_match(key));
            for (key, value) in json::members(raw).into_iter().filter(|(key, _)| wanted(key)) {
                keys.push(key);
                walk(steps, value, keys, visit);
                keys.pop();
            }
        }
        Step::Every | Step::EveryElement => {
            let mut index = 0_usize;
            json::visit_elements(raw, |value| {
                keys.push(Cow::Owned(index.to_string()));
                walk(steps, value, keys, visit);
                keys.pop();
                index += 1;
            });
        }
        Step::Matching(_) => {}
    }
}

/// Finds places for the paths of one rule.
#[derive(Debug)]
pub(super) struct Places<'p> {
    /// Shared by all rules of the source.
    pub(super) line: &'p mut Slots,
    each: Option<Each>,
}

impl<'p> Places<'p> {
    pub(super) fn new(line: &'p mut Slots, each: Option<&Path>) -> Self {
        let each = each.map(|path| {
            let constant = path.steps.iter().take_while(|step| step.is_constant()).count();
            let slot = line.slot(path.steps.iter().take(constant));
            let steps = path.steps.iter().skip(constant).cloned().collect();
            Each { slot, steps, elements: Slots::default() }
        });
        Self { line, each }
    }

    /// Where the value of a path without wildcards comes from.
    pub(super) fn origin(&mut self, path: &Path) -> Result<Origin, Complaint> {
        let no_each = || {
            Complaint::new(
                "@ stands for the element of each:, and the metric has none",
                "add each: with a wildcard",
            )
        };
        match (path.root, &mut self.each) {
            (Root::Line, _) => Ok(Origin::Line(self.line.slot(&path.steps))),
            (_, None) => Err(no_each()),
            (Root::Element, Some(each)) => Ok(Origin::Element(each.elements.slot(&path.steps))),
            (Root::Key(number), Some(each)) => {
                let count = each.steps.iter().filter(|step| !step.is_constant()).count();
                let number = number.unwrap_or(count);
                if number == 0 || number > count {
                    let message = format!("each: has {count} wildcards; @key{number} is none of them");
                    return Err(Complaint::new(message, "@key1 is the first; @key is the last"));
                }
                Ok(Origin::Key(number - 1))
            }
        }
    }

    pub(super) fn into_each(self) -> Option<Each> {
        self.each
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn elements(path: &str, line: &str) -> Vec<String> {
        let path = Path::parse(path).unwrap();
        let mut slots = Slots::default();
        let each = Places::new(&mut slots, Some(&path)).into_each().unwrap();
        let mut values = Vec::new();
        slots.fill_line(line, &mut values).unwrap();
        let mut found = Vec::new();
        if let Some(raw) = values[each.slot] {
            each.walk(raw, &mut |raw, keys| found.push(format!("{}={raw}", keys.join("/"))));
        }
        found
    }

    #[test]
    fn wildcards_reach_members_and_elements() {
        let line =
            r#"{"q": {"q-a": 1, "q-b": {"n": 2}, "x": 3, "q-a": 4}, "l": [5, [6], {"n": 7}], "s": "text"}"#;
        for (path, found) in [
            ("q.*", vec!["q-a=4", "q-b={\"n\": 2}", "x=3"]),
            ("q./^q-/", vec!["q-a=4", "q-b={\"n\": 2}"]),
            ("q.*.n", vec!["q-b=2"]),
            ("l.*", vec!["0=5", "1=[6]", "2={\"n\": 7}"]),
            ("l[*].n", vec!["2=7"]),
            ("l[*][0]", vec!["1=6"]),
            ("l[*].*", vec!["1/0=6", "2/n=7"]),
            ("/^.$/.n", vec![]),
            ("*[0]", vec!["l=5"]),
            ("q[*]", vec![]),
            ("l./0/", vec![]),
            ("s.*", vec![]),
            ("none.*", vec![]),
        ] {
            assert_eq!(elements(path, line), found, "{path}");
        }
    }
}
