//! Loops over whole vectors, for rules that are written with them: in vector instructions, over fixed
//! chunks and the threads of the pool.

use tensor::parallel::{CHUNK, for_each_chunk};
use tensor::simd::{self, Kernel};

/// Replaces every number of `x` by `f` of it and of those of `others` in its place.
pub(crate) fn zip_map<const N: usize>(
    x: &mut [f32],
    others: [&[f32]; N],
    f: impl Fn(f32, [f32; N]) -> f32 + Copy + Send + Sync,
) {
    let chunks = x.chunks_mut(CHUNK).enumerate().map(|(number, x)| {
        let part = number * CHUNK..number * CHUNK + x.len();
        ZipMap { others: others.map(|other| &other[part.clone()]), x, f }
    });
    for_each_chunk(chunks.collect(), simd::dispatch);
}

/// ⟨a, b⟩ in double precision, in one order on every machine and for any number of threads.
pub(crate) fn dot(a: &[f32], b: &[f32]) -> f64 {
    let mut totals = vec![0.0; a.len().div_ceil(CHUNK)];
    let pairs = a.chunks(CHUNK).zip(b.chunks(CHUNK));
    let jobs = pairs.zip(&mut totals).map(|((a, b), total)| Dot { a, b, total });
    for_each_chunk(jobs.collect(), simd::dispatch);
    totals.iter().sum()
}

/// max |x|; NaN if there is one.
pub(crate) fn max_abs(x: &[f32]) -> f32 {
    x.iter().fold(0.0, |max_abs, x| crate::formula::maximum(max_abs, x.abs()))
}

struct ZipMap<'a, const N: usize, F> {
    x: &'a mut [f32],
    others: [&'a [f32]; N],
    f: F,
}

impl<const N: usize, F: Fn(f32, [f32; N]) -> f32> Kernel for ZipMap<'_, N, F> {
    #[inline(always)]
    fn run(self) {
        let ZipMap { x, others, f } = self;
        let others = others.map(|other| &other[..x.len()]);
        for (i, x) in x.iter_mut().enumerate() {
            *x = f(*x, std::array::from_fn(|k| others[k][i]));
        }
    }
}

struct Dot<'a> {
    a: &'a [f32],
    b: &'a [f32],
    total: &'a mut f64,
}

impl Kernel for Dot<'_> {
    #[inline(always)]
    fn run(self) {
        /// Sums that run side by side, so that the order of additions is the same on every path.
        const LANES: usize = 16;
        let mut lanes = [0.0_f64; LANES];
        let (a, a_rest) = self.a.as_chunks::<LANES>();
        let (b, b_rest) = self.b.as_chunks::<LANES>();
        for (a, b) in a.iter().zip(b) {
            for ((sum, &a), &b) in lanes.iter_mut().zip(a).zip(b) {
                *sum += f64::from(a) * f64::from(b);
            }
        }
        for ((sum, &a), &b) in lanes.iter_mut().zip(a_rest).zip(b_rest) {
            *sum += f64::from(a) * f64::from(b);
        }
        *self.total = lanes.iter().sum();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_product_counts_once() {
        for n in [0, 1, 15, 16, 17, 100] {
            let x: Vec<f32> = (0..n).map(|i| i as f32).collect();
            let expected: f64 = (0..n).map(|i| (i * i) as f64).sum();
            assert_eq!(dot(&x, &x), expected);
        }
        let n = 2 * CHUNK + 5;
        assert_eq!(dot(&vec![2.0; n], &vec![0.5; n]), n as f64);
        assert_eq!((max_abs(&[]), max_abs(&[1.0, -3.0])), (0.0, 3.0));
        assert!(max_abs(&[f32::NAN, 1.0]).is_nan());
    }

    #[test]
    fn every_number_is_updated_with_those_in_its_place() {
        for n in [0, 1, 17, CHUNK, 2 * CHUNK + 5] {
            let mut x: Vec<f32> = (0..n).map(|i| (i % 7) as f32).collect();
            let (a, b) = (x.clone(), vec![0.5; n]);
            zip_map(&mut x, [&a, &b], move |x, [a, b]| x * a + b);
            assert!(x.iter().zip(&a).all(|(x, a)| *x == a * a + 0.5));
        }
    }
}
