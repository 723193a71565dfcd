//! Charts of lines and points as characters.

use report::chart::{Chart, Draw, Mark, Scale, significant};

use super::GLYPHS;
use crate::text;

/// A chart of lines and points with its legend, at most `width` columns where there is room for twenty.
pub(crate) fn picture(chart: &Chart, width: usize) -> String {
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
const DRAWING_ROWS: usize = 14;

/// Characters of a chart, row by row from the top, with the range of each axis; true if it is logarithmic.
struct Drawing {
    cells: Vec<Vec<char>>,
    x: ((f64, f64), bool),
    y: ((f64, f64), bool),
}

impl Drawing {
    fn column_of(&self, x: f64) -> usize {
        (fraction(x, self.x) * (self.cells[0].len() - 1) as f64).round() as usize
    }

    fn row_of(&self, y: f64) -> usize {
        row_at(fraction(y, self.y))
    }

    fn marks(&mut self, marks: &[Mark]) {
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
    fn series(&mut self, chart: &Chart) -> Vec<String> {
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
    fn under(&self, chart: &Chart, columns: usize) -> (String, String) {
        let names = chart.names();
        if names.is_empty() {
            let ((low, high), _) = self.x;
            let ends = [low, high].map(significant);
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
fn fraction(value: f64, ((low, high), log): ((f64, f64), bool)) -> f64 {
    let [value, low, high] = [value, low, high].map(|value| if log { value.log10() } else { value });
    if high > low { (value - low) / (high - low) } else { 0.5 }
}

/// Row at a height from 0 to 1.
fn row_at(height: f64) -> usize {
    ((1.0 - height) * (DRAWING_ROWS - 1) as f64).round() as usize
}
