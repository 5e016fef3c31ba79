//! CEL conditions: compiled once, evaluated within bounds, never a panic from inside the CEL library.

mod bounds;
mod reads;

use std::cell::OnceCell;
use std::sync::Arc;

use chandler_expression::{ExpressionError, LibraryFailed, guard};
use kube_cel::KubeCelExt;
use kube_cel::cel::common::ast::{EntryExpr, Expr, IdedExpr};
use kube_cel::cel::objects::{Key, Map as CelMap};
use kube_cel::cel::{Context, ExecutionError, Program, Value as CelValue};
use serde_json::Value;
use thiserror::Error;

use crate::facts::{Facts, VARIABLES};
use bounds::{Shape, Size};
use reads::Reads;

pub use chandler_expression::MAX_LENGTH as MAX_EXPRESSION_LENGTH;

/// How deep `all`, `exists`, `filter` and `map` may stand inside each other.
pub const MAX_LOOP_DEPTH: u32 = 3;

/// Most steps that an evaluation may take: nodes of the expression for each turn of each loop, at the worst.
pub const MAX_STEPS: u64 = 4_000_000;

/// Most bytes of text that an evaluation may read and make, at the worst.
pub const MAX_TEXT: u64 = 256 * 1024 * 1024;

/// A compiled condition.
#[derive(Debug)]
pub struct Condition {
    name: String,
    program: Program,
    reads: Reads,
    shape: Shape,
    uses_parameters: bool,
}

/// Why a condition has no answer.
#[derive(Debug, Clone, Error, PartialEq, Eq)]
pub enum ConditionError {
    /// The expression is longer than 4096 bytes.
    #[error("the expression has {length} bytes; {MAX_EXPRESSION_LENGTH} are allowed")]
    TooLong {
        /// Its length.
        length: usize,
    },
    /// Brackets or loops stand too deep inside each other.
    #[error("the expression is nested too deeply")]
    TooDeep,
    /// The function could make texts of any size.
    #[error("the function {name} is not for conditions: it may make a text of any size")]
    Unbounded {
        /// The function.
        name: &'static str,
    },
    /// The expression is not CEL.
    #[error("the expression is not valid CEL: {message}")]
    Compile {
        /// What the parser says.
        message: String,
    },
    /// The expression can only give something other than true or false.
    #[error("the expression gives {kind}, not true or false")]
    NotBoolean {
        /// What it gives.
        kind: String,
    },
    /// The expression reads a variable that does not exist.
    #[error("unknown variable {name:?}: there are params, pod, namespace, owner, request and cluster")]
    UnknownVariable {
        /// The variable.
        name: String,
    },
    /// On an object of this size the expression might run for too long.
    #[error("the expression may take {steps} steps on this pod; {MAX_STEPS} are allowed")]
    TooExpensive {
        /// Steps at the worst.
        steps: u64,
    },
    /// On an object of this size the expression might read or make too much text.
    #[error("the expression may go through {bytes} bytes of text on this pod; {MAX_TEXT} are allowed")]
    TooMuchText {
        /// Bytes at the worst.
        bytes: u64,
    },
    /// The evaluation failed.
    #[error("{message}")]
    Evaluate {
        /// Why, without values of the pod.
        message: String,
    },
}

impl Condition {
    /// Compiles an expression.
    ///
    /// # Errors
    /// The expression is too long, too deep, not CEL, cannot give a boolean, or reads an unknown variable.
    pub fn compile(name: &str, expression: &str) -> Result<Self, ConditionError> {
        let program = chandler_expression::parse(expression)?;
        let shape = Shape::of(program.expression());
        if shape.loop_depth > MAX_LOOP_DEPTH {
            return Err(ConditionError::TooDeep);
        }
        if let Some(kind) = evident_kind(&program.expression().expr) {
            return Err(ConditionError::NotBoolean { kind: kind.to_owned() });
        }
        check_references(&program)?;
        let uses_parameters = program.references().has_variable("params");
        let reads = Reads::of(program.expression());
        Ok(Self { name: name.to_owned(), program, reads, shape, uses_parameters })
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it reads `params`, so that those have to be known first.
    #[must_use]
    pub fn uses_parameters(&self) -> bool {
        self.uses_parameters
    }

    /// Evaluates the condition.
    ///
    /// # Errors
    /// The evaluation fails, would take too long, or gives something other than a boolean.
    pub fn holds(&self, scope: &Scope<'_>, parameters: Option<&Value>) -> Result<bool, ConditionError> {
        self.check_cost(scope)?;
        let values =
            scope.facts.variables().into_iter().chain(parameters.map(|parameters| ("params", parameters)));
        let evaluated = with_functions(|functions| {
            let mut context = functions.new_inner_scope();
            for (name, value) in values.filter(|(name, _)| self.reads.variables().any(|read| read == *name)) {
                context.add_variable_from_value(name, self.reads.convert(name, value));
            }
            self.program.execute(&context)
        })?;
        match evaluated {
            Ok(CelValue::Bool(answer)) => Ok(answer),
            Ok(other) => Err(ConditionError::NotBoolean { kind: format!("a {}", other.type_of()) }),
            Err(error) => Err(ConditionError::Evaluate { message: describe(&error) }),
        }
    }

    fn check_cost(&self, scope: &Scope<'_>) -> Result<(), ConditionError> {
        if self.shape.is_cheap() {
            return Ok(());
        }
        let (steps, bytes) = self.shape.cost(scope.size());
        if steps > MAX_STEPS {
            Err(ConditionError::TooExpensive { steps })
        } else if bytes > MAX_TEXT {
            Err(ConditionError::TooMuchText { bytes })
        } else {
            Ok(())
        }
    }
}

/// The facts of one decision, measured when the first condition with a loop asks how large they are.
#[derive(Debug)]
pub struct Scope<'a> {
    facts: &'a Facts<'a>,
    size: OnceCell<Size>,
}

