//! Vectorized product of a matrix with a known foreground and a dense matrix.
#![allow(unsafe_code, reason = "the innermost loop works on pointers whose extents are checked once")]

#[cfg(target_arch = "x86_64")]
use std::arch::x86_64::{__m256, __m512};
use std::array;

use ndarray::ArrayViewMut2;

use super::bitmask::{LINE, WORD};
use crate::buffer::with_scratch;
use crate::matmul::Mat;
use crate::matmul::block::{lanes, parts};
use crate::matmul::lanes::Lanes;
use crate::matmul::transpose::transpose;
use crate::simd::{Path, prefetch_line};

/// Vectors of a row of C held in registers.
const MOST_VECTORS: usize = 8;

/// Rows of the dense matrix.
#[derive(Clone, Copy)]
pub(super) enum Rows<'a> {
    /// Rows are `width` elements apart, readable in whole vectors; elements past the columns have no meaning.
    Wide { data: &'a [f32], width: usize, columns: usize },
    /// Columns of this matrix, transposed on demand: if no other rows of C need them, the transpose never leaves
    /// L1.
    Transposed(Mat<'a>),
}

impl Rows<'_> {
    pub(super) fn columns(&self) -> usize {
        match self {
            Rows::Wide { columns, .. } => *columns,
            Rows::Transposed(mat) => mat.rows,
        }
    }
}

/// A matrix of bytes whose foreground is known.
pub(super) struct Sparse<'a> {
    /// Element (i, p) is `bytes[i·row_stride + p·column_stride]`.
    pub(super) bytes: &'a [u8],
    pub(super) row_stride: usize,
    pub(super) column_stride: usize,
    /// One word per row for each 64 columns, `stride` words apart.
    pub(super) words: &'a [u64],
    pub(super) stride: usize,
    /// Columns.
    pub(super) depth: usize,
    /// Value of the background, and the difference of each byte's value from it.
    pub(super) background: f32,
    pub(super) differences: &'a [f32; 256],
}

impl Sparse<'_> {
    /// `C = A·B + start` in every row; C is row-major.
    pub(super) fn product(
        &self,
        path: Path,
        b: Rows<'_>,
        start: Option<&[f32]>,
        mut c: ArrayViewMut2<'_, f32>,
    ) {
        let &Sparse { bytes, row_stride, column_stride, words, stride, depth, background, differences } =
            self;
        let ((rows, n), lanes) = (c.dim(), lanes(path));
        assert!(path.is_available() && rows > 0 && depth > 0 && n == b.columns() && c.strides()[1] == 1);
        assert!((rows - 1) * row_stride + (depth - 1) * column_stride < bytes.len());
        match b {
            Rows::Wide { data, width, .. } => {
                assert!(data.len() >= (depth - 1) * width + n.next_multiple_of(lanes));
            }
            Rows::Transposed(mat) => assert!(mat.columns == depth),
        }
        with_scratch(WORD * MOST_VECTORS * lanes, |block| {
            for panel in parts(n.div_ceil(lanes), MOST_VECTORS) {
                let (vectors, columns) = (panel.len(), panel.start * lanes..n.min(panel.end * lanes));
                let mut background_row = [0.0; MOST_VECTORS * 16];
                if let Some(start) = start {
                    background_row[..columns.len()].copy_from_slice(&start[columns.clone()]);
                }
                for (word, p) in (0..depth).step_by(WORD).enumerate() {
                    let depth_here = WORD.min(depth - p);
                    let (b, b_row) = match b {
                        Rows::Wide { data, width, .. } => (&data[p * width + columns.start..], width),
                        Rows::Transposed(mat) => {
                            let part = Mat { columns: depth_here, data: &mat.data[p..], ..mat };
                            let part = part.rows_from(columns.start, columns.len());
                            let width = vectors * lanes;
                            transpose(path, part, &mut block[..depth_here * width], width);
                            (&block[..], width)
                        }
                    };
                    let strip = Strip {
                        words: &words[word * stride..][..rows],
                        a: &raw const bytes[p * column_stride],
                        a_row: row_stride,
                        a_column: column_stride,
                        background,
                        differences,
                        depth: depth_here,
                        next: depth.saturating_sub(p + WORD).min(WORD),
                        b: b.as_ptr(),
                        b_row,
                        is_first: p == 0,
                        is_last: p + WORD >= depth,
                        background_row: &mut background_row,
                        c: &raw mut c[[0, columns.start]],
                        c_row: c.strides()[0] as usize,
                        tail: columns.len() - (vectors - 1) * lanes,
                    };
                    let run = kernels(path)[vectors - 1];
                    // SAFETY: the instructions are available. The elements of A and C and the vectors of B
                    // are inside their slices, as checked above; a word's bits are below the depth,
                    // because `find` sets no others.
                    unsafe { run(strip) };
                }
            }
        });
    }
}

/// Block of C, all rows by a few vectors, to which the products of 64 summed indices are added.
struct Strip<'a> {
    /// One mask word per row.
    words: &'a [u64],
    a: *const u8,
    a_row: usize,
    a_column: usize,
    background: f32,
    differences: &'a [f32; 256],
    depth: usize,
    /// Summed indices of the next strip.
    next: usize,
    b: *const f32,
    b_row: usize,
    is_first: bool,
    is_last: bool,
    /// Contribution of the background and the start to every row of C, added by the last strip.
    background_row: &'a mut [f32; MOST_VECTORS * 16],
    c: *mut f32,
    c_row: usize,
    /// Elements in the last vector of a row.
    tail: usize,
}

