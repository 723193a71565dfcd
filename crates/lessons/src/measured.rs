//! Numbers of an experiment with their predictions.

use report::chart::{Chart, significant};
use serde::Serialize;

/// Result of an experiment: all that a verdict, a table and a picture are made of.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Measured {
    /// Numbers with their predictions, in the order of the table.
    pub numbers: Vec<Number>,
    /// Further tables.
    pub tables: Vec<Table>,
    /// Pictures.
    pub charts: Vec<Chart>,
    /// Origin of the data, of an experiment with data.
    pub data: Option<String>,
}

/// A measured number.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Number {
    /// Name for the verdict.
    pub key: String,
    /// Name for readers; `$…$` is a formula.
    pub label: String,
    /// Value of a formula for it.
    pub predicted: Option<f64>,
    /// Value as measured; infinite where something was never reached.
    pub measured: f64,
    /// Half the width of its 95% interval.
    pub margin: Option<f64>,
}

/// Rows of text under a heading.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Table {
    /// Names of the columns.
    pub head: Vec<String>,
    /// Cells of each row.
    pub rows: Vec<Vec<String>>,
}

impl Measured {
    /// Adds a measurement and the value that a formula gives for it.
    pub(crate) fn compare(&mut self, key: &str, label: &str, predicted: f64, measured: f64) {
        self.push(key, label, Some(predicted), measured, None);
    }

    /// Adds a measurement.
    pub(crate) fn note(&mut self, key: &str, label: &str, measured: f64) {
        self.push(key, label, None, measured, None);
    }

    /// Adds a mean over seeds with half the width of its 95% interval.
    pub(crate) fn mean(&mut self, key: &str, label: &str, values: &[f64]) {
        self.push(key, label, None, lab::stats::mean(values), lab::stats::interval95(values));
    }

    fn push(&mut self, key: &str, label: &str, predicted: Option<f64>, measured: f64, margin: Option<f64>) {
        let (key, label) = (key.to_string(), label.to_string());
        self.numbers.push(Number { key, label, predicted, measured, margin });
    }

    /// The number of this key.
    ///
    /// # Panics
    /// If the experiment did not measure it.
    #[track_caller]
    pub fn number(&self, key: &str) -> &Number {
        let found = self.numbers.iter().find(|number| number.key == key);
        found.unwrap_or_else(|| panic!("expected a measurement `{key}`"))
    }

    /// The measured value of this key.
    ///
    /// # Panics
    /// As [`number`](Measured::number).
    #[track_caller]
    pub fn get(&self, key: &str) -> f64 {
        self.number(key).measured
    }

    /// Numbers whose keys begin like this.
    pub fn all<'a>(&'a self, start: &'a str) -> impl Iterator<Item = &'a Number> {
        self.numbers.iter().filter(move |number| number.key.starts_with(start))
    }

    /// The largest relative error of the predictions of keys that begin like this; infinite if a number
    /// is.
    pub fn worst_error(&self, start: &str) -> f64 {
        let errors = self.all(start).filter_map(Number::error);
        errors.fold(0.0, |worst, error| if error.is_finite() { worst.max(error) } else { f64::INFINITY })
    }
}

impl Number {
    /// A mean over seeds, for a cell of a table.
    pub(crate) fn mean(values: &[f64]) -> Number {
        let (measured, margin) = (lab::stats::mean(values), lab::stats::interval95(values));
        Number { key: String::new(), label: String::new(), predicted: None, measured, margin }
    }

    /// Relative error of the prediction; 0 where both are the same infinity.
    pub fn error(&self) -> Option<f64> {
        let predicted = self.predicted?;
        if predicted == self.measured {
            return Some(0.0);
        }
        Some((self.measured - predicted).abs() / predicted.abs())
    }

    /// Value with half the width of its interval: `1.23 ± 0.45`. The margin has two digits, and the value ends where the
    /// margin does.
    pub(crate) fn with_margin(&self) -> String {
        let (value, margin) = (self.measured, self.margin.unwrap_or(f64::NAN));
        let power = margin.log10().floor();
        if !value.is_finite() || !(-6.0..6.0).contains(&power) {
            return format!("{} ± {}", number_text(value), number_text(margin));
        }
        let digits = (1.0 - power).max(0.0) as usize;
        format!("{value:.digits$} ± {margin:.digits$}").replacen('-', "−", 1)
    }
}

/// Text of a number: a count is exact with its thousands apart, everything else has three significant digits.
///
/// A count is an integer up to a million.
pub(crate) fn number_text(x: f64) -> String {
    let sign = if x < 0.0 { "−" } else { "" };
    let size = x.abs();
    match x.fract() == 0.0 && size < 1e6 {
        true if size < 1e3 => format!("{sign}{size}"),
        true => format!("{sign}{},{:03}", (size / 1e3).floor(), size % 1e3),
        false => significant(x),
    }
}

/// Text of a fraction in percent: `4.2%`.
pub(crate) fn percent_text(fraction: f64) -> String {
    significant(100.0 * fraction) + "%"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_have_no_decimals() {
        let texts = [7.0, 1403.0, -2.0, 0.0, 0.5, 1e9, 60_000.0, f64::INFINITY].map(number_text);
        assert_eq!(texts, ["7", "1,403", "−2", "0", "0.500", "1e9", "60,000", "∞"]);
    }

    #[test]
    fn a_value_ends_where_its_margin_does() {
        let text = |measured, margin| {
            Number {
                key: String::new(),
                label: String::new(),
                predicted: None,
                measured,
                margin: Some(margin),
            }
            .with_margin()
        };
        assert_eq!(text(90.0313, 0.779), "90.03 ± 0.78");
        assert_eq!(text(-1.6, 1.15), "−1.6 ± 1.1");
        assert_eq!(text(53.9, 57.3), "54 ± 57");
        assert_eq!(text(3.0, 0.0), "3 ± 0");
    }
}
