//! Custom layer outside of `nn`: a highway layer (Srivastava 2015), `t·h(x) + (1 − t)·x` with the gate
//! `t = σ(W·x + b)`, as a [`Module`] over the ops of `Var`.
//!
//! It trains like a built-in layer, and its gradient is checked in double precision by the same code.
#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use autograd::{BufferPool, Var, check::gradient_error};
use nn::{Activation, Builder, Context, Init, Linear, Model, Module, Sequential};
use tensor::{Kernels, ParamId, ParamVec, Role};

/// Passes its input on where the gate is closed.
#[derive(Debug)]
struct Highway {
    hidden: Linear,
    gate: ParamId,
    gate_bias: ParamId,
}

impl Highway {
    /// Adds `NAME.hidden.weight`, `NAME.hidden.bias`, `NAME.gate.weight` and `NAME.gate.bias`; the gate
    /// is nearly closed at initialization.
    fn new(builder: &mut Builder, name: &str, width: usize) -> Highway {
        let fans = (width, width);
        let (weight, bias) = (format!("{name}.gate.weight"), format!("{name}.gate.bias"));
        Highway {
            hidden: Linear::new(builder, &format!("{name}.hidden"), width, width),
            gate: builder.param(weight, [width, width], Role::Matrix, Init::XavierUniform, fans),
            gate_bias: builder.param(bias, [width], Role::Bias, Init::Constant(-2.0), fans),
        }
    }
}

impl Module for Highway {
    fn forward<'t, T: Kernels>(&self, x: Var<'t, T>, context: &mut Context<'_, T>) -> Var<'t, T> {
        let tape = x.tape();
        let h = self.hidden.forward(x, context).tanh();
        let t = x.linear(tape.param(self.gate), Some(tape.param(self.gate_bias))).sigmoid();
        t * h + t.scale(-T::one()).shift(T::one()) * x
    }
}

/// The exclusive or of two inputs.
const X: [f64; 8] = [-1.0, -1.0, -1.0, 1.0, 1.0, -1.0, 1.0, 1.0];
const CLASSES: [u32; 4] = [0, 1, 1, 0];

/// Checks the gradient, then trains.
pub(crate) fn main() {
    let mut builder = Builder::new();
    let net = Sequential::new()
        .then(Linear::new(&mut builder, "input", 2, 8))
        .then(Activation::Tanh)
        .then(Highway::new(&mut builder, "highway", 8))
        .then(Linear::new(&mut builder, "output", 8, 2));
    let model = Model::new(builder, net);
    let mut weights = model.init(1);

    let mut at = ParamVec::<f64>::zeros(model.layout().clone());
    at.as_mut_slice().iter_mut().zip(weights.as_slice()).for_each(|(a, &w)| *a = w.into());
    let error = gradient_error(&at, |tape| model.forward(tape.input([4, 2], &X)).cross_entropy(&CLASSES));
    assert!(error <= 1e-6, "{error:e}");
    println!("gradient: relative error {error:.1e} against central differences");

    let (pool, mut gradients) = (BufferPool::new(), weights.zeros_like());
    let mut last = f32::NAN;
    for step in 0..=200 {
        let tape = pool.tape(&weights);
        let x = tape.input([4, 2], &X.map(|x| x as f32));
        let loss = model.forward(x).cross_entropy(&CLASSES);
        last = loss.item();
        if step % 50 == 0 {
            println!("step {step:>3}: loss {last:.4}");
        }
        loss.backward(&mut gradients);
        drop(tape);
        let pairs = weights.as_mut_slice().iter_mut().zip(gradients.as_slice());
        pairs.for_each(|(w, g)| *w -= 0.5 * g);
    }
    assert!(last < 0.05, "{last}");
}
