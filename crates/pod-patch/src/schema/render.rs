//! Writes a table as the Rust source of `schema/table.rs`: one static a type, sorted, one line a field.

use super::extract::{KeyEntry, ShapeEntry, Table, TypeEntry};

const HEADER: &str = "\
//! The merge rules of the pod type. Made by `make merge-table` from Kubernetes' OpenAPI document:
//! do not edit.

use super::{Field, Key, Shape, Type};
";

/// The source text of the table: the same bytes for the same table.
pub fn render(table: &Table) -> String {
    let types = table.types.iter().map(|(name, entry)| render_type(name, entry));
    std::iter::once(HEADER.to_owned()).chain(types).collect()
}

fn render_type(name: &str, entry: &TypeEntry) -> String {
    let visible = if matches!(name, "Pod" | "Container") { "pub(super) " } else { "" };
    let alternatives = entry.one_of.iter().map(|field| format!("{field:?}")).collect::<Vec<_>>().join(", ");
    let fields = entry.fields.iter().map(|(field, shape)| {
        format!("        Field {{ name: {field:?}, shape: {} }},\n", render_shape(shape))
    });
    format!(
        "\n{visible}static {}: Type = Type {{\n    name: {name:?},\n    one_of: &[{alternatives}],\n    fields: &[\n{}    ],\n}};\n",
        static_name(name),
        fields.collect::<String>(),
    )
}

fn render_shape(shape: &ShapeEntry) -> String {
    match shape {
        ShapeEntry::Unknown => "Shape::Unknown".to_owned(),
        ShapeEntry::Text => "Shape::Text".to_owned(),
        ShapeEntry::Scalar => "Shape::Scalar".to_owned(),
        ShapeEntry::Quantity => "Shape::Quantity".to_owned(),
        ShapeEntry::Set => "Shape::Set".to_owned(),
        ShapeEntry::Object(name) => format!("Shape::Object(&{})", static_name(name)),
        ShapeEntry::Map(values) => format!("Shape::Map(&{})", render_shape(values)),
        ShapeEntry::Atomic(item) => format!("Shape::Atomic(&{})", render_shape(item)),
        ShapeEntry::Keyed { item, keys } => {
            let keys = keys.iter().map(render_key).collect::<Vec<_>>().join(", ");
            format!("Shape::Keyed {{ item: &{}, keys: &[{keys}] }}", static_name(item))
        }
    }
}

fn render_key(key: &KeyEntry) -> String {
    format!("Key {{ field: {:?}, default: {:?} }}", key.field, key.default)
}

/// `HTTPGetAction` becomes `HTTP_GET_ACTION`.
fn static_name(name: &str) -> String {
    let letters: Vec<char> = name.chars().collect();
    let mut constant = String::with_capacity(name.len().saturating_mul(2));
    for (index, letter) in letters.iter().enumerate() {
        let before = index.checked_sub(1).and_then(|at| letters.get(at));
        let after = letters.get(index.saturating_add(1));
        if before.is_some_and(|&before| starts_word(before, *letter, after)) {
            constant.push('_');
        }
        constant.push(letter.to_ascii_uppercase());
    }
    constant
}

fn starts_word(before: char, letter: char, after: Option<&char>) -> bool {
    let in_acronym = before.is_ascii_uppercase() && !after.is_some_and(char::is_ascii_lowercase);
    letter.is_ascii_uppercase() && !in_acronym
}
