//! The count against what the serializer writes.

use serde_json::{Value, json};

use super::{of, within};

#[test]
fn the_size_is_that_of_the_text() {
    let control: String = (0_u8..0x24).map(char::from).chain("\\/é\u{7f}".chars()).collect();
    let values = [
        json!(null),
        json!([true, false, [], {}, null]),
        json!({"a": 1, "b\"": -1.5e30, "c": [u64::MAX, i64::MIN], "d": {"e": control}}),
        json!(control),
    ];
    for value in values {
        assert_eq!(of(&value), value.to_string().len(), "{value}");
    }
}

#[test]
fn a_value_over_the_limit_has_no_size() {
    let value: Value = json!({"a": "text"});
    assert_eq!(within(&value, 12), Some(12));
    assert_eq!(within(&value, 11), None);
}
