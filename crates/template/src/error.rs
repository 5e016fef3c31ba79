//! What can be wrong with a document, at compile time and when it is rendered.

use std::fmt;

use crate::location::{Segment, format_path};

/// Something in a document that does not compile, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompileError {
    /// From the root of the document; for an expression in a key, the key is the last segment.
    pub path: Vec<Segment>,
    /// What is wrong there.
    pub kind: CompileErrorKind,
}

/// What does not compile.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CompileErrorKind {
    /// The text between the braces is no expression.
    #[error(
        "`{0}` is not an expression: write a path such as `params.port` or a function call such as `default params.port 8080`"
    )]
    Syntax(String),
    /// `{{` without its `}}`.
    #[error("`{0}` opens an expression that never ends; for the two braces themselves write `\\{{{{`")]
    Unclosed(String),
    /// `{{#…}}` and what belongs to it.
    #[error("`{0}` is a block, which a leaf cannot hold: use `$if` and `$for` in the document")]
    Block(String),
    /// A partial, decorator, comment or the like.
    #[error("`{expression}`: {feature} are not supported")]
    Unsupported {
        /// As written.
        expression: String,
        /// What it is, in the plural.
        feature: &'static str,
    },
    /// A function that does not exist.
    #[error("there is no function `{name}`{nearest}; the functions are {known}")]
    UnknownFunction {
        /// As written.
        name: String,
        /// The function that was probably meant.
        nearest: Nearest,
        /// All functions.
        known: String,
    },
    /// Too few or too many arguments.
    #[error("`{function}` takes {takes}; arguments given: {got}")]
    ArgumentCount {
        /// The function.
        function: &'static str,
        /// Its arguments.
        takes: &'static str,
        /// How many there are.
        got: usize,
    },
    /// A path that starts with no known name.
    #[error("there is no variable `{name}`{nearest}; the variables are {known}")]
    UnknownVariable {
        /// The first part of the path.
        name: String,
        /// The variable that was probably meant.
        nearest: Nearest,
        /// All variables that are visible there.
        known: String,
    },
    /// `this`, `../`, `@root` and the like.
    #[error("`{0}` is relative: start the path with a variable such as `params` or `pod`")]
    RelativePath(String),
    /// A slash outside brackets.
    #[error(
        "`{0}` has a slash: put a key that holds one in brackets, as in `pod.metadata.labels.[example.com/name]`"
    )]
    SlashInPath(String),
    /// An expression in a key.
    #[error("keys cannot hold expressions")]
    ExpressionInKey,
    /// A leaf with expressions is too long.
    #[error("a leaf with expressions has {0} bytes, more than 16384")]
    LeafTooLong(usize),
    /// An expression nests too deeply.
    #[error("`{0}` nests more than 16 brackets")]
    ExpressionTooDeep(String),
    /// The document nests too deeply.
    #[error("the document nests more than 64 levels")]
    DocumentTooDeep,
    /// `$if` is neither one expression nor a boolean.
    #[error("`$if` takes one expression such as `{{{{params.enabled}}}}`, or true or false")]
    IfShape,
    /// `$for` is not `{in, as}`.
    #[error("`$for` takes `{{in: \"{{{{expression}}}}\", as: name}}` and nothing else")]
    ForShape,
    /// `$for` outside a list item.
    #[error("`$for` repeats an item of a list, and this mapping is none")]
    ForOutsideList,
    /// The name after `as` cannot be used.
    #[error("`as: {0}` is not a name of letters, digits, `_` and `-`, or is already taken")]
    ForName(String),
}

