//! Maximum and minimum along an axis.

use tensor::Kernels;

use super::axis::{self, Along};
use crate::var::Var;

ops! {
    /// Maximum along an axis, which stays with size 1. The first of equal elements gets the gradient; NaN counts as
    /// the largest.
    ///
    /// # Panics
    /// If the axis is not below the rank or has size 0, as for the other three.
    #[track_caller]
    pub fn max_axis(self, axis: usize) -> Var<'g, T> {
        let places = self.argmax_axis(axis);
        self.gather(axis, &places, axis::with_size(self.shape(), axis, 1))
    }

    /// Minimum along an axis, as [`max_axis`](Var::max_axis).
    #[track_caller]
    pub fn min_axis(self, axis: usize) -> Var<'g, T> {
        let places = self.argmin_axis(axis);
        self.gather(axis, &places, axis::with_size(self.shape(), axis, 1))
    }

    /// Index of the maximum along an axis, the first of equal elements, for each line along it.
    #[track_caller]
    pub fn argmax_axis(self, axis: usize) -> Vec<u32> {
        self.first_place(axis, |x, best| x > best)
    }

    /// Index of the minimum along an axis, as [`argmax_axis`](Var::argmax_axis).
    #[track_caller]
    pub fn argmin_axis(self, axis: usize) -> Vec<u32> {
        self.first_place(axis, |x, best| x < best)
    }
}

impl<'g, T: Kernels> Var<'g, T> {
    /// First index along an axis whose element is NaN or wins over all others.
    #[track_caller]
    fn first_place(self, axis: usize, better: impl Fn(T, T) -> bool) -> Vec<u32> {
        let along = Along::new(self.shape(), axis);
        let Along { outer, size, inner } = along;
        let shape = self.shape();
        assert!(
            size > 0 || outer * inner == 0,
            "expected a size of at least 1 along axis {axis}, found shape {shape}"
        );
        let values = self.values();
        let mut places = Vec::with_capacity(outer * inner);
        along.for_each_line(|start| {
            let mut best = 0;
            for place in 1..size {
                let [x, so_far] = [place, best].map(|place| values[start + place * inner]);
                if better(x, so_far) || (x.is_nan() && !so_far.is_nan()) {
                    best = place;
                }
            }
            places.push(best as u32);
        });
        places
    }
}