impl<'a> Scope<'a> {
    /// A scope over `facts`; they are not measured yet.
    #[must_use]
    pub fn new(facts: &'a Facts<'a>) -> Self {
        Self { facts, size: OnceCell::new() }
    }

    fn size(&self) -> Size {
        *self.size.get_or_init(|| {
            let mut size = Size::default();
            self.facts.variables().iter().for_each(|(_, value)| size.grow(value));
            size
        })
    }
}

impl From<ExpressionError> for ConditionError {
    fn from(error: ExpressionError) -> Self {
        match error {
            ExpressionError::TooLong { length } => Self::TooLong { length },
            ExpressionError::TooDeep => Self::TooDeep,
            ExpressionError::Syntax(faults) => {
                let messages: Vec<_> = faults.into_iter().map(|fault| fault.message).collect();
                Self::Compile { message: messages.join("; ") }
            }
            ExpressionError::Failed(failed) => failed.into(),
        }
    }
}

impl From<LibraryFailed> for ConditionError {
    fn from(failed: LibraryFailed) -> Self {
        Self::Evaluate { message: failed.to_string() }
    }
}

/// Refuses variables that do not exist, and functions that no bound can be given for.
fn check_references(program: &Program) -> Result<(), ConditionError> {
    let references = program.references();
    if let Some(name) = bounds::UNBOUNDED_FUNCTIONS.into_iter().find(|name| references.has_function(name)) {
        return Err(ConditionError::Unbounded { name });
    }
    let unknown = references.variables().into_iter().find(|name| {
        !VARIABLES.contains(name) && *name != "params" && !name.starts_with('@') && !is_bound(program, name)
    });
    unknown.map_or(Ok(()), |name| Err(ConditionError::UnknownVariable { name: name.to_owned() }))
}

/// Whether a loop of the program gives this variable its value.
fn is_bound(program: &Program, name: &str) -> bool {
    fn binds(expression: &IdedExpr, name: &str) -> bool {
        match &expression.expr {
            Expr::Comprehension(of) => {
                of.iter_var == name
                    || of.iter_var2.as_deref() == Some(name)
                    || of.accu_var == name
                    || [&of.iter_range, &of.accu_init, &of.loop_cond, &of.loop_step, &of.result]
                        .into_iter()
                        .any(|inner| binds(inner, name))
            }
            Expr::Call(call) => {
                call.target.iter().any(|target| binds(target, name))
                    || call.args.iter().any(|arg| binds(arg, name))
            }
            Expr::List(list) => list.elements.iter().any(|element| binds(element, name)),
            Expr::Select(select) => binds(&select.operand, name),
            Expr::Map(map) => map.entries.iter().any(|entry| entry_binds(&entry.expr, name)),
            Expr::Struct(of) => of.entries.iter().any(|entry| entry_binds(&entry.expr, name)),
            Expr::Unspecified | Expr::Ident(_) | Expr::Literal(_) => false,
        }
    }
    fn entry_binds(entry: &EntryExpr, name: &str) -> bool {
        match entry {
            EntryExpr::StructField(field) => binds(&field.value, name),
            EntryExpr::MapEntry(entry) => binds(&entry.key, name) || binds(&entry.value, name),
        }
    }
    binds(program.expression(), name)
}

/// What an expression gives, where a look at its outside already says that it is no boolean.
fn evident_kind(expression: &Expr) -> Option<&'static str> {
    use kube_cel::cel::common::ast::LiteralValue;
    match expression {
        Expr::List(_) => Some("a list"),
        Expr::Map(_) | Expr::Struct(_) => Some("a map"),
        Expr::Literal(LiteralValue::Boolean(_)) => None,
        Expr::Literal(_) => Some("a constant"),
        Expr::Call(call) => match call.func_name.as_str() {
            "_+_" | "_-_" | "_*_" | "_/_" | "_%_" | "-_" | "size" | "int" | "uint" | "double" => {
                Some("a number or text")
            }
            "string" => Some("a text"),
            _ => None,
        },
        _ => None,
    }
}

