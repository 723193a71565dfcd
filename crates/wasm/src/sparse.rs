//! Rows of a few numbers each, and their product with a matrix: the one loop of the network.

/// Rows of numbers with their places; numbers that are equal to the background are left out.
#[derive(Debug, Default)]
pub(crate) struct Sparse {
    /// First entry of each row, and the end of the last.
    starts: Vec<u32>,
    entries: Vec<(u32, f32)>,
}

impl Sparse {
    /// Removes all rows.
    pub(crate) fn clear(&mut self) {
        self.starts.clear();
        self.starts.push(0);
        self.entries.clear();
    }

    /// Adds a row.
    pub(crate) fn push_row(&mut self, entries: impl Iterator<Item = (u32, f32)>) {
        self.entries.extend(entries);
        self.starts.push(self.entries.len() as u32);
    }

    /// The numbers of a row that are not zero.
    pub(crate) fn push_nonzero(&mut self, row: &[f32]) {
        let places = (0..).zip(row.iter().copied());
        self.push_row(places.filter(|(_, x)| *x != 0.0));
    }

    /// Entries of a row.
    pub(crate) fn row(&self, row: usize) -> &[(u32, f32)] {
        &self.entries[self.starts[row] as usize..self.starts[row + 1] as usize]
    }

    /// Number of rows.
    pub(crate) fn rows(&self) -> usize {
        self.starts.len() - 1
    }

    /// Writes the columns as the rows of `transposed`.
    pub(crate) fn transpose(&self, columns: usize, transposed: &mut Sparse) {
        let Sparse { starts, entries } = transposed;
        starts.clear();
        starts.resize(columns + 2, 0);
        for &(column, _) in &self.entries {
            starts[column as usize + 2] += 1;
        }
        for column in 2..columns + 2 {
            starts[column] += starts[column - 1];
        }
        entries.clear();
        entries.resize(self.entries.len(), (0, 0.0));
        for row in 0..self.rows() {
            for &(column, value) in self.row(row) {
                let place = &mut starts[column as usize + 1];
                entries[*place as usize] = (row as u32, value);
                *place += 1;
            }
        }
        starts.pop();
    }
}

/// Adds `factor` times a row of the matrix for each entry (row, factor), in order; the matrix has rows as long as `out`.
pub(crate) fn add_rows(out: &mut [f32], entries: &[(u32, f32)], matrix: &[f32]) {
    let width = out.len();
    let mut done = 0;
    done = add_blocks::<32>(out, done, entries, matrix);
    done = add_blocks::<8>(out, done, entries, matrix);
    done = add_blocks::<1>(out, done, entries, matrix);
    debug_assert_eq!(done, width);
}

/// The columns from `start` in blocks of N, whose sums stay in registers; returns the first column after them.
#[inline(always)]
fn add_blocks<const N: usize>(
    out: &mut [f32],
    start: usize,
    entries: &[(u32, f32)],
    matrix: &[f32],
) -> usize {
    let width = out.len();
    let end = width - (width - start) % N;
    for column in (start..end).step_by(N) {
        let mut sums = [0.0; N];
        sums.copy_from_slice(&out[column..column + N]);
        for &(row, factor) in entries {
            let from = row as usize * width + column;
            let numbers = &matrix[from..from + N];
            for (sum, x) in sums.iter_mut().zip(numbers) {
                *sum += factor * x;
            }
        }
        out[column..column + N].copy_from_slice(&sums);
    }
    end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_of_any_width_are_those_of_the_formula() {
        for width in [1, 2, 3, 10, 31, 64, 75] {
            let matrix: Vec<f32> = (0..5 * width).map(|i| (i * 37 % 101) as f32).collect();
            let mut out: Vec<f32> = (0..width).map(|i| i as f32).collect();
            add_rows(&mut out, &[(4, 2.0), (0, -3.0)], &matrix);
            for (column, sum) in out.iter().enumerate() {
                let expected = column as f32 + 2.0 * matrix[4 * width + column] - 3.0 * matrix[column];
                assert_eq!(*sum, expected, "{} of {}", column, width);
            }
        }
    }

    #[test]
    fn columns_become_rows_in_order() {
        let (mut sparse, mut transposed) = (Sparse::default(), Sparse::default());
        sparse.clear();
        for row in [[0.0, 1.0, 2.0, 0.0], [3.0, 0.0, 4.0, 0.0]] {
            sparse.push_nonzero(&row);
        }
        sparse.transpose(4, &mut transposed);
        let rows: Vec<_> = (0..4).map(|row| transposed.row(row).to_vec()).collect();
        let expected: [&[(u32, f32)]; 4] = [&[(1, 3.0)], &[(0, 1.0)], &[(0, 2.0), (1, 4.0)], &[]];
        assert_eq!(rows, expected);
        assert_eq!(transposed.rows(), 4);
    }
}
