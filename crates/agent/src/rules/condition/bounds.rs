//! Bounds of an expression that are known before it is parsed: the parser descends once for each operator of a chain and
//! each bracket, so both are counted first.

use crate::rules::fault::Complaint;

/// Longest expression, in bytes.
const MAX_LENGTH: usize = 4096;

/// Deepest nesting of brackets.
const MAX_BRACKETS: usize = 32;

/// Most operators and steps of paths.
const MAX_OPERATORS: usize = 200;

/// Refuses what is too long or too deep. Signs inside of texts count as well: that is simpler, and they are few.
pub(super) fn check(expression: &str) -> Result<(), Complaint> {
    if expression.len() > MAX_LENGTH {
        let message = format!("the condition has {} bytes; {MAX_LENGTH} are allowed", expression.len());
        return Err(Complaint::new(message, "split the metric into several rules of the same name"));
    }
    if deepest_bracket(expression) > MAX_BRACKETS || operators(expression) > MAX_OPERATORS {
        return Err(Complaint::new(
            "the condition has too many operators or brackets",
            "use `in` with a list, or split the metric into several rules of the same name",
        ));
    }
    Ok(())
}

fn deepest_bracket(expression: &str) -> usize {
    let mut depth = 0_usize;
    let mut deepest = 0;
    for byte in expression.bytes() {
        depth = match byte {
            b'(' | b'[' | b'{' => depth + 1,
            b')' | b']' | b'}' => depth.saturating_sub(1),
            _ => depth,
        };
        deepest = deepest.max(depth);
    }
    deepest
}

/// A run of operator signs is one operator, except that `!` and `-` may be repeated for one operand.
fn operators(expression: &str) -> usize {
    let bytes = expression.bytes();
    let before = std::iter::once(b' ').chain(expression.bytes());
    bytes
        .zip(before)
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
        for expression in ["a == \"b\" && c", &"(".repeat(32), &"!".repeat(200)] {
            assert!(check(expression).is_ok(), "{expression}");
        }
        for expression in
            [&"a".repeat(4097), &"(".repeat(33), &"!".repeat(201), &"a.".repeat(201), &"a&&".repeat(201)]
        {
            assert!(check(expression).is_err(), "{expression}");
        }
    }
}
