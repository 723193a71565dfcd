//! Layers: they hold the ids of their parameters and look them up on the graph of their input.

use autograd::Var;
use tensor::{Id, Real, Role};

use crate::init::Init;
use crate::model::Builder;

/// One step of a [`Model`](crate::Model).
#[derive(Debug, Clone, PartialEq)]
pub enum Layer {
    /// See [`Linear`].
    Linear(Linear),
    /// See [`Activation`].
    Activation(Activation),
    /// All dimensions but the first become one.
    Flatten,
}

impl Layer {
    /// The layer's output for a batch.
    #[track_caller]
    pub fn forward<'g, T: Real>(&self, x: Var<'g, T>) -> Var<'g, T> {
        match self {
            Layer::Linear(linear) => linear.forward(x),
            Layer::Activation(activation) => activation.forward(x),
            Layer::Flatten => x.flatten(),
        }
    }
}

/// A dense layer: `x·Wᵀ + b`.
#[derive(Debug, Clone, PartialEq)]
pub struct Linear {
    weight: Id,
    bias: Id,
}

impl Linear {
    /// Adds `NAME.weight` of `outputs × inputs` and `NAME.bias` of `outputs`, both starting uniform in
    /// ±1/√inputs.
    pub fn new(builder: &mut Builder, name: &str, inputs: usize, outputs: usize) -> Linear {
        Linear::with_init(builder, name, inputs, outputs, Init::FanIn, Init::FanIn)
    }

    /// [`Linear::new`] with other starting values for weight and bias.
    pub fn with_init(
        builder: &mut Builder,
        name: &str,
        inputs: usize,
        outputs: usize,
        weight: Init,
        bias: Init,
    ) -> Linear {
        let fans = (inputs, outputs);
        Linear {
            weight: builder.param(format!("{name}.weight"), [outputs, inputs], Role::Matrix, weight, fans),
            bias: builder.param(format!("{name}.bias"), [outputs], Role::Bias, bias, fans),
        }
    }

    /// [.., inputs] to [.., outputs].
    #[track_caller]
    pub fn forward<'g, T: Real>(&self, x: Var<'g, T>) -> Var<'g, T> {
        let graph = x.graph();
        x.linear(graph.param(self.weight), Some(graph.param(self.bias)))
    }
}

/// A nonlinearity, element by element.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Activation {
    /// `max(0, x)`.
    Relu,
    /// `x` where positive, else 0.01·x.
    LeakyRelu,
    /// `x` where positive, else `eˣ − 1`.
    Elu,
    /// `x·Φ(x)`, tanh form.
    Gelu,
    /// `x·σ(x)`.
    Silu,
    /// `1/(1 + e⁻ˣ)`.
    Sigmoid,
    /// The hyperbolic tangent.
    Tanh,
    /// `x` itself: a linear network.
    Identity,
}

impl Activation {
    /// All of them, by name.
    pub const ALL: [(&'static str, Activation); 8] = [
        ("relu", Activation::Relu),
        ("leaky_relu", Activation::LeakyRelu),
        ("elu", Activation::Elu),
        ("gelu", Activation::Gelu),
        ("silu", Activation::Silu),
        ("sigmoid", Activation::Sigmoid),
        ("tanh", Activation::Tanh),
        ("identity", Activation::Identity),
    ];

    /// The one with this name.
    pub fn by_name(name: &str) -> Option<Activation> {
        Activation::ALL.iter().find(|(known, _)| *known == name).map(|(_, activation)| *activation)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        let known = Activation::ALL.iter().find(|(_, activation)| *activation == self);
        known.expect("every activation is listed").0
    }

    /// The same shape, each element through the function.
    pub fn forward<'g, T: Real>(self, x: Var<'g, T>) -> Var<'g, T> {
        match self {
            Activation::Relu => x.relu(),
            Activation::LeakyRelu => x.leaky_relu(T::from_f64(0.01)),
            Activation::Elu => x.elu(),
            Activation::Gelu => x.gelu(),
            Activation::Silu => x.silu(),
            Activation::Sigmoid => x.sigmoid(),
            Activation::Tanh => x.tanh(),
            Activation::Identity => x,
        }
    }
}
