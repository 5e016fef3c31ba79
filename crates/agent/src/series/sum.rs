//! Sums that stay exact, however much is added and in whatever order: fixed point with 128 bits on either side.
//!
//! A compensated floating-point sum would be nearly as exact, but it depends on the order, it can lose its last digit
//! on the way up, and infinities make it no number. Here adding is associative, and what is shown never goes down.

use std::ops::AddAssign;

use serde::{Deserialize, Serialize};

use crate::observation::Number;

/// 2 to the power of 128: one, in units of [`Sum::fraction`].
const ONE: f64 = 340_282_366_920_938_463_463_374_607_431_768_211_456.0;

/// 2 to the power of 64.
const WORD: f64 = 18_446_744_073_709_551_616.0;

/// A sum. It stops at 1.7e38 on either side of zero; parts below 2.9e-39 of a number are not added.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sum {
    /// The greatest whole number that is not above the sum.
    whole: i128,
    /// What is above it, in units of 2 to the power of -128.
    fraction: u128,
}

impl AddAssign<Number> for Sum {
    fn add_assign(&mut self, number: Number) {
        match number {
            Number::Whole(whole) => self.whole = self.whole.saturating_add(i128::from(whole)),
            Number::Real(real) => self.add_real(real),
        }
    }
}

impl Sum {
    /// Nothing.
    pub const ZERO: Self = Self { whole: 0, fraction: 0 };

    /// The sum, where it has no fraction.
    #[must_use]
    pub fn to_whole(self) -> Option<i128> {
        (self.fraction == 0).then_some(self.whole)
    }

    /// The nearest floating-point number: of two sums the greater one never has the smaller number.
    #[must_use]
    pub fn to_f64(self) -> f64 {
        if self.whole >= 0 {
            return nearest(self.whole.unsigned_abs(), self.fraction);
        }
        let above = u128::from(self.fraction == 0);
        -nearest((!self.whole).unsigned_abs() + above, self.fraction.wrapping_neg())
    }

    /// A number that is none adds nothing.
    fn add_real(&mut self, real: f64) {
        let (whole, fraction) = split(real.abs());
        if real >= 0.0 {
            let (fraction, carry) = self.fraction.overflowing_add(fraction);
            self.fraction = fraction;
            self.whole = self.whole.saturating_add(whole).saturating_add(i128::from(carry));
        } else {
            let (fraction, borrow) = self.fraction.overflowing_sub(fraction);
            self.fraction = fraction;
            self.whole = self.whole.saturating_sub(whole).saturating_sub(i128::from(borrow));
        }
    }
}

/// What is before and behind the point of a number that is not below zero. Nothing is rounded on the way, as each step
/// takes the leading bits of a number away; only what lies below the last bit of a fraction is cut off.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "casts cut, and stop at the bounds of their type, as meant"
)]
fn split(size: f64) -> (i128, u128) {
    if size >= WORD {
        // There is nothing behind its point.
        return (size as i128, 0);
    }
    // Words are many times as fast as numbers of 128 bits.
    let whole = size as u64;
    let rest = (size - whole as f64) * WORD;
    let high = rest as u64;
    let low = ((rest - high as f64) * WORD) as u64;
    (i128::from(whole), (u128::from(high) << 64) | u128::from(low))
}

/// The number with these bits before and behind the point, rounded once.
#[allow(clippy::cast_precision_loss, reason = "rounding is the purpose")]
fn nearest(whole: u128, fraction: u128) -> f64 {
    if whole == 0 {
        return fraction as f64 / ONE;
    }
    let shift = whole.leading_zeros();
    let moved_in = fraction.checked_shr(u128::BITS - shift).unwrap_or(0);
    // What is left over only matters for which way a number halfway between two is rounded.
    let rest = u128::from(fraction << shift != 0);
    ((whole << shift) | moved_in | rest) as f64 / power_of_two(shift)
}

/// For exponents up to 127.
fn power_of_two(exponent: u32) -> f64 {
    f64::from_bits(u64::from(1023 + exponent) << 52)
}

/// What numbers are multiplied by when they are shown.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Scale {
    /// They stay what they are.
    None,
    /// Any other number.
    Times(f64),
    /// One part of a whole number, as in 0.001: 300 / 1000 is 0.3, but 300 * 0.001 is a little more.
    Over(f64),
}

impl Scale {
    /// The scale of a metric, which rules have found to be above zero and finite.
    #[allow(clippy::float_cmp, reason = "only exact inverses will do")]
    pub(crate) fn new(scale: f64) -> Self {
        let parts = (1.0 / scale).round();
        match scale {
            1.0 => Self::None,
            _ if parts > 1.0 && 1.0 / parts == scale => Self::Over(parts),
            _ => Self::Times(scale),
        }
    }

