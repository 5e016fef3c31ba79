//! Values of samples, compared as exactly as they are written.

use std::cmp::Ordering;

/// A value of a sample.
#[derive(Debug, Clone, Copy)]
pub enum Number {
    /// Written without a point: every digit counts, also beyond 2 to the power of 53.
    Whole(i128),
    /// Any other.
    Real(f64),
}

impl Number {
    /// The number that stands in a page; none where that is no number.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if let Ok(whole) = text.parse() {
            return Some(Self::Whole(whole));
        }
        let real = match text {
            "+Inf" => f64::INFINITY,
            "-Inf" => f64::NEG_INFINITY,
            "NaN" => f64::NAN,
            _ if text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.e".contains(&byte)) => {
                text.parse().ok()?
            }
            _ => return None,
        };
        Some(Self::Real(real))
    }

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

impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        self.partial_cmp(other) == Some(Ordering::Equal)
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Whole(one), Self::Whole(other)) => one.partial_cmp(other),
            _ => self.to_f64().partial_cmp(&other.to_f64()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_beyond_floating_point_numbers_count() {
        let number = |text| Number::parse(text).unwrap();
        assert!(number("9007199254740993") > number("9007199254740992"));
        assert_eq!(number("1"), number("1.0"));
        assert!(number("NaN") != number("NaN"));
        assert!(
            ["", "x", "0x1", "1 2", "inf", "nan", "1_0"].iter().all(|text| Number::parse(text).is_none())
        );
    }
}
