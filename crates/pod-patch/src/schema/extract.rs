//! Reads the merge rules of the pod type out of an OpenAPI v2 document: the `swagger.json` of a
//! Kubernetes release, or what a server answers at `/openapi/v2`.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::MAX_KEYS;

/// The definition at which the table starts.
pub const ROOT: &str = "io.k8s.api.core.v1.Pod";

const QUANTITY: &str = "io.k8s.apimachinery.pkg.api.resource.Quantity";
const REFERENCE: &str = "#/definitions/";

/// Defaults of key fields. The API server documents them in words only.
const KEY_DEFAULTS: &[(&str, &str, &str)] = &[("ContainerPort", "protocol", "TCP")];

/// Alternatives that the document does not mark: API validation refuses two of them in one object.
const ONE_OF: &[(&str, &[&str])] = &[
    ("EnvVar", &["value", "valueFrom"]),
    ("EnvVarSource", &["configMapKeyRef", "fieldRef", "fileKeyRef", "resourceFieldRef", "secretKeyRef"]),
    ("LifecycleHandler", &["exec", "httpGet", "sleep", "tcpSocket"]),
    ("Probe", &["exec", "grpc", "httpGet", "tcpSocket"]),
];

/// The merge rules of all types that a pod reaches, by name.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// Types by their short name.
    pub types: BTreeMap<String, TypeEntry>,
}

/// One type of the table.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct TypeEntry {
    /// The fields of which an object has only one.
    pub one_of: Vec<String>,
    /// Shapes by field name.
    pub fields: BTreeMap<String, ShapeEntry>,
}

/// What a field holds; the variants are those of [`Shape`](super::Shape).
#[derive(Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "each variant is documented where the table is read")]
pub enum ShapeEntry {
    Unknown,
    Text,
    Scalar,
    Quantity,
    Object(String),
    Map(Box<ShapeEntry>),
    Keyed { item: String, keys: Vec<KeyEntry> },
    Set,
    Atomic(Box<ShapeEntry>),
}

/// A part of a key: the field, and its default.
#[derive(Debug, PartialEq, Eq)]
pub struct KeyEntry {
    /// The field of the item.
    pub field: String,
    /// What an absent field means.
    pub default: Option<String>,
}

/// Why a document gives no table.
#[derive(Debug, Clone, thiserror::Error, PartialEq, Eq)]
pub enum ExtractError {
    /// The document has no definition of that name.
    #[error("the document has no definition {0}")]
    FindDefinition(String),
    /// Two packages define a type of the same short name.
    #[error("two definitions are called {0}")]
    NameType(String),
    /// A list merges objects, but by no key that this table can hold.
    #[error("{field} of {definition} merges by keys that are not understood")]
    ReadKeys {
        /// The definition that has the field.
        definition: String,
        /// The list.
        field: String,
    },
}

/// Finds the merge rules of every type that a pod reaches.
///
/// # Errors
/// When the document lacks a definition, or holds merge keys of an unknown form.
pub fn extract(document: &Value) -> Result<Table, ExtractError> {
    let mut extraction = Extraction { document, table: Table::default(), seen: BTreeMap::new() };
    extraction.reach(ROOT)?;
    Ok(extraction.table)
}

struct Extraction<'a> {
    document: &'a Value,
    table: Table,
    /// Full names by short name.
    seen: BTreeMap<String, String>,
}

impl<'a> Extraction<'a> {
    /// Adds a definition and all that it refers to. A document nests definitions a dozen deep.
    fn reach(&mut self, definition: &str) -> Result<String, ExtractError> {
        let name = short_name(definition).to_owned();
        if let Some(known) = self.seen.get(&name) {
            let same = known == definition;
            return if same { Ok(name) } else { Err(ExtractError::NameType(name)) };
        }
        self.seen.insert(name.clone(), definition.to_owned());
        let mut entry = TypeEntry { one_of: listed_alternatives(&name), ..TypeEntry::default() };
        for (field, schema) in self.properties(definition)?.into_iter().flatten() {
            let shape = self.field_shape(definition, field, schema)?;
            entry.fields.insert(field.clone(), shape);
        }
        let derived = self.table.types.entry(name.clone()).or_default();
        derived.fields = entry.fields;
        derived.one_of.extend(entry.one_of);
        Ok(name)
    }

