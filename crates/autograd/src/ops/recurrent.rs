//! Recurrent layers over a whole sequence: one loop for all cells, one file per cell.
//!
//! The inputs of all steps are multiplied by their weights in one product, and so are the gradients of all
//! steps; only the product with the hidden state goes step by step. Internally the layout is [steps, n, width],
//! so that the rows of a step are contiguous.

mod gru;
mod lstm;
mod rnn;

use tensor::matmul::Mat;
use tensor::simd::{self, Kernel};
use tensor::{Buffer, Kernels};

use super::columns;
use crate::gradients::{BackwardCtx, Gradients};
use crate::tape::Node;
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
    /// True if the gates do more with their input part and hidden part than add them, so that their gradients differ.
    const APART: bool;

    /// Writes the new hidden state and the saved values.
    fn forward(step: Forward<'_, T>);

    /// Writes the gradients of the gates and of the previous state.
    fn backward(step: Backward<'_, T>);
}

/// Operands of one example in one forward step. The state before the first step is 0.
struct Forward<'a, T> {
    /// `W_ih·x + b_ih` and `W_hh·h + b_hh`, gate by gate; unless they are apart, both biases are in the first.
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
    let sizes = Sizes::new(x, weights, C::GATES, direction);
    let Sizes { steps, inputs, hidden, order, .. } = sizes;
    let (tape, n) = (x.tape(), order.n);
    let mut by_step = tape.buffer([steps, n, inputs]);
    order.to_time_major(&x.values(), inputs, &mut by_step);
    let (h, kept) = forward::<T, C>(sizes, weights, &by_step);
    let mut y = tape.buffer([n, steps, hidden]);
    order.to_batch_major(&h[sizes.state()..], hidden, &mut y);

    let RecurrentWeights { input: w_ih, hidden: w_hh, input_bias: b_ih, hidden_bias: b_hh } = weights;
    let nodes = Nodes {
        x: x.node(),
        w_ih: w_ih.node(),
        w_hh: w_hh.node(),
        b_ih: b_ih.node(),
        b_hh: b_hh.node(),
        by_step: tape.push_constant([steps, n, inputs], by_step).node(),
        h: tape.push_constant([steps + 1, n, hidden], h).node(),
        kept: tape.push_constant([steps + 1, n, C::KEPT * hidden], kept).node(),
    };
    tape.push([n, steps, hidden], y, &[x, w_ih, w_hh, b_ih, b_hh], move |ctx, gradients| {
        backward::<T, C>(sizes, nodes, ctx, gradients);
    })
}

/// Hidden states and saved values before the first step and after each, from inputs [steps, n, inputs].
fn forward<T: Kernels, C: Cell<T>>(
    sizes: Sizes,
    weights: RecurrentWeights<'_, T>,
    by_step: &[T],
) -> (Buffer<T>, Buffer<T>) {
    let Sizes { steps, inputs, hidden, rows, order: Order { n, .. } } = sizes;
    let (state, gates, keep) = (sizes.state(), sizes.gates(), sizes.state() * C::KEPT);
    let tape = weights.input.tape();
    let mut from_input = tape.buffer([steps, n, rows]);
    let (w, b) = (weights.hidden.values(), weights.hidden_bias.values());
    if C::APART {
        fill_rows(&mut from_input, &weights.input_bias.values());
    } else {
        // Both parts are only added: so are their biases, once for all steps.
        let b_ih = weights.input_bias.values();
        let both: Vec<T> = b_ih.iter().zip(&*b).map(|(&input, &hidden)| input + hidden).collect();
        fill_rows(&mut from_input, &both);
    }
    let w_ih = weights.input.values();
    T::gemm(
        Mat::new(by_step, steps * n, inputs),
        Mat::new(&w_ih, rows, inputs).t(),
        T::one(),
        &mut from_input,
    );

    let mut h = tape.buffer([steps + 1, n, hidden]);
    let mut kept = tape.buffer([steps + 1, n, C::KEPT * hidden]);
    h[..state].fill(T::zero());
    kept[..keep].fill(T::zero());
    let mut from_hidden = tape.buffer([n, rows]);
    for step in 0..steps {
        let (before, after) = h.split_at_mut((step + 1) * state);
        let before = &before[step * state..];
        let beta = if C::APART { T::one() } else { T::zero() };
        if C::APART {
            fill_rows(&mut from_hidden, &b);
        }
        T::gemm(Mat::new(before, n, hidden), Mat::new(&w, rows, hidden).t(), beta, &mut from_hidden);
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
    tape.give_back(from_hidden);
    tape.give_back(from_input);
    (h, kept)
}

/// Copies the bias to each row.
fn fill_rows<T: Kernels>(rows: &mut [T], bias: &[T]) {
    rows.chunks_exact_mut(bias.len().max(1)).for_each(|row| row.copy_from_slice(bias));
}

/// Values that the backward pass reads, and those whose gradients it adds to.
#[derive(Clone, Copy)]
struct Nodes {
    x: Node,
    w_ih: Node,
    w_hh: Node,
    b_ih: Node,
    b_hh: Node,
    by_step: Node,
    h: Node,
    kept: Node,
}

fn backward<T: Kernels, C: Cell<T>>(
    sizes: Sizes,
    nodes: Nodes,
    ctx: BackwardCtx<'_, T>,
    gradients: &mut Gradients<'_, T>,
) {
    let all = sizes.steps * sizes.gates();
    gradients.with_buffer(all, |gradients, d_input| {
        gradients.with_buffer(if C::APART { all } else { 0 }, |gradients, d_hidden| {
            through_time::<T, C>(sizes, nodes, ctx, gradients, [&mut *d_input, &mut *d_hidden]);
            let d_hidden = if C::APART { &*d_hidden } else { &*d_input };
            add_gradients(sizes, nodes, ctx, gradients, [&*d_input, d_hidden]);
        });
        columns::add(gradients, nodes.b_ih, &columns::sums(d_input, sizes.rows));
    });
}

/// Writes the gradients of the gates of all steps, from the last to the first: of their input parts, and of their
/// hidden parts where these differ.
fn through_time<T: Kernels, C: Cell<T>>(
    sizes: Sizes,
    nodes: Nodes,
    ctx: BackwardCtx<'_, T>,
    gradients: &mut Gradients<'_, T>,
    [d_input, d_hidden]: [&mut [T]; 2],
) {
    let Sizes { steps, hidden, rows, order, .. } = sizes;
    let (state, gates, keep) = (sizes.state(), sizes.gates(), sizes.state() * C::KEPT);
    let [h, kept, w_hh] = [nodes.h, nodes.kept, nodes.w_hh].map(|node| ctx.value(node));
    gradients.with_buffer(steps * state, |gradients, dy| {
        order.to_time_major(ctx.dy, hidden, dy);
        // Gradients that a step gets from the next one: of the hidden state, and what the cell carries.
        gradients.with_buffer(2 * state, |_, from_after| {
            from_after.fill(T::zero());
            let (dh_before, carried) = from_after.split_at_mut(state);
            for step in (0..steps).rev() {
                let dh = &mut dy[step * state..][..state];
                dh.iter_mut().zip(&*dh_before).for_each(|(dh, &after)| *dh += after);
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
                    dh_before,
                    carried,
                    cell: std::marker::PhantomData,
                });
                if step == 0 {
                    // Nobody wants the gradient of the state before the first step.
                    continue;
                }
                let d_gates = Mat::new(if C::APART { &d_hidden[part] } else { d_input }, order.n, rows);
                T::gemm(d_gates, Mat::new(w_hh, rows, hidden), T::one(), dh_before);
            }
        });
    });
}

