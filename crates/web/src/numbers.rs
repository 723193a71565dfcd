//! Numbers for pages, in as few digits as a picture shows.

use serde_json::Value;

/// Digits of a number in a picture.
const DIGITS: i32 = 6;

/// A number as JSON; `null` for one that is not finite, which a picture leaves out.
pub(crate) fn number(x: f64) -> Value {
    if x.is_finite() { short(x).into() } else { Value::Null }
}

/// The number with these digits that is nearest, near enough.
fn short(x: f64) -> f64 {
    let size = x.abs();
    // A whole number over an exact power of ten is the double that prints as these digits.
    if (1e-9..1e6).contains(&size) {
        let power = 10_f64.powi(DIGITS - 1 - size.log10().floor() as i32);
        return (x * power).round() / power;
    }
    format!("{x:.*e}", DIGITS as usize - 1).parse().expect("a number as printed")
}

/// A row of numbers.
pub(crate) fn row(values: &[f64]) -> Value {
    values.iter().copied().map(number).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short_and_always_json() {
        let row = row(&[0.123_456_789, f64::NAN, f64::INFINITY, -2.0, 1e-300]);
        assert_eq!(row.to_string(), "[0.123457,null,null,-2.0,1e-300]");
        for (x, text) in [
            (0.0, "0.0"),
            (0.001_234_567_89, "0.00123457"),
            (99.999_999_9, "100.0"),
            (-123_456.789, "-123457.0"),
            (12_345_678.0, "12345700.0"),
            (4.567_890_123e-9, "4.56789e-9"),
            (1e-10, "1e-10"),
        ] {
            assert_eq!(number(x).to_string(), text);
        }
    }
}