    fn definition(&self, name: &str) -> Result<&'a Value, ExtractError> {
        let found = self.document.get("definitions").and_then(|all| all.get(name));
        found.ok_or_else(|| ExtractError::FindDefinition(name.to_owned()))
    }

    fn properties(&self, name: &str) -> Result<Option<&'a Map<String, Value>>, ExtractError> {
        Ok(self.definition(name)?.get("properties").and_then(Value::as_object))
    }

    fn field_shape(
        &mut self,
        definition: &str,
        field: &str,
        schema: &Value,
    ) -> Result<ShapeEntry, ExtractError> {
        if !merges(schema) || schema.get("items").is_none() {
            return self.shape(schema);
        }
        let ShapeEntry::Object(item) = self.part_shape(schema, "items")? else { return Ok(ShapeEntry::Set) };
        let keys = list_keys(&item, schema);
        if keys.is_empty() || keys.len() > MAX_KEYS {
            let (definition, field) = (definition.to_owned(), field.to_owned());
            return Err(ExtractError::ReadKeys { definition, field });
        }
        if strategies(schema).any(|strategy| strategy == "retainKeys") {
            self.mark_union(&item, &keys);
        }
        Ok(ShapeEntry::Keyed { item, keys })
    }

    /// Items of lists with the strategy `retainKeys` are unions: every field but the key is an alternative.
    fn mark_union(&mut self, item: &str, keys: &[KeyEntry]) {
        let Some(entry) = self.table.types.get_mut(item) else { return };
        let alternatives = entry.fields.keys().filter(|field| keys.iter().all(|key| key.field != **field));
        entry.one_of = alternatives.cloned().collect();
    }

    fn shape(&mut self, schema: &Value) -> Result<ShapeEntry, ExtractError> {
        if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
            return self.referred_shape(reference.strip_prefix(REFERENCE).unwrap_or(reference));
        }
        Ok(match schema.get("type").and_then(Value::as_str) {
            Some("array") => ShapeEntry::Atomic(Box::new(self.part_shape(schema, "items")?)),
            Some("object") => match self.part_shape(schema, "additionalProperties")? {
                ShapeEntry::Unknown => ShapeEntry::Unknown,
                values => ShapeEntry::Map(Box::new(values)),
            },
            Some("string") => ShapeEntry::Text,
            Some("integer" | "number" | "boolean") => ShapeEntry::Scalar,
            _ => ShapeEntry::Unknown,
        })
    }

    fn part_shape(&mut self, schema: &Value, part: &str) -> Result<ShapeEntry, ExtractError> {
        schema.get(part).map_or(Ok(ShapeEntry::Unknown), |part| self.shape(part))
    }

    fn referred_shape(&mut self, name: &str) -> Result<ShapeEntry, ExtractError> {
        if name == QUANTITY {
            return Ok(ShapeEntry::Quantity);
        }
        let definition = self.definition(name)?;
        if definition.get("properties").is_some() {
            return self.reach(name).map(ShapeEntry::Object);
        }
        if definition.get("format").and_then(Value::as_str) == Some("int-or-string") {
            return Ok(ShapeEntry::Scalar);
        }
        if definition.get("type").and_then(Value::as_str) == Some("object") {
            return Ok(ShapeEntry::Map(Box::new(ShapeEntry::Unknown)));
        }
        self.shape(definition)
    }
}

fn short_name(definition: &str) -> &str {
    definition.rsplit('.').next().unwrap_or(definition)
}

fn listed_alternatives(name: &str) -> Vec<String> {
    let listed = ONE_OF.iter().filter(|(of, _)| *of == name).flat_map(|(_, fields)| *fields);
    listed.map(|&field| field.to_owned()).collect()
}

fn strategies(schema: &Value) -> impl Iterator<Item = &str> {
    let strategy = schema.get("x-kubernetes-patch-strategy").and_then(Value::as_str);
    strategy.unwrap_or_default().split(',')
}

/// The patch strategy alone decides whether a list merges, as in strategic merge patch: a list that
/// only server-side apply merges (`resources.claims`) is replaced.
fn merges(schema: &Value) -> bool {
    strategies(schema).any(|strategy| strategy == "merge")
}

/// The keys of server-side apply where there are any, else the key of strategic merge patch.
fn list_keys(item: &str, schema: &Value) -> Vec<KeyEntry> {
    let applied = schema.get("x-kubernetes-list-map-keys").and_then(Value::as_array);
    let merged = schema.get("x-kubernetes-patch-merge-key");
    let fields = applied.map_or_else(|| merged.into_iter().collect::<Vec<_>>(), |keys| keys.iter().collect());
    fields.into_iter().filter_map(Value::as_str).map(|field| key_entry(item, field)).collect()
}

fn key_entry(item: &str, field: &str) -> KeyEntry {
    let default = KEY_DEFAULTS.iter().find(|(of, name, _)| *of == item && *name == field);
    KeyEntry { field: field.to_owned(), default: default.map(|(_, _, value)| (*value).to_owned()) }
}
