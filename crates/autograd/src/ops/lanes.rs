//! Sums and maxima of a row in sixteen lanes, which fill registers of any width: the same bits on every machine.

use tensor::Kernels;

const LANES: usize = 16;

/// Maximum; NaN if any element is NaN, −∞ of an empty slice.
#[inline(always)]
pub(super) fn max<T: Kernels>(x: &[T]) -> T {
    // A NaN replaces any maximum and stays.
    let larger = |a: T, b: T| if (b > a) | b.is_nan() { b } else { a };
    let mut lanes = [T::neg_infinity(); LANES];
    let mut blocks = x.chunks_exact(LANES);
    for block in &mut blocks {
        lanes.iter_mut().zip(block).for_each(|(lane, &x)| *lane = larger(*lane, x));
    }
    lanes.iter_mut().zip(blocks.remainder()).for_each(|(lane, &x)| *lane = larger(*lane, x));
    lanes.into_iter().fold(T::neg_infinity(), larger)
}

/// Σ x.
#[inline(always)]
pub(super) fn sum<T: Kernels>(x: &[T]) -> T {
    let mut lanes = [T::zero(); LANES];
    let mut blocks = x.chunks_exact(LANES);
    for block in &mut blocks {
        lanes.iter_mut().zip(block).for_each(|(lane, &x)| *lane += x);
    }
    lanes.iter_mut().zip(blocks.remainder()).for_each(|(lane, &x)| *lane += x);
    lanes.into_iter().sum()
}

/// Σ x·y.
#[inline(always)]
pub(super) fn dot<T: Kernels>(x: &[T], y: &[T]) -> T {
    let mut lanes = [T::zero(); LANES];
    let (mut xs, mut ys) = (x.chunks_exact(LANES), y.chunks_exact(LANES));
    for (x, y) in (&mut xs).zip(&mut ys) {
        lanes.iter_mut().zip(x.iter().zip(y)).for_each(|(lane, (&x, &y))| *lane += x * y);
    }
    let rest = xs.remainder().iter().zip(ys.remainder());
    lanes.iter_mut().zip(rest).for_each(|(lane, (&x, &y))| *lane += x * y);
    lanes.into_iter().sum()
}

/// Σ f(x, y, …) over the elements of slices of one length, in double precision.
#[inline(always)]
pub(super) fn wide_sum<T: Kernels, const N: usize>(slices: [&[T]; N], f: impl Fn([f64; N]) -> f64) -> f64 {
    let mut lanes = [0.0; LANES];
    let blocks = slices.map(|slice| slice.as_chunks::<LANES>());
    for i in 0..blocks[0].0.len() {
        let block = blocks.map(|(blocks, _)| &blocks[i]);
        for (k, lane) in lanes.iter_mut().enumerate() {
            *lane += f(block.map(|block| block[k].widen()));
        }
    }
    let rest = blocks.map(|(_, rest)| rest);
    for (k, lane) in lanes.iter_mut().enumerate().take(rest[0].len()) {
        *lane += f(rest.map(|rest| rest[k].widen()));
    }
    lanes.iter().sum()
}
