//! Cuts texts from outside so that they are safe and short in a message.

/// Longest excerpt, in characters.
const LENGTH: usize = 64;

/// At most 64 characters of `text`, control characters escaped, with `…` where something was cut.
pub(crate) fn excerpt(text: &str) -> String {
    let mut short = String::new();
    for character in text.chars().take(LENGTH) {
        if character.is_control() {
            short.extend(character.escape_default());
        } else {
            short.push(character);
        }
    }
    if text.chars().nth(LENGTH).is_some() {
        short.push('…');
    }
    short
}
