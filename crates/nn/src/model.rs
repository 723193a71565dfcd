//! Networks with the layout of their parameters.

use std::sync::Arc;

use autograd::Var;
use tensor::random::Stream;
use tensor::{Kernels, Layout, ParamId, ParamInfo, ParamVec, Role, Shape};

use crate::context::Context;
use crate::init::Init;
use crate::layer::Layer;
use crate::module::{DynModule, Module};

/// Module with the layout of all its parameters.
#[derive(Debug, Clone)]
pub struct Model {
    module: Arc<dyn DynModule>,
    layout: Arc<Layout>,
    starts: Vec<Start>,
    buffers: Arc<Layout>,
    buffer_starts: Vec<f32>,
}

/// Initializer of a parameter.
#[derive(Debug, Clone)]
struct Start {
    init: Init,
    fan_in: usize,
    fan_out: usize,
}

impl Model {
    /// Creates a model from a module, often a [`Sequential`](crate::Sequential), and the parameters that it
    /// registered with `builder`.
    pub fn new(builder: Builder, module: impl Module) -> Model {
        let Builder { layout, starts, buffers, buffer_starts } = builder;
        Model {
            module: Arc::new(module),
            layout: layout.into(),
            starts,
            buffers: buffers.into(),
            buffer_starts,
        }
    }

    /// Replaces the initializers: `init` maps each parameter and its present initializer to a new one.
    ///
    /// ```
    /// use nn::{Init, models};
    /// use tensor::Role;
    /// // The initializers of DeepOBS.
    /// let model = models::two_c_two_d([28, 28], 10).with_init(|param, _| match param.role {
    ///     Role::Bias => Init::Constant(0.05),
    ///     _ => Init::TruncatedNormal(0.05),
    /// });
    /// assert!(model.init(0).as_slice().iter().all(|w| w.abs() <= 0.1));
    /// ```
    #[must_use]
    pub fn with_init(mut self, init: impl Fn(&ParamInfo, Init) -> Init) -> Model {
        for (start, param) in self.starts.iter_mut().zip(self.layout.entries()) {
            start.init = init(param, start.init);
        }
        self
    }

    /// Names, shapes and roles of the parameters.
    pub fn layout(&self) -> &Arc<Layout> {
        &self.layout
    }

    /// Initial weights; each parameter uses the random stream of its name under `seed`.
    pub fn init(&self, seed: u64) -> ParamVec {
        let mut weights = ParamVec::zeros(self.layout.clone());
        for (id, start) in self.layout.ids().zip(&self.starts) {
            let mut stream = Stream::new(seed, &format!("init {}", self.layout.entry(id).name));
            start.init.fill(weights.get_mut(id), start.fan_in, start.fan_out, &mut stream);
        }
        weights
    }

    /// Initial running statistics of batch norm: state that is learned without gradients.
    pub fn buffers<T: Kernels>(&self) -> ParamVec<T> {
        let mut buffers = ParamVec::zeros(self.buffers.clone());
        for (id, &start) in self.buffers.ids().zip(&self.buffer_starts) {
            buffers.get_mut(id).fill(T::from_f64(start.into()));
        }
        buffers
    }

    /// Layers as data, in order; `None` if one of them has no form that other programs know.
    pub fn layers(&self) -> Option<Vec<Layer>> {
        self.module.dyn_layers()
    }

    /// Output for a batch in evaluation, for a model without running statistics.
    ///
    /// # Panics
    /// If the model has running statistics, or the shapes do not fit.
    #[track_caller]
    pub fn forward<'t, T: Kernels>(&self, x: Var<'t, T>) -> Var<'t, T> {
        self.forward_in(x, Context::Evaluate { buffers: &ParamVec::zeros(Layout::new()) })
    }

    /// Output for a batch in training or evaluation.
    ///
    /// # Panics
    /// If the running statistics are not of this model, or the shapes do not fit.
    #[track_caller]
    pub fn forward_in<'t, T: Kernels>(&self, x: Var<'t, T>, mut context: Context<'_, T>) -> Var<'t, T> {
        assert!(
            context.buffers().layout() == &self.buffers,
            "expected the {} buffers of `Model::buffers`, found {}",
            self.buffers.entries().len(),
            context.buffers().layout().entries().len()
        );
        self.module.forward(x, &mut context)
    }
}

/// Registers the parameters of the layers of a [`Model`].
#[derive(Debug, Default)]
pub struct Builder {
    layout: Layout,
    starts: Vec<Start>,
    buffers: Layout,
    buffer_starts: Vec<f32>,
}

impl Builder {
    /// An empty builder.
    pub fn new() -> Builder {
        Builder::default()
    }

    /// Adds a parameter of a layer with these `fans`, (fan-in, fan-out).
    ///
    /// # Panics
    /// If the name is a duplicate.
    #[track_caller]
    pub fn param(
        &mut self,
        name: impl Into<String>,
        shape: impl Into<Shape>,
        role: Role,
        init: Init,
        (fan_in, fan_out): (usize, usize),
    ) -> ParamId {
        self.starts.push(Start { init, fan_in, fan_out });
        self.layout.push(name, shape, role)
    }

    /// Adds a running statistic with this initial value in every element.
    ///
    /// # Panics
    /// If the name is a duplicate.
    #[track_caller]
    pub fn buffers(&mut self, name: impl Into<String>, shape: impl Into<Shape>, start: f32) -> ParamId {
        self.buffer_starts.push(start);
        self.buffers.push(name, shape, Role::Norm)
    }
}
