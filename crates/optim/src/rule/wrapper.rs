//! Algorithms around a rule, which change when, where or with which gradients it makes its step.

use std::borrow::Cow;
use std::fmt;

use tensor::ParamInfo;
use tensor::simd::Path;

use crate::error::Error;
use crate::hyper::Hyperparameters;
use crate::rule::{Info, MemoryTraffic, Objective, Requires, Update};
use crate::state::{OptState, ScalarSlot, Slot};

/// Step around the step of a rule, or of another wrapper: the inner optimizer.
///
/// A new wrapper is a file with a struct declared by [`hyperparameters!`](crate::hyperparameters) and an
/// implementation of this trait, and a line in [`wrappers`](crate::wrappers). `Box<dyn DynWrapper>` holds any.
///
/// ```
/// use optim::{WrapperCtx, Info, OptimizerSpec, Optimizer, MemoryTraffic, Wrapper, hyperparameters, rules};
///
/// hyperparameters! {
///     /// Every second step counts.
///     pub struct Lazy {
///         /// The step that counts, of as many.
///         every: f64 = 2.0 in 1.0..,
///     }
/// }
///
/// impl Wrapper for Lazy {
///     const INFO: Info = Info {
///         name: "lazy",
///         title: "Lazy steps",
///         family: "wrapper",
///         problem: "work",
///         formula: "a step where every divides t",
///         good_when: "tired",
///         bad_when: "in a hurry",
///         relatives: "every=1 is the rule inside",
///         source: "this page",
///     };
///
///     fn memory_traffic(&self) -> MemoryTraffic {
///         MemoryTraffic::NONE
///     }
///
///     fn step(&self, mut ctx: WrapperCtx<'_>) {
///         if ctx.call() % self.every as u64 == 0 {
///             ctx.inner();
///         }
///     }
/// }
///
/// let mut spec = OptimizerSpec::new(optim::parse_rule("sgd lr=0.25")?);
/// spec.wrappers.push(Box::new(Lazy::default()));
/// let mut optimizer = Optimizer::of_slice(spec, 1)?;
/// let mut w = [1.0];
/// optimizer.step(&mut w, &[1.0]);
/// optimizer.step(&mut w, &[1.0]);
/// assert_eq!((w, optimizer.steps()), ([0.75], 1));
/// # Ok::<(), optim::Error>(())
/// ```
pub trait Wrapper: Hyperparameters + fmt::Debug + Clone + Send + Sync + 'static {
    /// Name, formula and advice.
    const INFO: Info;

    /// Inputs of a step, on top of those of the inner optimizer.
    const REQUIRES: Requires = Requires::Gradient;

    /// Name of the state array that holds the weights to evaluate at, if those are not the inner
    /// optimizer's.
    const EVAL_WEIGHTS: Option<&'static str> = None;

    /// Arrays, each as long as the weights, that hold intermediate results of a step and are not saved.
    /// They follow the state arrays.
    const SCRATCH: usize = 0;

    /// Changes to a step, apart from keeping an average. Combinations that would go wrong are refused by it.
    const CHANGES: Changes = Changes::Nothing;

    /// A step whose gradient is not finite is skipped, so that training can go on after it.
    const SKIPS_NONFINITE: bool = false;

    /// State arrays, each as long as the weights.
    fn state(&self) -> Vec<Slot> {
        vec![]
    }

    /// State that is no array.
    fn scalars(&self) -> Vec<ScalarSlot> {
        vec![]
    }

    /// Memory traffic of a step with these settings, without the inner optimizer's.
    fn memory_traffic(&self) -> MemoryTraffic;

    /// Tells from the scalars whether [`EVAL_WEIGHTS`](Wrapper::EVAL_WEIGHTS) has been written yet.
    fn has_begun(&self, _scalars: &[f64]) -> bool {
        true
    }

    /// Calls for each update of the inner optimizer.
    fn calls_per_update(&self) -> u64 {
        1
    }

    /// Updates of the inner optimizer before the weights that are evaluated leave the start; `None` if they never do.
    fn updates_before_moving(&self) -> Option<u64> {
        Some(1)
    }

    /// Updates of the inner optimizer before [`EVAL_WEIGHTS`](Wrapper::EVAL_WEIGHTS) is first written, in a run of
    /// `total` of them.
    fn updates_before_average(&self, _total: u64) -> f64 {
        1.0
    }

    /// Checks that values that are each in range go together.
    fn check(&self) -> Result<(), Error> {
        Ok(())
    }

    /// One step around the inner optimizer's.
    fn step(&self, ctx: WrapperCtx<'_>);
}

/// Object-safe twin of [`Wrapper`], which every wrapper has.
pub trait DynWrapper: Hyperparameters + fmt::Debug + Send + Sync {
    /// See [`Wrapper::INFO`].
    fn info(&self) -> &'static Info;

    /// See [`Wrapper::REQUIRES`].
    fn requires(&self) -> Requires;

    /// See [`Wrapper::EVAL_WEIGHTS`].
    fn eval_weights(&self) -> Option<&'static str>;

