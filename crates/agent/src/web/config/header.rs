//! Headers of answers that the file may set: those that tell a browser what to allow. Others belong to the answer.

use std::collections::BTreeMap;

use http::{HeaderMap, HeaderName, HeaderValue, header};

use super::Refusal;

const ALLOWED: [HeaderName; 5] = [
    header::CONTENT_SECURITY_POLICY,
    header::X_FRAME_OPTIONS,
    header::X_CONTENT_TYPE_OPTIONS,
    header::X_XSS_PROTECTION,
    header::STRICT_TRANSPORT_SECURITY,
];

/// All headers that are not empty.
pub(super) fn all(headers: &BTreeMap<String, String>) -> Result<HeaderMap, Refusal> {
    let set = headers.iter().filter(|(_, value)| !value.is_empty());
    set.map(|(name, value)| one(name, value)).collect()
}

fn one(name: &str, value: &str) -> Result<(HeaderName, HeaderValue), Refusal> {
    let refuse = |reason: &'static str| Refusal::new(format!("http_server_config.headers.{name}"), reason);
    let allowed = ALLOWED.into_iter().find(|allowed| allowed.as_str().eq_ignore_ascii_case(name));
    let allowed = allowed.ok_or_else(|| {
        refuse(
            "this header cannot be set; these can: Content-Security-Policy, X-Frame-Options, \
             X-Content-Type-Options, X-XSS-Protection, Strict-Transport-Security",
        )
    })?;
    let is = |word: &str| value.eq_ignore_ascii_case(word);
    if allowed == header::X_FRAME_OPTIONS && !is("deny") && !is("sameorigin") {
        return Err(refuse("it is deny or sameorigin"));
    }
    if allowed == header::X_CONTENT_TYPE_OPTIONS && !is("nosniff") {
        return Err(refuse("it is nosniff"));
    }
    let value = HeaderValue::from_str(value).map_err(|_| refuse("no header has such a value"))?;
    Ok((allowed, value))
}