/// Adds the gradients of weights and inputs, each one product over all steps, by those of both parts of the gates.
fn add_gradients<T: Kernels>(
    sizes: Sizes,
    nodes: Nodes,
    ctx: BackwardCtx<'_, T>,
    gradients: &mut Gradients<'_, T>,
    [d_input, d_hidden]: [&[T]; 2],
) {
    let Sizes { steps, inputs, hidden, rows, order } = sizes;
    let examples = steps * order.n;
    let of_inputs = Mat::new(d_input, examples, rows);
    gradients.add(nodes.w_hh, |dw, beta| {
        let before = Mat::new(&ctx.value(nodes.h)[..steps * sizes.state()], examples, hidden);
        T::gemm(Mat::new(d_hidden, examples, rows).t(), before, beta, dw);
    });
    gradients.add(nodes.w_ih, |dw, beta| {
        T::gemm(of_inputs.t(), Mat::new(ctx.value(nodes.by_step), examples, inputs), beta, dw);
    });
    columns::add(gradients, nodes.b_hh, &columns::sums(d_hidden, rows));
    if gradients.wants(nodes.x) {
        gradients.with_buffer(examples * inputs, |gradients, dx| {
            T::gemm(of_inputs, Mat::new(ctx.value(nodes.w_ih), rows, inputs), T::zero(), dx);
            gradients.with_buffer(examples * inputs, |gradients, by_example| {
                order.to_batch_major(dx, inputs, by_example);
                gradients.add_map(nodes.x, by_example, by_example, |d, _| d);
            });
        });
    }
}

/// Sizes of sequences and weights.
#[derive(Clone, Copy)]
struct Sizes {
    steps: usize,
    inputs: usize,
    hidden: usize,
    /// Rows of a weight: gates times hidden units.
    rows: usize,
    order: Order,
}

impl Sizes {
    #[track_caller]
    fn new<T: Kernels>(
        x: Var<'_, T>,
        weights: RecurrentWeights<'_, T>,
        gates: usize,
        direction: Direction,
    ) -> Sizes {
        let RecurrentWeights { input: w_ih, hidden: w_hh, input_bias: b_ih, hidden_bias: b_hh } = weights;
        let (&[n, steps, inputs], &[rows, hidden]) = (&*x.shape(), &*w_hh.shape()) else {
            panic!(
                "expected sequences [n, steps, inputs] and a weight_hh matrix, found {} and {}",
                x.shape(),
                w_hh.shape()
            );
        };
        assert!(
            rows == gates * hidden
                && *w_ih.shape() == [rows, inputs]
                && *b_ih.shape() == [rows]
                && *b_hh.shape() == [rows],
            "expected weights [{0}, {inputs}], [{0}, {hidden}] and biases [{0}] for sequences {1}, found {2}, {3}, {4} \
             and {5}",
            gates * hidden,
            x.shape(),
            w_ih.shape(),
            w_hh.shape(),
            b_ih.shape(),
            b_hh.shape()
        );
        Sizes { steps, inputs, hidden, rows, order: Order { n, steps, direction } }
    }

    /// Elements of the hidden states of a batch.
    fn state(self) -> usize {
        self.order.n * self.hidden
    }

    /// Elements of the gates of a batch in one step.
    fn gates(self) -> usize {
        self.order.n * self.rows
    }
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
