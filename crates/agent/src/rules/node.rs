//! A YAML document as a tree in which everything knows its line and column, so that a complaint about any part of it
//! can point there, and one mistake does not hide the next.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::budget::BudgetBreach;
use serde_saphyr::{Error, Spanned, UserMessageFormatter};

use super::fault::{Complaint, Place};

/// Largest rules file, in bytes.
pub(super) const MAX_FILE: usize = 1024 * 1024;

/// Deepest nesting: sources, metrics and labels need seven levels.
const MAX_DEPTH: usize = 24;

/// Most values of one file, with those that aliases repeat.
const MAX_EVENTS: usize = 200_000;

/// A value and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Node {
    pub(super) place: Place,
    pub(super) value: Value,
}

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Null,
    Bool(bool),
    Whole(i64),
    Real(f64),
    Text(String),
    List(Vec<Node>),
    Map(Vec<Member>),
}

/// A member of a mapping.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Member {
    pub(super) place: Place,
    pub(super) key: String,
    pub(super) node: Node,
}

impl Node {
    /// Reads a document; an empty one is null.
    pub(super) fn parse(text: &str) -> Result<Self, (Place, Complaint)> {
        if text.len() > MAX_FILE {
            let message = format!("the file has {} bytes; {MAX_FILE} are allowed", text.len());
            return Err((
                Place::default(),
                Complaint::new(message, "split it into several files of one folder"),
            ));
        }
        if text.trim().is_empty() {
            return Ok(Self { place: Place::default(), value: Value::Null });
        }
        let options = serde_saphyr::options! {
            budget: serde_saphyr::budget! {
                max_depth: MAX_DEPTH,
                max_events: MAX_EVENTS,
                max_documents: 1,
            },
            alias_limits: serde_saphyr::alias_limits! { max_total_replayed_events: MAX_EVENTS },
            strict_booleans: true,
            non_finite_float_policy: serde_saphyr::options::NonFiniteFloatPolicy::PassThrough,
            with_snippet: false,
        };
        match serde_saphyr::from_str_with_options::<Spanned<Value>>(text, options) {
            Ok(spanned) => Ok(Self::from(spanned)),
            Err(error) => Err((
                error.location().map(Place::from).unwrap_or_default(),
                complaint(error.without_snippet()),
            )),
        }
    }

    /// What it is, for messages.
    pub(super) fn kind(&self) -> &'static str {
        match self.value {
            Value::Null => "nothing",
            Value::Bool(_) => "a boolean",
            Value::Whole(_) | Value::Real(_) => "a number",
            Value::Text(_) => "a text",
            Value::List(_) => "a list",
            Value::Map(_) => "a mapping",
        }
    }
}

/// What is wrong with YAML, in words of the file and not of the library.
fn complaint(error: &Error) -> Complaint {
    match error {
        Error::DuplicateMappingKey { key, .. } => {
            let key = key.as_ref().map_or_else(|| "a key".to_owned(), |key| format!("the key {key:?}"));
            Complaint::new(format!("{key} is there twice"), "leave one of them out")
        }
        Error::MultipleDocuments { .. } | Error::Budget { breach: BudgetBreach::Documents { .. }, .. } => {
            Complaint::new("the file has several documents", "put each of them into a file of its own")
        }
        Error::Budget { breach: BudgetBreach::Depth { .. }, .. } => {
            Complaint::new(format!("the YAML has more than {MAX_DEPTH} levels"), "rules need seven")
        }
        Error::Budget { .. } | Error::AliasReplayLimitExceeded { .. } => Complaint::new(
            format!("the YAML has too many values or aliases: {MAX_EVENTS} values are allowed"),
            "split it into several files of one folder, and write out what aliases repeat",
        ),
        other => {
            let message = other.render_with_formatter(&UserMessageFormatter);
            // The place is told beside it.
            let message = message.split(" at line ").next().unwrap_or_default().trim();
            Complaint::new(format!("the YAML cannot be read: {message}"), "correct it at this place")
        }
    }
}