    /// See [`Wrapper::SCRATCH`].
    fn scratch(&self) -> usize;

    /// See [`Wrapper::CHANGES`].
    fn changes(&self) -> Changes;

    /// See [`Wrapper::SKIPS_NONFINITE`].
    fn skips_nonfinite(&self) -> bool;

    /// See [`Wrapper::state`].
    fn state(&self) -> Vec<Slot>;

    /// See [`Wrapper::scalars`].
    fn scalars(&self) -> Vec<ScalarSlot>;

    /// See [`Wrapper::memory_traffic`].
    fn memory_traffic(&self) -> MemoryTraffic;

    /// See [`Wrapper::has_begun`].
    fn has_begun(&self, scalars: &[f64]) -> bool;

    /// See [`Wrapper::calls_per_update`].
    fn calls_per_update(&self) -> u64;

    /// See [`Wrapper::updates_before_moving`].
    fn updates_before_moving(&self) -> Option<u64>;

    /// See [`Wrapper::updates_before_average`].
    fn updates_before_average(&self, total: u64) -> f64;

    /// See [`Wrapper::check`].
    fn check(&self) -> Result<(), Error>;

    /// See [`Wrapper::step`].
    fn step(&self, ctx: WrapperCtx<'_>);

    /// A copy.
    fn boxed(&self) -> Box<dyn DynWrapper>;
}

impl<W: Wrapper> DynWrapper for W {
    fn info(&self) -> &'static Info {
        const { &W::INFO }
    }

    fn requires(&self) -> Requires {
        W::REQUIRES
    }

    fn eval_weights(&self) -> Option<&'static str> {
        W::EVAL_WEIGHTS
    }

    fn scratch(&self) -> usize {
        W::SCRATCH
    }

    fn changes(&self) -> Changes {
        W::CHANGES
    }

    fn skips_nonfinite(&self) -> bool {
        W::SKIPS_NONFINITE
    }

    fn state(&self) -> Vec<Slot> {
        Wrapper::state(self)
    }

    fn scalars(&self) -> Vec<ScalarSlot> {
        Wrapper::scalars(self)
    }

    fn memory_traffic(&self) -> MemoryTraffic {
        Wrapper::memory_traffic(self)
    }

    fn has_begun(&self, scalars: &[f64]) -> bool {
        Wrapper::has_begun(self, scalars)
    }

    fn calls_per_update(&self) -> u64 {
        Wrapper::calls_per_update(self)
    }

    fn updates_before_moving(&self) -> Option<u64> {
        Wrapper::updates_before_moving(self)
    }

    fn updates_before_average(&self, total: u64) -> f64 {
        Wrapper::updates_before_average(self, total)
    }

    fn check(&self) -> Result<(), Error> {
        Wrapper::check(self)
    }

    fn step(&self, ctx: WrapperCtx<'_>) {
        Wrapper::step(self, ctx);
    }

    fn boxed(&self) -> Box<dyn DynWrapper> {
        Box::new(self.clone())
    }
}

settings_by_name!(DynWrapper, shown: "");

/// Changes to a step by a wrapper.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Changes {
    /// Nothing, but it may leave a step out.
    Nothing,
    /// The gradients that what is inside gets to see.
    Gradients,
    /// The weights after what is inside has made its step.
    Weights,
}

/// Data of one step of a wrapper: weights, gradients, its own state, and the inner optimizer.
#[derive(Debug)]
pub struct WrapperCtx<'a> {
    pub(crate) input: StepInput<'a>,
    pub(crate) state: &'a mut OptState,
    pub(crate) calls: u64,
    pub(crate) inner: &'a mut dyn Inner,
}