impl CompileErrorKind {
    /// A constant name for metrics and conditions.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Syntax(_) | Self::Unclosed(_) => "InvalidExpression",
            Self::Block(_) | Self::Unsupported { .. } => "UnsupportedExpression",
            Self::UnknownFunction { .. } => "UnknownFunction",
            Self::ArgumentCount { .. } => "WrongArguments",
            Self::UnknownVariable { .. } => "UnknownVariable",
            Self::RelativePath(_) | Self::SlashInPath(_) => "InvalidPath",
            Self::ExpressionInKey => "ExpressionInKey",
            Self::LeafTooLong(_) | Self::ExpressionTooDeep(_) | Self::DocumentTooDeep => "TooLarge",
            Self::IfShape => "InvalidIf",
            Self::ForShape | Self::ForOutsideList | Self::ForName(_) => "InvalidFor",
        }
    }
}

/// The known name that an unknown one was probably meant to be; prints as a question, or as nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nearest(pub Option<String>);

impl fmt::Display for Nearest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_ref().map_or(Ok(()), |name| write!(f, " (did you mean `{name}`?)"))
    }
}

impl CompileError {
    /// A constant name for metrics and conditions.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        self.kind.reason()
    }
}

/// A leaf that could not be rendered, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RenderError {
    /// From the root of the document as it is written: list positions do not count repeated items.
    pub path: Vec<Segment>,
    /// What is wrong there.
    pub kind: RenderErrorKind,
}

/// Why a leaf could not be rendered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RenderErrorKind {
    /// A path leads nowhere.
    #[error("`{path}` does not exist: {}", deepest(.exists))]
    MissingValue {
        /// As written.
        path: String,
        /// Its longest part that exists; empty when nothing does.
        exists: String,
    },
    /// A leaf would become a list or an object.
    #[error(
        "`{expression}` is {got}, and a leaf takes one value: use `$for` to repeat an item, or the `json` function"
    )]
    NotOneValue {
        /// As written.
        expression: String,
        /// The type that it has.
        got: &'static str,
    },
    /// A null between other text.
    #[error("`{0}` is null, which has no text: use the `default` function")]
    NullInText(String),
    /// `$for` over something that has no elements.
    #[error("`$for` takes a list or an object, not {0}")]
    NotAList(&'static str),
    /// A function refused an argument.
    #[error("`{function}` {problem}")]
    Function {
        /// The function.
        function: &'static str,
        /// What it takes and what it got.
        problem: String,
    },
    /// One text is too long.
    #[error("a text is longer than 1048576 bytes")]
    TextTooLong,
    /// The whole result, or the work for it, is too large.
    #[error("the result is too large: `$for` may make 100000 values, and all texts together 64 MiB")]
    ResultTooLarge,
}

impl RenderErrorKind {
    /// A constant name for metrics and conditions.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        match self {
            Self::MissingValue { .. } => "MissingValue",
            Self::NotOneValue { .. } => "NotOneValue",
            Self::NullInText(_) => "NullInText",
            Self::NotAList(_) => "NotAList",
            Self::Function { .. } => "FunctionFailed",
            Self::TextTooLong | Self::ResultTooLarge => "TooLarge",
        }
    }
}

fn deepest(exists: &str) -> String {
    if exists.is_empty() { "nothing of it does".to_owned() } else { format!("only `{exists}` does") }
}

impl RenderError {
    /// A constant name for metrics and conditions.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        self.kind.reason()
    }

    /// Errors collect their path from the leaf to the root; [`RenderError::rooted`] turns it round.
    pub(crate) fn below(mut self, segment: Segment) -> Self {
        self.path.push(segment);
        self
    }

    pub(crate) fn rooted(mut self) -> Self {
        self.path.reverse();
        self
    }
}

impl From<RenderErrorKind> for RenderError {
    fn from(kind: RenderErrorKind) -> Self {
        Self { path: Vec::new(), kind }
    }
}

impl fmt::Display for CompileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        print(&self.path, &self.kind, f)
    }
}

impl fmt::Display for RenderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        print(&self.path, &self.kind, f)
    }
}

fn print(path: &[Segment], kind: &dyn fmt::Display, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if path.is_empty() { write!(f, "{kind}") } else { write!(f, "{}: {kind}", format_path(path)) }
}

impl std::error::Error for CompileError {}

impl std::error::Error for RenderError {}
