//! The winner's curse: the best of many trials looks better than it is, so the two best run on fresh seeds
//! before one is chosen.

use crate::stats::{Direction, median};

/// A trial that was among the best, on the seeds that made it so and on fresh ones.
#[derive(Debug, Clone, PartialEq)]
pub struct Finalist {
    /// Index of the trial.
    pub trial: usize,
    /// Its scores on the tuning seeds.
    pub tuning: Vec<f64>,
    /// Its scores on further tuning seeds, which are no reporting seeds either.
    pub fresh: Vec<f64>,
}

/// The trial that is chosen, with both of its scores to show.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Winner {
    /// Index of the trial.
    pub trial: usize,
    /// Median score on the seeds that it was picked by: too good on average.
    pub tuning_score: f64,
    /// Median score on the fresh seeds, which chose it.
    pub fresh_score: f64,
    /// The excess of the tuning score over the fresh one, in the direction of the metric.
    pub optimism: f64,
}

/// The `count` best trials by the median of their tuning scores (`scores[trial]`), the best first; fewer if
/// the others diverged on half of their seeds.
///
/// ```
/// use lab::search::finalists;
/// use lab::stats::Direction::Maximize;
/// let scores = [vec![0.9, 0.7, 0.8], vec![0.95, 0.9, 0.2], vec![f64::NAN, f64::NAN, 0.99]];
/// assert_eq!(finalists(&scores, 2, Maximize), [1, 0]);
/// ```
pub fn finalists(scores: &[Vec<f64>], count: usize, direction: Direction) -> Vec<usize> {
    let merits: Vec<f64> = scores.iter().map(|seeds| middle(seeds, direction)).collect();
    let mut order: Vec<usize> = (0..scores.len()).filter(|&i| merits[i].is_finite()).collect();
    // Stable: of equal trials the earlier is better.
    order.sort_by(|&a, &b| merits[b].total_cmp(&merits[a]));
    order.truncate(count);
    order
}

/// The finalist with the best median on the fresh seeds, the earlier in the list of equal ones; `None` if
/// all diverged on half of theirs.
pub fn choose(finalists: &[Finalist], direction: Direction) -> Option<Winner> {
    let fresh = |finalist: &Finalist| middle(&finalist.fresh, direction);
    let finite = finalists.iter().filter(|finalist| fresh(finalist).is_finite());
    let best = finite.reduce(|best, next| if fresh(next) > fresh(best) { next } else { best })?;
    let (tuned, fresh) = (middle(&best.tuning, direction), fresh(best));
    Some(Winner {
        trial: best.trial,
        tuning_score: direction.score(tuned),
        fresh_score: direction.score(fresh),
        optimism: tuned - fresh,
    })
}

/// The median merit over seeds; −∞ for none.
fn middle(scores: &[f64], direction: Direction) -> f64 {
    let merits: Vec<f64> = scores.iter().map(|&score| direction.merit(score)).collect();
    median(&merits).unwrap_or(f64::NEG_INFINITY)
}
