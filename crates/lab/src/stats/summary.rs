//! Numbers that describe a sample.

/// Arithmetic mean; NaN for none.
pub fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// The sample's standard deviation, with n − 1; NaN for fewer than two values.
pub fn std(values: &[f64]) -> f64 {
    variance(values).sqrt()
}

/// The sample's variance, with n − 1; NaN for fewer than two values.
pub fn variance(values: &[f64]) -> f64 {
    if values.len() < 2 {
        return f64::NAN;
    }
    let mean = mean(values);
    values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (values.len() - 1) as f64
}

/// The middle value, or the mean of the two middle ones; infinities have their place, and NaN
/// comes last. `None` for no values.
///
/// ```
/// assert_eq!(lab::stats::median(&[3.0, 1.0, f64::INFINITY]), Some(3.0));
/// ```
pub fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => None,
        n if n % 2 == 1 => Some(sorted[middle]),
        _ => Some(0.5 * (sorted[middle - 1] + sorted[middle])),
    }
}

/// The quantile at `p` of sorted values, on straight lines between them (Hyndman & Fan's type 7, the
/// default of NumPy and R); NaN for none.
pub fn quantile_sorted(sorted: &[f64], p: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else { return f64::NAN };
    let place = p.clamp(0.0, 1.0) * last as f64;
    let below = place as usize;
    let (low, high) = (sorted[below], sorted[(below + 1).min(last)]);
    let fraction = place - below as f64;
    if low == high { low } else { low + (high - low) * fraction }
}

/// The interquartile mean: the mean without the lowest and the highest quarter, each rounded down to
/// whole values (Agarwal et al. 2021; `scipy.stats.trim_mean(values, 0.25)`). `None` for no values.
///
/// ```
/// assert_eq!(lab::stats::iqm(&[9.0, 1.0, 2.0, 3.0]), Some(2.5));
/// ```
pub fn iqm(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let cut = sorted.len() / 4;
    (!sorted.is_empty()).then(|| mean(&sorted[cut..sorted.len() - cut]))
}
