//! Whether a server takes gzip, and gzip.

use std::io::{self, Write as _};

use flate2::Compression;
use flate2::write::GzEncoder;
use http::{HeaderMap, HeaderName};

/// The values of a header that may come several times, as one list. What is no text counts for nothing.
pub(super) fn joined(headers: &HeaderMap, name: &HeaderName) -> String {
    let values: Vec<_> = headers.get_all(name).iter().filter_map(|value| value.to_str().ok()).collect();
    values.join(",")
}

/// Whether `Accept-Encoding` names gzip, or everything that it does not name, and does not rule it out.
pub(super) fn takes_gzip(accepted: &str) -> bool {
    let codings = accepted.split(',').filter_map(|coding| {
        let mut parts = coding.split(';').map(str::trim);
        let name = parts.next()?.to_ascii_lowercase();
        let quality = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
        let is_wanted =
            quality.is_none_or(|quality| quality.trim().parse().is_ok_and(|quality: f64| quality > 0.0));
        Some((name, is_wanted))
    });
    let codings: Vec<_> = codings.collect();
    let find = |wanted: &[&str]| codings.iter().find(|(name, _)| wanted.contains(&name.as_str()));
    find(&["gzip", "x-gzip"]).or_else(|| find(&["*"])).is_some_and(|(_, is_wanted)| *is_wanted)
}

/// Fast rather than small: a page of ten megabytes becomes one either way.
pub(super) fn compress(page: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(page)?;
    encoder.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_is_sent_only_to_who_takes_it() {
        let taken =
            ["gzip", "deflate, gzip;q=0.5", "GZIP", "x-gzip", "*", "br;q=1, *;q=0.1", "identity;q=1,gzip"];
        for accepted in taken {
            assert!(takes_gzip(accepted), "{accepted}");
        }
        let refused = ["", "identity", "br, deflate", "gzip;q=0", "gzip; q=0.0, *", "*;q=0", "gzip;q=high"];
        for accepted in refused {
            assert!(!takes_gzip(accepted), "{accepted}");
        }
    }
}
