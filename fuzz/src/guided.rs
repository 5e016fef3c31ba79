//! Pods, containers and patches of them, read along the API's own fields.

mod directives;

use chandler_pod_patch::schema::{Key, Shape, Type};
use serde_json::{Map, Number, Value};

use crate::any;
use crate::bytes::Bytes;
use crate::vocabulary::{QUANTITIES, TEXTS};

/// Fields that are chosen more often than others: most rules are about them.
const FAVOURITES: &[(&str, &[&str])] = &[
    ("Pod", &["spec", "spec", "metadata"]),
    (
        "PodSpec",
        &["containers", "initContainers", "volumes", "affinity", "tolerations", "topologySpreadConstraints"],
    ),
    (
        "Container",
        &["env", "args", "ports", "image", "resources", "volumeMounts", "livenessProbe", "lifecycle"],
    ),
    ("EnvVar", &["value", "value", "valueFrom"]),
    ("Volume", &["emptyDir", "hostPath", "configMap"]),
    ("ObjectMeta", &["labels", "annotations", "finalizers"]),
    ("Affinity", &["nodeAffinity"]),
];

/// Deepest nesting of fields: no field of the API is deeper.
const MAX_DEPTH: usize = 32;

/// Names that items of lists have: few, so that they meet.
const NAMES: &[&str] = &["a", "b", "c", "d", "e"];

/// Reads values of one side: the object, or the patch with its directives.
#[derive(Debug)]
pub struct Guide<'b, 'a> {
    bytes: &'b mut Bytes<'a>,
    is_patch: bool,
    depth: usize,
}

impl<'b, 'a> Guide<'b, 'a> {
    /// A guide for objects without directives.
    pub fn object(bytes: &'b mut Bytes<'a>) -> Self {
        Self { bytes, is_patch: false, depth: 0 }
    }

    /// A guide for patches.
    pub fn patch(bytes: &'b mut Bytes<'a>) -> Self {
        Self { bytes, is_patch: true, depth: 0 }
    }

    /// Reads a value that mostly has the shape.
    pub fn read(&mut self, shape: Shape) -> Value {
        self.depth += 1;
        let value = match self.bytes.byte() {
            _ if self.depth > MAX_DEPTH => Value::Null,
            0xFC..=0xFF => any::read(self.bytes),
            0xF8..=0xFB => Value::Null,
            0xD0..=0xF7 if self.is_patch => self.edit(shape),
            _ => self.natural(shape),
        };
        self.depth -= 1;
        value
    }

    fn natural(&mut self, shape: Shape) -> Value {
        match shape {
            Shape::Unknown => any::read(self.bytes),
            Shape::Text => self.text(),
            Shape::Scalar => self.scalar(),
            Shape::Quantity => self.quantity(),
            Shape::Object(object) => Value::Object(self.fields(object, Map::new())),
            Shape::Map(values) => Value::Object(self.entries(*values)),
            Shape::Keyed { item, keys } => self.keyed(item, keys),
            Shape::Set => self.list(Shape::Text),
            Shape::Atomic(item) => self.list(*item),
        }
    }

    fn text(&mut self) -> Value {
        self.bytes.choose(TEXTS).copied().unwrap_or_default().into()
    }

    fn scalar(&mut self) -> Value {
        match self.bytes.byte() {
            byte @ ..=0x7F => Value::from(byte & 3),
            byte @ ..=0xBF => Value::Bool(byte & 1 == 1),
            _ => self.text(),
        }
    }

    fn quantity(&mut self) -> Value {
        let is_number = self.bytes.byte() > 0xC0;
        let text = self.bytes.choose(QUANTITIES).copied().unwrap_or_default();
        let number = text.parse().ok().filter(|_| is_number).and_then(Number::from_f64);
        number.map_or_else(|| text.into(), Value::Number)
    }

    fn count(&mut self, most: usize) -> usize {
        if self.bytes.is_empty() { 0 } else { self.bytes.below(most + 1) }
    }

    fn list(&mut self, item: Shape) -> Value {
        (0..self.count(4)).map(|_| self.read(item)).collect()
    }

    fn entries(&mut self, values: Shape) -> Map<String, Value> {
        (0..self.count(3)).map(|_| (self.name(), self.read(values))).collect()
    }

    fn name(&mut self) -> String {
        self.bytes.choose(NAMES).copied().unwrap_or_default().to_owned()
    }

    fn keyed(&mut self, item: &'static Type, keys: &'static [Key]) -> Value {
        (0..self.count(5)).map(|_| self.keyed_item(item, keys)).collect()
    }

    fn keyed_item(&mut self, item: &'static Type, keys: &'static [Key]) -> Value {
        let style = self.bytes.byte();
        let mut object = Map::new();
        for key in keys.iter().filter(|_| style < 0xFA) {
            let is_left_out = key.default.is_some() && style & 1 == 1;
            if !is_left_out {
                let value = self.key(key.field);
                object.insert(key.field.to_owned(), value);
            }
        }
        Value::Object(self.fields(item, object))
    }

    fn key(&mut self, field: &str) -> Value {
        match field {
            "containerPort" | "port" => Value::from(80 + self.bytes.below(3)),
            "protocol" => self.bytes.choose(&["TCP", "UDP"]).copied().into(),
            _ => self.name().into(),
        }
    }

    fn fields(&mut self, object: &'static Type, mut fields: Map<String, Value>) -> Map<String, Value> {
        for _ in 0..self.count(6) {
            if let Some((name, shape)) = self.field(object) {
                let value = self.read(shape);
                fields.insert(name.to_owned(), value);
            }
        }
        if self.is_patch {
            self.add_directive(object, &mut fields);
        }
        fields
    }

    fn field(&mut self, object: &'static Type) -> Option<(&'static str, Shape)> {
        let favourites = FAVOURITES.iter().find(|(name, _)| *name == object.name).map(|(_, fields)| *fields);
        if let Some(favourites) = favourites
            && self.bytes.byte() < 0xC0
        {
            let name = self.bytes.choose(favourites)?;
            return Some((name, object.field(name)?.shape));
        }
        match self.bytes.byte() {
            0xFC.. => Some(("futureField", Shape::Unknown)),
            index => object
                .fields
                .get(usize::from(index) % object.fields.len())
                .map(|field| (field.name, field.shape)),
        }
    }
}
