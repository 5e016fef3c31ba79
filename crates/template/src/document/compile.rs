//! From a document as it is written to a compiled one.

use serde_json::{Map, Value};

use super::leaf::Leaf;
use super::{Constant, Document, Each, Node, Object, When};
use crate::error::{CompileError, CompileErrorKind};
use crate::excerpt::excerpt;
use crate::expression::{Expression, Names};
use crate::location::Segment;
use crate::tags::has_tags;

/// Deepest nesting of a document.
const MAX_DEPTH: usize = 64;

/// Most mistakes that are reported.
const MAX_ERRORS: usize = 100;

/// Longest name after `as`.
const MAX_NAME: usize = 64;

const IF: &str = "$if";
const FOR: &str = "$for";

pub(super) fn compile(source: &Value, roots: &[&str]) -> Result<Document, Vec<CompileError>> {
    let mut compiler = Compiler { names: Names::new(roots), path: Vec::new(), errors: Vec::new() };
    let root = compiler.node(source, Place::Elsewhere);
    if compiler.errors.is_empty() {
        Ok(Document { root, references: compiler.names.into_references() })
    } else {
        Err(compiler.errors)
    }
}

/// Where a mapping stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    ListItem,
    Elsewhere,
}

/// Walks the document and collects mistakes; after a mistake it goes on with [`Node::Never`].
struct Compiler<'a> {
    names: Names<'a>,
    path: Vec<Segment>,
    errors: Vec<CompileError>,
}

impl Compiler<'_> {
    fn node(&mut self, source: &Value, place: Place) -> Node {
        if self.path.len() > MAX_DEPTH {
            return self.fail(CompileErrorKind::DocumentTooDeep);
        }
        match source {
            Value::String(text) if has_tags(text) => self.leaf(text),
            Value::Array(items) => self.list(items),
            Value::Object(fields) => self.mapping(fields, place),
            scalar => Node::Constant(Constant::scalar(scalar.clone())),
        }
    }

    fn leaf(&mut self, text: &str) -> Node {
        match Leaf::compile(text, &mut self.names) {
            Ok(Leaf::Plain(text)) => Node::Constant(Constant::scalar(Value::String(text))),
            Ok(leaf) => Node::Leaf(leaf),
            Err(kind) => self.fail(kind),
        }
    }

    fn list(&mut self, items: &[Value]) -> Node {
        let items = items.iter().enumerate();
        let nodes =
            items.map(|(index, item)| self.at(Segment::Index(index), |c| c.node(item, Place::ListItem)));
        // A dropped item keeps its place, because errors name the places of the source.
        fold_list(nodes.collect())
    }

    /// A mapping, with `$for` around `$if` around the rest.
    fn mapping(&mut self, fields: &Map<String, Value>, place: Place) -> Node {
        let Some(spec) = fields.get(FOR) else {
            return self.conditional(fields);
        };
        let list = self.at_key(FOR, |c| c.repeated_list(spec, place));
        let name = spec.get("as").and_then(Value::as_str).unwrap_or_default().to_owned();
        self.names.push_local(name.clone());
        let body = self.conditional(fields);
        self.names.pop_local();
        match (list, body) {
            (None, _) | (_, Node::Never) => Node::Never,
            (Some(list), body) => Node::Each(Box::new(Each { list, name, body })),
        }
    }

    fn conditional(&mut self, fields: &Map<String, Value>) -> Node {
        let condition =
            fields.get(IF).map_or(Condition::Always, |source| self.at_key(IF, |c| c.condition(source)));
        let body = self.object(fields);
        match condition {
            Condition::Always => body,
            Condition::Never => Node::Never,
            Condition::When(condition) => Node::When(Box::new(When { condition, body })),
        }
    }

    fn object(&mut self, fields: &Map<String, Value>) -> Node {
        let mut nodes = Vec::with_capacity(fields.len());
        for (key, value) in fields.iter().filter(|(key, _)| !matches!(key.as_str(), IF | FOR)) {
            let node = self.at_key(key, |c| {
                if has_tags(key) {
                    c.fail(CompileErrorKind::ExpressionInKey);
                }
                c.node(value, Place::Elsewhere)
            });
            if !matches!(node, Node::Never) {
                nodes.push((key.clone(), node));
            }
        }
        fold_object(nodes)
    }

    fn condition(&mut self, source: &Value) -> Condition {
        match source {
            Value::Bool(true) => Condition::Always,
            Value::Bool(false) => Condition::Never,
            _ => self.single(source, CompileErrorKind::IfShape).map_or(Condition::Never, Condition::When),
        }
    }

    /// The list of a `$for` whose name was found to be good.
    fn repeated_list(&mut self, spec: &Value, place: Place) -> Option<Expression> {
        if place != Place::ListItem {
            self.fail(CompileErrorKind::ForOutsideList);
        }
        let fields = spec.as_object().filter(|fields| fields.len() == 2);
        let parts = fields.and_then(|fields| Some((fields.get("in")?, fields.get("as")?.as_str()?)));
        let Some((list, name)) = parts else {
            self.fail(CompileErrorKind::ForShape);
            return None;
        };
        if !is_name(name) || self.names.is_taken(name) {
            let kind = CompileErrorKind::ForName(excerpt(name));
            self.at_key("as", |c| c.fail(kind));
        }
        self.at_key("in", |c| c.single(list, CompileErrorKind::ForShape))
    }

    /// A leaf that is exactly one expression.
    fn single(&mut self, source: &Value, otherwise: CompileErrorKind) -> Option<Expression> {
        let leaf = source.as_str().map(|text| Leaf::compile(text, &mut self.names));
        let kind = match leaf {
            Some(Ok(Leaf::Single(tag))) => return Some(tag.expression),
            Some(Err(kind)) => kind,
            _ => otherwise,
        };
        self.fail(kind);
        None
    }

    fn at_key<T>(&mut self, key: &str, step: impl FnOnce(&mut Self) -> T) -> T {
        self.at(Segment::Key(key.to_owned()), step)
    }

    fn at<T>(&mut self, segment: Segment, step: impl FnOnce(&mut Self) -> T) -> T {
        self.path.push(segment);
        let result = step(self);
        self.path.pop();
        result
    }

    fn fail(&mut self, kind: CompileErrorKind) -> Node {
        if self.errors.len() < MAX_ERRORS {
            self.errors.push(CompileError { path: self.path.clone(), kind });
        }
        Node::Never
    }
}