impl WrapperCtx<'_> {
    /// The number of this call, counted from 1.
    pub fn call(&self) -> u64 {
        self.calls
    }

    /// Updates that the rule has made.
    pub fn updates(&self) -> u64 {
        self.inner.updates()
    }

    /// Updates that the rule will make in all; 0 if nobody knows.
    pub fn total_updates(&self) -> u64 {
        self.inner.total_updates()
    }

    /// One step of what is inside, from the weights and with the gradients as they are now. Tells whether
    /// the rule has made an update: what is inside may have put it off, or left it out.
    ///
    /// The gradients are afterwards as they have reached the rule.
    pub fn inner(&mut self) -> bool {
        let before = self.updates();
        self.inner.step(self.input.reborrow());
        self.updates() > before
    }

    /// The numbers that the wrapper keeps, as [`Wrapper::scalars`] declares them.
    ///
    /// # Panics
    /// If it declares another number of them.
    #[track_caller]
    pub fn scalars<const N: usize>(&mut self) -> &mut [f64; N] {
        let declared = self.state.scalars.len();
        (&mut *self.state.scalars)
            .try_into()
            .unwrap_or_else(|_| panic!("expected {declared} scalars as declared, found {N}"))
    }

    /// The weights with their gradients and this wrapper's state, for a loop over them. A new weight
    /// counts at once, for what is inside and for [`evaluate`](WrapperCtx::evaluate).
    pub fn update(&mut self) -> Update<'_> {
        let StepInput { weights, gradients, scratch, changed, path, .. } = &mut self.input;
        let OptState { arrays, shapes, scalars, .. } = &mut *self.state;
        Update {
            offset: 0,
            weights,
            gradients: if **changed { scratch } else { gradients },
            scale: 1.0,
            state: arrays.iter_mut().map(|array| &mut array[..]).collect(),
            shapes,
            params: self.inner.params(),
            scalars,
            schedule_factor: 1.0,
            objective: Objective::default(),
            path: *path,
        }
    }

    /// As [`update`](WrapperCtx::update), but with the weights at which what is inside is evaluated: a copy, if
    /// it keeps another average.
    pub fn eval_weights<R>(&mut self, work: impl FnOnce(Update<'_>) -> R) -> R {
        let evaluated = self.inner.eval_weights(self.input.weights);
        let mut copy = match evaluated {
            Cow::Borrowed(same) if std::ptr::eq(same, &*self.input.weights) => {
                return work(self.update());
            }
            other => other.into_owned(),
        };
        let update = self.update();
        work(Update { weights: &mut copy, ..update })
    }

    /// The instructions to run loops with.
    pub fn path(&self) -> Path {
        self.input.path
    }

    /// The parameters that the weights are, one after the other.
    pub fn params(&self) -> &[ParamInfo] {
        self.inner.params()
    }

    /// The gradients as they are now.
    pub fn gradients(&self) -> &[f32] {
        self.input.gradients()
    }

    /// The gradients, to be changed for what is inside.
    pub fn gradients_mut(&mut self) -> &mut [f32] {
        self.input.gradients_mut()
    }

    /// Gives a state array to what is inside as its gradients.
    ///
    /// # Panics
    /// If the wrapper has fewer arrays.
    #[track_caller]
    pub fn state_as_gradients(&mut self, index: usize) {
        self.input.gradients_mut().copy_from_slice(&self.state.arrays[index]);
    }

    /// The loss that belongs to the gradients, if the caller knows it.
    pub fn loss(&self) -> Option<f64> {
        self.input.objective.loss
    }

    /// Gives another loss to what is inside.
    pub fn set_loss(&mut self, loss: f64) {
        self.input.objective.loss = Some(loss);
    }

    /// Takes the loss and the gradients again, at the weights as they are now; returns the loss.
    ///
    /// # Panics
    /// If the wrapper does not [need](crate::Wrapper::REQUIRES) the objective.
    #[track_caller]
    pub fn evaluate(&mut self) -> f64 {
        self.input.evaluate()
    }
}

/// The inner part of a wrapper: another wrapper, or the rules.
pub(crate) trait Inner: fmt::Debug {
    /// One step from `input`.
    fn step(&mut self, input: StepInput<'_>);

    /// Updates that the rules have made.
    fn updates(&self) -> u64;

    /// Updates that they will make in all; 0 if nobody knows.
    fn total_updates(&self) -> u64;

    /// The parameters that the weights are, one after the other.
    fn params(&self) -> &[ParamInfo];

    /// The weights to evaluate at: `weights`, or an average of them.
    fn eval_weights<'w>(&self, weights: &'w [f32]) -> Cow<'w, [f32]>;
}

/// Where a step is made from.
#[derive(Debug)]
pub(crate) struct StepInput<'a> {
    pub(crate) weights: &'a mut [f32],
    /// As the caller gave them.
    pub(crate) gradients: &'a [f32],
    /// As they are, if they were changed on the way.
    pub(crate) scratch: &'a mut Vec<f32>,
    pub(crate) changed: &'a mut bool,
    pub(crate) objective: Objective<'a>,
    pub(crate) path: Path,
}

impl StepInput<'_> {
    pub(crate) fn reborrow(&mut self) -> StepInput<'_> {
        StepInput {
            weights: self.weights,
            gradients: self.gradients,
            scratch: self.scratch,
            changed: self.changed,
            objective: self.objective.reborrow(),
            path: self.path,
        }
    }

    pub(crate) fn gradients(&self) -> &[f32] {
        if *self.changed { self.scratch } else { self.gradients }
    }

    pub(crate) fn gradients_mut(&mut self) -> &mut [f32] {
        if !*self.changed {
            self.scratch.clear();
            self.scratch.extend_from_slice(self.gradients);
            *self.changed = true;
        }
        self.scratch
    }

    #[track_caller]
    fn evaluate(&mut self) -> f64 {
        self.scratch.resize(self.weights.len(), 0.0);
        *self.changed = true;
        let loss = self.objective.evaluate(self.weights, self.scratch);
        self.objective.loss = Some(loss);
        loss
    }
}

/// Checks that a number is whole.
pub(crate) fn whole(of: &str, name: &str, x: f64) -> Result<(), Error> {
    if x.fract() == 0.0 {
        Ok(())
    } else {
        Err(Error::conflict(of, format!("expected {name} to be a whole number, found {x}")))
    }
}
