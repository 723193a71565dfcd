//! One-line description of a comparison.

use lab::compare::Comparison;

use crate::number::counted;
use crate::text::{listed, plain, shorten};

/// `sgd, adam and rmsprop on mnist`; more than four optimizers are counted.
pub(crate) fn headline(comparison: &Comparison) -> String {
    let rows = &comparison.rows;
    let names: Vec<String> = rows.iter().map(|row| shorten(&plain(&row.optimizer), 24)).collect();
    let who = match names.len() {
        0 => "No optimizers".to_string(),
        1..=4 => listed(&names),
        n => counted(n, "optimizer"),
    };
    match comparison.runs.first() {
        Some(run) => format!("{who} on {}", shorten(&plain(&run.task.data.name), 32)),
        None => who,
    }
}

/// Explanation of lines and bands.
pub(crate) fn line_and_band(comparison: &Comparison) -> String {
    match comparison.rows.iter().map(|row| row.runs).max().unwrap_or(0) {
        0 | 1 => "Lines are single runs.".to_string(),
        n => format!(
            "Lines are means over {}, bands reach from the least to the greatest seed.",
            counted(n, "seed")
        ),
    }
}
