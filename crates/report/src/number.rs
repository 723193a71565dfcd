//! Numbers as a reader sees them.

use lab::compare::Estimate;

/// Placeholder of a missing number.
pub(crate) const NONE: &str = "—";

/// A loss to four decimals, or with an exponent where those would not show it.
pub(crate) fn loss(x: f64) -> String {
    decimals(x, 4)
}

/// A measured number to some decimals, or to three digits with an exponent where those would not show it or be a row of
/// digits that no single precision has.
///
/// ```
/// use report::decimals;
/// assert_eq!([0.71234, 48231.5, 0.0].map(|x| decimals(x, 4)), ["0.7123", "48231.5000", "0.0000"]);
/// assert_eq!([5.1398e36, 0.00001234].map(|x| decimals(x, 4)), ["5.14e36", "1.23e-5"]);
/// ```
pub fn decimals(x: f64, decimals: usize) -> String {
    if x == 0.0 || (1e-3..1e6).contains(&x.abs()) { fixed(x, decimals) } else { exponent(x, 2) }
}

/// A share as a percentage with two decimals, one in ten thousand of a test set.
pub(crate) fn percent(x: f64) -> String {
    if x.is_finite() { format!("{}%", hundredfold(x)) } else { not_finite(x) }
}

/// `97.21% [97.05, 97.37]`; the mean alone without an interval.
pub(crate) fn percent_interval(estimate: &Estimate) -> String {
    match (estimate.low, estimate.high) {
        (Some(low), Some(high)) => {
            format!("{} [{}, {}]", percent(estimate.mean), hundredfold(low), hundredfold(high))
        }
        _ => percent(estimate.mean),
    }
}

/// A difference of shares in percentage points, with its sign.
pub(crate) fn points(x: f64) -> String {
    let digits = hundredfold(x);
    match digits.strip_prefix('-') {
        Some(magnitude) => format!("−{magnitude}"),
        None if x.is_nan() => digits,
        None => format!("+{digits}"),
    }
}

/// Seconds with as many decimals as the least of the column needs, so that the points line up.
pub(crate) fn seconds(x: f64, column: &[f64]) -> String {
    let decimals = match column.iter().copied().filter(|x| *x > 0.0).fold(f64::INFINITY, f64::min) {
        100.0.. => 0,
        10.0.. => 1,
        0.1.. => 2,
        0.01.. => 3,
        _ => 4,
    };
    if x == 0.0 || (1e-4..1e6).contains(&x) { fixed(x, decimals) } else { exponent(x, 1) }
}

/// Epochs with as many decimals as tell these apart, two at most, so that a column lines up.
pub(crate) fn epochs(x: f64, column: &[f64]) -> String {
    let fits = |decimals: &i32| {
        let scale = 10f64.powi(*decimals);
        column.iter().all(|x| !x.is_finite() || ((x * scale).round() - x * scale).abs() < 1e-6)
    };
    fixed(x, (1..2).find(fits).unwrap_or(2) as usize)
}

/// A number to two digits, with an exponent where it is very small or large: `0.0032`, `1e-7`.
pub(crate) fn two_digits(x: f64) -> String {
    let short: f64 = format!("{x:.1e}").parse().expect("a number as printed");
    shortest(short)
}

/// The shortest text that reads back, with an exponent where it is very small or large: `0.125`, `1e300`.
pub(crate) fn shortest(x: f64) -> String {
    // Debug writes an exponent, and a whole number with one decimal.
    format!("{x:?}").trim_end_matches(".0").to_string()
}

/// A p-value to three decimals; the smaller ones are only bounded.
pub(crate) fn p_value(p: f64) -> String {
    if p < 0.001 { "<0.001".to_string() } else { fixed(p, 3) }
}

