//! Makes a failing pair small enough to read: drops keys and items while it still fails.

use serde_json::Value;

use crate::oracle::Pair;

/// Rounds of dropping one thing; far more than any pair needs.
const ROUNDS: usize = 500;

/// The smallest pair found that `fails`, which answers for many candidates at once.
pub(crate) fn shrink(mut pair: Pair, fails: impl Fn(Vec<Pair>) -> Vec<bool>) -> Pair {
    for _ in 0..ROUNDS {
        let candidates = smaller(&pair);
        let verdicts = fails(candidates.clone());
        match candidates.into_iter().zip(verdicts).find(|(_, fails)| *fails) {
            Some((candidate, _)) => pair = candidate,
            None => break,
        }
    }
    pair
}

/// The pair without each one of its parts, large parts first.
fn smaller(pair: &Pair) -> Vec<Pair> {
    let patches = without_each(&pair.patch).into_iter().map(|patch| Pair { patch, ..pair.clone() });
    let pods = without_each(&pair.pod).into_iter().map(|pod| Pair { pod, ..pair.clone() });
    patches.chain(pods).collect()
}

fn without_each(value: &Value) -> Vec<Value> {
    let mut pointers = Vec::new();
    collect_pointers(value, "", &mut pointers);
    pointers.sort_by_key(|pointer| pointer.matches('/').count());
    pointers.iter().map(|pointer| without(value, pointer)).collect()
}

fn collect_pointers(value: &Value, at: &str, pointers: &mut Vec<String>) {
    let children: Vec<(String, &Value)> = match value {
        Value::Object(object) => object.iter().map(|(key, value)| (escaped(key), value)).collect(),
        Value::Array(items) => items.iter().enumerate().map(|(i, value)| (i.to_string(), value)).collect(),
        _ => Vec::new(),
    };
    for (step, child) in children {
        let pointer = format!("{at}/{step}");
        collect_pointers(child, &pointer, pointers);
        pointers.push(pointer);
    }
}

fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

fn without(value: &Value, pointer: &str) -> Value {
    let mut value = value.clone();
    let (parent, step) = pointer.rsplit_once('/').unwrap();
    match value.pointer_mut(parent) {
        Some(Value::Object(object)) => {
            object.shift_remove(&step.replace("~1", "/").replace("~0", "~"));
        }
        Some(Value::Array(items)) => {
            items.remove(step.parse().unwrap());
        }
        _ => {}
    }
    value
}
