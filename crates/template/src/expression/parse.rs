//! From the text between `{{` and `}}` to an expression. Handlebars reads the syntax; what it means is ours.

use handlebars::Template;
use handlebars::template::{HelperTemplate, Parameter, Subexpression, TemplateElement};

use super::{Call, Expression, Path};
use crate::error::{CompileErrorKind, Nearest};
use crate::excerpt::excerpt;
use crate::functions::{self, Function};

/// Longest name that is looked for among the known ones.
const MAX_NAME: usize = 64;

/// The variables that an expression may start a path with, and the paths that were read so far.
pub(crate) struct Names<'a> {
    roots: &'a [&'a str],
    locals: Vec<String>,
    references: Vec<Vec<String>>,
}

impl<'a> Names<'a> {
    pub(crate) fn new(roots: &'a [&'a str]) -> Self {
        Self { roots, locals: Vec::new(), references: Vec::new() }
    }

    pub(crate) fn is_taken(&self, name: &str) -> bool {
        self.roots.contains(&name) || self.is_local(name)
    }

    pub(crate) fn push_local(&mut self, name: String) {
        self.locals.push(name);
    }

    pub(crate) fn pop_local(&mut self) {
        self.locals.pop();
    }

    /// The paths that start at a root, each once.
    pub(crate) fn into_references(mut self) -> Vec<Vec<String>> {
        self.references.sort();
        self.references.dedup();
        self.references
    }

    fn is_local(&self, name: &str) -> bool {
        self.locals.iter().any(|local| local == name)
    }

    /// Compiles the text of a tag.
    pub(crate) fn compile(&mut self, tag: &str) -> Result<Expression, CompileErrorKind> {
        let syntax = || CompileErrorKind::Syntax(excerpt(tag));
        let template = Template::compile(&format!("{{{{ {tag} }}}}")).map_err(|_| syntax())?;
        match template.elements.as_slice() {
            [TemplateElement::Expression(expression)] => self.expression(expression),
            _ => Err(syntax()),
        }
    }

    fn expression(&mut self, expression: &HelperTemplate) -> Result<Expression, CompileErrorKind> {
        if let Some(name) = expression.hash.keys().min() {
            let expression = excerpt(&format!("{name}=…"));
            return Err(CompileErrorKind::Unsupported { expression, feature: "named arguments" });
        }
        match &expression.name {
            Parameter::Name(name) => self.call(name, &expression.params),
            parameter => self.parameter(parameter),
        }
    }

    fn parameter(&mut self, parameter: &Parameter) -> Result<Expression, CompileErrorKind> {
        match parameter {
            Parameter::Literal(value) => Ok(Expression::Literal(value.clone())),
            Parameter::Subexpression(inner) => self.subexpression(inner),
            Parameter::Path(
                handlebars::Path::Relative((_, written)) | handlebars::Path::Local((_, _, written)),
            ) => self.path(written),
            Parameter::Name(written) => self.path(written),
            other => Err(CompileErrorKind::Syntax(excerpt(&format!("{other:?}")))),
        }
    }

    fn subexpression(&mut self, inner: &Subexpression) -> Result<Expression, CompileErrorKind> {
        match inner.as_element() {
            TemplateElement::Expression(expression) => self.expression(expression),
            _ => Err(CompileErrorKind::Syntax(String::new())),
        }
    }

    fn call(&mut self, name: &str, arguments: &[Parameter]) -> Result<Expression, CompileErrorKind> {
        let function = functions::find(name).ok_or_else(|| unknown_function(name))?;
        check_count(function, arguments.len())?;
        let arguments =
            arguments.iter().map(|argument| self.parameter(argument)).collect::<Result<_, _>>()?;
        Ok(Expression::Call(Call { function, arguments }))
    }

    /// Handlebars drops what it takes for `this`, so the path is read again from its text.
    fn path(&mut self, written: &str) -> Result<Expression, CompileErrorKind> {
        let segments = read_segments(written)?;
        let root = segments.first().map(String::as_str).unwrap_or_default();
        if self.roots.contains(&root) {
            self.references.push(segments.clone());
        } else if !self.is_local(root) {
            return Err(self.unknown_variable(root, segments.len()));
        }
        Ok(Expression::Path(Path { segments, written: written.to_owned() }))
    }

    /// A function without its arguments looks like a variable.
    fn unknown_variable(&self, name: &str, segments: usize) -> CompileErrorKind {
        if let (Some(function), 1) = (functions::find(name), segments) {
            return too_few(function, 0);
        }
        let known = || self.roots.iter().copied().chain(self.locals.iter().map(String::as_str));
        CompileErrorKind::UnknownVariable {
            name: excerpt(name),
            nearest: nearest(name, known()),
            known: known().collect::<Vec<_>>().join(" "),
        }
    }
}

