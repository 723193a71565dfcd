//! Ranks, with diverged runs last.

use train::Direction;

/// Scores ranked, the best first.
#[derive(Debug, Clone, PartialEq)]
pub struct Ranking {
    /// The rank of each, from 1; equal scores share the mean of their ranks.
    pub ranks: Vec<f64>,
    /// Scores that are not finite. They share the last ranks.
    pub diverged: usize,
}

/// Ranks scores, the best first; diverged runs (scores that are not finite) rank last and are counted.
///
/// ```
/// use lab::stats::{Direction, rank};
/// let ranking = rank(&[0.3, f64::NAN, 0.1, 0.3, f64::INFINITY], Direction::Minimize);
/// assert_eq!(ranking.ranks, [2.5, 4.5, 1.0, 2.5, 4.5]);
/// assert_eq!(ranking.diverged, 2);
/// ```
pub fn rank(scores: &[f64], direction: Direction) -> Ranking {
    let cost: Vec<f64> = scores.iter().map(|&score| -direction.merit(score)).collect();
    let diverged = scores.iter().filter(|score| !score.is_finite()).count();
    Ranking { ranks: average_ranks(&cost).0, diverged }
}

/// Ranks from 1, the lowest first, equal values sharing the mean of theirs; and Σ (t³ − t) over ties of t.
pub(crate) fn average_ranks(values: &[f64]) -> (Vec<f64>, f64) {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    let (mut ranks, mut ties) = (vec![0.0; values.len()], 0.0);
    let mut before = 0.0;
    for group in order.chunk_by(|&a, &b| values[a] == values[b]) {
        let t = group.len() as f64;
        group.iter().for_each(|&i| ranks[i] = before + (t + 1.0) / 2.0);
        ties += t * t * t - t;
        before += t;
    }
    (ranks, ties)
}