/// What `$if` says.
enum Condition {
    Always,
    Never,
    When(Expression),
}

fn is_name(text: &str) -> bool {
    let word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    text.len() <= MAX_NAME && text.starts_with(|c: char| c.is_ascii_alphabetic()) && text.chars().all(word)
}

impl Constant {
    fn scalar(value: Value) -> Self {
        let bytes = value.as_str().map_or(0, str::len);
        Self { value, nodes: 1, bytes }
    }
}

/// A mapping of constants is a constant.
fn fold_object(nodes: Vec<(String, Node)>) -> Node {
    let fields = Map::with_capacity(nodes.len());
    let mut object = Object { fields, blanks: Vec::new(), nodes: 1, bytes: 0 };
    for (key, node) in nodes {
        object.add(key, node);
    }
    let Object { fields, blanks, nodes, bytes } = object;
    if blanks.is_empty() {
        return Node::Constant(Constant { value: Value::Object(fields), nodes, bytes });
    }
    Node::Object(Object { fields, blanks, nodes, bytes })
}

impl Object {
    fn add(&mut self, key: String, node: Node) {
        self.bytes += key.len();
        if let Node::Constant(constant) = node {
            self.nodes += constant.nodes;
            self.bytes += constant.bytes;
            self.fields.insert(key, constant.value);
        } else {
            self.fields.insert(key.clone(), Value::Null);
            self.blanks.push((key, node));
        }
    }
}

/// A list of constants is a constant.
fn fold_list(items: Vec<Node>) -> Node {
    if !items.iter().all(|node| matches!(node, Node::Constant(_) | Node::Never)) {
        return Node::List(items);
    }
    let (mut list, mut nodes, mut bytes) = (Vec::with_capacity(items.len()), 1, 0);
    for node in items {
        if let Node::Constant(constant) = node {
            nodes += constant.nodes;
            bytes += constant.bytes;
            list.push(constant.value);
        }
    }
    Node::Constant(Constant { value: Value::Array(list), nodes, bytes })
}
