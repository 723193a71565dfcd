//! Trait of layers and networks.

use std::fmt::Debug;
use std::marker::PhantomData;
use std::sync::Arc;

use autograd::Var;
use tensor::{Kernels, PerScalar};

use crate::context::Context;
use crate::layer::Layer;

/// Layer or network: ordinary Rust over [`Var`], generic over `f32` and `f64`.
///
/// A module stores [`ParamId`](tensor::ParamId)s from a [`Builder`](crate::Builder) and reads the parameters from
/// the tape of its input, so one module serves any number of weight vectors. A user's module works like those of
/// [`layers`](crate::layers):
///
/// ```
/// use autograd::Var;
/// use nn::{Builder, Context, Init, Linear, Model, Module, Sequential};
/// use tensor::{Kernels, ParamId, Role};
///
/// /// One learned factor for each feature.
/// #[derive(Debug)]
/// struct Gain {
///     weight: ParamId,
/// }
///
/// impl Module for Gain {
///     fn forward<'t, T: Kernels>(&self, x: Var<'t, T>, _: &mut Context<'_, T>) -> Var<'t, T> {
///         x * x.tape().param(self.weight)
///     }
/// }
///
/// let mut builder = Builder::new();
/// let weight = builder.param("gain.weight", [4], Role::Norm, Init::Constant(1.0), (4, 4));
/// let net = Sequential::new().then(Gain { weight }).then(Linear::new(&mut builder, "fc", 4, 2));
/// let model = Model::new(builder, net);
/// assert_eq!(model.layout().len(), 4 + 4 * 2 + 2);
/// ```
pub trait Module: Debug + Send + Sync + 'static {
    /// Output for a batch.
    fn forward<'t, T: Kernels>(&self, x: Var<'t, T>, context: &mut Context<'_, T>) -> Var<'t, T>;

    /// Its layers as data, in order; `None` if other programs do not know them.
    fn layers(&self) -> Option<Vec<Layer>> {
        None
    }
}

/// Object-safe twin of [`Module`], implemented for every module.
pub trait DynModule: Debug + Send + Sync {
    /// Output for a batch, in single precision.
    fn forward_f32<'t>(&self, x: Var<'t, f32>, context: &mut Context<'_, f32>) -> Var<'t, f32>;

    /// Output for a batch, in double precision.
    fn forward_f64<'t>(&self, x: Var<'t, f64>, context: &mut Context<'_, f64>) -> Var<'t, f64>;

    /// The same as [`Module::layers`].
    fn dyn_layers(&self) -> Option<Vec<Layer>>;
}

impl<M: Module> DynModule for M {
    #[track_caller]
    fn forward_f32<'t>(&self, x: Var<'t, f32>, context: &mut Context<'_, f32>) -> Var<'t, f32> {
        self.forward(x, context)
    }

    #[track_caller]
    fn forward_f64<'t>(&self, x: Var<'t, f64>, context: &mut Context<'_, f64>) -> Var<'t, f64> {
        self.forward(x, context)
    }

    fn dyn_layers(&self) -> Option<Vec<Layer>> {
        self.layers()
    }
}

/// An `Arc` of a module is a module.
impl Module for Arc<dyn DynModule> {
    #[track_caller]
    fn forward<'t, T: Kernels>(&self, x: Var<'t, T>, context: &mut Context<'_, T>) -> Var<'t, T> {
        T::select(Forward { module: &**self, lifetimes: PhantomData }, (x, context))
    }

    fn layers(&self) -> Option<Vec<Layer>> {
        (**self).dyn_layers()
    }
}

/// Call from generic code to a trait object with one method per scalar type.
struct Forward<'m, 't, 'a, 'c> {
    module: &'m dyn DynModule,
    lifetimes: PhantomData<(&'t (), &'a mut &'c ())>,
}

impl<'t, 'a, 'c> PerScalar for Forward<'_, 't, 'a, 'c> {
    type Input<T: Kernels> = (Var<'t, T>, &'a mut Context<'c, T>);
    type Output<T: Kernels> = Var<'t, T>;

    #[track_caller]
    fn in_f32(self, (x, context): Self::Input<f32>) -> Var<'t, f32> {
        self.module.forward_f32(x, context)
    }

    #[track_caller]
    fn in_f64(self, (x, context): Self::Input<f64>) -> Var<'t, f64> {
        self.module.forward_f64(x, context)
    }
}
