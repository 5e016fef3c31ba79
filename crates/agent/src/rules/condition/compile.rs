//! From the syntax tree of CEL to tests. What is outside of the subset is refused, with what to write instead.

use std::borrow::Cow;

use cel::common::ast::{CallExpr, Expr, IdedExpr, LiteralValue, operators};
use chandler_expression::{ExpressionError, MAX_LENGTH, SyntaxFault};

use super::operand::{Operand, Relation, Sign, Value};
use super::{Condition, Test, TextTest};
use crate::rules::fault::Complaint;
use crate::rules::json;
use crate::rules::path::{Step, compile_regex};
use crate::rules::slots::{Slot, Slots};

/// The name of the whole line, for keys that are no names: `line["user-id"]`.
const LINE: &str = "line";

/// What to do where a condition is too long. Several rules for parts of it would count a line twice that is for two.
const SHORTER: &str =
    "write field in [\"a\", \"b\"] or field.matches(\"^(a|b)$\") in place of many comparisons";

pub(super) fn compile(expression: &str, slots: &mut Slots) -> Result<Condition, Complaint> {
    let program = chandler_expression::parse(expression).map_err(complain)?;
    let mut compiler = Compiler { slots, reads: Vec::new() };
    let root = compiler.test(program.expression())?;
    Ok(Condition { root, reads: compiler.reads })
}

fn complain(error: ExpressionError) -> Complaint {
    let cel = "write it in CEL, such as event == \"order\" && pay.ok";
    match error {
        ExpressionError::TooLong { length } => {
            Complaint::new(format!("the condition has {length} bytes; {MAX_LENGTH} are allowed"), SHORTER)
        }
        ExpressionError::TooDeep => {
            Complaint::new("the condition has too many operators or brackets", SHORTER)
        }
        ExpressionError::Failed(_) => Complaint::new("the parser of CEL fails on the condition", cel),
        ExpressionError::Syntax(faults) => match faults.first() {
            Some(fault)
                if ["invalid int literal", "invalid uint literal"]
                    .iter()
                    .any(|wrong| fault.message.contains(wrong)) =>
            {
                Complaint::new(
                    format!("a whole number is beyond {}, the greatest that a condition can have", i64::MAX),
                    format!("write it with u behind it, up to {}u, or as 1e19", u64::MAX),
                )
            }
            Some(fault) if fault.message.contains("has() macro") => Complaint::new(
                "has() takes a path with a dot",
                "write has(pay.channel), and has(line.event) for a member of the line itself",
            ),
            Some(SyntaxFault { message, position: (line @ 1.., character) }) => {
                let place = format!("line {line}, character {character}");
                Complaint::new(format!("the condition is not CEL: {place}: {message}"), cel)
            }
            _ => Complaint::new("the condition is not CEL, or is nested too deeply", cel),
        },
    }
}

struct Compiler<'c> {
    slots: &'c mut Slots,
    reads: Vec<(String, Slot)>,
}

