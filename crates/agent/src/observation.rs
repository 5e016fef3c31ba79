//! What lines say: numbers for metrics. They are gathered in one buffer, which is used again for the next line.

use std::ops::Range;

/// One number for one series.
#[derive(Debug, Clone, PartialEq)]
pub struct Observation {
    /// By index in the list of metrics.
    pub metric: usize,
    /// Where the values of its labels lie in [`Observations::labels`], as [`push_label`] writes them.
    pub labels: Range<usize>,
    /// Unscaled.
    pub number: Number,
    /// When it happened, in milliseconds since 1970: the line's time, or that of its reading.
    pub time: i64,
    /// The day on which it happened in the zone of the source, in days since 1970.
    pub day: i32,
}

/// A number as it stood in the line. Whole ones are exact, however many are added up.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Number {
    /// Without a fraction, and within the range of the type.
    Whole(i64),
    /// Anything else; finite for counters and histograms.
    Real(f64),
}

impl Number {
    /// The nearest floating-point number.
    #[must_use]
    #[allow(clippy::cast_precision_loss, reason = "that is what is asked for")]
    pub fn to_f64(self) -> f64 {
        match self {
            Self::Whole(whole) => whole as f64,
            Self::Real(real) => real,
        }
    }
}

/// From so many bytes of labels on, observations of one line are handed on before more of them are made.
const FULL_LABELS: usize = 64 << 10;

/// From so many observations on too.
const FULL_COUNT: usize = 1_024;

/// What one line says.
#[derive(Debug, Default)]
pub struct Observations {
    /// The values of labels of all observations.
    pub labels: Vec<u8>,
    /// The observations.
    pub all: Vec<Observation>,
    /// Rules that had something to say to this line and could not.
    pub problems: Vec<Problem>,
}

impl Observations {
    /// Forgets the last line.
    pub fn clear(&mut self) {
        self.labels.clear();
        self.all.clear();
        self.problems.clear();
    }

    /// Whether there are so many that they should be handed on.
    #[inline]
    pub(crate) fn is_full(&self) -> bool {
        self.labels.len() >= FULL_LABELS || self.all.len() >= FULL_COUNT
    }
}

/// Why a rule did not count a line that it was for, or why a line was of no use to any.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Problem {
    /// The rule, by its place in its source; none where the whole line is meant.
    pub rule: Option<usize>,
    /// From a closed set.
    pub reason: Reason,
}

/// The closed set: the label `reason` of the agent's own metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reason {
    /// No JSON; a line of plain text, also one that begins with a number or a date.
    NotJson,
    /// JSON, but no object.
    NotAnObject,
    /// A whole object, and something behind it: another object, for example.
    TrailingText,
    /// Longer than the source allows.
    TooLong,
    /// Not UTF-8, where the source drops such lines.
    NotUtf8,
    /// Has a NUL byte in it.
    NulBytes,
    /// The time is missing or no time.
    NoTime,
    /// The value is no number, even after coercion.
    NotANumber,
    /// Not finite, where a sum is kept.
    NotFinite,
    /// Below zero, for a counter, or for a histogram without a bucket for it.
    Negative,
    /// A label's value is no text, number or boolean, or it is missing and the rule demands it.
    NoLabel,
    /// A condition compares what cannot be compared.
    Condition,
}

impl Reason {
    /// As a label's value.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotJson => "not_json",
            Self::NotAnObject => "not_an_object",
            Self::TrailingText => "trailing_text",
            Self::TooLong => "too_long",
            Self::NotUtf8 => "not_utf8",
            Self::NulBytes => "nul_bytes",
            Self::NoTime => "no_time",
            Self::NotANumber => "not_a_number",
            Self::NotFinite => "not_finite",
            Self::Negative => "negative",
            Self::NoLabel => "no_label",
            Self::Condition => "condition",
        }
    }
}

/// Appends the value of a label to a buffer: its length in four bytes, little-endian, and the text. So the bytes of all
/// values together identify a series among those of its metric.
pub fn push_label(labels: &mut Vec<u8>, value: &str) {
    // A label longer than that was cut before.
    let length = u32::try_from(value.len()).unwrap_or(u32::MAX);
    labels.extend_from_slice(&length.to_le_bytes());
    labels.extend_from_slice(value.as_bytes());
}

/// The values that [`push_label`] has written, in order.
pub fn read_labels(mut labels: &[u8]) -> impl Iterator<Item = &str> {
    std::iter::from_fn(move || {
        let (length, rest) = labels.split_first_chunk::<4>()?;
        let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
        let (value, rest) = rest.split_at_checked(length)?;
        labels = rest;
        std::str::from_utf8(value).ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_come_back_as_they_went_in() {
        let mut labels = Vec::new();
        let values = ["", "a", "ä\0\"\n", "b"];
        values.iter().for_each(|value| push_label(&mut labels, value));
        assert_eq!(read_labels(&labels).collect::<Vec<_>>(), values);
    }
}
