//! Connected components of the ink.

use super::plane::Plane;

/// Connected component.
#[derive(Debug, Clone)]
pub(super) struct Part {
    /// Pixel indices in the plane.
    pub(super) pixels: Vec<usize>,
    /// Sum of the ink.
    pub(super) mass: f32,
    pub(super) rows: Span,
    pub(super) columns: Span,
    /// Pixels on the picture's border.
    pub(super) on_border: usize,
}

/// Half-open interval from `start` to `end`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span {
    pub(super) start: usize,
    pub(super) end: usize,
}

impl Span {
    const NONE: Span = Span { start: usize::MAX, end: 0 };

    pub(super) fn len(self) -> usize {
        self.end - self.start
    }

    pub(super) fn joined(self, other: Span) -> Span {
        Span { start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// True if another span lies inside of this one and reaches neither end.
    pub(super) fn contains(self, other: Span) -> bool {
        self.start < other.start && other.end < self.end
    }

    /// Length of the overlap of two spans; if negative, their distance.
    pub(super) fn overlap(self, other: Span) -> isize {
        self.end.min(other.end) as isize - self.start.max(other.start) as isize
    }
}

impl Part {
    /// Larger of height and width.
    pub(super) fn longer_side(&self) -> usize {
        self.rows.len().max(self.columns.len())
    }

    /// Distance between the bounding boxes of two parts.
    pub(super) fn gap(&self, other: &Part) -> usize {
        let apart = self.rows.overlap(other.rows).min(self.columns.overlap(other.columns));
        usize::try_from(-apart).unwrap_or(0)
    }
}

/// Components of the ink above a level, in the order of their first pixels.
pub(super) fn above(ink: &Plane, level: f32) -> Vec<Part> {
    let mut seen: Vec<bool> = ink.values.iter().map(|&value| value <= level).collect();
    let mut parts = Vec::new();
    for first in 0..seen.len() {
        if !seen[first] {
            parts.push(flood(ink, first, &mut seen));
        }
    }
    parts
}

/// Maximum gap within a component, because a pen skips.
const REACH: usize = 2;

/// Component of a pixel.
fn flood(ink: &Plane, first: usize, seen: &mut [bool]) -> Part {
    let (rows, columns) = (ink.rows(), ink.columns);
    let mut part =
        Part { pixels: vec![first], mass: 0.0, rows: Span::NONE, columns: Span::NONE, on_border: 0 };
    seen[first] = true;
    let mut next = 0;
    while let Some(&at) = part.pixels.get(next) {
        next += 1;
        let (row, column) = (at / columns, at % columns);
        part.mass += ink.values[at];
        part.rows = part.rows.joined(Span { start: row, end: row + 1 });
        part.columns = part.columns.joined(Span { start: column, end: column + 1 });
        part.on_border += usize::from(row == 0 || column == 0 || row == rows - 1 || column == columns - 1);
        let near_columns = column.saturating_sub(REACH)..(column + REACH + 1).min(columns);
        for near_row in row.saturating_sub(REACH)..(row + REACH + 1).min(rows) {
            for near in near_columns.clone().map(|column| near_row * columns + column) {
                if !seen[near] {
                    seen[near] = true;
                    part.pixels.push(near);
                }
            }
        }
    }
    part
}
