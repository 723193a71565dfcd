//! Long short-term memory.

use tensor::Kernels;

use super::{Backward, Cell, Direction, Forward, RecurrentWeights, gate, recur, tanh};
use crate::ops::elementwise::sigmoid;
use crate::var::Var;

ops! {
    /// Hidden states of long short-term memory over sequences [n, steps, inputs]: [n, steps, hidden],
    /// from states of 0 (Hochreiter & Schmidhuber 1997, with the forget gate of Gers 2000). PyTorch's `LSTM`
    /// of one layer with `batch_first`; each gate below is `W_ih·x + b_ih + W_hh·h + b_hh` first.
    ///
    /// ```text
    /// i = σ(·)   f = σ(·)   g = tanh(·)   o = σ(·)
    /// c = f·c + i·g
    /// h = o·tanh(c)
    /// ```
    ///
    /// # Panics
    /// If the shapes do not fit.
    #[track_caller]
    pub fn lstm(self, weights: RecurrentWeights<'g, T>, direction: Direction) -> Var<'g, T> {
        recur::<T, Lstm>(self, weights, direction)
    }
}

struct Lstm;

/// Saved per step: the gates, the cell state and its tanh.
const I: usize = 0;
const F: usize = 1;
const G: usize = 2;
const O: usize = 3;
const C: usize = 4;
const TANH_C: usize = 5;

impl<T: Kernels> Cell<T> for Lstm {
    const GATES: usize = 4;
    const KEPT: usize = 6;
    const APART: bool = false;

    #[inline(always)]
    fn forward(step: Forward<'_, T>) {
        let Forward { input, hidden, kept_before, h, kept, .. } = step;
        let size = h.len();
        let (gates, cell) = kept.split_at_mut(4 * size);
        for (gates, (a, b)) in
            gates.chunks_exact_mut(size).zip(input.chunks_exact(size).zip(hidden.chunks_exact(size)))
        {
            gates.iter_mut().zip(a.iter().zip(b)).for_each(|(gate, (&a, &b))| *gate = a + b);
        }
        gates[..2 * size].iter_mut().for_each(|x| *x = sigmoid(*x));
        gates[2 * size..3 * size].iter_mut().for_each(|x| *x = tanh(*x));
        gates[3 * size..].iter_mut().for_each(|x| *x = sigmoid(*x));
        let (c, tanh_c) = cell.split_at_mut(size);
        let (i, f) = (gate(gates, I, size), gate(gates, F, size));
        let (g, o) = (gate(gates, G, size), gate(gates, O, size));
        let c_before = gate(kept_before, C, size);
        for k in 0..size {
            c[k] = f[k] * c_before[k] + i[k] * g[k];
            tanh_c[k] = tanh(c[k]);
            h[k] = o[k] * tanh_c[k];
        }
    }

    #[inline(always)]
    fn backward(step: Backward<'_, T>) {
        let Backward { dh, kept_before, kept, d_input, dh_before, carried: dc, .. } = step;
        let (size, one) = (dh.len(), T::one());
        let [i, f, g, o, tanh_c] = [I, F, G, O, TANH_C].map(|part| gate(kept, part, size));
        let c_before = gate(kept_before, C, size);
        let (di, rest) = d_input.split_at_mut(size);
        let (df, rest) = rest.split_at_mut(size);
        let (dg, d_o) = rest.split_at_mut(size);
        for k in 0..size {
            let d = dc[k] + dh[k] * o[k] * (one - tanh_c[k] * tanh_c[k]);
            di[k] = d * g[k] * i[k] * (one - i[k]);
            df[k] = d * c_before[k] * f[k] * (one - f[k]);
            dg[k] = d * i[k] * (one - g[k] * g[k]);
            d_o[k] = dh[k] * tanh_c[k] * o[k] * (one - o[k]);
            dc[k] = d * f[k];
        }
        dh_before.fill(T::zero());
    }
}
