//! Plain recurrent cell.

use tensor::Kernels;

use super::{Backward, Cell, Direction, Forward, RecurrentWeights, recur, tanh};
use crate::var::Var;

ops! {
    /// Hidden states `h = tanh(W_ih·x + b_ih + W_hh·h + b_hh)` of sequences [n, steps, inputs]: [n,
    /// steps, hidden], from a state of 0 (Elman 1990). PyTorch's `RNN` of one layer with `batch_first`.
    ///
    /// # Panics
    /// If the shapes do not fit.
    #[track_caller]
    pub fn rnn(self, weights: RecurrentWeights<'g, T>, direction: Direction) -> Var<'g, T> {
        recur::<T, Rnn>(self, weights, direction)
    }
}

struct Rnn;

impl<T: Kernels> Cell<T> for Rnn {
    const GATES: usize = 1;
    const KEPT: usize = 0;
    const APART: bool = false;

    #[inline(always)]
    fn forward(step: Forward<'_, T>) {
        let Forward { input, hidden, h, .. } = step;
        h.iter_mut().zip(input.iter().zip(hidden)).for_each(|(h, (&a, &b))| *h = tanh(a + b));
    }

    #[inline(always)]
    fn backward(step: Backward<'_, T>) {
        let Backward { dh, h, d_input, dh_before, .. } = step;
        d_input.iter_mut().zip(dh.iter().zip(h)).for_each(|(d, (&dh, &h))| *d = dh * (T::one() - h * h));
        dh_before.fill(T::zero());
    }
}
