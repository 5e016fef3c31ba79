//! The words that pods and patches are made of.

use std::collections::{BTreeSet, HashMap};
use std::sync::LazyLock;

use chandler_pod_patch::schema::{self, Shape};

/// Keys that are no fields. Those with a slash are directives about a field.
pub(crate) const DIRECTIVES: &[&str] = &[
    "$patch",
    "$retainKeys",
    "$setElementOrder/containers",
    "$setElementOrder/env",
    "$setElementOrder/args",
    "$deleteFromPrimitiveList/finalizers",
    "$deleteFromPrimitiveList/args",
    "$append",
    "$prepend",
    "$remove",
    "$separator",
    "$ifAbsent",
    "$position",
    "$requireNodes",
    "$setElementOrder",
    "$nonsense",
    "$if",
    "$for",
    "$",
];

/// Texts that mean something somewhere. The first ones name things, so that names meet often.
pub(crate) const TEXTS: &[&str] = &[
    "a",
    "b",
    "c",
    "d",
    "",
    "delete",
    "replace",
    "merge",
    "first",
    "last",
    "before",
    "after",
    "$(a)",
    "$(b) $(c)",
    "$$(a)",
    "$(a",
    "a b",
    "b a",
    ":",
    " ",
    "a:b",
    "TCP",
    "UDP",
    "Always",
    "DoNotSchedule",
    "ScheduleAnyway",
    "chandler.dev/injected",
    "futureField",
    "a/b",
    "~0",
    "~1",
    "-",
    "0",
    "01",
    "{{params.a}}",
    "é\u{10ffff}",
    "\u{0}",
];

/// Texts and numbers that are quantities, or nearly.
pub(crate) const QUANTITIES: &[&str] = &[
    "1",
    "1000m",
    "1Gi",
    "1024Mi",
    "1e3",
    "1k",
    "0",
    "-1",
    ".5",
    "0.5",
    "x",
    "",
    "9e99",
    "1Ei",
    "0.0000000001",
];

/// Every field name, directive and text, each once and in the same order in every run.
static WORDS: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
    let mut fields = BTreeSet::new();
    collect_fields(schema::pod(), &mut fields, &mut BTreeSet::new());
    let known: BTreeSet<&str> = DIRECTIVES.iter().chain(TEXTS).copied().collect();
    let fields = fields.difference(&known).copied();
    DIRECTIVES.iter().chain(TEXTS).copied().chain(fields).collect()
});

static PLACES: LazyLock<HashMap<&'static str, usize>> =
    LazyLock::new(|| WORDS.iter().enumerate().map(|(place, word)| (*word, place)).collect());

fn collect_fields(shape: Shape, fields: &mut BTreeSet<&'static str>, seen: &mut BTreeSet<&'static str>) {
    match shape {
        Shape::Object(object) | Shape::Keyed { item: object, .. } if seen.insert(object.name) => {
            for field in object.fields {
                fields.insert(field.name);
                collect_fields(field.shape, fields, seen);
            }
        }
        Shape::Map(inner) | Shape::Atomic(inner) => collect_fields(*inner, fields, seen),
        _ => {}
    }
}

/// All words.
pub(crate) fn words() -> &'static [&'static str] {
    &WORDS
}

/// The place of a word among all.
pub(crate) fn place(word: &str) -> Option<usize> {
    PLACES.get(word).copied()
}
