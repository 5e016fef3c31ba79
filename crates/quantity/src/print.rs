//! Printing a quantity in the canonical form.

use std::fmt;

use crate::{Format, NANOS, Quantity};

const DECIMAL: [&str; 10] = ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"];
const BINARY: [&str; 7] = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.format {
            Format::BinarySi if self.is_binary() => print_binary(self.nanos / NANOS, f),
            Format::DecimalExponent => print_exponent(self.nanos, f),
            Format::BinarySi | Format::DecimalSi => print_decimal(self.nanos, f),
        }
    }
}

impl Quantity {
    /// Small and fractional values have no binary form.
    fn is_binary(&self) -> bool {
        self.nanos % NANOS == 0 && (self.nanos / NANOS).unsigned_abs() >= 1024
    }
}

fn print_binary(units: i128, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let (mantissa, power) = take_factors(units, 1024, BINARY.len() - 1);
    write!(f, "{mantissa}{}", BINARY.get(power).unwrap_or(&""))
}

fn print_decimal(nanos: i128, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if nanos == 0 {
        return f.write_str("0");
    }
    let (mantissa, power) = take_factors(nanos, 1000, DECIMAL.len() - 1);
    write!(f, "{mantissa}{}", DECIMAL.get(power).unwrap_or(&""))
}

fn print_exponent(nanos: i128, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if nanos == 0 {
        return f.write_str("0");
    }
    let (mantissa, power) = take_factors(nanos, 1000, usize::MAX);
    match 3 * power {
        9 => write!(f, "{mantissa}"),
        exponent if exponent > 9 => write!(f, "{mantissa}e{}", exponent - 9),
        exponent => write!(f, "{mantissa}e-{}", 9 - exponent),
    }
}

/// Divides by `factor` while that is exact, at most `limit` times. The value is not zero.
fn take_factors(mut value: i128, factor: i128, limit: usize) -> (i128, usize) {
    let mut times = 0;
    while times < limit && value != 0 && value % factor == 0 {
        value /= factor;
        times += 1;
    }
    (value, times)
}
