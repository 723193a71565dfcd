//! Layers in a row, and the making of their parameters.

use std::sync::Arc;

use autograd::Var;
use tensor::random::Stream;
use tensor::{Bundle, Id, Layout, Real, Role, Shape};

use crate::init::Init;
use crate::layers::{Activation, Layer, Linear};

/// Layers applied one after another, and the layout of all their parameters.
#[derive(Debug, Clone)]
pub struct Model {
    layers: Vec<Layer>,
    layout: Arc<Layout>,
    starts: Vec<Start>,
}

/// How one parameter starts.
#[derive(Debug, Clone)]
struct Start {
    init: Init,
    fan_in: usize,
    fan_out: usize,
}

impl Model {
    /// The layers and the parameters that they registered with `builder`.
    pub fn new(builder: Builder, layers: Vec<Layer>) -> Model {
        Model { layers, layout: builder.layout.into(), starts: builder.starts }
    }

    /// A multilayer perceptron of these widths, from inputs to outputs: `fc1`, `fc2`, …, with the
    /// activation between them. Two widths make a linear model.
    ///
    /// # Panics
    /// With fewer than two widths.
    #[track_caller]
    pub fn mlp(widths: &[usize], activation: Activation) -> Model {
        assert!(widths.len() >= 2, "a network has at least inputs and outputs, not widths {widths:?}");
        let mut builder = Builder::new();
        let mut layers = Vec::new();
        for (i, pair) in widths.windows(2).enumerate() {
            if i > 0 {
                layers.push(Layer::Activation(activation));
            }
            layers.push(Layer::Linear(Linear::new(&mut builder, &format!("fc{}", i + 1), pair[0], pair[1])));
        }
        Model::new(builder, layers)
    }

    /// Names, shapes and roles of the parameters.
    pub fn layout(&self) -> &Arc<Layout> {
        &self.layout
    }

    /// Starting weights; each parameter has a random stream of its own name under the seed.
    pub fn init(&self, seed: u64) -> Bundle {
        let mut weights = Bundle::zeros(self.layout.clone());
        for (id, start) in self.layout.ids().zip(&self.starts) {
            let mut stream = Stream::new(seed, &format!("init {}", self.layout.entry(id).name));
            start.init.fill(weights.get_mut(id), start.fan_in, start.fan_out, &mut stream);
        }
        weights
    }

    /// The output for a batch [n, inputs].
    #[track_caller]
    pub fn forward<'g, T: Real>(&self, x: Var<'g, T>) -> Var<'g, T> {
        self.layers.iter().fold(x, |x, layer| layer.forward(x))
    }
}

/// Collects the parameters of the layers of a [`Model`].
#[derive(Debug, Default)]
pub struct Builder {
    layout: Layout,
    starts: Vec<Start>,
}

impl Builder {
    /// No parameters yet.
    pub fn new() -> Builder {
        Builder::default()
    }

    /// Adds a parameter of a layer with these many (inputs, outputs).
    ///
    /// # Panics
    /// If the name is taken.
    #[track_caller]
    pub fn param(
        &mut self,
        name: impl Into<String>,
        shape: impl Into<Shape>,
        role: Role,
        init: Init,
        (fan_in, fan_out): (usize, usize),
    ) -> Id {
        self.starts.push(Start { init, fan_in, fan_out });
        self.layout.push(name, shape, role)
    }
}