/// Runs `use_functions` with the functions of CEL and Kubernetes, which each thread registers once.
fn with_functions<T>(use_functions: impl FnOnce(&Context<'static>) -> T) -> Result<T, ConditionError> {
    thread_local! {
        static FUNCTIONS: Context<'static> = Context::default().with_all();
    }
    Ok(guard(|| FUNCTIONS.with(use_functions))?)
}

/// Says why an evaluation failed, without the values that it met: they may be secrets.
fn describe(error: &ExecutionError) -> String {
    match error {
        ExecutionError::NoSuchKey(key) => {
            format!("no such key: {key} (guard it with has(), or with the operator `in`)")
        }
        ExecutionError::UndeclaredReference(name) => format!("unknown variable or function {name:?}"),
        ExecutionError::InvalidArgumentCount { expected, actual } => {
            format!("a function was called with {actual} arguments and takes {expected}")
        }
        ExecutionError::UnexpectedType { got, want } => format!("got {got}, want {want}"),
        ExecutionError::FunctionError { function, .. } => format!("the function {function} failed"),
        ExecutionError::NotSupportedAsMethod { method, .. } => {
            format!("the method {method} does not fit its target's type")
        }
        ExecutionError::DivisionByZero(_) | ExecutionError::RemainderByZero(_) => {
            "division by zero".to_owned()
        }
        ExecutionError::Overflow(..) => "a number overflowed".to_owned(),
        ExecutionError::IndexOutOfBounds(_) => "an index is out of bounds".to_owned(),
        _ => "an operator or function met values of types that it does not take".to_owned(),
    }
}

fn cel_value(value: &Value) -> CelValue {
    match value {
        Value::Null => CelValue::Null,
        Value::Bool(value) => CelValue::Bool(*value),
        Value::Number(number) => cel_number(number),
        Value::String(text) => CelValue::String(Arc::new(text.clone())),
        Value::Array(items) => cel_list(items.iter().map(cel_value)),
        Value::Object(members) => cel_map(members.iter().map(|(key, member)| (key, cel_value(member)))),
    }
}

fn cel_list(items: impl Iterator<Item = CelValue>) -> CelValue {
    CelValue::List(Arc::new(items.collect()))
}

fn cel_map<'k>(members: impl Iterator<Item = (&'k String, CelValue)>) -> CelValue {
    let members = members.map(|(key, member)| (Key::String(Arc::new(key.clone())), member));
    CelValue::Map(CelMap { map: Arc::new(members.collect()) })
}

