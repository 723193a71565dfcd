//! Sums over whole vectors, for rules that are written with inner products.

use tensor::simd::{self, Kernel};

/// ⟨a, b⟩ in double precision, in one order on every machine.
pub(crate) fn dot(a: &[f32], b: &[f32]) -> f64 {
    let mut total = 0.0;
    simd::dispatch(Dot { a, b, total: &mut total });
    total
}

/// max |x|; NaN if there is one.
pub(crate) fn greatest(x: &[f32]) -> f32 {
    x.iter().fold(0.0, |greatest, x| crate::formula::maximum(greatest, x.abs()))
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
        assert_eq!((greatest(&[]), greatest(&[1.0, -3.0])), (0.0, 3.0));
        assert!(greatest(&[f32::NAN, 1.0]).is_nan());
    }
}
