//! Gradient clipping: the trait of its ways, and what a step hands to them.

use std::fmt;

use tensor::ParamInfo;
use tensor::math::sum_of_squares;

use crate::error::Error;
use crate::hyper::{Hyperparameters, Value};
use crate::rule::{Info, MemoryTraffic, StepInput};

/// Gradient clipping with one number, its limit: `clip=1`.
///
/// A new way of clipping is a file with a struct of one hyperparameter, declared by
/// [`hyperparameters!`](crate::hyperparameters), and an implementation of this trait, and a line in
/// [`clips`](crate::clips). `Box<dyn DynClip>` holds any.
///
/// ```
/// use optim::{Clip, ClipCtx, Info, MemoryTraffic, Optimizer, OptimizerSpec, hyperparameters};
///
/// hyperparameters! {
///     /// Leaves out gradients that are too large.
///     pub struct Drop {
///         /// Maximum size of a number.
///         max: f64 = 1.0 in 0.0..,
///     }
/// }
///
/// impl Clip for Drop {
///     const INFO: Info = Info {
///         name: "drop",
///         title: "Dropped numbers",
///         family: "clipping",
///         problem: "outliers",
///         formula: "g ← 0 where |g| > c",
///         good_when: "single numbers are wrong",
///         bad_when: "they are right",
///         relatives: "clip_value keeps the sign",
///         source: "this page",
///     };
///     const MEMORY_TRAFFIC: MemoryTraffic = MemoryTraffic::of(2, 2, 2);
///
///     fn clip(&self, mut ctx: ClipCtx<'_, '_>) -> f64 {
///         let max = self.max as f32;
///         ctx.gradients_mut().iter_mut().filter(|g| g.abs() > max).for_each(|g| *g = 0.0);
///         1.0
///     }
/// }
///
/// let mut spec: OptimizerSpec = "sgd lr=1".parse()?;
/// spec.clip = Some(Box::new(Drop::default()));
/// let mut w = [0.0, 0.0];
/// Optimizer::of_slice(spec, 2)?.step(&mut w, &[0.5, 7.0]);
/// assert_eq!(w, [-0.5, 0.0]);
/// # Ok::<(), optim::Error>(())
/// ```
pub trait Clip: Hyperparameters + fmt::Debug + Clone + Send + Sync + 'static {
    /// Name, formula and advice.
    const INFO: Info;

    /// Memory traffic of a step, on top of the rule's.
    const MEMORY_TRAFFIC: MemoryTraffic;

    /// Clips the gradients of a step in place, or returns a factor by which the rule is to multiply all of
    /// them.
    fn clip(&self, ctx: ClipCtx<'_, '_>) -> f64;
}

/// Object-safe twin of [`Clip`], which every way of clipping has.
pub trait DynClip: Hyperparameters + fmt::Debug + Send + Sync {
    /// See [`Clip::INFO`].
    fn info(&self) -> &'static Info;

    /// See [`Clip::MEMORY_TRAFFIC`].
    fn memory_traffic(&self) -> MemoryTraffic;

    /// See [`Clip::clip`].
    fn clip(&self, ctx: ClipCtx<'_, '_>) -> f64;

    /// Always passes: one number cannot conflict.
    fn check(&self) -> Result<(), Error> {
        Ok(())
    }

    /// A copy.
    fn boxed(&self) -> Box<dyn DynClip>;
}

impl<C: Clip> DynClip for C {
    fn info(&self) -> &'static Info {
        const { &C::INFO }
    }

    fn memory_traffic(&self) -> MemoryTraffic {
        C::MEMORY_TRAFFIC
    }

    fn clip(&self, ctx: ClipCtx<'_, '_>) -> f64 {
        Clip::clip(self, ctx)
    }

    fn boxed(&self) -> Box<dyn DynClip> {
        Box::new(self.clone())
    }
}

settings_by_name!(DynClip);

impl dyn DynClip + '_ {
    /// The one number.
    pub fn limit(&self) -> Value {
        let hypers = self.hypers();
        let hyper = hypers.first().expect("clipping has one hyperparameter");
        self.get(hyper.name).expect("a declared hyperparameter has a value")
    }

    /// Sets the one number from text.
    ///
    /// # Errors
    /// If it is not in range.
    pub fn set_limit(&mut self, text: &str) -> Result<(), Error> {
        let hypers = self.hypers();
        let hyper = hypers.first().expect("clipping has one hyperparameter");
        let name = self.info().name;
        self.set_text(hyper.name, text).map_err(|error| match error {
            Error::OutOfRange { value, allowed, .. } => {
                Error::OutOfRange { of: "clipping".to_string(), name: name.to_string(), value, allowed }
            }
            other => other,
        })
    }
}

/// Spelling in a recipe: `clip=1`.
impl fmt::Display for dyn DynClip + '_ {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.info().name, self.limit())
    }
}

/// Gradients of a step before the rules see them.
#[derive(Debug)]
pub struct ClipCtx<'a, 's> {
    pub(crate) input: &'a mut StepInput<'s>,
    pub(crate) params: &'a [ParamInfo],
}

impl<'a> ClipCtx<'a, '_> {
    /// Parameters of which the weights consist, in order.
    pub fn params(&self) -> &'a [ParamInfo] {
        self.params
    }

    /// The gradients.
    pub fn gradients(&self) -> &[f32] {
        self.input.gradients()
    }

    /// The gradients, to be changed.
    pub fn gradients_mut(&mut self) -> &mut [f32] {
        self.input.gradients_mut()
    }

    /// The weights, and the gradients to be changed.
    pub fn weights_and_gradients_mut(&mut self) -> (&[f32], &mut [f32]) {
        self.input.gradients_mut();
        (self.input.weights, self.input.scratch)
    }
}

/// Multiplies gradients by a factor.
pub(crate) fn scale(gradients: &mut [f32], factor: f64) {
    if factor != 1.0 {
        gradients.iter_mut().for_each(|g| *g *= factor as f32);
    }
}

/// The factor that brings the global ℓ² norm of a gradient down to `max_norm`:
/// `min(1, max_norm/(norm + 1e-6))` (Pascanu 2013, in PyTorch's form). The norm is over all
/// parameters together.
///
/// # Panics
/// If `max_norm` is not above 0: a negative one would turn the gradient round.
///
/// ```
/// let gradient = [3.0, 4.0];
/// assert!((optim::clip::global_norm_factor(&gradient, 1.0) - 0.2).abs() < 1e-6);
/// assert_eq!(optim::clip::global_norm_factor(&gradient, 10.0), 1.0);
/// ```
#[track_caller]
pub fn global_norm_factor(gradients: &[f32], max_norm: f64) -> f64 {
    assert!(max_norm > 0.0, "expected a norm above 0, found {max_norm}");
    let norm = sum_of_squares(gradients).sqrt();
    // NaN if a gradient is, so that every weight shows it, as in PyTorch.
    if norm + 1e-6 <= max_norm { 1.0 } else { max_norm / (norm + 1e-6) }
}
