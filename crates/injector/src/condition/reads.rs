//! What an expression reads of its variables, so that only that is converted for it: CEL copies what it walks
//! through, and a pod is much larger than what a condition asks of it.

use kube_cel::cel::Value as CelValue;
use kube_cel::cel::common::ast::{ComprehensionExpr, EntryExpr, Expr, IdedExpr, LiteralValue, operators};
use serde_json::Value;

use super::{cel_list, cel_map, cel_value};

/// What is read of each variable. Everything that is not read may be left out without a difference.
#[derive(Debug, Default)]
pub(super) struct Reads {
    parts: Vec<Part>,
    variables: Vec<(String, PartId)>,
}

/// What is read of one value.
#[derive(Debug, Default)]
struct Part {
    /// All of it.
    whole: bool,
    /// These fields of it, and of those only parts.
    fields: Vec<(String, PartId)>,
    /// Its items one by one, and of each this part. Without it a list may as well be empty.
    items: Option<PartId>,
}

type PartId = usize;

/// A variable of a loop: the part that it stands for, or none where that is not known.
type Local<'e> = (&'e str, Option<PartId>);

impl Reads {
    /// What an expression reads.
    pub(super) fn of(expression: &IdedExpr) -> Self {
        let mut reads = Self::default();
        reads.visit(expression, &mut Vec::new());
        reads
    }

    /// The variables that are read.
    pub(super) fn variables(&self) -> impl Iterator<Item = &str> {
        self.variables.iter().map(|(name, _)| name.as_str())
    }

    /// The part of a variable's value that is read.
    pub(super) fn convert(&self, variable: &str, value: &Value) -> CelValue {
        let part = self.variables.iter().find(|(name, _)| name == variable);
        part.map_or(CelValue::Null, |(_, part)| self.convert_part(*part, value))
    }

    fn convert_part(&self, part: PartId, value: &Value) -> CelValue {
        let Some(part) = self.parts.get(part).filter(|part| !part.whole) else { return cel_value(value) };
        match (value, part.items) {
            (Value::Object(members), None) => {
                let fields =
                    part.fields.iter().filter_map(|(name, part)| Some((name, *part, members.get(name)?)));
                cel_map(fields.map(|(name, part, member)| (name, self.convert_part(part, member))))
            }
            (Value::Array(items), Some(part)) => {
                cel_list(items.iter().map(|item| self.convert_part(part, item)))
            }
            (Value::Array(_), None) => cel_list(std::iter::empty()),
            _ => cel_value(value),
        }
    }

    fn visit<'e>(&mut self, expression: &'e IdedExpr, locals: &mut Vec<Local<'e>>) {
        if let Some(part) = self.part_of(expression, locals) {
            return self.part_mut(part, |part| part.whole = true);
        }
        match &expression.expr {
            Expr::Select(select) if select.test => match self.part_of(&select.operand, locals) {
                // Whether a field is there shows when the least part of it is.
                Some(part) => drop(self.field(part, &select.field)),
                None => self.visit(&select.operand, locals),
            },
            Expr::Select(select) => self.visit(&select.operand, locals),
            Expr::Call(call) => {
                call.target
                    .as_deref()
                    .into_iter()
                    .chain(&call.args)
                    .for_each(|part| self.visit(part, locals));
            }
            Expr::List(list) => list.elements.iter().for_each(|element| self.visit(element, locals)),
            Expr::Map(map) => map.entries.iter().for_each(|entry| self.visit_entry(&entry.expr, locals)),
            Expr::Struct(of) => of.entries.iter().for_each(|entry| self.visit_entry(&entry.expr, locals)),
            Expr::Comprehension(of) => self.visit_loop(of, locals),
            Expr::Unspecified | Expr::Ident(_) | Expr::Literal(_) => {}
        }
    }

    fn visit_entry<'e>(&mut self, entry: &'e EntryExpr, locals: &mut Vec<Local<'e>>) {
        match entry {
            EntryExpr::StructField(field) => self.visit(&field.value, locals),
            EntryExpr::MapEntry(entry) => {
                self.visit(&entry.key, locals);
                self.visit(&entry.value, locals);
            }
        }
    }

    fn visit_loop<'e>(&mut self, of: &'e ComprehensionExpr, locals: &mut Vec<Local<'e>>) {
        let range = if of.iter_var2.is_none() { self.part_of(&of.iter_range, locals) } else { None };
        let item = range.map(|range| self.items(range));
        if range.is_none() {
            self.visit(&of.iter_range, locals);
        }
        self.visit(&of.accu_init, locals);
        let outside = locals.len();
        locals.extend(of.iter_var2.as_deref().map(|name| (name, None)));
        locals.extend([(of.iter_var.as_str(), item), (of.accu_var.as_str(), None)]);
        for inner in [&of.loop_cond, &of.loop_step, &of.result] {
            self.visit(inner, locals);
        }
        locals.truncate(outside);
    }

    /// The part that a path such as `pod.spec.containers`, `labels['app']` or, in a loop, `c.ports` leads to.
    /// None for any other expression.
    fn part_of(&mut self, expression: &IdedExpr, locals: &[Local<'_>]) -> Option<PartId> {
        match &expression.expr {
            Expr::Ident(name) => match locals.iter().rev().find(|(local, _)| local == name) {
                Some((_, part)) => *part,
                None => Some(self.variable(name)),
            },
            Expr::Select(select) if !select.test => {
                let operand = self.part_of(&select.operand, locals)?;
                Some(self.field(operand, &select.field))
            }
            Expr::Call(call) if call.func_name == operators::INDEX && call.target.is_none() => {
                let [operand, index] = call.args.as_slice() else { return None };
                let Expr::Literal(LiteralValue::String(key)) = &index.expr else { return None };
                let operand = self.part_of(operand, locals)?;
                Some(self.field(operand, key.inner()))
            }
            _ => None,
        }
    }

    fn variable(&mut self, name: &str) -> PartId {
        if let Some((_, part)) = self.variables.iter().find(|(known, _)| known == name) {
            return *part;
        }
        let part = self.new_part();
        self.variables.push((name.to_owned(), part));
        part
    }

    fn field(&mut self, of: PartId, name: &str) -> PartId {
        let known = self.parts.get(of).and_then(|part| part.fields.iter().find(|(known, _)| known == name));
        if let Some((_, part)) = known {
            return *part;
        }
        let field = self.new_part();
        self.part_mut(of, |part| part.fields.push((name.to_owned(), field)));
        field
    }

    fn items(&mut self, of: PartId) -> PartId {
        if let Some(items) = self.parts.get(of).and_then(|part| part.items) {
            return items;
        }
        let items = self.new_part();
        self.part_mut(of, |part| part.items = Some(items));
        items
    }

    fn new_part(&mut self) -> PartId {
        self.parts.push(Part::default());
        self.parts.len() - 1
    }

    fn part_mut(&mut self, part: PartId, change: impl FnOnce(&mut Part)) {
        if let Some(part) = self.parts.get_mut(part) {
            change(part);
        }
    }
}

