//! Axes: linear and logarithmic scales with round ticks.

/// A scale and its ticks.
#[derive(Debug, Clone)]
pub(crate) struct Axis {
    low: f64,
    high: f64,
    log: bool,
    /// Pixels of `low` and `high`.
    pixels: (f64, f64),
    /// Ticks in ascending order.
    pub(crate) ticks: Vec<f64>,
    /// Number of decimals that shows the ticks as distinct.
    pub(crate) decimals: usize,
}

impl Axis {
    /// From zero to exactly `high`, for epochs.
    pub(crate) fn from_zero(high: f64, pixels: (f64, f64), most_ticks: usize) -> Axis {
        let high = if high > 0.0 && high.is_finite() { high } else { 1.0 };
        let (step, decimals) = round_step(high / most_ticks as f64);
        let ticks = multiples(step, 0.0, high);
        Axis { low: 0.0, high, log: false, pixels, ticks, decimals }
    }

    /// From a round number at or below `low` to one at or above `high`.
    pub(crate) fn linear(low: f64, high: f64, pixels: (f64, f64), most_ticks: usize) -> Axis {
        let (low, high) = if high > low { (low, high) } else { widened(low) };
        let (step, decimals) = round_step((high - low) / most_ticks as f64);
        // A little slack: a limit that is a multiple up to rounding stays where it is.
        let low = (low / step + 1e-9).floor() * step;
        let high = (high / step - 1e-9).ceil() * step;
        Axis { low, high, log: false, pixels, ticks: multiples(step, low, high), decimals }
    }

    /// Places 0, 1, … with half a place on both sides.
    pub(crate) fn named(count: usize, pixels: (f64, f64)) -> Axis {
        let ticks = (0..count).map(|place| place as f64).collect();
        Axis { low: -0.5, high: count as f64 - 0.5, log: false, pixels, ticks, decimals: 0 }
    }

    /// Over positive numbers more than a decade apart, equal ratios at equal distances.
    pub(crate) fn log(low: f64, high: f64, pixels: (f64, f64), most_ticks: usize) -> Axis {
        let ticks = log_ticks(low, high, most_ticks);
        let least = ticks.first().copied().unwrap_or(low);
        let decimals = (-least.log10().floor()).clamp(0.0, 12.0) as usize;
        Axis { low, high, log: true, pixels, ticks, decimals }
    }

    /// The pixel of a number; numbers outside the range lie outside the pixels, within reason.
    pub(crate) fn place(&self, x: f64) -> f64 {
        let scaled = |x: f64| {
            if self.log { x.max(f64::MIN_POSITIVE).log10() } else { x }
        };
        let (low, high) = (scaled(self.low), scaled(self.high));
        let (from, to) = self.pixels;
        let pixel = from + (scaled(x) - low) / (high - low) * (to - from);
        pixel.clamp(from.min(to) - FAR, from.max(to) + FAR)
    }

    pub(crate) fn low(&self) -> f64 {
        self.low
    }

    pub(crate) fn high(&self) -> f64 {
        self.high
    }

    pub(crate) fn is_log(&self) -> bool {
        self.log
    }
}

/// Pixels beyond the plot that no reader sees, so that a loss of 1e300 is still a coordinate.
const FAR: f64 = 10_000.0;

/// 1, 2 or 5 times a power of ten, not below `least`, and the decimals that write it.
fn round_step(least: f64) -> (f64, usize) {
    let power = least.log10().floor() as i32;
    let decimals = |power: i32| (-power).clamp(0, 12) as usize;
    for digit in [1.0, 2.0, 5.0] {
        let step = digit * 10f64.powi(power);
        if step >= least * (1.0 - 1e-9) {
            return (step, decimals(power));
        }
    }
    (10f64.powi(power + 1), decimals(power + 1))
}

fn multiples(step: f64, low: f64, high: f64) -> Vec<f64> {
    let first = (low / step - 1e-9).ceil() as i64;
    let last = (high / step + 1e-9).floor() as i64;
    (first..=last).map(|k| k as f64 * step).collect()
}

/// The densest of some sets of round numbers that has at most `most` ticks in the range.
fn log_ticks(low: f64, high: f64, most: usize) -> Vec<f64> {
    let decades = low.log10().floor() as i32..=high.log10().ceil() as i32;
    let within = |x: &f64| (low * (1.0 - 1e-9)..=high * (1.0 + 1e-9)).contains(x);
    let digits: [&[f64]; 4] = [&[1.0, 2.0, 3.0, 5.0, 7.0], &[1.0, 2.0, 5.0], &[1.0, 3.0], &[1.0]];
    for set in digits {
        let ticks: Vec<f64> = decades
            .clone()
            .flat_map(|power| set.iter().map(move |digit| digit * 10f64.powi(power)))
            .filter(within)
            .collect();
        if ticks.len() <= most {
            return ticks;
        }
    }
    let every = (decades.clone().count()).div_ceil(most);
    decades.step_by(every).map(|power| 10f64.powi(power)).filter(within).collect()
}

fn widened(x: f64) -> (f64, f64) {
    let margin = if x == 0.0 { 1.0 } else { x.abs() * 0.1 };
    (x - margin, x + margin)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(got: &[f64], want: &[f64]) {
        let same =
            got.len() == want.len() && got.iter().zip(want).all(|(g, w)| (g - w).abs() <= 1e-9 * w.abs());
        assert!(same, "{got:?} is not {want:?}");
    }

    #[test]
    fn linear_ticks_are_round_and_hold_the_range() {
        let axis = Axis::linear(0.843, 0.978, (100.0, 0.0), 8);
        near(&axis.ticks, &[0.84, 0.86, 0.88, 0.9, 0.92, 0.94, 0.96, 0.98]);
        assert_eq!(axis.decimals, 2);
        assert!(axis.place(0.843) < 100.0 && axis.place(0.978) > 0.0);

        near(&Axis::linear(0.9, 1.0, (1.0, 0.0), 5).ticks, &[0.9, 0.92, 0.94, 0.96, 0.98, 1.0]);
        near(&Axis::from_zero(5.0, (0.0, 1.0), 6).ticks, &[0.0, 1.0, 2.0, 3.0, 4.0, 5.0]);
    }

    #[test]
    fn log_ticks_are_round_at_any_width() {
        near(&log_ticks(0.015, 2.3, 8), &[0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0]);
        near(&log_ticks(0.3, 4.0, 8), &[0.3, 0.5, 0.7, 1.0, 2.0, 3.0]);
        assert!(log_ticks(1e-12, 1e30, 8).len() <= 8);
        assert!(log_ticks(1e-12, 1e30, 8).len() >= 3);
    }

    #[test]
    fn a_flat_or_empty_range_still_has_a_scale() {
        for axis in [
            Axis::linear(0.5, 0.5, (0.0, 1.0), 5),
            Axis::linear(0.0, 0.0, (0.0, 1.0), 5),
            Axis::from_zero(0.0, (0.0, 1.0), 5),
        ] {
            assert!(axis.ticks.len() >= 2, "{axis:?}");
            assert!(axis.place(0.5).is_finite());
        }
        assert!(Axis::log(1e-6, 1.0, (1.0, 0.0), 5).place(f64::MAX).abs() <= FAR + 1.0);
    }
}
