//! The course of a learning rate, and the loss over it, as columns of blocks; charts as characters.

use lab::lr_finder::{RangeTest, SeedSweep, Sweep};
use optim::LrSchedule;
use optim::hyper::Value;

use crate::text;

#[cfg(feature = "lessons")]
mod picture;

#[cfg(feature = "lessons")]
pub(crate) use picture::picture;

const ROWS: usize = 8;
const EIGHTHS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// The factors of a schedule over `total` steps; see [`values`].
pub(crate) fn schedule(schedule: &LrSchedule, total: u64, width: usize) -> String {
    values(&|step| schedule.factor(step, total), total, width)
}

/// A value at each of `total` steps with both axes, at most `width` columns if there is
/// room for ten.
pub(crate) fn values(value: &dyn Fn(u64) -> f64, total: u64, width: usize) -> String {
    let greatest = (0..total).map(value).fold(0.0, f64::max);
    let top = round_above(greatest);
    let labels = [top, top / 2.0, 0.0].map(|x| Value::Number(x).to_string());
    let left = labels.iter().map(|label| text::width(label)).max().unwrap_or(0);
    let columns = room(width, left);

    let heights: Vec<usize> = (0..columns as u64)
        .map(|column| {
            let step = u128::from(total.saturating_sub(1)) * u128::from(column) / (columns as u128 - 1);
            let share = value(step as u64).max(0.0) / top;
            (share * (8 * ROWS) as f64).round() as usize
        })
        .collect();
    let first = "step 0";
    let last = text::grouped(total.saturating_sub(1));
    let between = columns.saturating_sub(first.len());
    blocks(&heights, &labels) + &format!("  {:left$}  {first}{last:>between$}\n", "")
}

/// The median of a range test's losses over the logarithm of the rate, at most `width` columns where there
/// is room for ten; under it a letter at each of `marks`, the first ones in front.
pub(crate) fn losses(test: &RangeTest, marks: &[(char, f64)], width: usize) -> String {
    let of = |pick: fn(f64, f64) -> f64, from: f64, value: fn(&SeedSweep) -> f64| {
        test.sweeps.iter().map(value).filter(|loss| loss.is_finite()).fold(from, pick)
    };
    let low = of(f64::min, f64::INFINITY, |sweep| sweep.reading.lowest);
    let beginning = of(f64::max, 0.0, |sweep| sweep.reading.beginning).max(low);
    let fall = (beginning - low).max(0.02 * beginning);
    // An eighth of the fall below and a quarter above; what is higher fills its column.
    let (bottom, top) = ((low - 0.125 * fall).max(0.0), beginning + 0.25 * fall);
    let labels = [top, (bottom + top) / 2.0, bottom].map(|loss| report::decimals(loss, 2));
    let left = labels.iter().map(|label| text::width(label)).max().unwrap_or(0);
    let columns = room(width, left);

    let steps = test.sweep.steps as usize - 1;
    let heights: Vec<usize> = (0..columns)
        .map(|column| {
            // Where the sweeps have ended, the loss was too high to go on.
            let loss = test.median.get(steps * column / (columns - 1)).copied().unwrap_or(f64::INFINITY);
            ((loss - bottom) / (top - bottom) * (8 * ROWS) as f64).round() as usize
        })
        .collect();
    let Sweep { from, to, .. } = test.sweep;
    let mut under = vec![' '; columns];
    for (letter, rate) in marks.iter().rev() {
        let share = (rate / from).ln() / (to / from).ln();
        under[((columns - 1) as f64 * share).round().clamp(0.0, (columns - 1) as f64) as usize] = *letter;
    }
    let [first, last] = [from, to].map(|rate| format!("{}", Value::Number(rate)));
    let between = columns.saturating_sub(first.len());
    let under: String = under.into_iter().collect();
    blocks(&heights, &labels)
        + &format!("  {:left$}  {}\n  {:left$}  {first}{last:>between$}\n", "", under.trim_end(), "")
}

/// Marks of the first series, of the second, and so on; a prediction has dots.
#[cfg(any(feature = "lessons", feature = "tui"))]
pub(crate) const GLYPHS: [char; 12] = ['●', '■', '▲', '◆', '▼', '○', '□', '△', '◇', '▽', '★', '☆'];

/// Columns for blocks next to labels of this width.
fn room(width: usize, left: usize) -> usize {
    width.saturating_sub(left + 4).clamp(10, 60)
}

/// Columns of blocks, their heights in eighths of a row; the labels are of top, middle and bottom.
fn blocks(heights: &[usize], labels: &[String; 3]) -> String {
    let left = labels.iter().map(|label| text::width(label)).max().unwrap_or(0);
    let mut chart = String::new();
    for row in (0..ROWS).rev() {
        let label = match row {
            0 => &labels[2],
            row if row == ROWS / 2 => &labels[1],
            row if row == ROWS - 1 => &labels[0],
            _ => "",
        };
        let line: String =
            heights.iter().map(|height| EIGHTHS[height.saturating_sub(8 * row).min(8)]).collect();
        chart += format!("  {label:>left$} │{line}").trim_end();
        chart.push('\n');
    }
    chart + &format!("  {:left$} └{}\n", "", "─".repeat(heights.len()))
}

/// The least of 1, 2 and 5 times a power of ten that is not below `x`; 1 for 0.
fn round_above(x: f64) -> f64 {
    if x <= 0.0 {
        return 1.0;
    }
    let power = x.log10().floor() as i32;
    // A power of ten below 1 is divided by, which rounds once: 0.05, not 0.050000000000000003.
    let scaled =
        |digit: f64| if power < 0 { digit / 10_f64.powi(-power) } else { digit * 10_f64.powi(power) };
    [1.0, 2.0, 5.0, 10.0].map(scaled).into_iter().find(|y| *y >= x).unwrap_or(x)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_straight_line_falls_over_the_whole_chart() {
        let chart = super::schedule(&"linear".parse().unwrap(), 17, 24);
        assert_eq!(
            chart,
            "    1 │█▄
      │███▅▁
      │█████▅▁
  0.5 │███████▆▂
      │█████████▆▂
      │███████████▇▃
      │█████████████▇▃
    0 │████████████████▄
      └─────────────────
       step 0         16
"
        );
    }

    #[test]
    fn the_scale_is_round_at_every_size() {
        assert_eq!(
            [0.0, 1.0, 1.01, 0.04, 3e-7, 700.0, 5.0].map(round_above),
            [1.0, 1.0, 2.0, 0.05, 5e-7, 1000.0, 5.0]
        );
        for text in ["constant value=0", "constant value=1e300", "constant value=1e-320"] {
            let chart = super::schedule(&text.parse().unwrap(), 3, 40);
            assert!(chart.lines().all(|line| text::width(line) <= 40), "{chart}");
        }
    }

    #[test]
    fn one_step_and_very_many_draw_as_well() {
        assert!(super::schedule(&LrSchedule::default(), 1, 80).contains("████"));
        assert!(super::schedule(&LrSchedule::default(), 1_000_000, 80).contains("999,999"));
    }
}
