//! The order in which optimizers are shown.

use std::cmp::Ordering;

use lab::compare::{Comparison, Row};
use train::Direction;

/// Indexes of the rows, best first: by mean metric, then those with diverged runs, then those
/// that always diverged. The mean of a row with diverged runs leaves out its worst ones, so it is
/// not compared with a whole row's.
pub(crate) fn ranked(comparison: &Comparison) -> Vec<usize> {
    let rows = &comparison.rows;
    let mut order: Vec<usize> = (0..rows.len()).collect();
    let direction = comparison.metric.direction();
    order.sort_by(|&a, &b| before(&rows[a], &rows[b], direction));
    order
}

fn before(a: &Row, b: &Row, direction: Direction) -> Ordering {
    let merit = |row: &Row| score(row).map_or(f64::NEG_INFINITY, |score| direction.merit(score));
    rank(a).cmp(&rank(b)).then_with(|| merit(b).total_cmp(&merit(a)))
}

fn rank(row: &Row) -> u8 {
    match (row.diverged, score(row)) {
        (0, Some(_)) => 0,
        (0, _) => 1,
        _ if row.diverged < row.runs => 2,
        _ => 3,
    }
}

fn score(row: &Row) -> Option<f64> {
    row.score.as_ref().map(|estimate| estimate.mean).filter(|mean| mean.is_finite())
}
