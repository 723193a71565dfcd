//! Recurrent layers over a whole sequence: one loop for all cells, one file per cell.
//!
//! The inputs of all steps are multiplied by their weights in one product, and so are the gradients of all
//! steps; only the product with the hidden state goes step by step. Internally the layout is [steps, n, width],
//! so that the rows of a step are contiguous.

mod gru;
mod lstm;
mod rnn;

use tensor::Kernels;
use tensor::matmul::Mat;
use tensor::simd::{self, Kernel};

use super::columns;
use crate::var::Var;

/// Weights of one direction of a recurrent layer in PyTorch's layout: G gates (RNN 1, GRU 3, LSTM 4) stacked
/// along the rows.
#[derive(Debug, Clone, Copy)]
pub struct RecurrentWeights<'g, T: Kernels> {
    /// `weight_ih`, [G·hidden, inputs].
    pub input: Var<'g, T>,
    /// `weight_hh`, [G·hidden, hidden].
    pub hidden: Var<'g, T>,
    /// `bias_ih`, [G·hidden].
    pub input_bias: Var<'g, T>,
    /// `bias_hh`, [G·hidden].
    pub hidden_bias: Var<'g, T>,
}

/// Order in which a sequence is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// From its first step to its last.
    Forward,
    /// From its last step to its first; results are in the order of the inputs.
    Reverse,
}

/// Elementwise part of a recurrent cell, for one example and one step.
trait Cell<T: Kernels>: 'static {
    /// Number of gates: rows of a weight per hidden unit.
    const GATES: usize;
    /// Elements saved for backward, per hidden unit.
    const KEPT: usize;
    /// True if the gradients of the gates' input part and hidden part differ.
    const APART: bool;

    /// Writes the new hidden state and the saved values.
    fn forward(step: Forward<'_, T>);

    /// Writes the gradients of the gates and of the previous state.
    fn backward(step: Backward<'_, T>);
}

/// Operands of one example in one forward step. The state before the first step is 0.
struct Forward<'a, T> {
    /// `W_ih·x + b_ih` and `W_hh·h + b_hh`, gate by gate.
    input: &'a [T],
    hidden: &'a [T],
    /// Hidden state and saved values of the previous step.
    h_before: &'a [T],
    kept_before: &'a [T],
    h: &'a mut [T],
    kept: &'a mut [T],
}

/// Operands of one example in one backward step.
struct Backward<'a, T> {
    /// Gradient of the new hidden state.
    dh: &'a [T],
    h_before: &'a [T],
    h: &'a [T],
    kept_before: &'a [T],
    kept: &'a [T],
    /// Gradients of both parts of the gates; the second only if they differ.
    d_input: &'a mut [T],
    d_hidden: &'a mut [T],
    /// Gradient of the previous state, without the part that flows through the gates.
    dh_before: &'a mut [T],
    /// Second gradient passed from step to step: of an LSTM's cell state.
    carried: &'a mut [T],
}