impl Compiler<'_> {
    fn test(&mut self, tree: &IdedExpr) -> Result<Test, Complaint> {
        match &tree.expr {
            Expr::Literal(LiteralValue::Boolean(flag)) => Ok(Test::Constant(*flag.inner())),
            Expr::Select(select) if select.test => {
                let mut steps = self.needed_steps(&select.operand)?;
                steps.push(Step::Key(select.field.as_str().into()));
                Ok(Test::Has(self.slot(&steps)))
            }
            Expr::Call(call) => match steps(tree) {
                Some(steps) => Ok(Test::Flag(self.field(&steps)?)),
                None => self.call(call),
            },
            _ => match steps(tree) {
                Some(steps) => Ok(Test::Flag(self.field(&steps)?)),
                None => Err(refused(&describe(tree), "is no condition", "compare it with something")),
            },
        }
    }

    fn call(&mut self, call: &CallExpr) -> Result<Test, Complaint> {
        let name = call.func_name.as_str();
        match (name, call.target.as_deref(), call.args.as_slice()) {
            (operators::LOGICAL_NOT, None, [inner]) => Ok(Test::Not(Box::new(self.test(inner)?))),
            (operators::LOGICAL_AND, None, parts) => {
                let parts: Result<Vec<_>, _> = parts.iter().map(|part| self.test(part)).collect();
                Ok(Test::All(flat(parts?, |test| match test {
                    Test::All(inner) => Ok(inner),
                    other => Err(other),
                })))
            }
            (operators::LOGICAL_OR, None, parts) => {
                let parts: Result<Vec<_>, _> = parts.iter().map(|part| self.test(part)).collect();
                Ok(Test::Any(flat(parts?, |test| match test {
                    Test::Any(inner) => Ok(inner),
                    other => Err(other),
                })))
            }
            (operators::IN, None, [item, list]) => self.membership(item, list),
            ("startsWith" | "endsWith" | "contains" | "matches", Some(of), [argument])
            | ("matches", None, [of, argument]) => self.text_test(name, of, argument),
            (_, None, [left, right]) => match relation(name) {
                Some(relation) => self.comparison(left, relation, right),
                None => Err(unknown(name)),
            },
            _ => Err(unknown(name)),
        }
    }

    fn comparison(
        &mut self,
        left: &IdedExpr,
        relation: Relation,
        right: &IdedExpr,
    ) -> Result<Test, Complaint> {
        let (left, right) = (self.operand(left)?, self.operand(right)?);
        check_result(&left, &right)?;
        check_result(&right, &left)?;
        let wanted = match relation {
            Relation::Equal => Some(true),
            Relation::Different => Some(false),
            _ => None,
        };
        Ok(match (left, wanted, right) {
            (Operand::Field(slot), Some(wanted), Operand::Constant(Value::Text(text)))
            | (Operand::Constant(Value::Text(text)), Some(wanted), Operand::Field(slot)) => {
                Test::Says { slot, quoted: json::quoted(&text), wanted }
            }
            (left, _, right) => Test::Compare(Box::new((left, relation, right))),
        })
    }

    fn membership(&mut self, item: &IdedExpr, list: &IdedExpr) -> Result<Test, Complaint> {
        if let Expr::List(list) = &list.expr {
            let items: Option<Vec<_>> = list.elements.iter().map(constant).collect();
            let Some(list) = items else {
                return Err(refused(
                    "the list behind `in`",
                    "has something else than constants in it",
                    "write constants",
                ));
            };
            return Ok(Test::OneOf { of: self.operand(item)?, list });
        }
        let (Some(item), Some(steps)) = (constant(item), steps(list)) else {
            let advice = "write field in [\"a\", \"b\"], or \"a\" in field";
            return Err(refused(
                "`in`",
                "takes a field and a list of constants, or a constant and a field",
                advice,
            ));
        };
        Ok(Test::Holds { item, slot: self.slot(&steps) })
    }

    fn text_test(&mut self, name: &str, of: &IdedExpr, argument: &IdedExpr) -> Result<Test, Complaint> {
        let of = self.operand(of)?;
        let Some(Value::Text(text)) = constant(argument) else {
            return Err(refused(&format!("{name}()"), "takes a text", "write a constant in quotes"));
        };
        let text: Box<str> = text.into();
        let test = match name {
            "startsWith" => TextTest::StartsWith(text),
            "endsWith" => TextTest::EndsWith(text),
            "contains" => TextTest::Contains(text),
            _ => TextTest::Matches(Box::new(compile_regex(&text)?)),
        };
        Ok(Test::Text { of, test })
    }

    fn operand(&mut self, tree: &IdedExpr) -> Result<Operand, Complaint> {
        if let Some(value) = constant(tree) {
            return Ok(Operand::Constant(value));
        }
        if let Some(steps) = steps(tree) {
            return Ok(Operand::Field(self.field(&steps)?));
        }
        let Expr::Call(call) = &tree.expr else {
            return Err(refused(&describe(tree), "cannot be compared", "compare fields and constants"));
        };
        match (call.func_name.as_str(), call.target.as_deref(), call.args.as_slice()) {
            ("size", Some(of), []) | ("size", None, [of]) => {
                let steps = self.needed_steps(of)?;
                Ok(Operand::Size(self.field(&steps)?))
            }
            ("double", None, [of]) => {
                let steps = self.needed_steps(of)?;
                Ok(Operand::Number(self.field(&steps)?))
            }
            (name, None, [left, right]) => {
                let sign = sign(name).ok_or_else(|| unknown_inside(name))?;
                let (left, right) = (self.operand(left)?, self.operand(right)?);
                check_number(&left)?;
                check_number(&right)?;
                Ok(Operand::Arithmetic(Box::new((left, sign, right))))
            }
            (name, ..) => Err(unknown_inside(name)),
        }
    }

    fn needed_steps(&self, tree: &IdedExpr) -> Result<Vec<Step>, Complaint> {
        steps(tree).ok_or_else(|| {
            refused(&describe(tree), "is no path of the line", "write a path such as pay.channel")
        })
    }

    /// The slot of one value; the line itself is none.
    fn field(&mut self, steps: &[Step]) -> Result<Slot, Complaint> {
        if steps.is_empty() {
            let advice =
                "write line.line for a member of that name, or line[\"user-id\"] for a key that is no name";
            return Err(refused("`line`", "is the whole line", advice));
        }
        Ok(self.slot(steps))
    }

    fn slot(&mut self, steps: &[Step]) -> Slot {
        let slot = self.slots.slot(steps);
        let shown: Vec<_> = steps
            .iter()
            .map(|step| match step {
                Step::Key(key) => key.to_string(),
                Step::Index(index) => format!("[{index}]"),
                Step::Every | Step::EveryElement | Step::Matching(_) => String::new(),
            })
            .collect();
        self.reads.push((shown.join("."), slot));
        slot
    }
}