/// Functions by the number of vectors minus one.
type Kernels = [unsafe fn(Strip<'_>); MOST_VECTORS];

fn kernels(path: Path) -> &'static Kernels {
    macro_rules! kernels {
        ($kernel:ident: $($vectors:literal)*) => { const { &[$($kernel::<$vectors>),*] } };
    }
    match path {
        #[cfg(target_arch = "x86_64")]
        Path::Avx512 => kernels!(avx512: 1 2 3 4 5 6 7 8),
        #[cfg(target_arch = "x86_64")]
        Path::Avx2 => kernels!(avx2: 1 2 3 4 5 6 7 8),
        _ => kernels!(portable: 1 2 3 4 5 6 7 8),
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq,avx2,fma")]
unsafe fn avx512<const VECTORS: usize>(strip: Strip<'_>) {
    unsafe { strip.add::<__m512, VECTORS>() }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
unsafe fn avx2<const VECTORS: usize>(strip: Strip<'_>) {
    unsafe { strip.add::<__m256, VECTORS>() }
}

unsafe fn portable<const VECTORS: usize>(strip: Strip<'_>) {
    unsafe { strip.add::<[f32; 8], VECTORS>() }
}

impl Strip<'_> {
    #[inline(always)]
    unsafe fn add<V: Lanes, const VECTORS: usize>(mut self) {
        unsafe {
            self.add_background::<V, VECTORS>();
            let rows = self.words.len();
            // Neighboring columns, such as pixels of an image, are mostly foreground together and share the rows of B
            // that they load. Their sums have to fit the registers.
            let pairs = if self.a_row == 1 && V::N == 16 { rows / 2 } else { 0 };
            for pair in 0..pairs {
                self.add_rows::<V, VECTORS, 2>(2 * pair);
            }
            for i in 2 * pairs..rows {
                self.add_rows::<V, VECTORS, 1>(i);
            }
        }
    }

    /// Adds the contribution of these rows of B to the background.
    #[inline(always)]
    unsafe fn add_background<V: Lanes, const VECTORS: usize>(&mut self) {
        unsafe {
            let mut sums = [V::splat(0.0); VECTORS];
            for p in 0..self.depth {
                for (v, sum) in sums.iter_mut().enumerate() {
                    *sum = sum.plus(V::load(self.b.add(p * self.b_row + v * V::N), V::N));
                }
            }
            let row = self.background_row.as_mut_ptr();
            for (v, sum) in sums.iter().enumerate() {
                let row = row.add(v * V::N);
                V::load(row, V::N).add_product(*sum, V::splat(self.background)).store(row, V::N);
            }
        }
    }

    /// Adds to `ROWS` rows of C from row i on. If only one of them has a foreground, the others add zero times a
    /// number.
    #[inline(always)]
    unsafe fn add_rows<V: Lanes, const VECTORS: usize, const ROWS: usize>(&self, i: usize) {
        let &Strip { words, a, a_row, a_column, b, b_row, is_first, is_last, c, c_row, tail, .. } = self;
        let count = |v: usize| if v + 1 == VECTORS { tail } else { V::N };
        unsafe {
            // Strided columns, which no hardware prefetcher predicts.
            if a_row == 1 && i.is_multiple_of(LINE) {
                for p in 0..self.next {
                    prefetch_line(a.wrapping_add(i + (WORD + p) * a_column));
                }
            }
            let mut rest = words[i..i + ROWS].iter().fold(0, |all, word| all | word);
            if rest == 0 && !is_first && !is_last {
                return;
            }
            let c = c.add(i * c_row);
            let mut sums = [[V::splat(0.0); VECTORS]; ROWS];
            if !is_first {
                for (r, sums) in sums.iter_mut().enumerate() {
                    for (v, sum) in sums.iter_mut().enumerate() {
                        *sum = V::load(c.add(r * c_row + v * V::N), count(v));
                    }
                }
            }
            let a = a.add(i * a_row);
            while rest != 0 {
                let p = rest.trailing_zeros() as usize;
                rest &= rest - 1;
                let a = a.add(p * a_column);
                let x: [V; ROWS] =
                    array::from_fn(|r| V::splat(self.differences[usize::from(*a.add(r * a_row))]));
                let b = b.add(p * b_row);
                for v in 0..VECTORS {
                    let b = V::load(b.add(v * V::N), V::N);
                    for (sums, x) in sums.iter_mut().zip(x) {
                        sums[v] = sums[v].add_product(x, b);
                    }
                }
            }
            if is_last {
                let row = self.background_row.as_ptr();
                for sums in &mut sums {
                    for (v, sum) in sums.iter_mut().enumerate() {
                        *sum = sum.plus(V::load(row.add(v * V::N), V::N));
                    }
                }
            }
            for (r, sums) in sums.iter().enumerate() {
                for (v, sum) in sums.iter().enumerate() {
                    sum.store(c.add(r * c_row + v * V::N), count(v));
                }
            }
        }
    }
}
