//! Which format a server wants, by the `Accept` header that it sends.
//!
//! A format that nobody asked for is better than no page: then it is Prometheus' text. Names of ours are such that every
//! kind of escaping leaves them as they are, except `dots`, in whose place `underscores` is answered.

use super::Format;

/// What to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Negotiated {
    /// The format.
    pub format: Format,
    /// The value of `Content-Type`.
    pub content_type: String,
}

/// What can be sent; of several that are wanted equally, the last. Pages are the same in both versions of a format.
const OFFERS: [Offer; 4] = [
    Offer { format: Format::OpenMetrics, version: "0.0.1" },
    Offer { format: Format::OpenMetrics, version: "1.0.0" },
    Offer { format: Format::Text, version: "1.0.0" },
    Offer { format: Format::Text, version: "0.0.4" },
];

#[derive(Debug, Clone, Copy)]
struct Offer {
    format: Format,
    version: &'static str,
}

/// One of the ranges of an `Accept` header.
#[derive(Debug, Clone, Copy)]
struct MediaRange<'a> {
    kind: &'a str,
    version: Option<&'a str>,
    escaping: Option<&'a str>,
    /// From 0 to 1000.
    quality: u32,
    /// Where it stands in the header.
    place: usize,
}

/// Chooses a format by the value of `Accept`; several headers are joined with commas. It may be empty.
#[must_use]
pub fn negotiate(accept: &str) -> Negotiated {
    let ranges: Vec<_> =
        accept.split(',').enumerate().filter_map(|(place, range)| MediaRange::parse(place, range)).collect();
    let wanted = OFFERS.iter().filter_map(|offer| Some((offer, offer.range(&ranges)?)));
    let best = wanted
        .filter(|(_, (_, range))| range.quality > 0)
        .max_by_key(|(_, (precision, range))| (range.quality, *precision, usize::MAX - range.place));
    match best {
        Some((offer, (_, range))) => offer.answer(range.escaping),
        None => Offer { format: Format::Text, version: "0.0.4" }.answer(None),
    }
}

impl Offer {
    fn kind(self) -> &'static str {
        match self.format {
            Format::Text => "text/plain",
            Format::OpenMetrics => "application/openmetrics-text",
        }
    }

    /// The range that says most precisely how much this is wanted, and how precisely.
    fn range<'a>(self, ranges: &[MediaRange<'a>]) -> Option<(u8, MediaRange<'a>)> {
        let matching = ranges.iter().rev().filter_map(|range| Some((range.precision(self)?, *range)));
        matching.max_by_key(|(precision, range)| (*precision, range.quality))
    }

    fn answer(self, escaping: Option<&str>) -> Negotiated {
        let mut content_type = format!("{}; version={}; charset=utf-8", self.kind(), self.version);
        let escaping = match escaping {
            Some(same @ ("allow-utf-8" | "underscores" | "values")) => Some(same),
            Some("dots") => Some("underscores"),
            _ => None,
        };
        if let Some(escaping) = escaping {
            content_type.push_str("; escaping=");
            content_type.push_str(escaping);
        }
        Negotiated { format: self.format, content_type }
    }
}

impl<'a> MediaRange<'a> {
    /// None where it is not understood.
    fn parse(place: usize, range: &'a str) -> Option<Self> {
        let mut parts = range.split(';').map(str::trim);
        let kind = parts.next().filter(|kind| kind.contains('/'))?;
        let mut range = Self { kind, version: None, escaping: None, quality: 1000, place };
        for (name, value) in parts.filter_map(|part| part.split_once('=')) {
            let value = value.trim().trim_matches('"');
            match name.trim().to_ascii_lowercase().as_str() {
                "q" => range.quality = quality(value)?,
                "version" => range.version = Some(value),
                "escaping" => range.escaping = Some(value),
                _ => {}
            }
        }
        Some(range)
    }

