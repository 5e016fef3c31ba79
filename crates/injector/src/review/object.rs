//! Reads the objects of a review, no more values than there is room for, and without `metadata.managedFields`: the API
//! server writes there, in many small parts, which fields somebody has set. No template reads or writes it, and it is often
//! half of a review.

use std::cell::Cell;
use std::fmt;

use serde::de::{self, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// Values that may still be read. A value takes 72 bytes and more, where one byte and a comma may be all of its JSON.
#[derive(Debug)]
pub(super) struct Budget {
    left: Cell<usize>,
    is_exceeded: Cell<bool>,
}

impl Budget {
    /// That many values.
    pub(super) fn of(values: usize) -> Self {
        Self { left: Cell::new(values), is_exceeded: Cell::default() }
    }

    /// Reads an object.
    pub(super) fn object(&self) -> Reader<'_> {
        Reader { level: Level::Object, budget: self }
    }

    /// Reads whatever there is as it is.
    pub(super) fn value(&self) -> Reader<'_> {
        Reader { level: Level::Inner, budget: self }
    }

    /// Whether there were more values than that.
    pub(super) fn is_exceeded(&self) -> bool {
        self.is_exceeded.get()
    }

    fn take<E: de::Error>(&self) -> Result<(), E> {
        if let Some(left) = self.left.get().checked_sub(1) {
            self.left.set(left);
            return Ok(());
        }
        self.is_exceeded.set(true);
        Err(E::custom("there are too many values"))
    }
}

/// Reads an object of no more values than that, without its managed fields.
///
/// # Errors
/// It is no JSON, or there are more.
pub(crate) fn read_object(bytes: &[u8], values: usize) -> serde_json::Result<Value> {
    let budget = Budget::of(values);
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let object = budget.object().deserialize(&mut deserializer)?;
    deserializer.end().map(|()| object)
}

/// Reads one value.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reader<'b> {
    level: Level,
    budget: &'b Budget,
}

/// How deep in the object we are.
#[derive(Debug, Clone, Copy)]
enum Level {
    Object,
    Metadata,
    Inner,
}

impl Reader<'_> {
    fn read_entry<'de, A: MapAccess<'de>>(self, key: &str, map: &mut A) -> Result<Option<Value>, A::Error> {
        let at = |level| Self { level, ..self };
        match (self.level, key) {
            (Level::Object, "metadata") => map.next_value_seed(at(Level::Metadata)).map(Some),
            (Level::Metadata, "managedFields") => map.next_value::<IgnoredAny>().map(|_| None),
            _ => map.next_value_seed(at(Level::Inner)).map(Some),
        }
    }
}

impl<'de> DeserializeSeed<'de> for Reader<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        self.budget.take()?;
        deserializer.deserialize_any(self)
    }
}

/// Whatever is no object is read as it is: others say what is wrong with it.
impl<'de> Visitor<'de> for Reader<'_> {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("any JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut fields = Map::new();
        while let Some(key) = map.next_key::<String>()? {
            if let Some(value) = self.read_entry(&key, &mut map)? {
                fields.insert(key, value);
            }
        }
        Ok(Value::Object(fields))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let (inner, mut items) = (Self { level: Level::Inner, ..self }, Vec::new());
        while let Some(item) = seq.next_element_seed(inner)? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Value, E> {
        Ok(text.into())
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_unit<E: de::Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn read(text: &str) -> serde_json::Result<Value> {
        read_object(text.as_bytes(), 1000)
    }

    #[test]
    fn each_value_counts_wherever_it_is_and_managed_fields_do_not() {
        let text = r#"{"metadata": {"managedFields": [1, 2, 3], "a": {"b": null}}, "c": [true, [1.5], "d"]}"#;
        let within = |values| {
            let budget = Budget::of(values);
            let read = budget.object().deserialize(&mut serde_json::Deserializer::from_str(text));
            assert_eq!(read.is_err(), budget.is_exceeded());
            read.is_ok()
        };
        assert!(within(9) && !within(8));
    }

    #[test]
    fn managed_fields_are_left_out_where_the_api_server_has_them_and_nowhere_else() {
        let fields = json!([{"manager": "kubectl", "fieldsV1": {"f:spec": {}}}]);
        let spec = json!({"managedFields": fields, "metadata": {"managedFields": fields}});
        let object =
            json!({"metadata": {"name": "a", "managedFields": fields, "labels": {"b": "c"}}, "spec": spec});
        let wanted = json!({"metadata": {"name": "a", "labels": {"b": "c"}}, "spec": spec});
        assert_eq!(read(&object.to_string()).unwrap().to_string(), wanted.to_string());
    }

    fn any_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            ".{0,6}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 4, |inner| {
            let key = prop_oneof![Just("metadata".to_owned()), "[a-z]{0,4}"];
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::vec((key, inner), 0..4)
                    .prop_map(|fields| Value::Object(fields.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn everything_else_is_read_as_it_is(value in any_value()) {
            let text = value.to_string();
            prop_assert_eq!(read(&text).unwrap().to_string(), text);
        }
    }
}
