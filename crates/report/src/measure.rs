//! Values of a metric in words: fractions in percent, other measures as numbers.

use lab::compare::Estimate;
use train::{Direction, Metric};

use crate::number;

/// One value: `97.21%`, `0.0341`.
pub(crate) fn value(metric: Metric, x: f64) -> String {
    if metric.is_fraction() { number::percent(x) } else { loss(x) }
}

/// A number that is no fraction, with the same minus sign as gains.
fn loss(x: f64) -> String {
    let digits = number::loss(x);
    digits.strip_prefix('-').map(|magnitude| format!("−{magnitude}")).unwrap_or(digits)
}

/// A mean with its interval: `97.21% [97.05, 97.37]`.
pub(crate) fn interval(metric: Metric, estimate: &Estimate) -> String {
    match (estimate.low, estimate.high) {
        _ if metric.is_fraction() => number::percent_interval(estimate),
        (Some(low), Some(high)) => {
            format!("{} [{}, {}]", loss(estimate.mean), loss(low), loss(high))
        }
        _ => loss(estimate.mean),
    }
}

/// The ends of an interval: `[97.05, 97.37]`.
pub(crate) fn range(metric: Metric, low: f64, high: f64) -> String {
    let [low, high] = [low, high].map(|end| value(metric, end));
    format!("[{}, {}]", low.trim_end_matches('%'), high.trim_end_matches('%'))
}

/// A gain, with its sign.
pub(crate) fn gain(metric: Metric, x: f64) -> String {
    if metric.is_fraction() {
        return number::points(x);
    }
    let digits = loss(x);
    if digits.starts_with('−') || x.is_nan() { digits } else { format!("+{digits}") }
}

/// The ends of an interval of a gain: `+0.05 to +0.19`.
pub(crate) fn gains(metric: Metric, low: f64, high: f64) -> String {
    format!("{} to {}", gain(metric, low), gain(metric, high))
}

/// The unit of a gain, as the page has it.
pub(crate) fn unit(metric: Metric) -> &'static str {
    if metric.is_fraction() { "in percentage points" } else { "positive where the first is better" }
}

/// Direction of the curves of the loss and the metric.
pub(crate) fn direction(metric: Metric) -> String {
    match metric.direction() {
        Direction::Maximize => format!("Lower is better for the loss, higher for the {}.", metric.name()),
        Direction::Minimize => "Lower is better.".to_string(),
    }
}
