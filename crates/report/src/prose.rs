//! Sentences about results: one short function for each, from the values of `lab`.
//!
//! `lab` decides what is true and hands over enums and numbers; the words are here, once, for the
//! terminal, the page and JSON.

mod comparison;
mod looks;
mod range_test;
pub mod study;
mod tuned;

pub use comparison::{verdict, warning, warnings};
pub use looks::{looks, next_look};
pub use range_test::{departure, doubt, doubts, reason};
pub(crate) use tuned::tuned_alike;
pub use tuned::{tuned_verdict, tuning, tuning_warnings};

use lab::compare::Estimate;
use train::Metric;

use crate::number;

/// A learning rate to two digits: `0.0032`, `1e-7`.
pub fn rate(rate: f64) -> String {
    number::two_digits(rate)
}

/// `2 of 5 seeds`, `all 5 seeds`, `the one seed`.
fn of_seeds(count: usize, all: usize) -> String {
    match (count, all) {
        (_, 1) => "the one seed".to_string(),
        (count, all) if count == all => format!("all {all} seeds"),
        (count, all) => format!("{count} of {all} seeds"),
    }
}

/// A gain in the metric's unit: `4.38 points`, `0.2500`. A zero has no sign.
fn gain(metric: Metric, x: f64) -> String {
    format!("{}{}", digits(metric, x), if metric.is_fraction() { " points" } else { "" })
}

/// A mean gain with its interval: `4.38 points, 95% interval 4.07 to 4.69`; only the mean of one pair.
fn gain_with_interval(metric: Metric, gain_of: &Estimate) -> String {
    let interval = match (gain_of.low, gain_of.high) {
        (Some(low), Some(high)) => {
            format!("95% interval {} to {}", digits(metric, low), digits(metric, high))
        }
        _ => "one pair".to_string(),
    };
    format!("{}, {interval}", gain(metric, gain_of.mean))
}

fn digits(metric: Metric, x: f64) -> String {
    match metric.is_fraction() {
        true => number::points(x).trim_start_matches('+').to_string(),
        false => number::loss(x + 0.0).replace('-', "−"),
    }
}
