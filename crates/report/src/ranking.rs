//! The order in which optimizers are shown.

use std::cmp::Ordering;

use lab::compare::{Comparison, Row};

/// Indexes of the rows, best first: by mean accuracy, then those with diverged runs, then those
/// that always diverged. The mean of a row with diverged runs leaves out its worst ones, so it is
/// not compared with a whole row's.
pub(crate) fn ranked(comparison: &Comparison) -> Vec<usize> {
    let rows = &comparison.rows;
    let mut order: Vec<usize> = (0..rows.len()).collect();
    order.sort_by(|&a, &b| before(&rows[a], &rows[b]));
    order
}

fn before(a: &Row, b: &Row) -> Ordering {
    rank(a).cmp(&rank(b)).then_with(|| accuracy(b).total_cmp(&accuracy(a)))
}

fn rank(row: &Row) -> u8 {
    match (row.diverged, accuracy(row)) {
        (0, accuracy) if accuracy.is_finite() => 0,
        (0, _) => 1,
        _ if row.diverged < row.runs => 2,
        _ => 3,
    }
}

fn accuracy(row: &Row) -> f64 {
    let mean = row.accuracy.as_ref().map(|estimate| estimate.mean);
    mean.filter(|mean| mean.is_finite()).unwrap_or(f64::NEG_INFINITY)
}
