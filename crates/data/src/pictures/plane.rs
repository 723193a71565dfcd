//! Single-channel pictures.

/// Single-channel picture, row-major, with at least one pixel.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Plane {
    pub(super) values: Vec<f32>,
    pub(super) columns: usize,
}

impl Plane {
    pub(super) fn rows(&self) -> usize {
        self.values.len() / self.columns
    }

    /// Larger of height and width.
    pub(super) fn longer_side(&self) -> usize {
        self.rows().max(self.columns)
    }

    pub(super) fn iter_rows(&self) -> impl DoubleEndedIterator<Item = &[f32]> {
        self.values.chunks_exact(self.columns)
    }

    pub(super) fn map(&self, f: impl Fn(f32) -> f32) -> Plane {
        Plane { values: self.values.iter().map(|&value| f(value)).collect(), columns: self.columns }
    }

    /// Combines two planes of one size pixel by pixel.
    pub(super) fn zip_map(&self, other: &Plane, f: impl Fn(f32, f32) -> f32) -> Plane {
        let values = self.values.iter().zip(&other.values).map(|(&a, &b)| f(a, b)).collect();
        Plane { values, columns: self.columns }
    }

    pub(super) fn at(&self, row: usize, column: usize) -> f32 {
        self.values[row * self.columns + column]
    }

    /// Pads the plane with one value.
    pub(super) fn padded(&self, margin: usize, value: f32) -> Plane {
        let columns = self.columns + 2 * margin;
        let mut values = vec![value; columns * (self.rows() + 2 * margin)];
        for (row, padded) in self.iter_rows().zip(values.chunks_exact_mut(columns).skip(margin)) {
            padded[margin..][..self.columns].copy_from_slice(row);
        }
        Plane { values, columns }
    }

    /// Transposes the plane.
    pub(super) fn transposed(&self) -> Plane {
        let rows = self.rows();
        let column = |column| (0..rows).map(move |row| self.values[row * self.columns + column]);
        Plane { values: (0..self.columns).flat_map(column).collect(), columns: rows }
    }

    /// Pixels along the four sides, corners twice.
    pub(super) fn border(&self) -> impl Iterator<Item = f32> {
        let ends = self.iter_rows().take(1).chain(self.iter_rows().rev().take(1)).flatten().copied();
        ends.chain(self.iter_rows().flat_map(|row| [row[0], row[row.len() - 1]]))
    }
}

/// Median.
///
/// # Panics
/// If there are no values.
pub(super) fn median(values: impl Iterator<Item = f32>) -> f32 {
    quantile(values, 0.5)
}

/// Quantile of this fraction.
///
/// # Panics
/// If there are no values.
pub(super) fn quantile(values: impl Iterator<Item = f32>, fraction: f32) -> f32 {
    let mut values: Vec<f32> = values.collect();
    let place = (fraction * (values.len() - 1) as f32).round() as usize;
    *values.select_nth_unstable_by(place, f32::total_cmp).1
}
