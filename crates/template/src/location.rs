//! Where in a document something is.

use std::fmt::Write as _;

/// One step from the root of a document towards a leaf.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Segment {
    /// A key of a mapping.
    Key(String),
    /// A position in a list, from zero.
    Index(usize),
}

/// Writes a path like `spec.containers[0].image`; keys that are no plain words are quoted:
/// `metadata.labels["app.kubernetes.io/name"]`. The root is the empty text.
#[must_use]
pub fn format_path(path: &[Segment]) -> String {
    let mut text = String::new();
    for segment in path {
        match segment {
            Segment::Index(index) => push(&mut text, format_args!("[{index}]")),
            Segment::Key(key) if !is_plain(key) => push(&mut text, format_args!("[{key:?}]")),
            Segment::Key(key) if text.is_empty() => text.push_str(key),
            Segment::Key(key) => push(&mut text, format_args!(".{key}")),
        }
    }
    text
}

fn push(text: &mut String, part: std::fmt::Arguments<'_>) {
    // Writing to a String cannot fail.
    let _ = text.write_fmt(part);
}

fn is_plain(key: &str) -> bool {
    let word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '$');
    !key.is_empty() && key.chars().all(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_keys_are_quoted() {
        let key = |key: &str| Segment::Key(key.to_owned());
        let path = [key("spec"), key("containers"), Segment::Index(0), key("image")];
        assert_eq!(format_path(&path), "spec.containers[0].image");
        assert_eq!(format_path(&[key("labels"), key("a.b/c"), key("")]), r#"labels["a.b/c"][""]"#);
        assert_eq!(format_path(&[key("a\nb"), key("$if")]), r#"["a\nb"].$if"#);
        assert_eq!(format_path(&[]), "");
    }
}
