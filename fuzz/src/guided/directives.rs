//! Directives where they belong, now and then where they do not.

use chandler_pod_patch::schema::{Shape, Type};
use serde_json::{Map, Value, json};

use super::Guide;
use crate::any;
use crate::vocabulary::DIRECTIVES;

const VERBS: &[&str] = &["delete", "delete", "replace", "merge", "nonsense"];

impl Guide<'_, '_> {
    /// A change of a field.
    pub(super) fn edit(&mut self, shape: Shape) -> Value {
        match shape {
            Shape::Atomic(item) => self.list_edit(*item),
            Shape::Set => self.list_edit(Shape::Text),
            Shape::Text if self.bytes.byte() < 0x80 => self.text_edit(),
            Shape::Unknown => self.list_edit(Shape::Unknown),
            _ => json!({ "$ifAbsent": self.read(shape) }),
        }
    }

    fn list_edit(&mut self, item: Shape) -> Value {
        let parts = self.bytes.byte();
        let mut edit = Map::new();
        for (bit, directive) in [(1, "$append"), (2, "$prepend"), (4, "$remove")] {
            if parts & bit != 0 {
                edit.insert(directive.to_owned(), self.list(item));
            }
        }
        if edit.is_empty() { json!({ "$ifAbsent": self.list(item) }) } else { Value::Object(edit) }
    }

    fn text_edit(&mut self) -> Value {
        let parts = self.bytes.byte();
        let mut edit = Map::new();
        for (bit, directive) in [(1, "$append"), (2, "$prepend"), (4, "$separator")] {
            if parts & bit != 0 {
                edit.insert(directive.to_owned(), self.text());
            }
        }
        Value::Object(edit)
    }

    /// Adds a directive to some of the objects.
    pub(super) fn add_directive(&mut self, object: &Type, fields: &mut Map<String, Value>) {
        let (directive, value) = match self.bytes.byte() {
            0x80..=0x8F => ("$patch".to_owned(), self.bytes.choose(VERBS).copied().into()),
            0x90..=0x9F => ("$retainKeys".to_owned(), self.retained(fields)),
            0xA0..=0xAF => self.order(object, fields),
            0xB0..=0xBF => self.deletion(object),
            0xC0..=0xCF if object.name == "NodeAffinity" => self.required_nodes(),
            0xC0..=0xE7 if object.name == "Container" => ("$position".to_owned(), self.position()),
            0xFC.. => {
                (self.bytes.choose(DIRECTIVES).copied().unwrap_or_default().to_owned(), any::read(self.bytes))
            }
            _ => return,
        };
        fields.insert(directive, value);
    }

    fn retained(&mut self, fields: &Map<String, Value>) -> Value {
        let extra = self.name();
        fields.keys().map(String::as_str).chain([extra.as_str()]).map(Value::from).collect()
    }

    /// The order of a list that the patch merges, or of any other.
    fn order(&mut self, object: &Type, fields: &Map<String, Value>) -> (String, Value) {
        let lists: Vec<&String> =
            fields.iter().filter(|(_, value)| value.is_array()).map(|(key, _)| key).collect();
        let chosen = self.bytes.choose(&lists).map(|list| list.as_str());
        let field = chosen.or_else(|| self.list_field(object)).unwrap_or("containers");
        let keys = object.field(field).and_then(|field| field.shape.keys());
        let mut order: Vec<Value> = Vec::new();
        for item in fields.get(field).and_then(Value::as_array).into_iter().flatten() {
            if self.bytes.byte() >= 0xC0 {
                order.push(self.tag(keys.is_some()));
            }
            order.push(keys.map_or_else(
                || item.clone(),
                |keys| {
                    keys.iter()
                        .filter_map(|key| Some((key.field.to_owned(), item.get(key.field)?.clone())))
                        .collect()
                },
            ));
        }
        order.extend((0..self.count(3)).map(|_| self.tag(keys.is_some())));
        (format!("$setElementOrder/{field}"), Value::Array(order))
    }

    fn tag(&mut self, is_keyed: bool) -> Value {
        if is_keyed { json!({ "name": self.name() }) } else { self.text() }
    }

    fn deletion(&mut self, object: &Type) -> (String, Value) {
        let field = self.list_field(object).unwrap_or("args");
        (format!("$deleteFromPrimitiveList/{field}"), self.list(Shape::Text))
    }

    fn list_field(&mut self, object: &Type) -> Option<&'static str> {
        let is_list = |shape: Shape| matches!(shape, Shape::Keyed { .. } | Shape::Set | Shape::Atomic(_));
        let lists: Vec<&'static str> =
            object.fields.iter().filter(|field| is_list(field.shape)).map(|field| field.name).collect();
        self.bytes.choose(&lists).copied()
    }

    fn required_nodes(&mut self) -> (String, Value) {
        let nodes = (0..self.count(2)).map(|_| json!({"key": self.name(), "operator": "Exists"}));
        ("$requireNodes".to_owned(), nodes.collect())
    }

    fn position(&mut self) -> Value {
        match self.bytes.below(4) {
            0 => "first".into(),
            1 => "last".into(),
            2 => json!({ "before": self.name() }),
            _ => json!({ "after": self.name() }),
        }
    }
}