    /// How precisely it means an offer, if it does.
    fn precision(&self, offer: Offer) -> Option<u8> {
        let group = offer.kind().split('/').next().unwrap_or_default();
        let is_group = self.kind.strip_suffix("/*").is_some_and(|kind| kind.eq_ignore_ascii_case(group));
        match self.version {
            _ if self.kind == "*/*" => Some(0),
            _ if is_group => Some(1),
            _ if !self.kind.eq_ignore_ascii_case(offer.kind()) => None,
            None => Some(2),
            Some(version) => (version == offer.version).then_some(3),
        }
    }
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 1000")]
fn quality(text: &str) -> Option<u32> {
    let quality: f64 = text.parse().ok()?;
    (0.0..=1.0).contains(&quality).then(|| (quality * 1000.0).round() as u32)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";
    const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

    #[test]
    fn formats_are_chosen_as_they_are_wanted() {
        let chosen = [
            ("", TEXT),
            ("*/*", TEXT),
            ("text/plain", TEXT),
            ("text/*", TEXT),
            ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", TEXT),
            ("application/json", TEXT),
            ("application/openmetrics-text", OPEN_METRICS),
            ("Application/OpenMetrics-Text; Version=1.0.0", OPEN_METRICS),
            ("application/*;q=0.5, text/plain;q=0.4", OPEN_METRICS),
            ("application/openmetrics-text;q=0.3, text/plain;q=0.4", TEXT),
            ("text/plain, application/openmetrics-text", TEXT),
            ("application/openmetrics-text, text/plain", OPEN_METRICS),
            ("application/openmetrics-text;q=0, */*", TEXT),
            ("text/plain;q=0, */*;q=0.1", OPEN_METRICS),
            ("application/openmetrics-text; version=7.0.0, text/plain;q=0.1", TEXT),
            ("application/openmetrics-text;q=nonsense, text/plain;q=0.1", TEXT),
            ("application/openmetrics-text;q=7, text/plain;q=0.1", TEXT),
        ];
        for (accept, content_type) in chosen {
            assert_eq!(negotiate(accept).content_type, content_type, "{accept}");
        }
    }

    #[test]
    fn prometheus_2_gets_open_metrics() {
        let accept = "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,\
                      text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
        assert_eq!(negotiate(accept).content_type, OPEN_METRICS);
    }

    #[test]
    fn prometheus_3_gets_open_metrics_with_its_escaping() {
        let accept = "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,\
                      application/openmetrics-text;version=0.0.1;q=0.5,\
                      text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2";
        let negotiated = negotiate(accept);
        assert_eq!(negotiated.format, Format::OpenMetrics);
        assert_eq!(negotiated.content_type, format!("{OPEN_METRICS}; escaping=allow-utf-8"));
    }

    #[test]
    fn a_version_that_is_wanted_is_answered() {
        let older = negotiate("application/openmetrics-text;version=0.0.1").content_type;
        assert_eq!(older, "application/openmetrics-text; version=0.0.1; charset=utf-8");
        let newer = negotiate("text/plain;version=1.0.0;escaping=underscores,text/plain;q=0.5").content_type;
        assert_eq!(newer, "text/plain; version=1.0.0; charset=utf-8; escaping=underscores");
    }

    #[test]
    fn escaping_that_would_change_names_is_not_promised() {
        let dots = negotiate("text/plain;version=0.0.4;escaping=dots").content_type;
        assert_eq!(dots, format!("{TEXT}; escaping=underscores"));
        let unknown = negotiate("text/plain;version=0.0.4;escaping=\"a\r\nb\"").content_type;
        assert_eq!(unknown, TEXT);
    }

    proptest! {
        #[test]
        fn any_header_has_an_answer(accept in "[a-z*/;,=.0-9q \"]{0,80}") {
            let negotiated = negotiate(&accept);
            let is_text = negotiated.content_type.starts_with("text/plain; version=");
            prop_assert_eq!(is_text, negotiated.format == Format::Text);
        }
    }
}
