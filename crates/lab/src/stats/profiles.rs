//! Performance profiles over tasks.

use serde::Serialize;

/// A step plot: `y[i]` from `x[i]` up to the next.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Steps {
    /// Where steps are, rising.
    pub x: Vec<f64>,
    /// The height from there on; before the first it is 0.
    pub y: Vec<f64>,
}

impl Steps {
    /// The height at `x`.
    pub fn at(&self, x: f64) -> f64 {
        self.x.partition_point(|&step| step <= x).checked_sub(1).map_or(0.0, |i| self.y[i])
    }

    /// The mean height between two places.
    pub fn mean_between(&self, low: f64, high: f64) -> f64 {
        let inside = self.x.iter().copied().filter(|&x| low < x && x < high);
        let places: Vec<f64> = [low].into_iter().chain(inside).chain([high]).collect();
        places.windows(2).map(|w| (w[1] - w[0]) * self.at(w[0])).sum::<f64>() / (high - low)
    }
}

/// Dolan & Moré's performance profiles (2002), one a method: ρ(τ) is the share of tasks on which its cost
/// is at most τ times the lowest of all methods. `costs[task][method]` are positive, as a time to target;
/// one that is not finite is a miss and is never within any τ.
///
/// [`Steps::mean_between`] 1 and 4 is AlgoPerf's benchmark score.
///
/// ```
/// use lab::stats::performance_profiles;
/// let miss = f64::INFINITY;
/// let profiles = performance_profiles(&[vec![10.0, 20.0], vec![30.0, miss]]);
/// assert_eq!(profiles[0].at(1.0), 1.0);
/// assert_eq!((profiles[1].at(1.9), profiles[1].at(2.0), profiles[1].at(100.0)), (0.0, 0.5, 0.5));
/// ```
pub fn performance_profiles(costs: &[Vec<f64>]) -> Vec<Steps> {
    let methods = costs.first().map_or(0, Vec::len);
    let best = |task: &Vec<f64>| task.iter().copied().filter(|c| c.is_finite()).fold(f64::INFINITY, f64::min);
    let profile = |method: usize| {
        let ratios = costs.iter().map(|task| task[method] / best(task));
        let mut ratios: Vec<f64> = ratios.filter(|ratio| ratio.is_finite()).collect();
        ratios.sort_by(f64::total_cmp);
        let mut steps = Steps::default();
        for (i, &ratio) in ratios.iter().enumerate() {
            if steps.x.last() != Some(&ratio) {
                steps.x.push(ratio);
                steps.y.push(0.0);
            }
            *steps.y.last_mut().expect("pushed") = (i + 1) as f64 / costs.len() as f64;
        }
        steps
    };
    (0..methods).map(profile).collect()
}

/// Agarwal et al.'s score distribution (2021): for each threshold, the share of runs with a score above
/// it, averaged over tasks (one slice of scores a task). NaN is above nothing.
///
/// ```
/// let shares = lab::stats::score_profile(&[&[0.2, 0.6], &[0.9, 0.8]], &[0.0, 0.5, 0.85]);
/// assert_eq!(shares, [1.0, 0.75, 0.25]);
/// ```
pub fn score_profile(tasks: &[&[f64]], thresholds: &[f64]) -> Vec<f64> {
    let above = |scores: &&[f64], threshold: f64| {
        scores.iter().filter(|&&score| score > threshold).count() as f64 / scores.len() as f64
    };
    let share = |&threshold: &f64| {
        tasks.iter().map(|scores| above(scores, threshold)).sum::<f64>() / tasks.len() as f64
    };
    thresholds.iter().map(share).collect()
}
