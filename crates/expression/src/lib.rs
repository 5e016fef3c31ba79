//! CEL expressions that people write: bounded before they are parsed, parsed without a panic. What an expression may read
//! and what it means is the business of whoever has it: conditions of templates, conditions on lines.

mod bounds;

use std::panic::{AssertUnwindSafe, catch_unwind};

use cel::Program;
use thiserror::Error;

pub use bounds::MAX_LENGTH;

/// Why an expression is of no use.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ExpressionError {
    /// It has more than [`MAX_LENGTH`] bytes.
    #[error("the expression has {length} bytes; {MAX_LENGTH} are allowed")]
    TooLong {
        /// Its length.
        length: usize,
    },
    /// Its brackets or its chains of operators could lead the parser deeper than the stack goes.
    #[error("the expression is nested too deeply")]
    TooDeep,
    /// It is not CEL.
    #[error("the expression is not valid CEL: {}", messages(.0))]
    Syntax(Vec<SyntaxFault>),
    /// The CEL library failed on it.
    #[error(transparent)]
    Failed(#[from] LibraryFailed),
}

/// What the parser does not understand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxFault {
    /// The parser's words.
    pub message: String,
    /// Line and character, from 1; 0 where the parser names none.
    pub position: (isize, isize),
}

/// The CEL library panicked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the CEL library failed on this expression")]
pub struct LibraryFailed;

/// Parses an expression.
///
/// # Errors
/// It is too long, too deep, or not CEL.
pub fn parse(expression: &str) -> Result<Program, ExpressionError> {
    bounds::check(expression)?;
    guard(|| Program::compile(expression))?.map_err(|errors| {
        let fault = |error: cel::ParseError| SyntaxFault {
            message: error.msg.trim().to_owned(),
            position: error.pos,
        };
        ExpressionError::Syntax(errors.errors.into_iter().map(fault).collect())
    })
}

/// Runs what is the CEL library's: a panic inside it is an error of the expression, never the end of the program.
///
/// # Errors
/// It panicked.
pub fn guard<T>(run: impl FnOnce() -> T) -> Result<T, LibraryFailed> {
    catch_unwind(AssertUnwindSafe(run)).map_err(|_| LibraryFailed)
}

fn messages(faults: &[SyntaxFault]) -> String {
    faults.iter().map(|fault| fault.message.as_str()).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_cel_is_told_with_its_place() {
        let Err(ExpressionError::Syntax(faults)) = parse("a ==") else { panic!("it is not CEL") };
        assert!(faults.first().is_some_and(|fault| fault.position.0 == 1), "{faults:?}");
        assert!(parse("event == 'order' && pay.ok").is_ok());
    }

    #[test]
    fn panic_of_the_library_is_an_error() {
        assert_eq!(guard(|| panic!("inside")), Err::<(), _>(LibraryFailed));
    }
}
