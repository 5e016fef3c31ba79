//! What is known of an expression before it is parsed. The parser goes one level deeper for each bracket and for each
//! operator of a chain, so both are counted. Texts in quotes count as well: they are rare and short, and a scanner of its
//! own would be one more thing to get wrong.

use super::ExpressionError;

/// Longest expression, in bytes.
pub const MAX_LENGTH: usize = 4096;

/// Deepest nesting of brackets.
const MAX_BRACKETS: usize = 32;

/// Most operators and steps of paths.
const MAX_OPERATORS: usize = 160;

/// Refuses what is too long or too deep.
pub(super) fn check(expression: &str) -> Result<(), ExpressionError> {
    if expression.len() > MAX_LENGTH {
        return Err(ExpressionError::TooLong { length: expression.len() });
    }
    if deepest_bracket(expression) > MAX_BRACKETS || count_operators(expression) > MAX_OPERATORS {
        return Err(ExpressionError::TooDeep);
    }
    Ok(())
}

fn deepest_bracket(expression: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    for byte in expression.bytes() {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

/// A run of operator signs is one operator, so that `&&` is one; `!` and `-` count each, since they nest.
fn count_operators(expression: &str) -> usize {
    let before = std::iter::once(b' ').chain(expression.bytes());
    let signs = expression.bytes().zip(before);
    signs
        .filter(|(byte, before)| matches!(byte, b'!' | b'-') || (is_sign(*byte) && !is_sign(*before)))
        .count()
}

fn is_sign(byte: u8) -> bool {
    b".+*/%?:&|=<>[".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_and_deep_expressions_are_refused() {
        for expression in ["a == \"b\" && c", &"(".repeat(32), &"!".repeat(160)] {
            assert!(check(expression).is_ok(), "{expression}");
        }
        for expression in
            [&"a".repeat(4097), &"(".repeat(33), &"!".repeat(161), &"a.".repeat(161), &"a&&".repeat(161)]
        {
            assert!(check(expression).is_err(), "{expression}");
        }
    }
}