    /// The number as it is shown.
    pub(crate) fn apply(self, number: f64) -> f64 {
        match self {
            Self::None => number,
            Self::Times(scale) => number * scale,
            Self::Over(parts) => number / parts,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sum(numbers: &[Number]) -> Sum {
        let mut sum = Sum::ZERO;
        numbers.iter().for_each(|number| sum += *number);
        sum
    }

    /// Finite, and of sizes that occur; with some far from it.
    fn real() -> impl Strategy<Value = f64> {
        prop_oneof![
            -1e6..1e6,
            0.0..1.0,
            -1e-9..1e-9,
            -1e18..4e19,
            -1e30..1e30,
            Just(0.1),
            Just(-0.0),
            Just(5e-324)
        ]
    }

    fn number() -> impl Strategy<Value = Number> {
        prop_oneof![any::<i64>().prop_map(Number::Whole), real().prop_map(Number::Real)]
    }

    /// A number as a whole number of 2^-1100, in 32-bit digits of a long integer: slow, and without a trick.
    #[derive(Clone, PartialEq, Debug)]
    struct Long(Vec<u32>);

    impl Long {
        fn zero() -> Self {
            Self(vec![0; 48])
        }

        fn add_bits(&mut self, bits: u64, shift: u32) {
            let mut place = (shift / 32) as usize;
            let mut carry = u128::from(bits) << (shift % 32);
            while carry != 0 {
                let digit = u128::from(self.0[place]) + (carry & 0xffff_ffff);
                self.0[place] = digit as u32;
                carry = (carry >> 32) + (digit >> 32);
                place += 1;
            }
        }

        fn add(&mut self, real: f64) {
            let bits = real.abs().to_bits();
            let exponent = (bits >> 52) as u32;
            let mantissa = bits & ((1 << 52) - 1);
            match exponent {
                0 => self.add_bits(mantissa, 1100 - 1074),
                _ => self.add_bits(mantissa | (1 << 52), exponent - 1 + 1100 - 1074),
            }
        }

        /// What a sum holds, for one that is not below zero.
        fn of(sum: Sum) -> Self {
            let mut long = Self::zero();
            let whole = sum.whole.unsigned_abs();
            long.add_bits(sum.fraction as u64, 1100 - 128);
            long.add_bits((sum.fraction >> 64) as u64, 1100 - 64);
            long.add_bits(whole as u64, 1100);
            long.add_bits((whole >> 64) as u64, 1100 + 64);
            long
        }
    }

    proptest! {
        #[test]
        fn whole_numbers_add_up_as_integers_do(numbers in prop::collection::vec(any::<i64>(), 0..200)) {
            let truth: i128 = numbers.iter().map(|number| i128::from(*number)).sum();
            let numbers: Vec<_> = numbers.into_iter().map(Number::Whole).collect();
            prop_assert_eq!(sum(&numbers).to_whole(), Some(truth));
            prop_assert_eq!(sum(&numbers).to_f64(), truth as f64);
        }

        #[test]
        fn fractions_add_up_as_long_integers_do(reals in prop::collection::vec(prop_oneof![0.0..1e6, 0.0..1e-3, 0.0..1e30], 0..100)) {
            // Below the last bit of a sum nothing is kept.
            let reals: Vec<f64> = reals.into_iter().filter(|real| *real > 1e-20).collect();
            let mut truth = Long::zero();
            reals.iter().for_each(|real| truth.add(*real));
            let numbers: Vec<_> = reals.into_iter().map(Number::Real).collect();
            prop_assert_eq!(Long::of(sum(&numbers)), truth);
        }

        #[test]
        fn order_does_not_matter(mut numbers in prop::collection::vec(number(), 0..50)) {
            let forwards = sum(&numbers);
            numbers.reverse();
            prop_assert_eq!(sum(&numbers), forwards);
        }

        #[test]
        fn a_single_number_comes_back(real in real().prop_filter("large enough", |real| *real == 0.0 || real.abs() > 1e-20)) {
            prop_assert_eq!(sum(&[Number::Real(real)]).to_f64(), real);
        }

        #[test]
        fn what_is_added_and_taken_away_leaves_nothing(numbers in prop::collection::vec(real(), 0..50)) {
            let mut both: Vec<_> = numbers.iter().map(|real| Number::Real(*real)).collect();
            both.extend(numbers.iter().map(|real| Number::Real(-real)));
            prop_assert_eq!(sum(&both), Sum::ZERO);
        }

        #[test]
        fn it_never_goes_down(numbers in prop::collection::vec(number(), 0..200)) {
            let mut sum = Sum::ZERO;
            let mut last = 0.0;
            for number in numbers {
                sum += match number {
                    Number::Whole(whole) => Number::Whole(whole.saturating_abs()),
                    Number::Real(real) => Number::Real(real.abs()),
                };
                prop_assert!(sum.to_f64() >= last);
                last = sum.to_f64();
            }
        }
    }

    #[test]
    fn ten_thousand_tenths_are_a_thousand() {
        assert_eq!(sum(&[Number::Real(0.1); 10_000]).to_f64(), 1000.0);
    }

    #[test]
    fn what_is_too_large_stops_at_the_bound() {
        let mut sum = sum(&[Number::Real(1e300)]);
        assert_eq!(sum.to_f64(), i128::MAX as f64);
        sum += Number::Whole(1);
        sum += Number::Real(f64::MAX);
        assert_eq!(sum.to_f64(), i128::MAX as f64);
        sum += Number::Real(-1e300);
        sum += Number::Real(-1e300);
        assert_eq!(sum.to_f64(), i128::MIN as f64);
    }

    #[test]
    fn what_is_halfway_between_two_numbers_is_rounded_by_what_follows() {
        let base = 1_i64 << 53;
        let halfway = sum(&[Number::Whole(base), Number::Real(1.0)]);
        assert_eq!(halfway.to_f64(), base as f64);
        let above = sum(&[Number::Whole(base), Number::Real(1.0), Number::Real(1e-30)]);
        assert_eq!(above.to_f64(), (base + 2) as f64);
    }

    #[test]
    fn a_thousandth_is_a_division() {
        assert_eq!(Scale::new(0.001), Scale::Over(1000.0));
        assert_eq!(Scale::new(0.001).apply(300.0), 0.3);
        assert_eq!(Scale::new(1e-9), Scale::Over(1e9));
        assert_eq!(Scale::new(1.0), Scale::None);
        assert_eq!(Scale::new(1024.0), Scale::Times(1024.0));
        assert_eq!(Scale::new(0.3).apply(2.0), 0.6);
    }
}
