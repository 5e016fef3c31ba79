//! Each deliberate difference as an exact prediction: how to put the question so that Go gives
//! what we give, and how to read its answer. What no adjustment predicts must be equal.

use serde_json::{Map, Value};

use crate::keys;
use crate::malformed;
use crate::new_values;
use crate::oracle::Pair;
use crate::schema::Schema;
use crate::unknown;

/// A difference from Go's merge.
pub(crate) struct Adjustment {
    /// Its name in `DIFFERENCES`.
    pub(crate) name: &'static str,
    /// Changes the question.
    pub(crate) question: fn(&Schema, &mut Pair),
    /// Changes Go's answer back.
    pub(crate) answer: fn(&mut Value),
    /// Changes our answer, where the question leaves something out.
    pub(crate) ours: fn(&Schema, &mut Value),
}

/// All of them, in the order in which they apply; only `order` needs none.
pub(crate) const ADJUSTMENTS: &[Adjustment] = &[
    Adjustment { question: malformed::refuse, ..named("malformed-directives") },
    Adjustment { question: |_, pair| drop_merge_verbs(&mut pair.patch), ..named("patch-merge") },
    Adjustment { question: unknown::mask_pair, ours: unknown::mask, ..named("unknown-fields") },
    Adjustment { question: |_, pair| keys::join_ports(pair), answer: keys::split_ports, ..named("ports") },
    Adjustment {
        question: |_, pair| keys::join_spreads(pair),
        answer: keys::split_spreads,
        ..named("topology-spread")
    },
    Adjustment { question: new_values::fill, ..named("new-values") },
];

const fn named(name: &'static str) -> Adjustment {
    Adjustment { name, question: |_, _| (), answer: |_| (), ours: |_, _| () }
}

/// The pair with the questions of all adjustments but that one.
pub(crate) fn adjusted(schema: &Schema, pair: &Pair, left_out: Option<&str>) -> Pair {
    let mut pair = pair.clone();
    for adjustment in ADJUSTMENTS.iter().filter(|adjustment| Some(adjustment.name) != left_out) {
        (adjustment.question)(schema, &mut pair);
    }
    pair
}

/// Visits every object, outermost first.
pub(crate) fn each_object(value: &mut Value, visit: &mut dyn FnMut(&mut Map<String, Value>)) {
    match value {
        Value::Object(object) => {
            visit(object);
            object.values_mut().for_each(|value| each_object(value, visit));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| each_object(item, visit)),
        _ => {}
    }
}

/// Go refuses the verb that states the default.
fn drop_merge_verbs(patch: &mut Value) {
    each_object(patch, &mut |object| {
        if object.get("$patch").is_some_and(|verb| verb == "merge") {
            object.remove("$patch");
        }
    });
}
