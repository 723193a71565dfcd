//! What stands around a rule and changes when, where or with which gradients it makes its step.

use std::borrow::Cow;
use std::fmt;

use tensor::ParamInfo;
use tensor::simd::Path;

use crate::error::Error;
use crate::hyper::{Hyperparameters, Value};
use crate::rule::MemoryTraffic;
use crate::rule::Objective;
use crate::rule::Update;
use crate::rule::{Info, Requires};
use crate::state::OptState;
use crate::state::{ScalarSlot, Slot};

/// Something that makes a step around that of a rule, or around another wrapper.
///
/// To add one, declare its struct with [`hyperparameters!`](crate::hyperparameters), implement this
/// trait in the same file, and add a line to [`wrappers::all`](crate::wrappers::all).
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
///     fn info(&self) -> &'static Info {
///         &Info {
///             name: "lazy",
///             title: "Lazy steps",
///             family: "wrapper",
///             problem: "work",
///             formula: "a step where every divides t",
///             good_when: "tired",
///             bad_when: "in a hurry",
///             relatives: "every=1 is the rule inside",
///             source: "this page",
///         }
///     }
///
///     fn passes(&self) -> MemoryTraffic {
///         MemoryTraffic::NONE
///     }
///
///     fn step(&self, mut ctx: WrapperCtx<'_>) {
///         if ctx.call() % self.every as u64 == 0 {
///             ctx.inner();
///         }
///     }
///
///     fn boxed(&self) -> Box<dyn Wrapper> {
///         Box::new(*self)
///     }
/// }
///
/// let mut method = OptimizerSpec::new(rules::parse("sgd lr=0.25")?);
/// method.wrappers.push(Box::new(Lazy::default()));
/// let mut optimizer = Optimizer::of_slice(method, 1)?;
/// let mut w = [1.0];
/// optimizer.step(&mut w, &[1.0]);
/// optimizer.step(&mut w, &[1.0]);
/// assert_eq!((w, optimizer.steps()), ([0.75], 1));
/// # Ok::<(), optim::Error>(())
/// ```
pub trait Wrapper: Hyperparameters + fmt::Debug + Send + Sync {
    /// What a person wants to know about it.
    fn info(&self) -> &'static Info;

    /// The arrays that it keeps between steps, each as long as the weights.
    fn state(&self) -> Vec<Slot> {
        vec![]
    }

    /// Arrays, each as long as the weights, that it works with inside of a step; what is in them is not
    /// kept. They stand behind the state.
    fn scratch(&self) -> usize {
        0
    }

    /// The numbers that it keeps beside them.
    fn scalars(&self) -> Vec<ScalarSlot> {
        vec![]
    }

    /// What it asks for at each step, beside what is inside.
    fn requires(&self) -> Requires {
        Requires::Gradient
    }

    /// What it costs in passes over memory with these settings, beside what is inside.
    fn passes(&self) -> MemoryTraffic;

    /// The name of the state array that holds the weights to evaluate at, if those are not the ones of
    /// what is inside.
    fn eval_weights(&self) -> Option<&'static str> {
        None
    }

    /// Whether those weights are in that array yet, by the numbers that it keeps.
    fn has_begun(&self, _scalars: &[f64]) -> bool {
        true
    }

    /// What it changes of a step, beside keeping an average; combinations that would go wrong are refused
    /// by it.
    fn changes(&self) -> Changes {
        Changes::Nothing
    }

    /// Whether it leaves out a step whose gradient is not finite, so that training can go on after it.
    fn leaves_out_steps(&self) -> bool {
        false
    }

    /// Calls that make one update of what is inside.
    fn calls_per_update(&self) -> u64 {
        1
    }

    /// Whether values that are each in range go together.
    fn check(&self) -> Result<(), Error> {
        Ok(())
    }

    /// One step around what is inside.
    fn step(&self, ctx: WrapperCtx<'_>);

    /// A copy behind a pointer.
    fn boxed(&self) -> Box<dyn Wrapper>;
}

/// What a wrapper changes of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Changes {
    /// Nothing, but it may leave a step out.
    Nothing,
    /// The gradients that what is inside gets to see.
    Gradients,
    /// The weights after what is inside has made its step.
    Weights,
}

/// What a wrapper works on in one step: weights, gradients, its own state, and what is inside.
#[derive(Debug)]
pub struct WrapperCtx<'a> {
    pub(crate) point: StepInput<'a>,
    pub(crate) kept: &'a mut OptState,
    pub(crate) calls: u64,
    pub(crate) inside: &'a mut dyn Inner,
}