#[cfg(test)]
mod tests {
    use kube_cel::KubeCelExt as _;
    use kube_cel::cel::{Context, Program};
    use serde_json::json;

    use super::*;

    fn converted(expression: &str, pod: &Value) -> CelValue {
        Reads::of(Program::compile(expression).unwrap().expression()).convert("pod", pod)
    }

    fn evaluate(expression: &str, pod: CelValue) -> String {
        let mut context = Context::default().with_all();
        context.add_variable_from_value("pod", pod);
        format!("{:?}", Program::compile(expression).unwrap().execute(&context))
    }

    #[test]
    fn expression_gives_the_same_on_what_it_reads_as_on_the_whole() {
        let pod = json!({
            "metadata": {"labels": {"app": "web", "tier": "front"}, "annotations": {}},
            "spec": {
                "containers": [
                    {"name": "a", "image": "x:1", "ports": [{"containerPort": 80}], "env": [{"name": "A"}, {"name": "B"}]},
                    {"name": "b", "image": "y:1", "args": ["-v", "--flag"]},
                ],
                "priority": 5,
                "nothing": null,
            },
        });
        for expression in [
            "pod.spec.containers.exists(c, has(c.ports))",
            "pod.spec.containers.all(c, has(c.ports))",
            "pod.spec.containers.exists(c, c.name == 'b' && c.args.exists(a, a == '-v'))",
            "pod.spec.containers.all(c, pod.spec.containers.exists(c, c.name == 'a') && c.image != '')",
            "pod.spec.containers.map(c, c.name) == ['a', 'b']",
            "pod.spec.containers.filter(c, has(c.env)).exists(c, c.image == 'x:1')",
            "pod.spec.containers.filter(c, has(c.env))[0].env[1].name == 'B'",
            "pod.spec.containers[1].name == 'b'",
            "pod.spec.containers.size() == 2 && size(pod.metadata.labels) == 2",
            "pod.metadata.labels.exists(key, pod.metadata.labels[key] == 'front')",
            "pod.metadata.labels.exists(key, key == 'tier')",
            "'app' in pod.metadata.labels && pod.metadata.labels['app'].startsWith('w')",
            "has(pod.metadata.labels) && !has(pod.metadata.labels.other)",
            "has(pod.spec.priority.more)",
            "pod.metadata.labels == {'app': 'web', 'tier': 'front'}",
            "pod.spec.containers == []",
            "pod.metadata == pod.spec",
            "pod.spec.priority > 4 ? pod.spec.nothing == null : pod.spec.missing",
            "pod.spec.missing",
            "pod.spec.containers.name",
            "pod.spec.containers.exists(c, c.missing == 1)",
            "pod.spec.priority.exists(x, true)",
            "{'k': pod.spec.priority}['k'] == 5 && [pod.spec][0].priority == 5",
            "pod.spec[pod.metadata.labels.app == 'web' ? 'priority' : 'nothing'] == 5",
            "pod.spec.containers[0]['name'].upperAscii() == 'A'",
            "size(pod) == 2",
            "pod == pod",
        ] {
            assert_eq!(
                evaluate(expression, converted(expression, &pod)),
                evaluate(expression, cel_value(&pod)),
                "{expression}"
            );
        }
    }

    #[test]
    fn only_what_is_read_is_converted() {
        let pod = json!({
            "metadata": {"labels": {"app": "web", "tier": "front"}},
            "spec": {"containers": [{"name": "a", "ports": [{"containerPort": 80}]}, {"name": "b"}]},
        });
        let expression = "pod.spec.containers.exists(c, has(c.ports)) && pod.metadata.labels['app'] == 'web'";
        let read = json!({
            "spec": {"containers": [{"ports": []}, {}]},
            "metadata": {"labels": {"app": "web"}},
        });
        assert_eq!(converted(expression, &pod), cel_value(&read));
        assert_eq!(
            Reads::of(Program::compile("params.a == 1").unwrap().expression())
                .variables()
                .collect::<Vec<_>>(),
            ["params"]
        );
    }
}