fn read_segments(written: &str) -> Result<Vec<String>, CompileErrorKind> {
    let is_this =
        written.strip_prefix("this").is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '/']));
    if is_this || written.starts_with(['.', '@']) {
        return Err(CompileErrorKind::RelativePath(excerpt(written)));
    }
    let (mut segments, mut rest) = (Vec::new(), written);
    loop {
        let (segment, tail) = next_segment(rest);
        segments.push(segment.to_owned());
        rest = match tail.chars().next() {
            None => return Ok(segments),
            Some('.') => tail.strip_prefix('.').unwrap_or_default(),
            Some(_) => return Err(CompileErrorKind::SlashInPath(excerpt(written))),
        };
        if rest.starts_with("./") || rest.starts_with("..") {
            return Err(CompileErrorKind::RelativePath(excerpt(written)));
        }
    }
}

/// A segment is a word, or anything in brackets.
fn next_segment(rest: &str) -> (&str, &str) {
    if let Some((key, tail)) = rest.strip_prefix('[').and_then(|key| key.split_once(']')) {
        return (key, tail);
    }
    let end = rest.find(['.', '/']).unwrap_or(rest.len());
    rest.split_at_checked(end).unwrap_or((rest, ""))
}

fn check_count(function: Function, got: usize) -> Result<(), CompileErrorKind> {
    if function.arity().contains(&got) { Ok(()) } else { Err(too_few(function, got)) }
}

fn too_few(function: Function, got: usize) -> CompileErrorKind {
    CompileErrorKind::ArgumentCount { function: function.name(), takes: function.takes(), got }
}

fn unknown_function(name: &str) -> CompileErrorKind {
    CompileErrorKind::UnknownFunction {
        name: excerpt(name),
        nearest: nearest(name, functions::names()),
        known: functions::names().collect::<Vec<_>>().join(" "),
    }
}

/// The known name that differs from `name` in the fewest characters, when those are few.
fn nearest<'k>(name: &str, known: impl Iterator<Item = &'k str>) -> Nearest {
    if name.len() > MAX_NAME {
        return Nearest(None);
    }
    let close = known.map(|candidate| (distance(name, candidate), candidate));
    let best = close.filter(|(distance, candidate)| *distance <= 1 + candidate.len() / 4).min();
    Nearest(best.map(|(_, candidate)| candidate.to_owned()))
}

/// How many characters must be added, removed or changed, ignoring case.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.to_lowercase().chars().collect();
    let mut costs: Vec<usize> = (0..=right.len()).collect();
    for (row, character) in left.to_lowercase().chars().enumerate() {
        let mut diagonal = row;
        let mut before = row + 1;
        for (expected, cost) in right.iter().zip(costs.iter_mut().skip(1)) {
            let change = diagonal + usize::from(*expected != character);
            diagonal = *cost;
            before = change.min(before + 1).min(diagonal + 1);
            *cost = before;
        }
        if let Some(first) = costs.first_mut() {
            *first = row + 1;
        }
    }
    costs.last().copied().unwrap_or_default()
}
