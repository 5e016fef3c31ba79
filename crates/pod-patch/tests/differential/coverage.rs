//! Which fields and directives the patches of a run have reached, so that a generator that
//! leaves something out is noticed.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::pods::OMITTED;
use crate::schema::{Field, POD, Schema};

/// The types whose every field a run must patch.
const TYPES: &[&str] =
    &["Container", "PodSpec", "PodSecurityContext", "SecurityContext", "Volume", "EnvVar", "Affinity"];

/// The directives of Kubernetes' strategic merge.
const DIRECTIVES: &[&str] = &[
    "$patch: delete",
    "$patch: merge",
    "$patch: replace",
    "$retainKeys",
    "$setElementOrder",
    "$deleteFromPrimitiveList",
    "null",
];

/// How often each field, as `Type.field`, and each directive, as `Type $directive`, was patched.
#[derive(Default)]
pub(crate) struct Coverage(BTreeMap<String, usize>);

impl Coverage {
    /// Notes all that a patch reaches.
    pub(crate) fn add(&mut self, schema: &Schema, patch: &Value) {
        if let Value::Object(patch) = patch {
            self.add_object(schema, POD, patch);
        }
    }

    fn add_object(&mut self, schema: &Schema, type_name: &str, patch: &Map<String, Value>) {
        let owner = short(type_name);
        for (name, value) in patch {
            match directive(name, value) {
                Some(directive) => self.count(format!("{owner} {directive}")),
                None => self.count(format!("{owner}.{name}")),
            }
            let field = schema.fields(type_name).and_then(|fields| fields.get(name));
            let Some(below) = field.and_then(|field| field.type_name.as_ref()) else { continue };
            let items = value.as_array().into_iter().flatten().chain(std::iter::once(value));
            items.filter_map(Value::as_object).for_each(|object| self.add_object(schema, below, object));
        }
    }

    fn count(&mut self, what: String) {
        *self.0.entry(what).or_default() += 1;
    }

    /// Fails where a field of the main types, or a directive in them, was never patched.
    pub(crate) fn assert_complete(&self, schema: &Schema) {
        let types: Vec<_> = schema.0.keys().filter(|name| TYPES.contains(&short(name))).collect();
        assert_eq!(types.len(), TYPES.len());
        for type_name in types {
            let owner = short(type_name);
            let fields = schema.0[type_name].keys().filter(|name| !OMITTED.contains(&name.as_str()));
            let fields = fields.map(|name| format!("{owner}.{name}"));
            for what in fields.chain(DIRECTIVES.iter().map(|directive| format!("{owner} {directive}"))) {
                assert!(
                    self.0.contains_key(&what) || !is_possible(schema, type_name, &what),
                    "no patch holds {what}"
                );
            }
        }
    }

    /// The counts on one line.
    pub(crate) fn summary(&self) -> String {
        let fields = self.0.keys().filter(|what| what.contains('.')).count();
        let directives = DIRECTIVES.iter().map(|directive| {
            let suffix = format!(" {directive}");
            let count: usize =
                self.0.iter().filter(|(what, _)| what.ends_with(&suffix)).map(|(_, count)| count).sum();
            format!("{directive} {count}")
        });
        format!("patched: {fields} fields, {}", directives.collect::<Vec<_>>().join(", "))
    }
}

/// Lists of scalars and lists of keyed items have directives of their own.
fn is_possible(schema: &Schema, type_name: &str, what: &str) -> bool {
    let mut fields = schema.0[type_name].values();
    match what.rsplit_once(' ') {
        Some((_, "$setElementOrder")) => fields.any(Field::merges),
        Some((_, "$deleteFromPrimitiveList")) => {
            fields.any(|field| field.kind == "slice" && field.type_name.is_none())
        }
        _ => true,
    }
}

fn directive(name: &str, value: &Value) -> Option<&'static str> {
    let text = match name.split('/').next() {
        _ if value.is_null() => "null".to_owned(),
        Some("$patch") => format!("$patch: {}", value.as_str().unwrap_or_default()),
        Some(name) => name.to_owned(),
        None => return None,
    };
    DIRECTIVES.iter().copied().find(|directive| *directive == text)
}

fn short(type_name: &str) -> &str {
    type_name.rsplit('.').next().unwrap_or(type_name)
}
