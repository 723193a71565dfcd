//! Sentences about results: one short function for each, from the values of `lab`.
//!
//! `lab` decides what is true and hands over enums and numbers; the words are here, once, for the
//! terminal, the page and JSON.

mod comparison;
mod range_test;
mod tuned;

pub use comparison::{verdict, warning, warnings};
pub use range_test::{departure, doubt, doubts, reason};
pub use tuned::{tuned_verdict, tuning, tuning_warnings};

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