impl From<serde_saphyr::Location> for Place {
    fn from(location: serde_saphyr::Location) -> Self {
        Self { line: location.line(), column: location.column() }
    }
}

impl From<Spanned<Value>> for Node {
    fn from(spanned: Spanned<Value>) -> Self {
        Self { place: spanned.referenced.into(), value: spanned.value }
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValueVisitor)
    }
}

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Value;

    fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        Value::deserialize(deserializer)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Whole(value))
    }

    #[allow(clippy::cast_precision_loss, reason = "beyond i64 no field needs the last digit")]
    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(i64::try_from(value).map_or(Value::Real(value as f64), Value::Whole))
    }

    #[allow(clippy::cast_precision_loss, reason = "beyond i64 no field needs the last digit")]
    fn visit_i128<E>(self, value: i128) -> Result<Value, E> {
        Ok(Value::Real(value as f64))
    }

    #[allow(clippy::cast_precision_loss, reason = "beyond i64 no field needs the last digit")]
    fn visit_u128<E>(self, value: u128) -> Result<Value, E> {
        Ok(Value::Real(value as f64))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Value::Real(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element::<Spanned<Value>>()? {
            list.push(item.into());
        }
        Ok(Value::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut map = Vec::new();
        while let Some(key) = members.next_key::<Spanned<String>>()? {
            let node = members.next_value::<Spanned<Value>>()?.into();
            map.push(Member { place: key.referenced.into(), key: key.value, node });
        }
        Ok(Value::Map(map))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member<'n>(node: &'n Node, key: &str) -> &'n Member {
        let Value::Map(members) = &node.value else { panic!("{node:?}") };
        members.iter().find(|member| member.key == key).unwrap()
    }

    #[test]
    fn everything_knows_its_line_and_column() {
        let node = Node::parse("a: 1\nb:\n  - {c: 'x', 1.50: yes}\n").unwrap();
        assert_eq!(
            member(&node, "a").node,
            Node { place: Place { line: 1, column: 4 }, value: Value::Whole(1) }
        );
        let Value::List(list) = &member(&node, "b").node.value else { panic!("{node:?}") };
        assert_eq!(list[0].place, Place { line: 3, column: 5 });
        let number = member(&list[0], "1.50");
        assert_eq!(number.place, Place { line: 3, column: 14 });
        assert_eq!(number.node.value, Value::Text("yes".to_owned()));
    }

    #[test]
    fn broken_yaml_is_told_with_its_place() {
        let (place, complaint) = Node::parse("a: 1\nb: [1, 2\nc: 3\n").unwrap_err();
        assert!(place.line >= 2, "{place:?} {complaint:?}");
        let (place, _) = Node::parse("a: 1\na: 2\n").unwrap_err();
        assert_eq!(place.line, 2);
    }

    #[test]
    fn faults_of_yaml_are_told_in_words_of_the_file() {
        let deep = format!("{}1{}", "[".repeat(100), "]".repeat(100));
        let many = format!("[{}]", "1,".repeat(MAX_EVENTS + 1));
        for (text, message) in [
            ("a: 1\na: 2\n", "the key \"a\" is there twice"),
            ("a: 1\n---\nb: 2\n", "the file has several documents"),
            (&deep, "the YAML has more than 24 levels"),
            (&many, "the YAML has too many values or aliases: 200000 values are allowed"),
        ] {
            let (_, complaint) = Node::parse(text).unwrap_err();
            assert_eq!(complaint.message, message);
        }
    }

    #[test]
    fn documents_that_grow_or_nest_without_end_are_refused() {
        assert!(Node::parse(&"[".repeat(10_000)).is_err());
        assert!(Node::parse(&format!("{}1{}", "[".repeat(100), "]".repeat(100))).is_err());
        let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..9 {
            let alias = format!("*a{}", level - 1);
            bomb += &format!("a{level}: &a{level} [{}]\n", vec![alias; 10].join(", "));
        }
        assert!(Node::parse(&bomb).is_err());
        assert!(Node::parse(&"x".repeat(MAX_FILE + 1)).is_err());
    }
}