#[track_caller]
fn recur<'g, T: Kernels, C: Cell<T>>(
    x: Var<'g, T>,
    weights: RecurrentWeights<'g, T>,
    direction: Direction,
) -> Var<'g, T> {
    let tape = x.tape();
    let RecurrentWeights { input: w_ih, hidden: w_hh, input_bias: b_ih, hidden_bias: b_hh } = weights;
    let (&[n, steps, inputs], &[rows, hidden]) = (&*x.shape(), &*w_hh.shape()) else {
        panic!(
            "expected sequences [n, steps, inputs] and a weight_hh matrix, found {} and {}",
            x.shape(),
            w_hh.shape()
        );
    };
    assert!(
        rows == C::GATES * hidden
            && *w_ih.shape() == [rows, inputs]
            && *b_ih.shape() == [rows]
            && *b_hh.shape() == [rows],
        "expected weights [{0}, {inputs}], [{0}, {hidden}] and biases [{0}] for sequences {1}, found {2}, {3}, {4} \
         and {5}",
        C::GATES * hidden,
        x.shape(),
        w_ih.shape(),
        w_hh.shape(),
        b_ih.shape(),
        b_hh.shape()
    );
    let order = Order { n, steps, direction };
    let (state, gates, keep) = (n * hidden, n * rows, n * hidden * C::KEPT);

    let mut by_step = tape.buffer([steps, n, inputs]);
    order.to_time_major(&x.values(), inputs, &mut by_step);
    let mut from_input = tape.buffer([steps, n, rows]);
    from_input.chunks_exact_mut(rows.max(1)).for_each(|row| row.copy_from_slice(&b_ih.values()));
    let w_ih_values = w_ih.values();
    T::gemm(
        Mat::new(&by_step, steps * n, inputs),
        Mat::new(&w_ih_values, rows, inputs).t(),
        T::one(),
        &mut from_input,
    );
    drop(w_ih_values);

    // Initial state, then the state after each step.
    let mut h = tape.buffer([steps + 1, n, hidden]);
    let mut kept = tape.buffer([steps + 1, n, C::KEPT * hidden]);
    h[..state].fill(T::zero());
    kept[..keep].fill(T::zero());
    let mut from_hidden = tape.buffer([n, rows]);
    let (w, b) = (w_hh.values(), b_hh.values());
    for step in 0..steps {
        let (before, after) = h.split_at_mut((step + 1) * state);
        let before = &before[step * state..];
        from_hidden.chunks_exact_mut(rows.max(1)).for_each(|row| row.copy_from_slice(&b));
        T::gemm(Mat::new(before, n, hidden), Mat::new(&w, rows, hidden).t(), T::one(), &mut from_hidden);
        let (kept_before, kept) = kept.split_at_mut((step + 1) * keep);
        simd::dispatch(ForwardStep::<T, C> {
            hidden,
            input: &from_input[step * gates..][..gates],
            from_hidden: &from_hidden,
            h_before: before,
            kept_before: &kept_before[step * keep..],
            h: &mut after[..state],
            kept: &mut kept[..keep],
            cell: std::marker::PhantomData,
        });
    }
    drop((w, b));
    tape.give_back(from_hidden);
    tape.give_back(from_input);
    let mut y = tape.buffer([n, steps, hidden]);
    order.to_batch_major(&h[state..], hidden, &mut y);

    let by_step = tape.push_constant([steps, n, inputs], by_step).node();
    let h = tape.push_constant([steps + 1, n, hidden], h).node();
    let kept = tape.push_constant([steps + 1, n, C::KEPT * hidden], kept).node();
    let [x_node, w_ih_node, w_hh_node, b_ih_node, b_hh_node] = [x, w_ih, w_hh, b_ih, b_hh].map(Var::node);
    tape.push([n, steps, hidden], y, &[x, w_ih, w_hh, b_ih, b_hh], move |ctx, gradients| {
        let (h, kept, w_hh) = (ctx.value(h), ctx.value(kept), ctx.value(w_hh_node));
        gradients.with_buffer(steps * gates, |gradients, d_input| {
            let apart = if C::APART { steps * gates } else { 0 };
            gradients.with_buffer(apart, |gradients, d_hidden| {
                gradients.with_buffer(steps * state, |gradients, dy| {
                    order.to_time_major(ctx.dy, hidden, dy);
                    // Gradient of a hidden state from the next step.
                    gradients.with_buffer(state, |gradients, from_after| {
                        gradients.with_buffer(state, |_, carried| {
                            from_after.fill(T::zero());
                            carried.fill(T::zero());
                            for step in (0..steps).rev() {
                                let dh = &mut dy[step * state..][..state];
                                dh.iter_mut().zip(&*from_after).for_each(|(dh, &after)| *dh += after);
                                let part = if C::APART { step * gates..(step + 1) * gates } else { 0..0 };
                                let d_input = &mut d_input[step * gates..][..gates];
                                simd::dispatch(BackwardStep::<T, C> {
                                    hidden,
                                    dh,
                                    h_before: &h[step * state..][..state],
                                    h: &h[(step + 1) * state..][..state],
                                    kept_before: &kept[step * keep..][..keep],
                                    kept: &kept[(step + 1) * keep..][..keep],
                                    d_input,
                                    d_hidden: &mut d_hidden[part.clone()],
                                    dh_before: from_after,
                                    carried,
                                    cell: std::marker::PhantomData,
                                });
                                let d_gates = if C::APART { &d_hidden[part] } else { d_input };
                                T::gemm(
                                    Mat::new(d_gates, n, rows),
                                    Mat::new(w_hh, rows, hidden),
                                    T::one(),
                                    from_after,
                                );
                            }
                        });
                    });
                });
                let d_hidden = if C::APART { &*d_hidden } else { &*d_input };
                let d_input = Mat::new(d_input, steps * n, rows);
                gradients.add(w_hh_node, |dw, beta| {
                    let before = Mat::new(&h[..steps * state], steps * n, hidden);
                    T::gemm(Mat::new(d_hidden, steps * n, rows).t(), before, beta, dw);
                });
                gradients.add(w_ih_node, |dw, beta| {
                    T::gemm(d_input.t(), Mat::new(ctx.value(by_step), steps * n, inputs), beta, dw);
                });
                columns::add(gradients, b_hh_node, &columns::sums(d_hidden, rows));
                if gradients.wants(x_node) {
                    gradients.with_buffer(steps * n * inputs, |gradients, dx| {
                        T::gemm(d_input, Mat::new(ctx.value(w_ih_node), rows, inputs), T::zero(), dx);
                        gradients.with_buffer(steps * n * inputs, |gradients, by_example| {
                            order.to_batch_major(dx, inputs, by_example);
                            gradients.add_map(x_node, by_example, by_example, |d, _| d);
                        });
                    });
                }
            });
            columns::add(gradients, b_ih_node, &columns::sums(d_input, rows));
        });
    })
}

