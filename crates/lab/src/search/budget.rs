//! Nested budgets: the trials of a smaller one are the first of a larger one.

use crate::stats::Direction;

/// 1, 2, 4, 8, … below a budget, and the budget itself.
///
/// ```
/// assert_eq!(lab::search::nested_budgets(16), [1, 2, 4, 8, 16]);
/// assert_eq!(lab::search::nested_budgets(12), [1, 2, 4, 8, 12]);
/// ```
pub fn nested_budgets(trials: usize) -> Vec<usize> {
    let powers = std::iter::successors(Some(1), |budget| Some(2 * budget)).take_while(|&b| b < trials);
    powers.chain((trials > 0).then_some(trials)).collect()
}

/// The best trial among the first `budget`, the earlier of equal ones; `None` if all of them diverged (have
/// a score that is not finite).
///
/// ```
/// use lab::search::best_within;
/// use lab::stats::Direction::Minimize;
/// let losses = [0.5, f64::NAN, 0.3, 0.3];
/// assert_eq!((best_within(&losses, 2, Minimize), best_within(&losses, 4, Minimize)), (Some(0), Some(2)));
/// ```
pub fn best_within(scores: &[f64], budget: usize, direction: Direction) -> Option<usize> {
    let merit = |i: &usize| direction.merit(scores[*i]);
    let finite = (0..scores.len().min(budget)).filter(|i| merit(i).is_finite());
    finite.reduce(|best, next| if merit(&next) > merit(&best) { next } else { best })
}
