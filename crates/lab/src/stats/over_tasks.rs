//! Several methods over several tasks: mean ranks, Friedman's test, critical differences (Demšar 2006,
//! *Statistical comparisons of classifiers over multiple data sets*).

use serde::Serialize;

use super::distribution::{chi_squared, fisher, studentized_range};
use super::multiple::{Contrast, holm};
use super::rank_tests::wilcoxon;
use super::ranks::average_ranks;
use train::Direction;

/// Mean ranks of methods with what they can show.
#[derive(Debug, Clone, PartialEq)]
pub struct MeanRanks {
    /// The mean rank of each method over tasks, 1 the best.
    pub ranks: Vec<f64>,
    /// Tasks.
    pub tasks: usize,
    /// Friedman's χ² with k − 1 degrees of freedom, corrected for ties.
    pub chi_squared: f64,
    /// p-value of `chi_squared` for all methods being alike.
    pub p: f64,
    /// Iman & Davenport's F of the same, less conservative; with k − 1 and (k − 1)(N − 1) degrees.
    pub f: f64,
    /// p-value of `f`.
    pub f_p: f64,
    /// Nemenyi's critical difference: mean ranks that are further from each other are told apart.
    pub critical_difference: f64,
}

/// Mean ranks of `scores[task][method]`, diverged runs last; Friedman's test (1937), its F form (Iman &
/// Davenport 1980), and Nemenyi's critical difference q/√2 · √(k(k + 1)/(6N)) at this confidence.
/// `None` for fewer than two tasks or methods.
///
/// ```
/// use lab::stats::{Direction, mean_ranks};
/// let scores = [vec![0.9, 0.8, 0.7], vec![0.6, 0.5, f64::NAN], vec![0.8, 0.9, 0.1]];
/// let found = mean_ranks(&scores, Direction::Maximize, 0.95).unwrap();
/// assert_eq!(found.ranks, [4.0 / 3.0, 5.0 / 3.0, 3.0]);
/// assert!(found.critical_difference > 1.9, "three tasks show little");
/// ```
pub fn mean_ranks(scores: &[Vec<f64>], direction: Direction, confidence: f64) -> Option<MeanRanks> {
    let (tasks, methods) = (scores.len(), scores.first()?.len());
    if tasks < 2 || methods < 2 {
        return None;
    }
    let (n, k) = (tasks as f64, methods as f64);
    let (mut ranks, mut ties) = (vec![0.0; methods], 0.0);
    for task in scores {
        let (of_task, tied) = average_ranks(&task.iter().map(|&x| -direction.merit(x)).collect::<Vec<_>>());
        ranks.iter_mut().zip(of_task).for_each(|(sum, rank)| *sum += rank);
        ties += tied;
    }
    ranks.iter_mut().for_each(|sum| *sum /= n);
    let spread: f64 = ranks.iter().map(|rank| (rank - (k + 1.0) / 2.0).powi(2)).sum();
    let correction = 1.0 - ties / (n * (k * k * k - k));
    // Methods that tie on every task are alike.
    let chi2 = if correction > 0.0 { 12.0 * n / (k * (k + 1.0)) * spread / correction } else { 0.0 };
    let f = (n - 1.0) * chi2 / (n * (k - 1.0) - chi2).max(0.0);
    let q = studentized_range::quantile(confidence, methods);
    Some(MeanRanks {
        ranks,
        tasks,
        chi_squared: chi2,
        p: chi_squared::sf(chi2, k - 1.0),
        f,
        f_p: fisher::sf(f, k - 1.0, (k - 1.0) * (n - 1.0)),
        critical_difference: q / 2.0_f64.sqrt() * (k * (k + 1.0) / (6.0 * n)).sqrt(),
    })
}

/// Two methods over all tasks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TaskPair {
    /// The methods, by their places.
    pub methods: (usize, usize),
    /// Wilcoxon's p-value over tasks, Holm-corrected over all pairs; 1 where all tasks tie.
    pub adjusted_p: f64,
}

/// Every pair of methods by Wilcoxon's signed ranks over `scores[task][method]`, Holm-corrected
/// (Benavoli et al. 2016 in place of Nemenyi's, which depends on the other methods). A diverged run is
/// worse than every other by more than any finite difference.
pub fn wilcoxon_holm(scores: &[Vec<f64>], direction: Direction) -> Vec<TaskPair> {
    let methods = scores.first().map_or(0, Vec::len);
    let pairs: Vec<(usize, usize)> =
        (0..methods).flat_map(|i| (i + 1..methods).map(move |j| (i, j))).collect();
    let p = |&(i, j): &(usize, usize)| {
        let difference = |task: &Vec<f64>| match (direction.merit(task[i]), direction.merit(task[j])) {
            (a, b) if a == b => 0.0,
            (a, b) => a - b,
        };
        wilcoxon(&scores.iter().map(difference).collect::<Vec<_>>()).map_or(1.0, |test| test.p)
    };
    let adjusted = holm(&pairs.iter().map(p).collect::<Vec<_>>());
    pairs.into_iter().zip(adjusted).map(|(methods, adjusted_p)| TaskPair { methods, adjusted_p }).collect()
}

/// Tasks on which a method is better, not told apart, or worse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct WinsTiesLosses {
    /// Told apart and better.
    pub wins: usize,
    /// Not told apart.
    pub ties: usize,
    /// Told apart and worse.
    pub losses: usize,
}

/// Counts the contrasts of one method less another, one a task, from one family
/// ([`simultaneous`](super::simultaneous)).
pub fn wins_ties_losses(contrasts: &[Contrast], direction: Direction) -> WinsTiesLosses {
    let mut count = WinsTiesLosses::default();
    for contrast in contrasts {
        let better = direction.merit(contrast.difference) > 0.0;
        match (contrast.told_apart, better) {
            (false, _) => count.ties += 1,
            (true, true) => count.wins += 1,
            (true, false) => count.losses += 1,
        }
    }
    count
}