/// A count with commas: `60,000`.
pub(crate) fn count(n: usize) -> String {
    let digits = n.to_string();
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// `3 seeds`, `1 seed`, `2 entries`.
pub(crate) fn counted(n: usize, what: &str) -> String {
    match what.strip_suffix('y') {
        _ if n == 1 => format!("{} {what}", count(n)),
        Some(stem) => format!("{} {stem}ies", count(n)),
        None => format!("{} {what}s", count(n)),
    }
}

/// A level or a confidence in percent with as many decimals as it has: `5%`, `99.5%`.
pub(crate) fn level(x: f64) -> String {
    format!("{}%", times(100.0 * x))
}

/// A number of times with at most two decimals: `2`, `1.25`.
pub(crate) fn times(x: f64) -> String {
    format!("{x:.2}").trim_end_matches('0').trim_end_matches('.').to_string()
}

/// A fixed number of decimals, without a minus sign on zero.
pub(crate) fn fixed(x: f64, decimals: usize) -> String {
    if !x.is_finite() {
        return not_finite(x);
    }
    let text = format!("{x:.decimals$}");
    match text.strip_prefix('-') {
        Some(magnitude) if magnitude.bytes().all(|b| b == b'0' || b == b'.') => magnitude.into(),
        _ => text,
    }
}

/// The shortest text that reads back: `0.001`, `10`.
pub(crate) fn plain(x: f64) -> String {
    if x.is_finite() { format!("{x}") } else { not_finite(x) }
}

/// Two decimals, unless that would be a row of digits.
fn hundredfold(x: f64) -> String {
    if x.abs() < 100.0 { fixed(x * 100.0, 2) } else { exponent(x * 100.0, 2) }
}

fn exponent(x: f64, decimals: usize) -> String {
    if x.is_finite() { format!("{x:.decimals$e}") } else { not_finite(x) }
}

fn not_finite(x: f64) -> String {
    match x {
        f64::INFINITY => "∞".to_string(),
        f64::NEG_INFINITY => "−∞".to_string(),
        _ => "NaN".to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn losses_keep_their_digits_at_every_size() {
        assert_eq!(loss(2.71234), "2.7123");
        assert_eq!(loss(0.0423), "0.0423");
        assert_eq!(loss(0.0), "0.0000");
        assert_eq!(loss(0.000012345), "1.23e-5");
        assert_eq!(loss(1e30), "1.00e30");
        assert_eq!(loss(f64::NAN), "NaN");
        assert_eq!(loss(f64::INFINITY), "∞");
    }

    #[test]
    fn shares_are_percentages() {
        assert_eq!(percent(0.9721), "97.21%");
        assert_eq!(points(0.0016), "+0.16");
        assert_eq!(points(-0.0016), "−0.16");
        assert_eq!(points(-0.00001), "+0.00");
        let one = Estimate { mean: 0.9721, low: None, high: None, n: 1 };
        assert_eq!(percent_interval(&one), "97.21%");
        let five = Estimate { low: Some(0.97), high: Some(0.9742), n: 5, ..one };
        assert_eq!(percent_interval(&five), "97.21% [97.00, 97.42]");
    }

    #[test]
    fn seconds_of_a_column_line_up() {
        let column = [1.0612, 0.9413, 12.3];
        assert_eq!(column.map(|x| seconds(x, &column)), ["1.06", "0.94", "12.30"]);
        assert_eq!(seconds(0.0481, &[0.0481]), "0.048");
        assert_eq!(seconds(4812.3, &[4812.3]), "4812");
        assert_eq!(seconds(0.0, &[0.0]), "0");
        assert_eq!(seconds(1e-9, &[1e-9]), "1.0e-9");
        assert_eq!(seconds(f64::INFINITY, &[]), "∞");
    }

    #[test]
    fn epochs_of_a_column_line_up() {
        assert_eq!(epochs(2.0, &[2.0, 1.5]), "2.0");
        assert_eq!(epochs(2.0, &[2.0, 1.25]), "2.00");
        assert_eq!(epochs(0.1 * 3.0, &[0.1 * 3.0]), "0.3");
    }

    #[test]
    fn counts_are_grouped() {
        assert_eq!(count(0), "0");
        assert_eq!(count(999), "999");
        assert_eq!(count(60_000), "60,000");
        assert_eq!(counted(1, "seed"), "1 seed");
        assert_eq!(counted(1_234_567, "run"), "1,234,567 runs");
        assert_eq!([1, 2].map(|n| counted(n, "entry")), ["1 entry", "2 entries"]);
    }
}
