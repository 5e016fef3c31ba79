//! Kubernetes quantities: what `500m`, `1.5Gi` and `12e6` mean, exactly.
//!
//! Go's `k8s.io/apimachinery/pkg/api/resource` decides what a text means and how a value is printed.
//! A value is held in billionths (the finest step that Kubernetes knows), so nothing is ever a float.

mod print;
mod text;

use std::cmp::Ordering;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

pub use text::QuantityError;

/// Billionths in one unit.
const NANOS: i128 = 1_000_000_000;

/// The way a quantity is written; arithmetic keeps it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// Powers of ten with a letter: `12M`, `500m`.
    DecimalSi,
    /// Powers of 1024 with two letters: `12Mi`.
    BinarySi,
    /// Powers of ten with an exponent: `12e6`.
    DecimalExponent,
}

/// An amount of something, as Kubernetes writes it in `resources` and `sizeLimit`.
///
/// Equality and order are by value: `1Gi` equals `1024Mi`. [`Display`](std::fmt::Display) prints the
/// canonical form: no fraction, the largest suffix that keeps the value exact, in the format that was read.
///
/// Three differences from Go, all of them about texts that no cluster holds on purpose: a text without a digit
/// (`m`) is an error and not zero; a value beyond about 1.7e29 is an error; a decimal value of 1e21 or more
/// is printed in `E`, where Go leaves the suffix out.
#[derive(Clone, Copy, Debug)]
pub struct Quantity {
    nanos: i128,
    format: Format,
}

impl Quantity {
    /// Reads a quantity. What is finer than a billionth is rounded away from zero, and a binary value
    /// is capped at 2^63-1, both as Go does.
    ///
    /// # Errors
    /// When the text is not a quantity, or is beyond what can be held.
    pub fn parse(text: &str) -> Result<Self, QuantityError> {
        text::read(text)
    }

    /// The value in billionths of a unit.
    #[must_use]
    pub fn nanos(&self) -> i128 {
        self.nanos
    }

    /// The way the value is written.
    #[must_use]
    pub fn format(&self) -> Format {
        self.format
    }

    /// Whether the value is zero.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        self.nanos == 0
    }

    /// The sum, or nothing when it cannot be held. It is written like `self`, or like `other` when `self` is
    /// zero, as in Go.
    #[must_use]
    pub fn checked_add(&self, other: &Self) -> Option<Self> {
        let format = if self.is_zero() { other.format } else { self.format };
        Some(Self { nanos: self.nanos.checked_add(other.nanos)?, format })
    }

    /// The product with a number (`1.5`, `500m`), or nothing when it cannot be held. It is written like
    /// `self`; what is finer than a billionth is rounded away from zero.
    #[must_use]
    pub fn checked_mul(&self, factor: &Self) -> Option<Self> {
        let (whole, part) = (self.nanos / NANOS, self.nanos % NANOS);
        let (factor_whole, factor_part) = (factor.nanos / NANOS, factor.nanos % NANOS);
        let cross = part.checked_mul(factor_whole)?;
        let nanos = whole.checked_mul(factor.nanos)?.checked_add(cross)?;
        let fine = part * factor_part;
        Some(Self { nanos: nanos.checked_add(away_from_zero(fine))?, format: self.format })
    }

    /// The value rounded away from zero to a whole unit: bytes have no fractions. Nothing when that cannot be held.
    #[must_use]
    pub fn checked_ceil(&self) -> Option<Self> {
        let nanos = away_from_zero(self.nanos).checked_mul(NANOS)?;
        Some(Self { nanos, format: self.format })
    }
}

/// Divides by a billion; any remainder adds one away from zero.
fn away_from_zero(nanos: i128) -> i128 {
    nanos / NANOS + (nanos % NANOS).signum()
}

impl FromStr for Quantity {
    type Err = QuantityError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl PartialEq for Quantity {
    fn eq(&self, other: &Self) -> bool {
        self.nanos == other.nanos
    }
}

impl Eq for Quantity {}

impl Hash for Quantity {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.nanos.hash(state);
    }
}

impl Ord for Quantity {
    fn cmp(&self, other: &Self) -> Ordering {
        self.nanos.cmp(&other.nanos)
    }
}

impl PartialOrd for Quantity {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests;
