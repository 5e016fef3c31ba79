//! Holds the generated merge table against the struct tags that Go's merge goes by.

use chandler_pod_patch::schema::{Key, Shape, Type, pod};

use crate::schema::{Field, POD, Schema};

/// Lists that merge by another key than Go's, and the difference that says so.
const OTHER_KEYS: &[(&str, &str, &[&str])] = &[
    ("ports", "ports", &["containerPort", "protocol"]),
    ("topologySpreadConstraints", "topology-spread", &["topologyKey", "whenUnsatisfiable"]),
];

/// Where the table and the tags disagree, in words, and the names of the differences that were met.
pub(crate) fn disagreements(schema: &Schema) -> (Vec<String>, Vec<&'static str>) {
    let mut audit = Audit { schema, seen: Vec::new(), wrong: Vec::new(), differences: Vec::new() };
    match pod() {
        Shape::Object(root) => audit.compare_type(root, POD),
        other => audit.wrong.push(format!("a pod is {other:?}")),
    }
    audit.differences.sort_unstable();
    audit.differences.dedup();
    (audit.wrong, audit.differences)
}

struct Audit<'a> {
    schema: &'a Schema,
    seen: Vec<String>,
    wrong: Vec<String>,
    differences: Vec<&'static str>,
}

impl Audit<'_> {
    fn compare_type(&mut self, ours: &'static Type, go: &str) {
        if self.seen.iter().any(|seen| seen == go) {
            return;
        }
        self.seen.push(go.to_owned());
        let fields = self.schema.fields(go).unwrap();
        for name in fields.keys().filter(|name| ours.field(name).is_none()) {
            self.wrong.push(format!("{go} has {name}, the table has not"));
        }
        for field in ours.fields {
            match fields.get(field.name) {
                Some(described) => self.compare_field((go, field.name), field.shape, described),
                None => self.wrong.push(format!("the table has {}.{}, Go has not", ours.name, field.name)),
            }
        }
    }

    fn compare_field(&mut self, (owner, name): (&str, &'static str), ours: Shape, go: &Field) {
        let agrees = match ours {
            Shape::Keyed { keys, .. } => self.compare_keys(name, keys, go),
            Shape::Set => go.merges() && go.merge_key().is_none(),
            Shape::Atomic(_) => go.kind == "slice" && !go.merges(),
            // "text" is all that writes itself: managedFields as an object.
            Shape::Map(_) => ["map", "text"].contains(&go.kind.as_str()),
            Shape::Object(_) => go.kind == "struct" && go.type_name.is_some(),
            Shape::Quantity => go.kind == "text",
            Shape::Text => ["string", "text"].contains(&go.kind.as_str()),
            Shape::Scalar => !["slice", "map", "struct", "string"].contains(&go.kind.as_str()),
            Shape::Unknown => go.kind == "text",
        };
        if !agrees {
            let key = &go.patch_merge_key;
            self.wrong.push(format!("{owner}.{name} is {ours:?} in the table, {} by {key:?} in Go", go.kind));
        }
        self.compare_below(ours, go);
    }

    fn compare_keys(&mut self, name: &str, ours: &[Key], go: &Field) -> bool {
        let ours: Vec<_> = ours.iter().map(|key| key.field).collect();
        let other = OTHER_KEYS.iter().find(|(list, _, keys)| *list == name && ours == *keys);
        self.differences.extend(other.map(|(_, difference, _)| difference));
        go.merge_key().is_some_and(|key| ours == [key] || (other.is_some() && ours[0] == key))
    }

    fn compare_below(&mut self, ours: Shape, go: &Field) {
        let ours = match ours {
            Shape::Object(ours) | Shape::Keyed { item: ours, .. } => ours,
            Shape::Atomic(&Shape::Object(ours)) => ours,
            _ => return,
        };
        match &go.type_name {
            Some(go) => self.compare_type(ours, go),
            None => self.wrong.push(format!("{} is no object in Go", ours.name)),
        }
    }
}
