//! What quantities mean without asking Go.

use super::*;

fn canonical(text: &str) -> String {
    Quantity::parse(text).unwrap().to_string()
}

fn quantity(text: &str) -> Quantity {
    Quantity::parse(text).unwrap()
}

#[test]
fn canonical_form_has_no_fraction_and_the_largest_suffix() {
    for (text, expected) in [
        ("0", "0"),
        ("0.5", "500m"),
        ("1000m", "1"),
        ("1.5Gi", "1536Mi"),
        ("1024Mi", "1Gi"),
        ("0.5Ki", "512"),
        ("1000Ki", "1000Ki"),
        ("123000", "123k"),
        ("12e6", "12e6"),
        ("12000e3", "12e6"),
        ("1e-10", "1e-9"),
        ("0.0000000001", "1n"),
        ("-0.0000000001", "-1n"),
        ("8Ei", "9223372036854775807"),
        ("-8Ei", "-9223372036854775807"),
        ("1.0001Ki", "1024102400u"),
        ("1000E", "1000E"),
    ] {
        assert_eq!(canonical(text), expected, "{text}");
    }
}

#[test]
fn equality_and_order_are_by_value() {
    assert_eq!(quantity("1Gi"), quantity("1024Mi"));
    assert_eq!(quantity("1"), quantity("1000m"));
    assert!(quantity("1G") < quantity("1Gi"));
    assert!(quantity("-1") < quantity("1n"));
}

#[test]
fn sum_is_written_like_the_first_unless_that_is_zero() {
    assert_eq!(quantity("1Gi").checked_add(&quantity("512Mi")).unwrap().to_string(), "1536Mi");
    assert_eq!(quantity("0").checked_add(&quantity("1Ki")).unwrap().to_string(), "1Ki");
    assert_eq!(quantity("1500m").checked_add(&quantity("1")).unwrap().to_string(), "2500m");
}

#[test]
fn product_is_exact_also_for_large_values() {
    assert_eq!(quantity("500m").checked_mul(&quantity("1.5")).unwrap().to_string(), "750m");
    assert_eq!(quantity("1E").checked_mul(&quantity("100000000")).unwrap().to_string(), "100000000E");
    assert_eq!(quantity("-3n").checked_mul(&quantity("0.5")).unwrap().to_string(), "-2n");
    assert_eq!(quantity("1E").checked_mul(&quantity("1E")), None);
}

#[test]
fn rounding_to_whole_units_goes_away_from_zero() {
    let third = quantity("1Gi").checked_mul(&quantity("0.3")).unwrap();
    assert_eq!(third.checked_ceil().unwrap().to_string(), "322122548");
    assert_eq!(quantity("-1500m").checked_ceil().unwrap().to_string(), "-2");
}

#[test]
fn wrong_texts_say_what_is_wrong() {
    for text in ["", "m", "+", ".", " 1", "--1", "١"] {
        assert_eq!(Quantity::parse(text), Err(QuantityError::Format(text.to_owned())));
    }
    for text in ["1..2", "1 ", "1Gi5x", "1,5", "1gi", "1GB", "1e", "1m3", "1Ee3", "1ee3"] {
        assert_eq!(Quantity::parse(text), Err(QuantityError::Suffix(text.to_owned())));
    }
    for text in ["1e30", "1e999999999999"] {
        assert_eq!(Quantity::parse(text), Err(QuantityError::TooLarge(text.to_owned())));
    }
    assert!(Quantity::parse(&"x".repeat(1 << 20)).unwrap_err().to_string().len() < 200);
}

proptest::proptest! {
    #[test]
    fn printing_and_reading_again_keeps_the_value(nanos: i128, which in 0_usize..3) {
        let format = [Format::DecimalSi, Format::BinarySi, Format::DecimalExponent][which];
        let value = Quantity { nanos: nanos >> (nanos & 127), format };
        let again = Quantity::parse(&value.to_string());
        // A binary form is capped at 2^63-1 units when it is read.
        if format != Format::BinarySi || value.nanos.unsigned_abs() < 1 << 92 {
            proptest::prop_assert_eq!(again, Ok(value));
        }
    }

    #[test]
    fn any_text_is_read_or_refused(text: String, digits in "[+-]?[0-9.]{0,60}(e-?[0-9]{1,22}|[a-zA-Z]{0,2})") {
        let _ = Quantity::parse(&text);
        let _ = Quantity::parse(&digits);
    }
}
