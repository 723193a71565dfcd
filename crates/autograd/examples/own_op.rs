//! Custom op outside of the crate: snake, `x + sin²(a·x)/a`, with a learned frequency for each feature (Ziyin
//! 2020): forward, backward and a gradient check.
#![allow(clippy::print_stdout, reason = "an example shows its result")]

use autograd::Var;
use autograd::check::gradient_error;
use tensor::{Kernels, Layout, ParamVec, Role};

/// Snake of x [.., features] with frequencies a [features].
///
/// # Panics
/// If the number of frequencies is not the number of features.
#[track_caller]
pub(crate) fn snake<'g, T: Kernels>(x: Var<'g, T>, a: Var<'g, T>) -> Var<'g, T> {
    let (tape, shape) = (x.tape(), x.shape());
    let features = shape.as_matrix().1;
    assert!(
        *a.shape() == [features],
        "expected a frequency for each feature of {shape}, found shape {}",
        a.shape()
    );

    // Forward: write every element of a buffer from the pool.
    let mut y = tape.buffer(shape);
    // Backward needs the sines, so they are saved on the tape as a constant.
    let mut sines = tape.buffer(shape);
    for (i, (x, a)) in each(&x.values(), &a.values()).enumerate() {
        sines[i] = (a * x).sin();
        y[i] = x + sines[i] * sines[i] / a;
    }
    let sines = tape.push_constant(shape, sines).node();

    // Backward: a closure keeps nodes, not variables, and reads their values from its context.
    let [x_node, a_node] = [x, a].map(Var::node);
    tape.push(shape, y, &[x, a], move |ctx, gradients| {
        let [x, a, sines] = [x_node, a_node, sines].map(|node| ctx.value(node));
        let two = T::from_f64(2.0);
        // dx = dy·(1 + 2·sin(a·x)·cos(a·x)), written or added to as `beta` asks.
        gradients.add(x_node, |dx, beta| {
            for (i, (x, a)) in each(x, a).enumerate() {
                let d = ctx.dy[i] * (T::one() + two * sines[i] * (a * x).cos());
                dx[i] = if beta == T::zero() { d } else { dx[i] + d };
            }
        });
        // da = Σ dy·(2·x·sin·cos − sin²/a)/a over the rows that share a frequency.
        if gradients.wants(a_node) {
            gradients.with_buffer(ctx.y.len(), |gradients, d| {
                for (i, (x, a)) in each(x, a).enumerate() {
                    let slope = two * x * sines[i] * (a * x).cos();
                    d[i] = ctx.dy[i] * (slope - sines[i] * sines[i] / a) / a;
                }
                gradients.add_unbroadcast(a_node, d, ctx.shape(x_node));
            });
        }
    })
}

/// Each element of x with the frequency of its feature.
fn each<T: Copy>(x: &[T], a: &[T]) -> impl Iterator<Item = (T, T)> {
    x.iter().zip(a.iter().cycle()).map(|(&x, &a)| (x, a))
}

/// The largest difference between the gradient and central differences, relative.
pub(crate) fn main() {
    let mut layout = Layout::new();
    let [x, a] = [layout.push("x", [4, 3], Role::Matrix), layout.push("a", [3], Role::Norm)];
    let mut at = ParamVec::<f64>::zeros(layout);
    at.as_mut_slice().iter_mut().enumerate().for_each(|(i, w)| *w = 0.3 + 0.2 * i as f64);
    // Used twice, so that gradients are also added to.
    let error = gradient_error(&at, |tape| {
        let y = snake(tape.param(x), tape.param(a));
        (y * snake(y, tape.param(a))).mean()
    });
    println!("snake: the gradient is within {error:.0e} of central differences");
    assert!(error < 1e-6, "{error:e}");
}