/// A calculation has a number, so it is compared with nothing else.
fn check_result(one: &Operand, other: &Operand) -> Result<(), Complaint> {
    // It can be compared with null, from which every number is different.
    match (one, other) {
        (Operand::Arithmetic(_), Operand::Constant(Value::Null)) => Ok(()),
        (Operand::Arithmetic(_), other) => check_number(other),
        _ => Ok(()),
    }
}

fn check_number(operand: &Operand) -> Result<(), Complaint> {
    let constant = match operand {
        Operand::Constant(Value::Text(_)) => "a text",
        Operand::Constant(Value::Bool(_)) => "a boolean",
        Operand::Constant(Value::Null) => "null",
        _ => return Ok(()),
    };
    let advice = "write a number; texts are not put together, so compare each field by itself";
    Err(refused(&format!("{constant} beside + - * / %"), "is no number", advice))
}

/// Tests of the same kind inside of each other, as one list.
fn flat(tests: Vec<Test>, inner: impl Fn(Test) -> Result<Vec<Test>, Test>) -> Vec<Test> {
    tests.into_iter().flat_map(|test| inner(test).unwrap_or_else(|other| vec![other])).collect()
}

/// The steps of a path such as `pay.channel`, `pay["a.b"]` or `list[0]`.
fn steps(tree: &IdedExpr) -> Option<Vec<Step>> {
    match &tree.expr {
        Expr::Ident(name) if name == LINE => Some(Vec::new()),
        Expr::Ident(name) => Some(vec![Step::Key(name.as_str().into())]),
        Expr::Select(select) if !select.test => {
            let mut steps = steps(&select.operand)?;
            steps.push(Step::Key(select.field.as_str().into()));
            Some(steps)
        }
        Expr::Call(call) if call.func_name == operators::INDEX && call.target.is_none() => {
            let [of, index] = call.args.as_slice() else { return None };
            let mut steps = steps(of)?;
            steps.push(match constant(index)? {
                Value::Text(key) => Step::Key(key.into()),
                Value::Whole(index) => Step::Index(i64::try_from(index).ok()?),
                _ => return None,
            });
            Some(steps)
        }
        _ => None,
    }
}

