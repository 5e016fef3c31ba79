//! What an expression and its evaluation may cost, known before it runs.

use kube_cel::cel::common::ast::{EntryExpr, Expr, IdedExpr, operators};
use serde_json::Value;

/// Functions whose result may be larger than any bound on what they are given.
pub(super) const UNBOUNDED_FUNCTIONS: [&str; 3] = ["replace", "join", "format"];

/// Functions that make a list out of a text.
const LIST_FUNCTIONS: [&str; 2] = ["split", "findAll"];

/// Functions that go through a text from one end to the other.
const TEXT_FUNCTIONS: [&str; 13] = [
    "contains",
    "endsWith",
    "find",
    "indexOf",
    "lastIndexOf",
    "lowerAscii",
    "matches",
    "reverse",
    "startsWith",
    "substring",
    "trim",
    "upperAscii",
    "charAt",
];

/// Length that any text is taken to have, in bytes: constants of the expression are texts too.
const MIN_TEXT: u64 = 64;

/// The longest collection and the longest text of a value.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Size {
    collection: u64,
    text: u64,
}

impl Size {
    pub(super) fn grow(&mut self, value: &Value) {
        match value {
            Value::String(text) => self.text = self.text.max(text.len() as u64),
            Value::Array(items) => {
                self.collection = self.collection.max(items.len() as u64);
                items.iter().for_each(|item| self.grow(item));
            }
            Value::Object(members) => {
                self.collection = self.collection.max(members.len() as u64);
                members.values().for_each(|member| self.grow(member));
            }
            _ => {}
        }
    }
}

/// Size of an expression, for the worst that an evaluation may cost.
#[derive(Debug, Default)]
pub(super) struct Shape {
    nodes: u64,
    /// How deep loops stand inside each other.
    pub(super) loop_depth: u32,
    /// Additions, each of which may double a text.
    additions: u32,
    /// Calls that go through a text from one end to the other.
    text_calls: u64,
    /// Calls that make a list out of a text, each of which counts as a loop.
    list_calls: u32,
}

impl Shape {
    pub(super) fn of(expression: &IdedExpr) -> Self {
        let mut shape = Self::default();
        shape.visit(expression, 0);
        shape
    }

    /// Whether an evaluation costs next to nothing on any pod.
    pub(super) fn is_cheap(&self) -> bool {
        self.loop_depth == 0 && self.additions == 0 && self.list_calls == 0 && self.text_calls == 0
    }

    /// Steps, and bytes of text, that an evaluation takes at the worst on values of this size.
    pub(super) fn cost(&self, size: Size) -> (u64, u64) {
        let longest = if self.list_calls > 0 { size.collection.max(size.text) } else { size.collection };
        let loops = self.loop_depth.saturating_add(self.list_calls.min(1));
        let turns = longest.max(self.nodes).checked_pow(loops).unwrap_or(u64::MAX);
        let turns = if loops == 0 { 1 } else { turns };
        let growth = 1_u64.checked_shl(self.additions).unwrap_or(u64::MAX);
        let texts = self.text_calls.saturating_add(u64::from(self.additions));
        let bytes =
            turns.saturating_mul(size.text.max(MIN_TEXT)).saturating_mul(growth).saturating_mul(texts);
        (turns.saturating_mul(self.nodes), bytes)
    }

    fn count_call(&mut self, function: &str) {
        if function == operators::ADD {
            self.additions += 1;
        } else if LIST_FUNCTIONS.contains(&function) {
            self.list_calls += 1;
        } else if TEXT_FUNCTIONS.contains(&function) {
            self.text_calls += 1;
        }
    }

    fn visit(&mut self, expression: &IdedExpr, depth: u32) {
        self.nodes += 1;
        self.loop_depth = self.loop_depth.max(depth);
        match &expression.expr {
            Expr::Call(call) => {
                self.count_call(&call.func_name);
                call.target.iter().for_each(|target| self.visit(target, depth));
                call.args.iter().for_each(|argument| self.visit(argument, depth));
            }
            Expr::Comprehension(of) => {
                self.visit(&of.iter_range, depth);
                for inner in [&of.accu_init, &of.loop_cond, &of.loop_step, &of.result] {
                    self.visit(inner, depth + 1);
                }
            }
            Expr::List(list) => list.elements.iter().for_each(|element| self.visit(element, depth)),
            Expr::Select(select) => self.visit(&select.operand, depth),
            Expr::Map(map) => map.entries.iter().for_each(|entry| self.visit_entry(&entry.expr, depth)),
            Expr::Struct(of) => of.entries.iter().for_each(|entry| self.visit_entry(&entry.expr, depth)),
            Expr::Unspecified | Expr::Ident(_) | Expr::Literal(_) => {}
        }
    }

    fn visit_entry(&mut self, entry: &EntryExpr, depth: u32) {
        match entry {
            EntryExpr::StructField(field) => self.visit(&field.value, depth),
            EntryExpr::MapEntry(entry) => {
                self.visit(&entry.key, depth);
                self.visit(&entry.value, depth);
            }
        }
    }
}
