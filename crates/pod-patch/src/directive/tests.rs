//! What the reading of directives distinguishes.

use serde_json::json;

use super::{Anchor, Dialect, Directives, Edit, ListEdit, Position, TextEdit, Verb, read_position};
use crate::place::Place;
use crate::schema;

#[test]
fn directives_of_an_object_are_read_together() {
    let patch = json!({
        "$patch": "replace",
        "$retainKeys": ["a"],
        "$setElementOrder/list": [1],
        "$deleteFromPrimitiveList/other": [2],
        "$deleteFromPrimitiveList/gone": null,
        "field": 1,
    });
    let root = Place::root(schema::pod());
    let directives = Directives::read(patch.as_object().unwrap(), &root, Dialect::Kubernetes).unwrap();
    assert_eq!(directives.verb, Verb::Replace);
    assert_eq!(directives.retained, Some(&[json!("a")][..]));
    assert_eq!(directives.orders, [("list", &[json!(1)][..])]);
    assert_eq!(directives.deletions, [("other", Some(&[json!(2)][..])), ("gone", None)]);
    assert_eq!(directives.required_nodes, None);
}

#[test]
fn an_edit_of_unknown_fields_is_told_by_its_values() {
    let root = Place::root(schema::Shape::Unknown);
    let list = json!({"$append": [1]});
    let expected = ListEdit { remove: &[], prepend: &[], append: &[json!(1)] };
    assert_eq!(Edit::read(&list, &root).unwrap(), Some(Edit::List(expected)));
    let text = json!({"$prepend": "a", "$separator": ","});
    let expected = TextEdit { prepend: "a", append: "", separator: "," };
    assert_eq!(Edit::read(&text, &root).unwrap(), Some(Edit::Text(expected)));
    assert_eq!(Edit::read(&json!({"a": 1, "$patch": "merge"}), &root).unwrap(), None);
}

#[test]
fn positions_are_words_or_anchors() {
    let root = Place::root(schema::container());
    let read = |position: serde_json::Value| {
        let item = json!({ "$position": position });
        read_position(item.as_object().unwrap(), &root).map(|position| format!("{position:?}"))
    };
    assert_eq!(read(json!("first")).unwrap(), format!("{:?}", Some(Position::First)));
    assert_eq!(read(json!("last")).unwrap(), format!("{:?}", Some(Position::Last)));
    let anchor = Anchor { name: "a", before: false };
    assert_eq!(read(json!({"after": "a"})).unwrap(), format!("{:?}", Some(Position::Beside(anchor))));
    assert_eq!(read(json!("second")).unwrap_err().reason(), "MalformedDirective");
}
