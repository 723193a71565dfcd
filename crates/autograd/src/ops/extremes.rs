//! The largest and the smallest number along an axis.

use tensor::Kernels;

use super::axis::{self, Along};
use crate::var::Var;

impl<'g, T: Kernels> Var<'g, T> {
    /// The largest number along an axis, which stays with size 1. Of equals the first gets the gradient;
    /// NaN is larger than anything.
    ///
    /// # Panics
    /// If there is no such axis, or it has no places. So for the others.
    #[track_caller]
    pub fn max_axis(self, axis: usize) -> Var<'g, T> {
        let places = self.argmax_axis(axis);
        self.gather(axis, &places, axis::with_size(self.shape(), axis, 1))
    }

    /// The smallest number along an axis, as [`max_axis`](Var::max_axis).
    #[track_caller]
    pub fn min_axis(self, axis: usize) -> Var<'g, T> {
        let places = self.argmin_axis(axis);
        self.gather(axis, &places, axis::with_size(self.shape(), axis, 1))
    }

    /// The place of the largest number along an axis, the first of equals, for each line along it.
    #[track_caller]
    pub fn argmax_axis(self, axis: usize) -> Vec<u32> {
        self.first_place(axis, |x, best| x > best)
    }

    /// The place of the smallest number along an axis, as [`argmax_axis`](Var::argmax_axis).
    #[track_caller]
    pub fn argmin_axis(self, axis: usize) -> Vec<u32> {
        self.first_place(axis, |x, best| x < best)
    }

    /// The first place along an axis whose number is NaN, or better than those before it.
    #[track_caller]
    fn first_place(self, axis: usize, better: impl Fn(T, T) -> bool) -> Vec<u32> {
        let along = Along::new(self.shape(), axis);
        let Along { outer, size, inner } = along;
        let shape = self.shape();
        assert!(
            size > 0 || outer * inner == 0,
            "expected at least 1 place along axis {axis}, found shape {shape}"
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
