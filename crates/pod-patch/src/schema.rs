//! What the merge must know of the pod type: which fields exist, which lists merge and by what key.
//! The table itself is made from the API server's OpenAPI document by `extract`.

pub mod extract;
pub mod render;
#[rustfmt::skip]
mod table;

use serde_json::Value;

/// The most fields that the key of a list item has.
pub const MAX_KEYS: usize = 2;

/// What kind of value a field holds, and how a patch of it merges.
#[derive(Debug, Clone, Copy)]
pub enum Shape {
    /// Nothing is known: objects merge as maps, lists are replaced.
    Unknown,
    /// A string.
    Text,
    /// A number, a boolean, or a value that is a number or a string.
    Scalar,
    /// A Kubernetes quantity, written as a string or a number.
    Quantity,
    /// An object with named fields.
    Object(&'static Type),
    /// An object with free keys whose values all have one shape.
    Map(&'static Shape),
    /// A list of objects that merges item by item.
    Keyed {
        /// The type of the items.
        item: &'static Type,
        /// The fields that together name an item.
        keys: &'static [Key],
    },
    /// A list of scalars that merges as a set.
    Set,
    /// A list that a patch replaces as a whole.
    Atomic(&'static Shape),
}

/// An object type of the API.
#[derive(Debug)]
pub struct Type {
    /// The name in Kubernetes' own words, without its package: `Container`.
    pub name: &'static str,
    /// The fields of which an object has only one, as a volume has one source. Empty for most types.
    pub one_of: &'static [&'static str],
    /// The fields, sorted by name.
    pub fields: &'static [Field],
}

/// A field of a type.
#[derive(Debug)]
pub struct Field {
    /// The name in JSON.
    pub name: &'static str,
    /// What it holds.
    pub shape: Shape,
}

/// A part of the key of a list item.
#[derive(Debug)]
pub struct Key {
    /// The field of the item.
    pub field: &'static str,
    /// What the API server fills in where the field is absent.
    pub default: Option<&'static str>,
}

/// The shape of a whole pod.
pub fn pod() -> Shape {
    Shape::Object(&table::POD)
}

/// The names of the fields of a pod's spec, sorted.
pub fn pod_spec_fields() -> impl Iterator<Item = &'static str> {
    let spec = match pod().field("spec") {
        Shape::Object(spec) => spec.fields,
        _ => &[],
    };
    spec.iter().map(|field| field.name)
}

/// The shape of one container.
pub fn container() -> Shape {
    Shape::Object(&table::CONTAINER)
}

impl Shape {
    /// The shape of a field of an object with this shape.
    pub fn field(self, name: &str) -> Self {
        match self {
            Self::Object(object) => object.field(name).map_or(Self::Unknown, |field| field.shape),
            Self::Map(values) => *values,
            _ => Self::Unknown,
        }
    }

    /// The shape of the items of a list with this shape.
    pub fn item(self) -> Self {
        match self {
            Self::Keyed { item, .. } => Self::Object(item),
            Self::Atomic(item) => *item,
            Self::Set => Self::Scalar,
            _ => Self::Unknown,
        }
    }

    /// The type of the object, or of the items of the keyed list, where it has a name.
    pub fn type_name(self) -> Option<&'static str> {
        match self {
            Self::Object(object) | Self::Keyed { item: object, .. } => Some(object.name),
            _ => None,
        }
    }

    /// What belongs in a value of this shape, where `value` does not.
    pub fn expected(self, value: &Value) -> Option<&'static str> {
        let is_composite = value.is_object() || value.is_array();
        match self {
            _ if value.is_null() => None,
            Self::Object(_) | Self::Map(_) if !value.is_object() => Some("an object"),
            Self::Keyed { .. } | Self::Set | Self::Atomic(_) if !value.is_array() => Some("a list"),
            Self::Text if !value.is_string() => Some("text"),
            Self::Quantity if is_composite || value.is_boolean() => Some("a quantity"),
            Self::Scalar if is_composite => Some("a scalar"),
            _ => None,
        }
    }

    /// The fields that name an item, where the list merges by key.
    pub fn keys(self) -> Option<&'static [Key]> {
        match self {
            Self::Keyed { keys, .. } => Some(keys),
            _ => None,
        }
    }
}

impl Type {
    /// The field with that name.
    pub fn field(&self, name: &str) -> Option<&'static Field> {
        // One after the other: most differ in length already, and a search by halves is a guess at each step.
        self.fields.iter().find(|field| field.name == name)
    }

    /// Whether a field is one of those of which an object has only one. An unknown field may be.
    pub fn is_alternative(&self, name: &str) -> bool {
        self.one_of.contains(&name) || self.field(name).is_none()
    }

    /// Whether every field but the key is an alternative, so that an unknown one is taken for another.
    pub fn is_union(&self) -> bool {
        !self.one_of.is_empty() && self.one_of.len().saturating_add(1) >= self.fields.len()
    }
}

#[cfg(test)]
mod tests;
