//! The course of a learning rate, and the loss over it, as columns of blocks.

use lab::lr_finder::{RangeTest, SeedSweep, Sweep};
use optim::LrSchedule;
use optim::hyper::Value;

use crate::text;

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
    let labels = [top, (bottom + top) / 2.0, bottom].map(|loss| format!("{loss:.2}"));
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

/// A chart of lines and points with its legend, at most `width` columns where there is room for twenty.
#[cfg(feature = "lessons")]
pub(crate) fn picture(chart: &report::chart::Chart, width: usize) -> String {
    use report::chart::{Mark, Scale, significant};

    let mut page = text::paragraph(&chart.title, 2, width);
    let Some([x_range, y_range]) = chart.limits() else { return page + "  nothing to draw\n" };
    let labels = [y_range.1, y_range.0].map(significant);
    let left = labels.iter().map(|label| text::width(label)).max().unwrap_or(0);
    let columns = width.saturating_sub(left + 4).clamp(20, 70);
    let mut drawing = Drawing {
        cells: vec![vec![' '; columns]; DRAWING_ROWS],
        x: (x_range, chart.x.1 == Scale::Log),
        y: (y_range, chart.y.1 == Scale::Log),
    };
    drawing.marks(&chart.marks);
    let mut legend: String =
        drawing.series(chart).iter().map(|line| text::paragraph(line, 2, width)).collect();
    for (index, row) in drawing.cells.iter().enumerate() {
        let label = match index {
            0 => &labels[0],
            last if last == DRAWING_ROWS - 1 => &labels[1],
            _ => "",
        };
        let line: String = row.iter().collect();
        page += format!("  {label:>left$} │{line}").trim_end();
        page.push('\n');
    }
    page += &format!("  {:left$} └{}\n", "", "─".repeat(columns));
    let (under, across) = drawing.under(chart, columns);
    page += format!("  {:left$}  {under}", "").trim_end();
    page.push('\n');
    let log = |scale: &Scale| if *scale == Scale::Log { ", log scale" } else { "" };
    let axes = format!("across: {across}{}; up: {}{}", log(&chart.x.1), chart.y.0, log(&chart.y.1));
    page += &text::paragraph(&axes, 2, width);
    for mark in &chart.marks {
        let (Mark::X(at, label) | Mark::Y(at, label)) = mark;
        let glyph = if matches!(mark, Mark::X(..)) { '┊' } else { '┄' };
        legend += &text::paragraph(&format!("{glyph} {label} ({})", significant(*at)), 2, width);
    }
    page + &legend
}

/// Rows of a chart of lines and points.
#[cfg(feature = "lessons")]
const DRAWING_ROWS: usize = 14;

/// Characters of a chart, row by row from the top, with the range of each axis; true if it is logarithmic.
#[cfg(feature = "lessons")]
struct Drawing {
    cells: Vec<Vec<char>>,
    x: ((f64, f64), bool),
    y: ((f64, f64), bool),
}

#[cfg(feature = "lessons")]
impl Drawing {
    fn column_of(&self, x: f64) -> usize {
        (fraction(x, self.x) * (self.cells[0].len() - 1) as f64).round() as usize
    }

    fn row_of(&self, y: f64) -> usize {
        row_at(fraction(y, self.y))
    }

    fn marks(&mut self, marks: &[report::chart::Mark]) {
        use report::chart::Mark;
        for mark in marks {
            match mark {
                Mark::X(at, _) => {
                    let column = self.column_of(*at);
                    self.cells.iter_mut().for_each(|row| row[column] = '┊');
                }
                Mark::Y(at, _) => {
                    let row = self.row_of(*at);
                    self.cells[row].fill('┄');
                }
            }
        }
    }

    /// Draws all series, predictions first, so that measurements are in front; returns the lines of the legend.
    fn series(&mut self, chart: &report::chart::Chart) -> Vec<String> {
        use report::chart::Draw;
        let (theories, measured): (Vec<_>, Vec<_>) =
            chart.series.iter().partition(|series| series.draw == Draw::Theory);
        let glyphs = std::iter::repeat_n('·', theories.len()).chain(GLYPHS.into_iter().cycle());
        let mut legend = Vec::new();
        for (series, glyph) in theories.into_iter().chain(measured).zip(glyphs) {
            let points = chart.drawn(series);
            for pair in points.windows(2).filter(|_| series.draw != Draw::Points) {
                self.line(pair[0], pair[1], glyph);
            }
            for &(x, y) in &points {
                let (row, column) = (self.row_of(y), self.column_of(x));
                self.cells[row][column] = glyph;
            }
            legend.push(format!("{glyph} {}", series.name));
        }
        legend
    }

    /// A line that is straight on the axes as they are drawn.
    fn line(&mut self, from: (f64, f64), to: (f64, f64), glyph: char) {
        let [start, end] = [from.0, to.0].map(|x| self.column_of(x));
        let [a, b] = [from.1, to.1].map(|y| fraction(y, self.y));
        for column in start.min(end)..=start.max(end) {
            let along = match end == start {
                true => 1.0,
                false => (column as f64 - start as f64) / (end as f64 - start as f64),
            };
            self.cells[row_at(a + along * (b - a))][column] = glyph;
        }
    }

    /// The line under the chart, and the words for it: the ends of the axis, or letters under the places with their
    /// names.
    fn under(&self, chart: &report::chart::Chart, columns: usize) -> (String, String) {
        let names = chart.names();
        if names.is_empty() {
            let ((low, high), _) = self.x;
            let ends = [low, high].map(report::chart::significant);
            let between = columns.saturating_sub(text::width(&ends[0]) + text::width(&ends[1]));
            return (format!("{}{}{}", ends[0], " ".repeat(between), ends[1]), chart.x.0.clone());
        }
        let letter = |index: usize| char::from(b'a' + (index % 26) as u8);
        let mut under = vec![' '; columns];
        (0..names.len()).for_each(|index| under[self.column_of(index as f64)] = letter(index));
        let named = names.iter().enumerate().map(|(index, name)| format!("{} {name}", letter(index)));
        (under.into_iter().collect(), named.collect::<Vec<_>>().join(", "))
    }
}

/// Place of a value on an axis, from 0 to 1.
#[cfg(feature = "lessons")]
fn fraction(value: f64, ((low, high), log): ((f64, f64), bool)) -> f64 {
    let [value, low, high] = [value, low, high].map(|value| if log { value.log10() } else { value });
    if high > low { (value - low) / (high - low) } else { 0.5 }
}

/// Row at a height from 0 to 1.
#[cfg(feature = "lessons")]
fn row_at(height: f64) -> usize {
    ((1.0 - height) * (DRAWING_ROWS - 1) as f64).round() as usize
}

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
