//! What every series is worth, by adding up what was written, before it is written.

use std::collections::BTreeMap;

use crate::number::Number;
use crate::page::{Page, name_of};

/// Parts of one in which sums of fractions are kept: a number from 1 to 100 is a whole number of them.
const PARTS: f64 = 4_503_599_627_370_496.0;

/// What a series is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Worth {
    /// A whole number.
    Whole(i128),
    /// So many times 2 to the power of -52.
    Parts(i128),
    /// So many thousandths.
    Thousandths(i128),
}

impl Worth {
    /// As a page has to show it.
    #[must_use]
    #[allow(clippy::cast_precision_loss, reason = "it is rounded once, as in the page")]
    pub fn shown(self) -> Number {
        match self {
            Self::Whole(whole) => Number::Whole(whole),
            Self::Parts(parts) => Number::Real(parts as f64 / PARTS),
            Self::Thousandths(parts) => Number::Real(parts as f64 / 1000.0),
        }
    }

    /// A number from 1 to 100.
    #[must_use]
    #[allow(clippy::cast_possible_truncation, reason = "there is nothing behind the point")]
    pub fn of_real(real: f64) -> Self {
        Self::Parts((real * PARTS) as i128)
    }

    fn add(&mut self, other: Self) {
        let (Self::Whole(sum) | Self::Parts(sum) | Self::Thousandths(sum)) = self;
        let (Self::Whole(more) | Self::Parts(more) | Self::Thousandths(more)) = other;
        *sum += more;
    }
}

/// What everything is worth.
#[derive(Debug, Clone, Default)]
pub struct Truth {
    /// By series, as it is written in a page.
    pub series: BTreeMap<String, Worth>,
    /// Lines of each writer.
    pub lines: BTreeMap<String, i128>,
}

impl Truth {
    /// Adds to a series.
    pub fn add(&mut self, series: String, worth: Worth) {
        self.series.entry(series).and_modify(|sum| sum.add(worth)).or_insert(worth);
    }

    /// In what a page differs: a value that is another, a series that is missing, or one that nothing was written of.
    /// Metrics that the truth knows nothing of may be worth anything.
    #[must_use]
    pub fn differences(&self, page: &Page) -> Vec<String> {
        let mut differences = Vec::new();
        for (series, worth) in &self.series {
            let shown = page.get(series);
            if shown != Some(worth.shown()) {
                differences.push(format!("{series} is {shown:?} instead of {:?}", worth.shown()));
            }
        }
        let names: std::collections::BTreeSet<_> = self.series.keys().map(|series| name_of(series)).collect();
        for (series, number) in &page.samples {
            if names.contains(name_of(series)) && !self.series.contains_key(series) {
                differences.push(format!("{series} is {number:?}, and nothing was written of it"));
            }
        }
        differences
    }

    /// The first series that is worth more in a page than was ever written.
    #[must_use]
    pub fn excess(&self, page: &Page) -> Option<String> {
        let too_much = |(series, worth): (&String, &Worth)| {
            let shown = page.get(series)?;
            (shown > worth.shown())
                .then(|| format!("{series} is {shown:?}, and only {:?} was written", worth.shown()))
        };
        self.series.iter().find_map(too_much)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::Format;

    #[test]
    fn pages_differ_by_one_in_a_number_that_floating_point_cannot_tell() {
        let mut truth = Truth::default();
        truth.add("a_total".to_owned(), Worth::Whole(9_007_199_254_740_992));
        truth.add("a_total".to_owned(), Worth::Whole(1));
        let page = |value: &str| {
            Page::parse(&format!("# TYPE a_total counter\na_total {value}\n"), Format::Text).unwrap()
        };
        assert_eq!(truth.differences(&page("9007199254740993")), [""; 0]);
        assert_eq!(truth.differences(&page("9007199254740992")).len(), 1);
        assert!(truth.excess(&page("9007199254740993")).is_none());
        assert!(truth.excess(&page("9007199254740994")).is_some());
        assert_eq!(truth.differences(&page("9007199254740993\na_total{b=\"c\"} 0")).len(), 1);
    }
}