impl WrapperCtx<'_> {
    /// The number of this call, counted from 1.
    pub fn call(&self) -> u64 {
        self.calls
    }

    /// Updates that the rule has made.
    pub fn updates(&self) -> u64 {
        self.inside.updates()
    }

    /// Updates that the rule will make in all; 0 if nobody knows.
    pub fn total_updates(&self) -> u64 {
        self.inside.total_updates()
    }

    /// One step of what is inside, from the weights and with the gradients as they are now. Tells whether
    /// the rule has made an update: what is inside may have put it off, or left it out.
    ///
    /// The gradients are afterwards as they have reached the rule.
    pub fn inner(&mut self) -> bool {
        let before = self.updates();
        self.inside.step(self.point.reborrow());
        self.updates() > before
    }

    /// The numbers that the wrapper keeps, as [`Wrapper::scalars`] declares them.
    ///
    /// # Panics
    /// If it declares another number of them.
    #[track_caller]
    pub fn scalars<const N: usize>(&mut self) -> &mut [f64; N] {
        let declared = self.kept.scalars.len();
        (&mut *self.kept.scalars)
            .try_into()
            .unwrap_or_else(|_| panic!("the step takes {N} scalars, {declared} are declared"))
    }

    /// The weights with their gradients and this wrapper's state, for a loop over them. A new weight
    /// counts at once, for what is inside and for [`evaluate`](WrapperCtx::evaluate).
    pub fn update(&mut self) -> Update<'_> {
        let StepInput { weights, gradients, scratch, changed, path, .. } = &mut self.point;
        let OptState { arrays, extents, scalars, .. } = &mut *self.kept;
        Update {
            first: 0,
            weights,
            gradients: if **changed { scratch } else { gradients },
            scale: 1.0,
            state: arrays.iter_mut().map(|array| &mut array[..]).collect(),
            extents,
            entries: self.inside.params(),
            scalars,
            schedule_factor: 1.0,
            objective: Objective::default(),
            path: *path,
        }
    }

    /// As [`update`](WrapperCtx::update), but with the weights at which what is inside is evaluated: a copy, if
    /// it keeps an average of its own.
    pub fn eval_weights<R>(&mut self, work: impl FnOnce(Update<'_>) -> R) -> R {
        let evaluated = self.inside.eval_weights(self.point.weights);
        let mut copy = match evaluated {
            Cow::Borrowed(same) if std::ptr::eq(same, &*self.point.weights) => {
                return work(self.update());
            }
            other => other.into_owned(),
        };
        let update = self.update();
        work(Update { weights: &mut copy, ..update })
    }

    /// The instructions to run loops with.
    pub fn path(&self) -> Path {
        self.point.path
    }

    /// The parameters that the weights are, one after the other.
    pub fn entries(&self) -> &[ParamInfo] {
        self.inside.params()
    }

    /// The gradients as they are now.
    pub fn gradients(&self) -> &[f32] {
        self.point.gradients()
    }

    /// The gradients, to be changed for what is inside.
    pub fn gradients_mut(&mut self) -> &mut [f32] {
        self.point.gradients_mut()
    }

    /// Gives a state array to what is inside as its gradients.
    ///
    /// # Panics
    /// If there are not so many arrays.
    #[track_caller]
    pub fn state_as_gradients(&mut self, index: usize) {
        self.point.gradients_mut().copy_from_slice(&self.kept.arrays[index]);
    }

    /// The loss that belongs to the gradients, if the caller knows it.
    pub fn loss(&self) -> Option<f64> {
        self.point.objective.loss
    }

    /// Gives another loss to what is inside.
    pub fn set_loss(&mut self, loss: f64) {
        self.point.objective.loss = Some(loss);
    }

    /// Takes the loss and the gradients anew, at the weights as they are now; returns the loss.
    ///
    /// # Panics
    /// If the wrapper does not [need](Wrapper::requires) the objective.
    #[track_caller]
    pub fn evaluate(&mut self) -> f64 {
        self.point.evaluate()
    }
}

/// What is inside of a wrapper: another one, or the rules.
pub(crate) trait Inner: fmt::Debug {
    /// One step from `point`.
    fn step(&mut self, point: StepInput<'_>);

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

/// That a number is whole, of those that count something.
pub(crate) fn whole(of: &str, name: &str, x: f64) -> Result<(), Error> {
    if x.fract() == 0.0 {
        Ok(())
    } else {
        Err(Error::conflict(of, format!("{name}={x} is not a whole number")))
    }
}

impl dyn Wrapper + '_ {
    /// Sets a hyperparameter by name.
    ///
    /// # Errors
    /// If there is no such name, the value is of the wrong kind, or it is out of range.
    pub fn set(&mut self, name: &str, value: Value) -> Result<(), Error> {
        let of = self.info().name;
        (self as &mut dyn Hyperparameters).set(of, name, value)
    }

    /// Sets a hyperparameter by name to what the text says.
    ///
    /// # Errors
    /// As `set`.
    pub fn set_text(&mut self, name: &str, text: &str) -> Result<(), Error> {
        let of = self.info().name;
        (self as &mut dyn Hyperparameters).set_text(of, name, text)
    }

    /// Whether all values are in range and go together.
    ///
    /// # Errors
    /// The first that is not, and why.
    pub fn validate(&self) -> Result<(), Error> {
        (self as &dyn Hyperparameters).validate(self.info().name)?;
        self.check()
    }
}

impl Clone for Box<dyn Wrapper> {
    fn clone(&self) -> Box<dyn Wrapper> {
        self.boxed()
    }
}

/// Two of one name with the same settings.
impl PartialEq for dyn Wrapper {
    fn eq(&self, other: &dyn Wrapper) -> bool {
        let values = |wrapper: &dyn Wrapper| -> Vec<_> {
            wrapper.hypers().into_iter().map(|hyper| wrapper.get(hyper.name)).collect()
        };
        self.info().name == other.info().name && values(self) == values(other)
    }
}