fn cel_number(number: &serde_json::Number) -> CelValue {
    if let Some(integer) = number.as_i64() {
        CelValue::Int(integer)
    } else if let Some(integer) = number.as_u64() {
        CelValue::UInt(integer)
    } else {
        CelValue::Float(number.as_f64().unwrap_or(f64::NAN))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::{Namespace, Owner, Request, Review};
    use serde_json::json;

    fn evaluate(expression: &str, pod: &Value) -> Result<bool, ConditionError> {
        let condition = Condition::compile("c", expression)?;
        let namespace = Namespace::named("shop");
        let review =
            Review { pod, namespace: &namespace, owner: Owner::default(), request: Request::default() };
        let cluster = json!({"name": "", "values": {}});
        let facts = Facts::gather(&review, &cluster);
        condition.holds(&Scope::new(&facts), Some(&json!({"level": "info"})))
    }

    #[test]
    fn conditions_see_every_variable() {
        let pod = json!({"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"ports": [{}]}]}});
        for expression in [
            "pod.spec.containers.exists(c, has(c.ports))",
            "pod.metadata.labels['app'] == 'web' && namespace.metadata.name == 'shop'",
            "request.operation == 'CREATE' && !request.dryRun && owner.kind == ''",
            "params.level in ['info', 'debug'] && cluster.name == ''",
            "pod.metadata.labels.app.lowerAscii() == 'web'",
            "quantity('1Gi').isGreaterThan(quantity('1M'))",
        ] {
            assert_eq!(evaluate(expression, &pod), Ok(true), "{expression}");
        }
    }

    #[test]
    fn missing_key_is_an_error_that_names_it() {
        let error = evaluate("pod.spec.hostNetwork", &json!({"spec": {}})).unwrap_err();
        assert!(error.to_string().starts_with("no such key: hostNetwork"), "{error}");
    }

    #[test]
    fn expression_without_a_boolean_is_refused_when_compiled_or_evaluated() {
        for expression in ["1 + 1", "'text'", "[true]", "{'a': 1}", "size(pod)"] {
            assert!(
                matches!(Condition::compile("c", expression), Err(ConditionError::NotBoolean { .. })),
                "{expression}"
            );
        }
        let error = evaluate("pod.spec", &json!({"spec": {}})).unwrap_err();
        assert_eq!(error.to_string(), "the expression gives a map, not true or false");
    }

    #[test]
    fn broken_expressions_are_refused_when_compiled() {
        for expression in ["pod.", "a ==", "(((", "", "pod.spec.containers.exists(c)"] {
            assert!(Condition::compile("c", expression).is_err(), "{expression}");
        }
        assert_eq!(
            Condition::compile("c", "pods.spec == 1").unwrap_err(),
            ConditionError::UnknownVariable { name: "pods".to_owned() }
        );
    }

    #[test]
    fn size_and_depth_are_bounded() {
        let long = format!("'{}' == ''", "a".repeat(MAX_EXPRESSION_LENGTH));
        assert!(matches!(Condition::compile("c", &long), Err(ConditionError::TooLong { .. })));
        let deep = format!("{}true{}", "(".repeat(1000), ")".repeat(1000));
        assert_eq!(Condition::compile("c", &deep).unwrap_err(), ConditionError::TooDeep);
        let list = "pod.spec.containers";
        let nested = (0..4).fold("true".to_owned(), |inner, depth| format!("{list}.all(c{depth}, {inner})"));
        assert_eq!(Condition::compile("c", &nested).unwrap_err(), ConditionError::TooDeep);
    }

    #[test]
    fn chains_are_bounded_and_ordinary_ones_are_not() {
        for (link, start) in [("+1", "1 == 1"), (".a", "pod"), ("[0]", "pod"), (".lowerAscii()", "'a'")] {
            let chain = format!("{start}{} == 1", link.repeat(250));
            assert_eq!(Condition::compile("c", &chain).unwrap_err(), ConditionError::TooDeep, "{link}");
        }
        assert_eq!(
            Condition::compile("c", &format!("{}true", "!".repeat(1000))).unwrap_err(),
            ConditionError::TooDeep
        );
        let ordinary = vec!["pod.metadata.labels['app'] == 'web'"; 25].join(" && ");
        assert!(Condition::compile("c", &ordinary).is_ok());
    }

    #[test]
    fn text_is_bounded_before_it_is_made() {
        for function in ["'a'.replace('a', 'b') == ''", "['a'].join(',') == ''", "'%s'.format(['a']) == ''"] {
            assert!(
                matches!(Condition::compile("c", function), Err(ConditionError::Unbounded { .. })),
                "{function}"
            );
        }
        let pod = json!({"metadata": {"annotations": {"k": "x".repeat(200_000)}}, "spec": {"containers": vec![0; 100]}});
        let list = "pod.spec.containers";
        for expression in [
            format!("{list}.map(a, {list}.map(b, pod.metadata.annotations.k + 'x')).size() > 0"),
            format!("{list}.all(a, {list}.all(b, pod.metadata.annotations.k.upperAscii() != ''))"),
            format!("{list}.all(a, pod.metadata.annotations.k.split('x').size() > 1)"),
            format!("[pod.metadata.annotations.k]{}.size() > 0", ".map(x, x + x)".repeat(20)),
        ] {
            let error = evaluate(&expression, &pod).unwrap_err();
            let refused =
                matches!(error, ConditionError::TooMuchText { .. } | ConditionError::TooExpensive { .. });
            assert!(refused, "{expression}: {error}");
        }
        assert_eq!(
            evaluate("pod.metadata.annotations.k.startsWith('x') && 'a' + 'b' == 'ab'", &pod),
            Ok(true)
        );
    }

    #[test]
    fn loops_over_a_large_pod_are_refused_before_they_start() {
        let list = "pod.spec.containers";
        let nested = format!("{list}.all(a, {list}.all(b, {list}.all(c, true)))");
        let pod = json!({"spec": {"containers": vec![0; 1000]}});
        assert!(matches!(evaluate(&nested, &pod), Err(ConditionError::TooExpensive { .. })));
        assert_eq!(evaluate(&nested, &json!({"spec": {"containers": [0, 1]}})), Ok(true));
    }

    #[test]
    fn errors_never_show_values_of_the_pod() {
        let pod = json!({"spec": {"secret": "hunter2"}});
        for expression in ["pod.spec.secret + 1 == 2", "pod.spec.secret * 2 == 2", "!pod.spec.secret"] {
            let message = evaluate(expression, &pod)
                .map_or_else(|error| error.to_string(), |answer| panic!("{expression}: {answer}"));
            assert!(!message.contains("hunter2"), "{message}");
        }
    }
}
