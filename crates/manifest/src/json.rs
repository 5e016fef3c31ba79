//! JSON as kubectl reads it, with keys that stand twice refused.

mod read;
mod tokens;

pub(crate) use read::read;
pub(crate) use tokens::tokens;

/// Whether a document that starts like this was meant as JSON and not as YAML in flow style.
pub(crate) fn looks_like_json(body: &[u8]) -> bool {
    let mut bytes = body.iter().filter(|byte| !byte.is_ascii_whitespace());
    match bytes.next() {
        Some(b'{') => matches!(bytes.next(), Some(b'"' | b'}') | None),
        Some(b'[') => matches!(bytes.next(), Some(b'"' | b']' | b'{' | b'[') | None),
        _ => false,
    }
}
