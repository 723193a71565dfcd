//! Layers in a row, and the making of their parameters.

use std::sync::Arc;

use autograd::Var;
use tensor::random::Stream;
use tensor::{Bundle, Id, Layout, Real, Role, Shape};

use crate::init::Init;
use crate::layers::Layer;
use crate::mode::Mode;

/// Layers applied one after another, and the layout of all their parameters.
#[derive(Debug, Clone)]
pub struct Model {
    layers: Vec<Layer>,
    layout: Arc<Layout>,
    starts: Vec<Start>,
    running: Arc<Layout>,
    running_starts: Vec<f32>,
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
        let Builder { layout, starts, running, running_starts } = builder;
        Model { layers, layout: layout.into(), starts, running: running.into(), running_starts }
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

    /// The running statistics of batch norm at their start: what is learned without a gradient.
    pub fn running<T: Real>(&self) -> Bundle<T> {
        let mut running = Bundle::zeros(self.running.clone());
        for (id, &start) in self.running.ids().zip(&self.running_starts) {
            running.get_mut(id).fill(T::from_f64(start.into()));
        }
        running
    }

    /// The output for a batch, of a model without running statistics; dropout passes everything on.
    ///
    /// # Panics
    /// If the model has running statistics, or the shapes do not fit.
    #[track_caller]
    pub fn forward<'g, T: Real>(&self, x: Var<'g, T>) -> Var<'g, T> {
        self.forward_in(x, Mode::Evaluate { running: &Bundle::zeros(Layout::new()) })
    }

    /// The output for a batch, in training or evaluation.
    ///
    /// # Panics
    /// If the running statistics are not of this model, or the shapes do not fit.
    #[track_caller]
    pub fn forward_in<'g, T: Real>(&self, x: Var<'g, T>, mut mode: Mode<'_, T>) -> Var<'g, T> {
        assert!(
            mode.running().layout() == &self.running,
            "the model has {} running statistics, not {}: they are those of `Model::running`",
            self.running.entries().len(),
            mode.running().layout().entries().len()
        );
        self.layers.iter().fold(x, |x, layer| layer.forward(x, &mut mode))
    }
}

/// Collects the parameters of the layers of a [`Model`].
#[derive(Debug, Default)]
pub struct Builder {
    layout: Layout,
    starts: Vec<Start>,
    running: Layout,
    running_starts: Vec<f32>,
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
    /// Adds a running statistic that starts with one number everywhere.
    ///
    /// # Panics
    /// If the name is taken.
    #[track_caller]
    pub fn running(&mut self, name: impl Into<String>, shape: impl Into<Shape>, start: f32) -> Id {
        self.running_starts.push(start);
        self.running.push(name, shape, Role::Norm)
    }
}