fn constant(tree: &IdedExpr) -> Option<Value<'static>> {
    match &tree.expr {
        Expr::Literal(literal) => match literal {
            LiteralValue::Boolean(flag) => Some(Value::Bool(*flag.inner())),
            LiteralValue::Double(real) => Some(Value::Real(*real.inner())),
            LiteralValue::Int(whole) => Some(Value::Whole((*whole.inner()).into())),
            LiteralValue::UInt(whole) => Some(Value::Whole((*whole.inner()).into())),
            LiteralValue::String(text) => Some(Value::Text(Cow::Owned(text.inner().to_owned()))),
            LiteralValue::Null => Some(Value::Null),
            LiteralValue::Bytes(_) => None,
        },
        Expr::Call(call) if call.func_name == operators::NEGATE => match constant(call.args.first()?)? {
            Value::Whole(whole) => Some(Value::Whole(-whole)),
            Value::Real(real) => Some(Value::Real(-real)),
            _ => None,
        },
        _ => None,
    }
}

fn relation(name: &str) -> Option<Relation> {
    Some(match name {
        operators::EQUALS => Relation::Equal,
        operators::NOT_EQUALS => Relation::Different,
        operators::LESS => Relation::Less,
        operators::LESS_EQUALS => Relation::LessOrEqual,
        operators::GREATER => Relation::Greater,
        operators::GREATER_EQUALS => Relation::GreaterOrEqual,
        _ => return None,
    })
}

fn sign(name: &str) -> Option<Sign> {
    Some(match name {
        operators::ADD => Sign::Plus,
        operators::SUBSTRACT => Sign::Minus,
        operators::MULTIPLY => Sign::Times,
        operators::DIVIDE => Sign::By,
        operators::MODULO => Sign::Modulo,
        _ => return None,
    })
}

fn refused(what: &str, why: &str, advice: &str) -> Complaint {
    Complaint::new(format!("the condition cannot be used: {what} {why}"), advice)
}

/// What is a condition itself, inside of a comparison; and what is none.
fn unknown_inside(name: &str) -> Complaint {
    let what = match name {
        operators::LOGICAL_AND => "&&",
        operators::LOGICAL_OR => "||",
        operators::LOGICAL_NOT => "!",
        operators::IN => "`in`",
        "startsWith" | "endsWith" | "contains" | "matches" => name,
        _ if relation(name).is_some() => "a comparison",
        _ => return unknown(name),
    };
    refused(
        &format!("{what} inside of a comparison"),
        "is a condition by itself",
        "write a && b for both, a || b for either, !(a) for the opposite",
    )
}

fn unknown(name: &str) -> Complaint {
    let (what, advice) = match name {
        operators::CONDITIONAL => ("? :".to_owned(), "write (a && b) || (!a && c)"),
        operators::ADD
        | operators::SUBSTRACT
        | operators::MULTIPLY
        | operators::DIVIDE
        | operators::MODULO => (
            format!("the operator {}", name.replace('_', "")),
            "compare its result; a key with - in it is line[\"user-id\"]",
        ),
        operators::NEGATE => ("- before a field".to_owned(), "write 0 - field"),
        operators::INDEX => ("[ ]".to_owned(), "write a constant into the brackets: list[0] or pay[\"a.b\"]"),
        _ => (
            format!("{name}()"),
            "there are has, size, startsWith, endsWith, contains, matches, double, and `in`",
        ),
    };
    refused(&what, "is not for conditions here", advice)
}

fn describe(tree: &IdedExpr) -> String {
    match &tree.expr {
        Expr::Comprehension(_) => "a loop such as exists() or all()",
        Expr::List(_) => "a list",
        Expr::Map(_) | Expr::Struct(_) => "a map",
        Expr::Literal(_) => "a constant alone",
        Expr::Select(select) if select.test => "has()",
        Expr::Call(_) | Expr::Select(_) | Expr::Ident(_) | Expr::Unspecified => "this part of it",
    }
    .to_owned()
}
