//! Ways to choose the next trial from those before it.

use lab::search::Point;

/// Chooses trials one after the other.
pub(super) trait Searcher {
    /// The next trial after these, with the score of each.
    ///
    /// # Errors
    /// If another program that chooses it has failed.
    fn next(&mut self, points: &[Point], scores: &[f64]) -> Result<Point, String>;
}
