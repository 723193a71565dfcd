//! The gated recurrent unit.

use tensor::Kernels;

use super::{Backward, Cell, Direction, Forward, RecurrentWeights, gate, recur, tanh};
use crate::ops::elementwise::sigmoid;
use crate::var::Var;

ops! {
    /// Hidden states of gated recurrent units over sequences [n, steps, inputs]: [n, steps, hidden],
    /// from a state of 0 (Cho 2014, in the form of cuDNN and PyTorch, which resets after the product).
    /// PyTorch's `GRU` of one layer with `batch_first`; `a` and `b` below are `W_ih·x + b_ih` and
    /// `W_hh·h + b_hh`.
    ///
    /// ```text
    /// r = σ(a + b)   z = σ(a + b)   n = tanh(a + r·b)
    /// h = (1 − z)·n + z·h
    /// ```
    ///
    /// # Panics
    /// If the shapes do not fit.
    #[track_caller]
    pub fn gru(self, weights: RecurrentWeights<'g, T>, direction: Direction) -> Var<'g, T> {
        recur::<T, Gru>(self, weights, direction)
    }
}

struct Gru;

/// Saved per step: the gates, and the operand of the reset gate.
const R: usize = 0;
const Z: usize = 1;
const N: usize = 2;
const B: usize = 3;

impl<T: Kernels> Cell<T> for Gru {
    const GATES: usize = 3;
    const KEPT: usize = 4;
    const APART: bool = true;

    #[inline(always)]
    fn forward(step: Forward<'_, T>) {
        let Forward { input, hidden, h_before, h, kept, .. } = step;
        let (size, one) = (h.len(), T::one());
        let (gates, rest) = kept.split_at_mut(2 * size);
        let sums = input[..2 * size].iter().zip(&hidden[..2 * size]);
        gates.iter_mut().zip(sums).for_each(|(gate, (&a, &b))| *gate = sigmoid(a + b));
        let (r, z) = (gate(gates, R, size), gate(gates, Z, size));
        let (n, b) = rest.split_at_mut(size);
        b.copy_from_slice(gate(hidden, N, size));
        let a = gate(input, N, size);
        for k in 0..size {
            n[k] = tanh(a[k] + r[k] * b[k]);
            h[k] = (one - z[k]) * n[k] + z[k] * h_before[k];
        }
    }

    #[inline(always)]
    fn backward(step: Backward<'_, T>) {
        let Backward { dh, h_before, kept, d_input, d_hidden, dh_before, .. } = step;
        let (size, one) = (dh.len(), T::one());
        let [r, z, n, b] = [R, Z, N, B].map(|part| gate(kept, part, size));
        let (dr, rest) = d_input.split_at_mut(size);
        let (dz, dn) = rest.split_at_mut(size);
        for k in 0..size {
            dn[k] = dh[k] * (one - z[k]) * (one - n[k] * n[k]);
            dz[k] = dh[k] * (h_before[k] - n[k]) * z[k] * (one - z[k]);
            dr[k] = dn[k] * b[k] * r[k] * (one - r[k]);
            dh_before[k] = dh[k] * z[k];
        }
        d_hidden[..2 * size].copy_from_slice(&d_input[..2 * size]);
        let dn = gate(d_input, N, size);
        let d_product = d_hidden[2 * size..].iter_mut().zip(dn.iter().zip(r));
        d_product.for_each(|(d, (&dn, &r))| *d = dn * r);
    }
}
