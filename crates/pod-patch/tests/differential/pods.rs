//! Pods of every shape that the types allow: fields are chosen by chance, keyed lists draw their
//! keys from few values, so that a patch finds items to hit.

use serde_json::{Map, Value, json};

use crate::random::Random;
use crate::schema::{Field, POD, Schema};

/// Fields that carry the weight of real pods and patches; the others have weight 1.
const WEIGHTS: &[(&str, usize)] = &[
    ("containers", 8),
    ("env", 5),
    ("volumes", 4),
    ("volumeMounts", 4),
    ("ports", 4),
    ("initContainers", 3),
    ("tolerations", 2),
    ("affinity", 2),
    ("securityContext", 2),
    ("resources", 2),
    ("topologySpreadConstraints", 3),
    ("hostAliases", 2),
    ("imagePullSecrets", 2),
    ("dnsConfig", 2),
    ("nodeSelector", 2),
    ("annotations", 3),
    ("labels", 3),
    ("finalizers", 3),
    ("args", 2),
];

/// Never part of a template's patch: the server owns them.
pub(crate) const OMITTED: &[&str] = &["status", "managedFields"];

const KEYS: &[&str] = &["a", "b", "c", "d", "e"];
const TEXTS: &[&str] = &["x", "y", "z", "", "a/b", "$(A)", "<&>", "ü\u{1F6A2}", "true", "12"];
const NUMBERS: &[i64] = &[0, 1, 80, 443, 8080, -1, 9_007_199_254_740_993, i64::MAX];
const UNKNOWN: &[&str] = &["unknownMap", "unknownList", "unknownScalar"];

/// What besides plain values a pair may hold. Most pairs hold one oddity at most, so that
/// none hides another.
#[derive(Clone, Copy, Default)]
pub(crate) struct Oddities {
    /// Fields that the types do not know.
    pub(crate) unknown_fields: bool,
    /// `$patch: merge`.
    pub(crate) merge_verb: bool,
    /// Directives inside values that the pod does not have yet.
    pub(crate) directives_in_new: bool,
    /// `key: null` inside values that the pod does not have yet.
    pub(crate) nulls_in_new: bool,
    /// Values of another type than the field's.
    pub(crate) other_types: bool,
    /// Patches that break the rules: no key, unknown verbs, orders that contradict themselves,
    /// directives of the wrong form.
    pub(crate) broken: bool,
    /// Two items of the same key.
    pub(crate) duplicates: bool,
}

impl Oddities {
    /// None in half of the pairs, one of them in the others.
    pub(crate) fn chosen(random: &mut Random) -> Self {
        let mut oddities = Self::default();
        match random.below(14) {
            0 => oddities.unknown_fields = true,
            1 => oddities.merge_verb = true,
            2 => oddities.directives_in_new = true,
            3 => oddities.nulls_in_new = true,
            4 => oddities.other_types = true,
            5 => oddities.broken = true,
            6 => oddities.duplicates = true,
            _ => {}
        }
        oddities
    }
}

/// Makes values of the types of a schema.
pub(crate) struct Maker<'a> {
    pub(crate) schema: &'a Schema,
    pub(crate) random: Random,
    pub(crate) oddities: Oddities,
}

