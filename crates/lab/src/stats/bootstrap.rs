//! The bootstrap: BCa intervals of one sample, and of a statistic over several tasks.

use tensor::random::Stream;

use super::distribution::{normal, student};
use super::interval::Interval;
use super::summary::{iqm, mean, quantile_sorted};

/// Confidence, number of resamples, and the seed that they are drawn from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bootstrap {
    /// Confidence of the interval, such as .95.
    pub confidence: f64,
    /// Number of resamples.
    pub resamples: usize,
    /// Seed of the resamples.
    pub seed: u64,
}

impl Default for Bootstrap {
    fn default() -> Bootstrap {
        Bootstrap { confidence: 0.95, resamples: 9_999, seed: 0 }
    }
}

/// The BCa interval of a statistic of one sample: bias-corrected and accelerated (Efron 1987), at the
/// levels that small samples need. `None` for fewer than two values or if the statistic is not finite.
///
/// A resample of n values has (n − 1)/n of the variance that s² estimates and knows nothing of Student's
/// t, so with ten seeds a plain BCa interval of a mean covers 90%. The normal quantile z in it is
/// therefore replaced by √(n/(n − 1)) t with n − 1 degrees of freedom (Hesterberg 2015, *What teachers
/// should know about the bootstrap*, "expanded percentile interval").
/// Simulated coverage of a mean at 95%: 93 to 96% of ten or twenty normal values, 93 to 94% of log-normal
/// ones (σ = ½), 91 to 93% of exponential ones.
///
/// ```
/// use lab::stats::{Bootstrap, bca, mean};
/// let values = [96.8, 96.9, 96.7, 97.0, 96.6, 96.9, 96.8, 97.1, 96.5, 96.8];
/// let interval = bca(&values, mean, &Bootstrap::default()).unwrap();
/// assert!(interval.contains(96.81) && interval.half_width() < 0.2);
/// ```
pub fn bca(values: &[f64], statistic: impl Fn(&[f64]) -> f64, options: &Bootstrap) -> Option<Interval> {
    let n = values.len();
    let observed = statistic(values);
    if n < 2 || !observed.is_finite() {
        return None;
    }
    let mut stream = Stream::new(options.seed, "bootstrap");
    let mut resample = vec![0.0; n];
    let replicates = (0..options.resamples).map(|_| {
        draw(values, &mut resample, &mut stream);
        statistic(&resample)
    });
    let replicates = replicates.collect();
    let without = |i: usize| [&values[..i], &values[i + 1..]].concat();
    let jackknife: Vec<f64> = (0..n).map(|i| statistic(&without(i))).collect();
    let expansion = (n as f64 / (n as f64 - 1.0)).sqrt();
    let z = expansion * student::critical(1.0 - options.confidence, n as f64 - 1.0);
    Some(bca_interval(replicates, observed, &jackknife, z))
}

/// The interval at Φ(z₀ + (z₀ ± z)/(1 − a(z₀ ± z))) of the replicates: z₀ from the share of replicates
/// below the statistic, a from the skewness of the jackknife. With z = Φ⁻¹(.975) this is
/// `scipy.stats.bootstrap(method="BCa")` on the same replicates.
///
/// # Panics
/// If there are no replicates.
pub fn bca_interval(mut replicates: Vec<f64>, observed: f64, jackknife: &[f64], z: f64) -> Interval {
    replicates.sort_by(f64::total_cmp);
    let count = replicates.len();
    let below = replicates.partition_point(|&x| x < observed);
    let not_above = replicates.partition_point(|&x| x <= observed);
    // A statistic outside of all its replicates has no finite z₀: one replicate on its other side.
    let share = (0.5 * (below + not_above) as f64).clamp(0.5, count as f64 - 0.5) / count as f64;
    let bias = normal::quantile(share);
    let middle = mean(jackknife);
    let moment = |power: i32| jackknife.iter().map(|x| (middle - x).powi(power)).sum::<f64>();
    let acceleration = if moment(2) > 0.0 { moment(3) / (6.0 * moment(2).powf(1.5)) } else { 0.0 };
    let end = |z: f64| {
        let level = normal::cdf(bias + (bias + z) / (1.0 - acceleration * (bias + z)));
        quantile_sorted(&replicates, level)
    };
    Interval::new(end(-z), end(z))
}

/// The interquartile mean over the runs of several tasks (one slice of normalized scores a task).
/// `None` without a run.
pub fn iqm_over_tasks(tasks: &[&[f64]]) -> Option<f64> {
    iqm(&tasks.concat())
}

/// The interval of [`iqm_over_tasks`] by the stratified bootstrap: runs are resampled within each task
/// (Agarwal et al. 2021, *rliable*), percentiles at z √(n/(n − 1)) for n runs of the smallest task.
/// `None` if a task has fewer than two runs.
pub fn iqm_interval(tasks: &[&[f64]], options: &Bootstrap) -> Option<Interval> {
    stratified(tasks, |all| iqm(all).unwrap_or(f64::NAN), options)
}

/// The percentile interval of a statistic of all values, resampled within each stratum; at levels
/// expanded as in [`iqm_interval`]. `None` if a stratum has fewer than two values.
pub fn stratified(
    strata: &[&[f64]],
    mut statistic: impl FnMut(&[f64]) -> f64,
    options: &Bootstrap,
) -> Option<Interval> {
    let least = strata.iter().map(|values| values.len()).min()?;
    if least < 2 {
        return None;
    }
    let mut stream = Stream::new(options.seed, "stratified bootstrap");
    let mut resample = strata.concat();
    let mut replicate = || {
        let mut rest = &mut resample[..];
        for values in strata {
            let (part, after) = rest.split_at_mut(values.len());
            draw(values, part, &mut stream);
            rest = after;
        }
        statistic(&resample)
    };
    let mut replicates: Vec<f64> = (0..options.resamples).map(|_| replicate()).collect();
    replicates.sort_by(f64::total_cmp);
    let expansion = (least as f64 / (least as f64 - 1.0)).sqrt();
    let z = expansion * normal::quantile(0.5 + 0.5 * options.confidence);
    let end = |z| quantile_sorted(&replicates, normal::cdf(z));
    Some(Interval::new(end(-z), end(z)))
}

/// Fills a resample with values drawn with replacement.
fn draw(values: &[f64], resample: &mut [f64], stream: &mut Stream) {
    for place in resample {
        *place = values[stream.below(values.len() as u32) as usize];
    }
}
