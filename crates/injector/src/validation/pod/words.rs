//! How names are written: each rule gives what is wrong with a text, if anything is.

/// A DNS label (RFC 1123).
pub(super) fn label(text: &str) -> Option<&'static str> {
    let is_good = text.len() <= 63 && is_lower_part(text);
    (!is_good).then_some("is not a DNS label: lower case letters, digits and '-', at most 63")
}

/// A DNS subdomain (RFC 1123).
pub(super) fn subdomain(text: &str) -> Option<&'static str> {
    let is_good = text.len() <= 253 && text.split('.').all(is_lower_part);
    (!is_good).then_some("is not a DNS subdomain: lower case letters, digits, '-' and '.', at most 253")
}

fn is_lower_part(text: &str) -> bool {
    let is_inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    !text.is_empty() && text.bytes().all(is_inner) && !text.starts_with('-') && !text.ends_with('-')
}

/// The name of a port (IANA).
pub(super) fn port_name(text: &str) -> Option<&'static str> {
    let has_letter = text.bytes().any(|byte| byte.is_ascii_lowercase());
    let is_good = text.len() <= 15 && is_lower_part(text) && has_letter && !text.contains("--");
    (!is_good).then_some(
        "is not the name of a port: lower case letters (one at least), digits and single '-', at most 15",
    )
}

/// The name of a variable, by the wide rule: servers before 1.34 are stricter.
pub(super) fn variable(text: &str) -> Option<&'static str> {
    let is_good = text.bytes().all(|byte| (b' '..=b'~').contains(&byte) && byte != b'=');
    (!is_good).then_some("is not the name of a variable: printable ASCII without '='")
}

/// The key of a label or annotation.
pub(super) fn label_key(text: &str) -> Option<&'static str> {
    let (prefix, name) = text.split_once('/').map_or((None, text), |(prefix, name)| (Some(prefix), name));
    let is_good = prefix.is_none_or(|prefix| subdomain(prefix).is_none()) && is_qualified(name);
    (!is_good).then_some("is not a legal key: an optional DNS subdomain and '/', then at most 63 letters, digits, '-', '_' and '.'")
}

/// The value of a label.
pub(super) fn label_value(text: &str) -> Option<&'static str> {
    (!text.is_empty() && !is_qualified(text))
        .then_some("is not the value of a label: at most 63 letters, digits, '-', '_' and '.'")
}

fn is_qualified(text: &str) -> bool {
    let is_end = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric());
    let is_inner = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    text.len() <= 63
        && text.bytes().all(is_inner)
        && is_end(text.bytes().next())
        && is_end(text.bytes().next_back())
}

/// A path below another: relative, and never upwards.
pub(super) fn descending_path(text: &str) -> Option<&'static str> {
    (text.starts_with('/') || has_backstep(text)).then_some("must be a relative path without '..'")
}

/// A path that never goes upwards.
pub(super) fn path_without_backsteps(text: &str) -> Option<&'static str> {
    has_backstep(text).then_some("must not contain '..'")
}

fn has_backstep(text: &str) -> bool {
    text.split('/').any(|part| part == "..")
}

/// An address.
pub(super) fn address(text: &str) -> Option<&'static str> {
    // Addresses with leading zeros are old and legal: only what no reading takes is refused.
    let is_good = text.parse::<std::net::IpAddr>().is_ok() || text.split('.').count() == 4;
    (!is_good).then_some("is not an IP address")
}
