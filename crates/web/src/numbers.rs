//! Numbers for pages, in as few digits as a picture shows.

use serde_json::Value;

/// Digits of a number in a picture.
const DIGITS: usize = 6;

/// A number as JSON; `null` for one that is not finite, which a picture leaves out.
pub(crate) fn number(x: f64) -> Value {
    let short = || format!("{x:.*e}", DIGITS - 1).parse::<f64>().expect("a number as printed");
    if x.is_finite() { short().into() } else { Value::Null }
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
    }
}
