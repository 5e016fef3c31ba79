//! Keys of two fields, which Go does not know: both become one text in the first field,
//! and a number or text again afterwards.

use serde_json::{Map, Value};

use crate::adjustments::each_object;
use crate::oracle::Pair;

/// Stands between the two halves of a joined key.
const JOINT: char = '\u{1}';

/// Where half a key waits that Go must not take for a whole one.
const HIDDEN_KEY: &str = "halfKey";

/// Makes the protocol part of a port's key; it is TCP where there is none.
pub(crate) fn join_ports(pair: &mut Pair) {
    let join_item =
        |port: &mut Map<String, Value>| join(port, "containerPort", &text(port, "protocol", "TCP"));
    each_item(&mut pair.pod, "ports", join_item);
    each_item(&mut pair.patch, "ports", join_item);
}

/// Undoes [`join_ports`].
pub(crate) fn split_ports(pod: &mut Value) {
    each_item(pod, "ports", |port| split(port, "containerPort"));
}

/// Makes what happens where a constraint cannot hold part of its key; without it an item has no key.
pub(crate) fn join_spreads(pair: &mut Pair) {
    let join_item = |item: &mut Map<String, Value>| match item.contains_key("whenUnsatisfiable") {
        true => join(item, "topologyKey", &text(item, "whenUnsatisfiable", "")),
        false => rename(item, "topologyKey", HIDDEN_KEY),
    };
    each_item(&mut pair.pod, "topologySpreadConstraints", join_item);
    each_item(&mut pair.patch, "topologySpreadConstraints", join_item);
}

/// Undoes [`join_spreads`].
pub(crate) fn split_spreads(pod: &mut Value) {
    each_item(pod, "topologySpreadConstraints", |constraint| {
        split(constraint, "topologyKey");
        rename(constraint, HIDDEN_KEY, "topologyKey");
    });
}

/// Visits the items of each list of that name and of the orders given for it.
fn each_item(value: &mut Value, list: &str, visit: impl Fn(&mut Map<String, Value>)) {
    let order = format!("$setElementOrder/{list}");
    each_object(value, &mut |object| {
        for name in [list, &order] {
            let items = object.get_mut(name).and_then(Value::as_array_mut);
            items.into_iter().flatten().filter_map(Value::as_object_mut).for_each(&visit);
        }
    });
}

fn text(item: &Map<String, Value>, field: &str, default: &str) -> String {
    item.get(field).and_then(Value::as_str).unwrap_or(default).to_owned()
}

fn rename(item: &mut Map<String, Value>, from: &str, to: &str) {
    if let Some(value) = item.shift_remove(from) {
        item.insert(to.to_owned(), value);
    }
}

fn join(item: &mut Map<String, Value>, key: &str, beside: &str) {
    if let Some(value) = item.get_mut(key).filter(|value| value.is_number() || value.is_string()) {
        *value = format!("{value}{JOINT}{beside}").into();
    }
}

fn split(item: &mut Map<String, Value>, key: &str) {
    let Some(value) = item.get_mut(key) else { return };
    let half = value.as_str().and_then(|text| text.split_once(JOINT)).map(|(half, _)| half.to_owned());
    if let Some(half) = half {
        *value = serde_json::from_str(&half).unwrap();
    }
}

/// Whether a pod has items that their first field does not name, as Go's patches take for granted.
pub(crate) fn has_items_of_two_fields(pod: &Value) -> bool {
    let mut pod = pod.clone();
    let mut found = false;
    each_object(&mut pod, &mut |object| {
        let ports = object.get("ports").and_then(Value::as_array).into_iter().flatten();
        found |= ports.filter_map(Value::as_object).any(|port| text(port, "protocol", "TCP") != "TCP");
        found |= object.contains_key("topologySpreadConstraints");
    });
    found
}