impl Maker<'_> {
    /// A pod with metadata and spec.
    pub(crate) fn pod(&mut self) -> Value {
        let metadata = self.object("io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta", 4);
        let mut spec = self.object("io.k8s.api.core.v1.PodSpec", 7);
        if let Some(containers) = self.schema.0["io.k8s.api.core.v1.PodSpec"].get("containers").cloned() {
            spec.insert("containers".to_owned(), self.value(&containers));
        }
        debug_assert!(self.schema.fields(POD).is_some());
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec})
    }

    /// An object of a type with at most `most` fields.
    pub(crate) fn object(&mut self, type_name: &str, most: usize) -> Map<String, Value> {
        let mut object = Map::new();
        for _ in 0..=self.random.below(most) {
            let (name, field) = self.field(type_name);
            let value = self.value(&field);
            object.insert(name, value);
        }
        if self.oddities.unknown_fields && self.random.chance(50) {
            self.unknown_field(&mut object);
        }
        object
    }

    /// One of the fields of a type, by weight.
    pub(crate) fn field(&mut self, type_name: &str) -> (String, Field) {
        let fields = self.schema.fields(type_name).unwrap();
        let known = fields.iter().filter(|(name, _)| !OMITTED.contains(&name.as_str()));
        let weighed: Vec<_> = known.flat_map(|field| std::iter::repeat_n(field, weight(field.0))).collect();
        let (name, field) = self.random.pick(&weighed);
        ((*name).clone(), (*field).clone())
    }

    /// A value of a field.
    pub(crate) fn value(&mut self, field: &Field) -> Value {
        match (field.kind.as_str(), &field.type_name) {
            ("slice", Some(item)) => self.objects(field, item),
            ("slice", None) => self.scalars(field),
            ("map", _) => self.text_map(field).into(),
            ("struct", Some(object)) => self.object(object, 3).into(),
            (kind, _) => self.scalar(kind),
        }
    }

    fn scalars(&mut self, field: &Field) -> Value {
        let mut items: Vec<Value> = Vec::new();
        for _ in 0..self.random.below(4) {
            let item = self.scalar(&field.element);
            if !field.merges() || self.oddities.duplicates || !items.contains(&item) {
                items.push(item);
            }
        }
        items.into()
    }

    fn objects(&mut self, field: &Field, item: &str) -> Value {
        let count = self.random.below(4);
        let mut items: Vec<Value> = Vec::new();
        for _ in 0..count {
            let mut object = self.object(item, 4);
            if let Some(key) = field.merge_key() {
                self.set_key(key, &mut object);
                if is_keyed_like_one_of(&items, key, &object) && !self.oddities.duplicates {
                    continue;
                }
            }
            items.push(object.into());
        }
        items.into()
    }

    /// Sets what tells the item apart: the key, and what stands beside it in server-side apply.
    pub(crate) fn set_key(&mut self, key: &str, item: &mut Map<String, Value>) {
        item.insert(key.to_owned(), self.key(key));
        if key == "containerPort" && self.random.chance(60) {
            item.insert("protocol".to_owned(), (*self.random.pick(&["TCP", "UDP"])).into());
        } else if key == "containerPort" {
            item.remove("protocol");
        } else if key == "topologyKey" && !(self.oddities.broken && self.random.chance(20)) {
            let choice = *self.random.pick(&["DoNotSchedule", "ScheduleAnyway"]);
            item.insert("whenUnsatisfiable".to_owned(), choice.into());
        }
    }

    fn key(&mut self, key: &str) -> Value {
        match key {
            "containerPort" => (*self.random.pick(&[80, 443, 8080])).into(),
            _ => (*self.random.pick(KEYS)).into(),
        }
    }

    fn text_map(&mut self, field: &Field) -> Map<String, Value> {
        let keys = self.random.some(KEYS, 40);
        keys.into_iter().map(|key| (key.to_owned(), self.scalar(&field.element))).collect()
    }

    /// A scalar of a Go kind.
    pub(crate) fn scalar(&mut self, kind: &str) -> Value {
        match kind {
            "bool" => self.random.chance(50).into(),
            "int32" | "int64" => (*self.random.pick(NUMBERS)).into(),
            "text" => {
                self.random.pick(&[json!("1Gi"), json!("500m"), json!(5), json!("http"), json!(0.5)]).clone()
            }
            _ => (*self.random.pick(TEXTS)).into(),
        }
    }

    /// Adds a field of no type, or other content to one that is there.
    pub(crate) fn unknown_field(&mut self, object: &mut Map<String, Value>) {
        let name = *self.random.pick(UNKNOWN);
        let text = self.scalar("string");
        let value = match name {
            "unknownMap" => json!({"a": text, "b": {"c": self.scalar("int64")}}),
            "unknownList" => json!([{"name": "a", "value": text}]),
            _ => text,
        };
        object.insert(name.to_owned(), value);
    }

    /// A value of no particular type.
    pub(crate) fn any(&mut self) -> Value {
        let choices = [
            json!({}),
            json!([]),
            json!({"a": "b"}),
            json!(["a"]),
            json!([{"name": "a"}]),
            json!("a"),
            json!(1),
            json!(false),
            json!([1, "a"]),
        ];
        self.random.pick(&choices).clone()
    }
}

fn weight(name: &str) -> usize {
    WEIGHTS.iter().find(|(weighed, _)| *weighed == name).map_or(1, |(_, weight)| *weight)
}

/// Whether an item of the same key is there already, by the keys of server-side apply.
pub(crate) fn is_keyed_like_one_of(items: &[Value], key: &str, item: &Map<String, Value>) -> bool {
    items
        .iter()
        .any(|other| other.as_object().is_some_and(|other| full_key(key, other) == full_key(key, item)))
}

/// The key of an item as server-side apply has it.
pub(crate) fn full_key(key: &str, item: &Map<String, Value>) -> (Value, Value) {
    let get = |name: &str| item.get(name).cloned().unwrap_or_default();
    let beside = match key {
        "containerPort" if get("protocol").is_null() => "TCP".into(),
        "containerPort" => get("protocol"),
        "topologyKey" => get("whenUnsatisfiable"),
        _ => Value::Null,
    };
    (get(key), beside)
}
