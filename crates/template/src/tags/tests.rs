//! How leaves fall apart.

use super::*;

fn pieces(leaf: &str) -> Vec<Piece<'_>> {
    split(leaf).unwrap()
}

fn text(text: &str) -> Piece<'_> {
    Piece::Text(text.to_owned())
}

fn reason(leaf: &str) -> &'static str {
    split(leaf).unwrap_err().reason()
}

#[test]
fn text_and_tags_alternate() {
    assert_eq!(pieces(" a {{ b }}c{{d}}"), [text(" a "), Piece::Tag("b"), text("c"), Piece::Tag("d")]);
    assert_eq!(pieces("{{{a}}}"), [Piece::Tag("a")]);
    assert_eq!(pieces("}} {{a}}}"), [text("}} "), Piece::Tag("a"), text("}")]);
}

#[test]
fn backslash_before_braces_keeps_them_as_text() {
    assert_eq!(pieces(r"\{{a}} {{b}}"), [text("{{a}} "), Piece::Tag("b")]);
    assert_eq!(pieces(r"c:\\{{a}}"), [text(r"c:\"), Piece::Tag("a")]);
    assert_eq!(pieces(r"\n {{a}}\d"), [text(r"\n "), Piece::Tag("a"), text(r"\d")]);
}

#[test]
fn braces_inside_quotes_brackets_and_literals_end_nothing() {
    for inner in [
        r#"replace a "}}" "{{""#,
        "replace a '}}' 'x'",
        "a.[}}]",
        r"a.[it's]",
        r#"json "\"}}""#,
        r#"default a {"b":{}}"#,
        "default a {}",
    ] {
        assert_eq!(pieces(&format!("{{{{{inner}}}}}!")), [Piece::Tag(inner), text("!")]);
    }
}

#[test]
fn what_is_no_plain_expression_is_refused_by_name() {
    for leaf in ["{{#if a}}x{{/if}}", "{{ #each a}}", "{{^}}", "{{/if}}"] {
        assert!(matches!(split(leaf), Err(CompileErrorKind::Block(_))), "{leaf}");
    }
    for leaf in ["{{> a}}", "{{*a}}", "{{!-- a --}}", "{{&a}}", "{{~a}}", "{{a ~}}", "{{{{a}}}}", "{{{{{{"] {
        assert!(matches!(split(leaf), Err(CompileErrorKind::Unsupported { .. })), "{leaf}");
    }
}

#[test]
fn open_expressions_are_refused() {
    for leaf in ["{{", "{{a", "{{a}", "{{{a}}", "{{a 'b}}", "{{a.[b}}", "{{ { }}"] {
        assert!(matches!(split(leaf), Err(CompileErrorKind::Unclosed(_))), "{leaf}");
    }
}

#[test]
fn length_and_depth_are_bounded() {
    assert_eq!(reason(&format!("{{{{a}}}}{}", "x".repeat(MAX_LEAF))), "TooLarge");
    for open in ["(", "[", "{"] {
        assert!(split(&format!("{{{{a {}", open.repeat(MAX_DEPTH))).is_err());
        assert_eq!(reason(&format!("{{{{a {}", open.repeat(MAX_DEPTH + 1))), "TooLarge");
    }
}
