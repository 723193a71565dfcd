//! Both products of a dense layer, blocked for caches and threads.

use std::ops::Range;

use ndarray::{ArrayViewMut2, Axis};

use super::SparseInput;
use super::bitmask::{LINE, WORD, find};
use super::kernel::{Rows, Sparse};
use crate::buffer::with_scratch;
use crate::matmul::Mat;
use crate::matmul::block::lanes;
use crate::matmul::transpose::transpose;
use crate::parallel::{DIVIDED_FROM, for_each_chunk, rows_each, threads};
use crate::quantized::U8Tensor;
use crate::simd::Path;

/// Rows of X in a block: they stay in L2 from the search for their foreground to the product. A batch of at most
/// this many rows is divided by outputs between threads, so that each thread keeps the same rows of W, dW and the
/// optimizer's state from step to step.
const MOST_ROWS: usize = 256;

/// Columns of X whose gradients are summed together, at most.
const MOST_COLUMNS: usize = 112;

/// Operands of both products.
pub(super) struct Layer<'a> {
    path: Path,
    threads: usize,
    bytes: &'a [u8],
    rows: usize,
    columns: usize,
    /// Byte of the background, its value, and the difference of each byte's value from it.
    byte: u8,
    background: f32,
    differences: [f32; 256],
}

