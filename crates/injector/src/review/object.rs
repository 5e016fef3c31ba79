//! Reads the object of a review without `metadata.managedFields`: the API server writes there, in many small parts, which
//! fields somebody has set. No template reads or writes it, and it is often half of a review.

use std::fmt;

use serde::de::value::SeqAccessDeserializer;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize as _, de};
use serde_json::{Map, Value};

/// Reads an object.
pub(super) fn read_object<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Value, D::Error> {
    Level::Object.deserialize(deserializer)
}

/// How deep in the object we are.
#[derive(Debug, Clone, Copy)]
enum Level {
    Object,
    Metadata,
}

impl Level {
    fn read_entry<'de, A: MapAccess<'de>>(self, key: &str, map: &mut A) -> Result<Option<Value>, A::Error> {
        match (self, key) {
            (Self::Object, "metadata") => map.next_value_seed(Self::Metadata).map(Some),
            (Self::Metadata, "managedFields") => map.next_value::<IgnoredAny>().map(|_| None),
            _ => map.next_value().map(Some),
        }
    }
}

impl<'de> DeserializeSeed<'de> for Level {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

/// Whatever is no object is read as it is: others say what is wrong with it.
impl<'de> Visitor<'de> for Level {
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

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Value, A::Error> {
        Value::deserialize(SeqAccessDeserializer::new(seq))
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
        read_object(&mut serde_json::Deserializer::from_str(text))
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
