//! Removal of ruled lines: straight, thin, from one edge of the picture to the other.

use super::plane::{Plane, median};

/// Minimum ink of a line.
const FAINTEST: f32 = 0.05;

/// Maximum slope of a line.
const STEEPEST: f32 = 0.12;

/// Maximum deviation from a straight line in rows, for lens distortion.
const BEND: usize = 2;

/// Minimum fraction of columns in which a line is visible.
const SEEN: f32 = 0.9;

/// Minimum ratio of a line's length to its width.
const THIN: usize = 60;

/// Removes the lines from the ink, along rows and along columns.
pub(super) fn erase(ink: Plane) -> Plane {
    erase_across(erase_across(ink).transposed()).transposed()
}

fn erase_across(mut ink: Plane) -> Plane {
    for line in lines(&ink) {
        line.erase(&mut ink);
    }
    ink
}

/// A line from the left edge to the right one.
struct Line {
    /// Its row in each column.
    rows: Vec<usize>,
    /// Its ink.
    ink: f32,
    /// Width in rows.
    width: usize,
}

/// Lines between every pair of candidate rows at the left and right edge.
fn lines(ink: &Plane) -> Vec<Line> {
    let strip = (ink.columns / 50).max(1);
    let starts = crossings(ink, 0..strip);
    let ends = crossings(ink, ink.columns - strip..ink.columns);
    let rise = STEEPEST * ink.columns as f32;
    let pairs = starts.iter().flat_map(|&start| ends.iter().map(move |&end| (start, end)));
    pairs
        .filter(|&(start, end)| (start as f32 - end as f32).abs() <= rise)
        .filter_map(|ends| Line::trace(ink, ends))
        .collect()
}

/// Rows with more ink than their neighbors, averaged over some columns.
fn crossings(ink: &Plane, columns: std::ops::Range<usize>) -> Vec<usize> {
    let profile: Vec<f32> =
        ink.iter_rows().map(|row| row[columns.clone()].iter().sum::<f32>() / columns.len() as f32).collect();
    let highest = |row: usize| {
        let near = &profile[row.saturating_sub(1)..(row + 2).min(profile.len())];
        profile[row] > FAINTEST && near.iter().all(|&value| value <= profile[row])
    };
    (0..profile.len()).filter(|&row| highest(row)).collect()
}

impl Line {
    /// Line between two rows of the left and right edge, if it exists.
    fn trace(ink: &Plane, (start, end): (usize, usize)) -> Option<Line> {
        let (start, slope) = (start as f32, (end as f32 - start as f32) / (ink.columns - 1).max(1) as f32);
        let darkest = |column: usize| {
            let row = (start + slope * column as f32).round() as usize;
            let near = row.saturating_sub(BEND)..(row + BEND + 1).min(ink.rows());
            near.max_by(|&a, &b| ink.at(a, column).total_cmp(&ink.at(b, column))).expect("the row itself")
        };
        let rows: Vec<usize> = (0..ink.columns).map(darkest).collect();
        let values = || rows.iter().enumerate().map(|(column, &row)| ink.at(row, column));
        let seen = values().filter(|&value| value > FAINTEST).count();
        if (seen as f32) < SEEN * ink.columns as f32 {
            return None;
        }
        let line_ink = median(values());
        let widths =
            rows.iter().enumerate().map(|(column, &row)| run(ink, row, column, line_ink / 2.0).len() as f32);
        let width = median(widths) as usize;
        (THIN * width <= ink.columns).then_some(Line { rows, ink: line_ink, width })
    }

    /// Removes the line, except where strokes cross it.
    fn erase(&self, ink: &mut Plane) {
        for (column, &row) in self.rows.iter().enumerate() {
            let run = run(ink, row, column, self.ink / 2.0);
            if run.len() <= self.width + 2 {
                for row in run.start.saturating_sub(1)..(run.end + 1).min(ink.rows()) {
                    ink.values[row * ink.columns + column] = 0.0;
                }
            }
        }
    }
}

/// Contiguous rows around a row with more ink than a level.
fn run(ink: &Plane, row: usize, column: usize, level: f32) -> std::ops::Range<usize> {
    let has_ink = |&row: &usize| ink.at(row, column) > level;
    let above = (0..row).rev().take_while(has_ink).count();
    let below = (row..ink.rows()).take_while(has_ink).count();
    row - above..row + below
}