impl<'a> Layer<'a> {
    /// For this number of weights.
    pub(super) fn new(path: Path, x: U8Tensor<'a>, weights: usize, foreground: &SparseInput) -> Layer<'a> {
        let &SparseInput { background: byte, rows, columns, .. } = foreground;
        let divided = if rows <= MOST_ROWS { weights } else { x.bytes.len() };
        let threads = if divided < DIVIDED_FROM { 1 } else { threads() };
        let (background, differences) = foreground.values(x);
        Layer { path, threads, bytes: x.bytes, rows, columns, byte, background, differences }
    }

    /// `Y = X·Wᵀ + b`; writes the foreground to `words`, one word per column for each 64 rows.
    pub(super) fn linear(&self, words: &mut [u64], w: &[f32], bias: Option<&[f32]>, y: &mut [f32]) {
        let &Layer { path, threads, rows, columns, .. } = self;
        let outputs = w.len() / columns;
        if rows <= MOST_ROWS {
            return self.linear_by_outputs(words, w, bias, y);
        }
        let width = outputs.next_multiple_of(lanes(path));
        with_scratch(columns * width, |w_t| {
            transpose_on(threads, path, Mat::new(w, outputs, columns), w_t, width);
            self.linear_by_rows(words, Rows::Wide { data: w_t, width, columns: outputs }, bias, y);
        });
    }

    fn linear_by_outputs(&self, words: &mut [u64], w: &[f32], bias: Option<&[f32]>, y: &mut [f32]) {
        let &Layer { path, threads, bytes, rows, columns, .. } = self;
        let (outputs, stride) = (y.len() / rows, rows.next_multiple_of(WORD));
        let mut by_row = vec![0; columns.div_ceil(WORD) * stride];
        self.find(bytes, &mut by_row, stride, words);
        let x = self.in_rows(bytes, &by_row, stride);
        let together = rows_each(outputs, threads);
        let mut y = ArrayViewMut2::from_shape((rows, outputs), y).expect("a matrix of results");
        let y = y.axis_chunks_iter_mut(Axis(1), together).zip((0..).step_by(together));
        let parts = y.zip(w.chunks(together * columns)).collect();
        on_threads(threads, parts, |((y, start), w)| {
            let w = Mat::new(w, y.ncols(), columns);
            x.product(path, Rows::Transposed(w), bias.map(|bias| &bias[start..]), y);
        });
    }

    fn linear_by_rows(&self, words: &mut [u64], w_t: Rows<'_>, bias: Option<&[f32]>, y: &mut [f32]) {
        let &Layer { path, threads, bytes, rows, columns, .. } = self;
        let outputs = y.len() / rows;
        let together = rows.div_ceil(threads).next_multiple_of(WORD).min(MOST_ROWS);
        let bytes = bytes.chunks(together * columns).zip(words.chunks_mut(together / WORD * columns));
        let parts = bytes.zip(y.chunks_mut(together * outputs)).collect();
        on_threads(threads, parts, |((bytes, words), y)| {
            let mut by_row = vec![0; columns.div_ceil(WORD) * together];
            self.find(bytes, &mut by_row, together, words);
            let y = ArrayViewMut2::from_shape((y.len() / outputs, outputs), y).expect("rows of results");
            self.in_rows(bytes, &by_row, together).product(path, w_t, bias, y);
        });
    }

    /// Finds the foreground of some rows of X.
    fn find(&self, bytes: &[u8], by_row: &mut [u64], stride: usize, by_column: &mut [u64]) {
        let blocks = bytes.chunks(WORD * self.columns).zip(by_column.chunks_mut(self.columns));
        for ((block, by_column), start) in blocks.zip((0..).step_by(WORD)) {
            find(self.path, block, self.byte, &mut by_row[start..], stride, by_column);
        }
    }

    /// Rows of X with their foreground.
    fn in_rows<'b>(&'b self, bytes: &'b [u8], words: &'b [u64], stride: usize) -> Sparse<'b> {
        let &Layer { columns, background, ref differences, .. } = self;
        let (row_stride, column_stride, depth) = (columns, 1, columns);
        Sparse { bytes, row_stride, column_stride, words, stride, depth, background, differences }
    }

    /// Xᵀ, from row `first` on.
    fn in_columns<'b>(&'b self, words: &'b [u64], first: usize) -> Sparse<'b> {
        let &Layer { bytes, rows, columns, background, ref differences, .. } = self;
        let (bytes, words, stride) = (&bytes[first..], &words[first..], columns);
        let (row_stride, column_stride, depth) = (1, columns, rows);
        Sparse { bytes, row_stride, column_stride, words, stride, depth, background, differences }
    }

    /// `dW = dYᵀ·X + beta·dW`, computed as dWᵀ = Xᵀ·dY and transposed.
    pub(super) fn gradient(&self, words: &[u64], dy: &[f32], beta: f32, dw: &mut [f32]) {
        let outputs = dw.len() / self.columns;
        if outputs == 0 {
            return;
        }
        let width = outputs.next_multiple_of(lanes(self.path));
        if width == outputs {
            return self.gradient_of_wide(words, dy, width, beta, dw);
        }
        with_scratch(self.rows * width, |wide| {
            let rows = wide.chunks_exact_mut(width).zip(dy.chunks_exact(outputs));
            rows.for_each(|(wide, dy)| wide[..outputs].copy_from_slice(dy));
            self.gradient_of_wide(words, wide, width, beta, dw);
        });
    }

    /// The same for a dY padded to whole vectors.
    fn gradient_of_wide(&self, words: &[u64], dy: &[f32], width: usize, beta: f32, dw: &mut [f32]) {
        let &Layer { threads, rows, columns, .. } = self;
        let outputs = dw.len() / columns;
        if rows > MOST_ROWS {
            let dy = Rows::Wide { data: dy, width, columns: outputs };
            return self.gradient_of_columns(0..columns, threads, words, dy, beta, dw);
        }
        let together = rows_each(outputs, threads);
        let parts = dw.chunks_mut(together * columns).zip((0..).step_by(together)).collect();
        on_threads(threads, parts, |(dw, start)| {
            let dy = Rows::Wide { data: &dy[start..], width, columns: dw.len() / columns };
            // Block by block while dY is in cache: the whole transpose would evict weights and the
            // optimizer's state from L2.
            for first in (0..columns).step_by(MOST_COLUMNS) {
                let part = first..columns.min(first + MOST_COLUMNS);
                self.gradient_of_columns(part, 1, words, dy, beta, dw);
            }
        });
    }

    /// Gradients of the weights of these columns of X.
    fn gradient_of_columns(
        &self,
        part: Range<usize>,
        threads: usize,
        words: &[u64],
        dy: Rows<'_>,
        beta: f32,
        dw: &mut [f32],
    ) {
        let &Layer { path, columns, .. } = self;
        let (first, outputs) = (part.start, dy.columns());
        with_scratch(part.len() * outputs, |dw_t| {
            // Pairs of columns stay together, on any number of threads.
            let together = part.len().div_ceil(threads).next_multiple_of(2);
            let parts = dw_t.chunks_mut(together * outputs).zip((first..).step_by(together)).collect();
            on_threads(threads, parts, |(dw_t, start)| {
                let dw_t = ArrayViewMut2::from_shape((dw_t.len() / outputs, outputs), dw_t);
                self.in_columns(words, start).product(path, dy, None, dw_t.expect("rows of gradients"));
            });
            if beta == 0.0 {
                let turned = Mat::new(dw_t, part.len(), outputs);
                transpose_on(threads, path, turned, &mut dw[first..], columns);
            } else {
                for (o, dw) in dw.chunks_exact_mut(columns).enumerate() {
                    let dw = dw[part.clone()].iter_mut().zip(dw_t[o..].iter().step_by(outputs));
                    dw.for_each(|(dw, t)| *dw += t);
                }
            }
        });
    }
}

fn on_threads<T: Send>(threads: usize, parts: Vec<T>, work: impl Fn(T) + Sync + Send) {
    if threads == 1 || parts.len() == 1 {
        parts.into_iter().for_each(work);
    } else {
        for_each_chunk(parts, work);
    }
}

/// Writes the transpose of `from`, with rows of `width`.
fn transpose_on(threads: usize, path: Path, from: Mat<'_>, to: &mut [f32], width: usize) {
    let together = from.columns.div_ceil(threads).next_multiple_of(LINE);
    let parts = to.chunks_mut(together * width).zip((0..).step_by(together)).collect();
    on_threads(threads, parts, |(to, start)| {
        let columns = together.min(from.columns - start);
        transpose(path, Mat { data: &from.data[start..], columns, ..from }, to, width);
    });
}