/// Dimensions of a batch of sequences.
#[derive(Clone, Copy)]
struct Order {
    n: usize,
    steps: usize,
    direction: Direction,
}

impl Order {
    /// Transposes [n, steps, width] to [steps, n, width], in reading order.
    fn to_time_major<T: Kernels>(self, from: &[T], width: usize, to: &mut [T]) {
        for (place, to) in to.chunks_exact_mut(width.max(1)).enumerate() {
            to.copy_from_slice(&from[self.by_example(place) * width..][..width]);
        }
    }

    /// The inverse transpose.
    fn to_batch_major<T: Kernels>(self, from: &[T], width: usize, to: &mut [T]) {
        for (place, from) in from.chunks_exact(width.max(1)).enumerate() {
            to[self.by_example(place) * width..][..width].copy_from_slice(from);
        }
    }

    /// Index in [n, steps] of an index in [steps, n].
    fn by_example(self, place: usize) -> usize {
        let (step, example) = (place / self.n, place % self.n);
        let step = match self.direction {
            Direction::Forward => step,
            Direction::Reverse => self.steps - 1 - step,
        };
        example * self.steps + step
    }
}

/// One forward step of all examples.
struct ForwardStep<'a, T, C> {
    hidden: usize,
    input: &'a [T],
    from_hidden: &'a [T],
    h_before: &'a [T],
    kept_before: &'a [T],
    h: &'a mut [T],
    kept: &'a mut [T],
    cell: std::marker::PhantomData<C>,
}

impl<T: Kernels, C: Cell<T>> Kernel for ForwardStep<'_, T, C> {
    #[inline(always)]
    fn run(self) {
        let (size, gates, keep) = sizes::<T, C>(self.hidden);
        for (i, h) in self.h.chunks_exact_mut(size).enumerate() {
            C::forward(Forward {
                input: &self.input[i * gates..][..gates],
                hidden: &self.from_hidden[i * gates..][..gates],
                h_before: &self.h_before[i * size..][..size],
                kept_before: &self.kept_before[i * keep..][..keep],
                h,
                kept: &mut self.kept[i * keep..][..keep],
            });
        }
    }
}

/// One backward step of all examples.
struct BackwardStep<'a, T, C> {
    hidden: usize,
    dh: &'a [T],
    h_before: &'a [T],
    h: &'a [T],
    kept_before: &'a [T],
    kept: &'a [T],
    d_input: &'a mut [T],
    d_hidden: &'a mut [T],
    dh_before: &'a mut [T],
    carried: &'a mut [T],
    cell: std::marker::PhantomData<C>,
}

impl<T: Kernels, C: Cell<T>> Kernel for BackwardStep<'_, T, C> {
    #[inline(always)]
    fn run(self) {
        let (size, gates, keep) = sizes::<T, C>(self.hidden);
        for (i, dh) in self.dh.chunks_exact(size).enumerate() {
            let (state, kept) = (i * size..(i + 1) * size, i * keep..(i + 1) * keep);
            let own = if C::APART { i * gates..(i + 1) * gates } else { 0..0 };
            C::backward(Backward {
                dh,
                h_before: &self.h_before[state.clone()],
                h: &self.h[state.clone()],
                kept_before: &self.kept_before[kept.clone()],
                kept: &self.kept[kept],
                d_input: &mut self.d_input[i * gates..][..gates],
                d_hidden: &mut self.d_hidden[own],
                dh_before: &mut self.dh_before[state.clone()],
                carried: &mut self.carried[state],
            });
        }
    }
}

/// Elements of a state, of its gates, and saved for backward.
fn sizes<T: Kernels, C: Cell<T>>(hidden: usize) -> (usize, usize, usize) {
    (hidden.max(1), C::GATES * hidden, C::KEPT * hidden)
}

/// Slice of one gate.
#[inline(always)]
fn gate<T>(all: &[T], gate: usize, hidden: usize) -> &[T] {
    &all[gate * hidden..][..hidden]
}

/// `tanh x` by the vectorized exponential, to within 1.2·10⁻⁷ in single precision.
#[inline(always)]
fn tanh<T: Kernels>(x: T) -> T {
    let two = T::one() + T::one();
    two * super::elementwise::sigmoid(two * x) - T::one()
}
