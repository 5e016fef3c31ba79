//! Numbers as both formats spell them: as short as they can be read back without loss.

use std::io::Write;

/// From here on numbers are written with an exponent.
const LARGE: f64 = 1e17;

/// Up to here numbers are written with an exponent.
const SMALL: f64 = 1e-5;

/// A number as few digits as tell it from all others.
#[allow(clippy::cast_possible_truncation, reason = "whole numbers in the range of the type")]
pub(crate) fn push_float(out: &mut Vec<u8>, number: f64) {
    let size = number.abs();
    if number.is_nan() {
        out.extend_from_slice(b"NaN");
    } else if number.is_infinite() {
        out.extend_from_slice(if number > 0.0 { b"+Inf" } else { b"-Inf" });
    } else if size < LARGE
        && number.trunc().to_bits() == number.to_bits()
        && number.to_bits() != NEGATIVE_ZERO
    {
        push_whole(out, i128::from(number as i64));
    } else if size == 0.0 || (size > SMALL && size < LARGE) {
        // Writing to memory does not fail.
        let _ = write!(out, "{number}");
    } else {
        let _ = write!(out, "{number:e}");
    }
}

const NEGATIVE_ZERO: u64 = 1 << 63;

/// A whole number, with all its digits.
pub(super) fn push_whole(out: &mut Vec<u8>, number: i128) {
    let Ok(mut rest) = u64::try_from(number) else {
        let _ = write!(out, "{number}");
        return;
    };
    let mut digits = [b'0'; 20];
    let mut used = 0;
    for digit in digits.iter_mut().rev() {
        *digit += u8::try_from(rest % 10).unwrap_or_default();
        rest /= 10;
        used += 1;
        if rest == 0 {
            break;
        }
    }
    out.extend(digits.iter().skip(digits.len() - used));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn float(number: f64) -> String {
        let mut out = Vec::new();
        push_float(&mut out, number);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn numbers_are_spelled_as_servers_read_them() {
        let spelled = [
            (0.0, "0"),
            (-0.0, "-0"),
            (1.0, "1"),
            (-5.0, "-5"),
            (0.1, "0.1"),
            (0.3, "0.3"),
            (1234.5, "1234.5"),
            (1e15, "1000000000000000"),
            (1e17, "1e17"),
            (1e300, "1e300"),
            (1.5e-7, "1.5e-7"),
            (f64::NAN, "NaN"),
            (f64::INFINITY, "+Inf"),
            (f64::NEG_INFINITY, "-Inf"),
        ];
        for (number, spelling) in spelled {
            assert_eq!(float(number), spelling);
        }
    }

    proptest! {
        #[test]
        fn numbers_come_back_bit_by_bit(number in any::<f64>()) {
            let back: f64 = float(number).parse().unwrap();
            prop_assert!(back.to_bits() == number.to_bits() || (back.is_nan() && number.is_nan()));
        }

        #[test]
        fn ordinary_numbers_come_back(number in -1e6..1e6_f64, digits in 0..6_i32) {
            let number = (number * 10_f64.powi(digits)).round() / 10_f64.powi(digits);
            prop_assert_eq!(float(number).parse::<f64>().unwrap(), number);
        }

        #[test]
        fn whole_numbers_have_all_their_digits(number in any::<i128>(), shift in 0..128_u32) {
            let mut out = Vec::new();
            push_whole(&mut out, number >> shift);
            prop_assert_eq!(String::from_utf8(out).unwrap(), (number >> shift).to_string());
        }
    }
}
