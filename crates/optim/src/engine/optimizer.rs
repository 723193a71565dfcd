//! A method at work.

use std::borrow::Cow;
use std::sync::Arc;

use tensor::simd::{self, Path};
use tensor::{Layout, ParamInfo, Role};

use crate::clip::Clip;
use crate::engine::chain::{Chain, Link, ParamGroups, evaluation_weights};
use crate::engine::param_group::ParamGroup;
use crate::error::Error;
use crate::recipe::OptimizerSpec;
use crate::rule::StepInput;
use crate::rule::{Evaluate, Inner, Objective};
use crate::rule::{Requires, Rule};
use crate::schedule::LrSchedule;
use crate::schedule::Plateau;
use crate::state::StateDict;

/// Updates a slice of weights, step by step.
///
/// ```
/// use optim::{OptimizerSpec, Optimizer};
///
/// // f(w) = (w − 3)², and all that a step needs of it.
/// let mut objective = |w: &[f32], gradient: &mut [f32]| {
///     gradient[0] = 2.0 * (w[0] - 3.0);
///     f64::from((w[0] - 3.0).powi(2))
/// };
/// let method: OptimizerSpec = "sam(adam lr=0.1) rho=0.01, cosine".parse()?;
/// let mut optimizer = Optimizer::of_slice(method, 1)?.with_total_steps(300);
/// let mut w = [0.0];
/// for _ in 0..300 {
///     optimizer.step_on(&mut w, &mut objective);
/// }
/// assert!((w[0] - 3.0).abs() < 1e-2);
/// assert_eq!(optimizer.gradient_calls(), 600);
/// # Ok::<(), optim::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Optimizer {
    /// As it was said.
    method: OptimizerSpec,
    /// The same with lengths in epochs as updates.
    working: OptimizerSpec,
    layout: Arc<Layout>,
    total_steps: u64,
    steps_per_epoch: u64,
    wrappers: Vec<Link>,
    base: ParamGroups,
    plateau: Option<Plateau>,
    gradient_calls: u64,
    /// Gradients that are changed on their way to the rule.
    scratch: Vec<f32>,
    path: Path,
}

impl Optimizer {
    /// A rule for so many weights, with a constant learning rate and no clipping.
    ///
    /// # Errors
    /// If a hyperparameter is out of range, or some do not go together.
    pub fn new(rule: impl Rule, weights: usize) -> Result<Optimizer, Error> {
        Optimizer::from_boxed(rule.boxed(), weights)
    }

    /// As [`Optimizer::new`], for a rule that was chosen by name.
    ///
    /// # Errors
    /// As [`Optimizer::new`].
    pub fn from_boxed(rule: Box<dyn Rule>, weights: usize) -> Result<Optimizer, Error> {
        Optimizer::of_slice(OptimizerSpec::new(rule), weights)
    }

    /// A method for so many weights that are one parameter.
    ///
    /// # Errors
    /// As [`Optimizer::of`].
    pub fn of_slice(method: OptimizerSpec, weights: usize) -> Result<Optimizer, Error> {
        let mut layout = Layout::new();
        layout.push("weights", [weights], Role::Matrix);
        Optimizer::of(method, layout)
    }

    /// A method for the parameters of a layout.
    ///
    /// # Errors
    /// If a setting is out of range, some do not go together, or a name pattern fits no parameter.
    pub fn of(method: OptimizerSpec, layout: impl Into<Arc<Layout>>) -> Result<Optimizer, Error> {
        method.validate()?;
        let layout = layout.into();
        let entries = layout.entries();
        if !layout.is_empty() {
            method.check_names(entries)?;
        }
        let parts = method.parted(entries)?;
        let alone = parts.len() == 1;
        let parts = parts.into_iter().map(|part| ParamGroup::new(part, entries, alone)).collect();
        Ok(Optimizer {
            wrappers: Link::all(&method, layout.len()),
            base: ParamGroups { steps: 0, parts },
            plateau: method.plateau.map(Plateau::new).transpose()?,
            working: method.clone(),
            method,
            layout,
            total_steps: 0,
            steps_per_epoch: 0,
            gradient_calls: 0,
            scratch: vec![],
            path: simd::path(),
        })
    }

    /// The parameters that the weights are; without it they are one. Rules that look at whole
    /// parameters need it.
    ///
    /// # Panics
    /// If the layout has another number of weights, or a step has been made.
    #[must_use]
    #[track_caller]
    pub fn with_layout(self, layout: impl Into<Arc<Layout>>) -> Optimizer {
        let layout = layout.into();
        assert_eq!(
            layout.len(),
            self.layout.len(),
            "a layout of as many weights as the optimizer was made for"
        );
        self.changed(|_| {}, Some(layout))
    }

    /// Multiplies the learning rate by `schedule` over `total_steps` updates.
    ///
    /// # Panics
    /// If a step has been made.
    #[must_use]
    #[track_caller]
    pub fn with_schedule(self, schedule: LrSchedule, total_steps: u64) -> Optimizer {
        self.changed(|method| method.schedule = schedule, None).with_total_steps(total_steps)
    }

    /// Runs schedules over so many updates. Without it, the first update of a method that
    /// [depends on the total](OptimizerSpec::depends_on_total) panics.
    #[must_use]
    pub fn with_total_steps(self, total_steps: u64) -> Optimizer {
        Optimizer { total_steps, ..self }
    }

    /// Says how many updates an epoch has, for lengths such as `every=3ep`. Without it, the first step of a
    /// method that [has such](OptimizerSpec::has_epochs) panics.
    ///
    /// ```
    /// use optim::{OptimizerSpec, Optimizer};
    ///
    /// let method: OptimizerSpec = "sgd lr=1, step every=2ep gamma=0.5".parse()?;
    /// let mut optimizer = Optimizer::of_slice(method, 1)?.with_steps_per_epoch(3);
    /// let mut rates = vec![];
    /// for _ in 0..8 {
    ///     rates.extend(optimizer.learning_rate());
    ///     optimizer.step(&mut [0.0], &[0.0]);
    /// }
    /// assert_eq!(rates, [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.5, 0.5]);
    /// # Ok::<(), optim::Error>(())
    /// ```
    ///
    /// # Panics
    /// If an epoch has no updates, or a step has been made.
    #[must_use]
    #[track_caller]
    pub fn with_steps_per_epoch(self, steps_per_epoch: u64) -> Optimizer {
        assert!(steps_per_epoch > 0, "expected an epoch of at least one update, found 0");
        Optimizer { steps_per_epoch, ..self }.changed(|_| {}, None)
    }

    /// Scales gradients whose global norm is greater down to this norm.
    ///
    /// # Errors
    /// If the norm is not a positive number.
    pub fn with_clip_norm(self, max_norm: f64) -> Result<Optimizer, Error> {
        let clip = Clip::Norm(max_norm);
        clip.validate()?;
        Ok(self.changed(|method| method.clip = Some(clip), None))
    }

    /// The same at its start with another method or layout, of which it is known that they fit.
    #[track_caller]
    fn changed(mut self, change: impl FnOnce(&mut OptimizerSpec), layout: Option<Arc<Layout>>) -> Optimizer {
        assert_eq!(self.gradient_calls, 0, "what an optimizer is made of is said before its first step");
        change(&mut self.method);
        let mut fresh = Optimizer::of(self.method, layout.unwrap_or(self.layout)).expect("was valid before");
        if self.steps_per_epoch > 0 {
            fresh.working = fresh.method.in_steps(self.steps_per_epoch);
            fresh.wrappers = Link::all(&fresh.working, fresh.layout.len());
        }
        let Optimizer { total_steps, steps_per_epoch, path, .. } = self;
        Optimizer { total_steps, steps_per_epoch, path, ..fresh }
    }

    /// Runs with these instructions instead of the widest that the machine has: to compare them.
    /// The bits are the same.
    ///
    /// # Panics
    /// If the machine does not have them.
    #[must_use]
    #[track_caller]
    pub fn with_instructions(self, path: Path) -> Optimizer {
        assert!(path.is_available(), "this machine has no {}", path.name());
        Optimizer { path, ..self }
    }

    /// One step with the gradients at `weights`.
    ///
    /// # Panics
    /// If weights, gradients and state are not of one length, if the method
    /// [needs](Optimizer::requires) more than gradients, or if its schedules depend on a
    /// [total](Optimizer::with_total_steps) or on [epochs](Optimizer::with_steps_per_epoch) that nobody has
    /// given.
    #[track_caller]
    pub fn step(&mut self, weights: &mut [f32], gradients: &[f32]) {
        let more = match self.requires() {
            Requires::Gradient => return self.step_from(weights, gradients, Objective::default()),
            Requires::Loss => "the loss",
            Requires::Closure => "the loss, and gradients at other weights",
        };
        panic!("`{}` needs {more}: use step_with or step_on", self.method);
    }

    /// One step with the loss and the gradients at `weights`; `evaluate` gives both at others, and is
    /// only called by a method that needs the [objective](Requires::Closure).
    ///
    /// # Panics
    /// If weights, gradients and state are not of one length.
    #[track_caller]
    pub fn step_with(
        &mut self,
        weights: &mut [f32],
        gradients: &[f32],
        loss: f64,
        evaluate: &mut Evaluate<'_>,
    ) {
        let (mut calls, sign) = (0, if self.method.maximize { -1.0 } else { 1.0 });
        let mut counted = |weights: &[f32], gradient: &mut [f32]| {
            calls += 1;
            let loss = evaluate(weights, gradient);
            if sign < 0.0 {
                gradient.iter_mut().for_each(|g| *g = -*g);
            }
            sign * loss
        };
        let objective = Objective { loss: Some(sign * loss), evaluate: Some(&mut counted) };
        self.step_from(weights, gradients, objective);
        self.gradient_calls += calls;
    }

    /// One step on a function that can be evaluated anywhere; returns the loss before it.
    ///
    /// # Panics
    /// If weights and state are not of one length.
    #[track_caller]
    pub fn step_on(&mut self, weights: &mut [f32], objective: &mut Evaluate<'_>) -> f64 {
        let mut gradients = vec![0.0; weights.len()];
        let loss = objective(weights, &mut gradients);
        self.step_with(weights, &gradients, loss, objective);
        loss
    }

    #[track_caller]
    fn step_from(&mut self, weights: &mut [f32], gradients: &[f32], mut objective: Objective<'_>) {
        assert_eq!(weights.len(), gradients.len(), "as many gradients as weights");
        assert_eq!(weights.len(), self.layout.len(), "the optimizer was made for other weights");
        assert!(
            self.steps_per_epoch > 0 || !self.method.has_epochs(),
            "`{}` counts epochs: expected `with_steps_per_epoch` before the first step",
            self.method
        );
        self.gradient_calls += 1;
        let factor = self.plateau.map_or(1.0, |plateau| plateau.state().factor);
        let Optimizer { working: method, layout, total_steps, wrappers, base, scratch, path, .. } = self;
        let mut changed = false;
        let objective = objective.reborrow();
        let mut point =
            StepInput { weights, gradients, scratch, changed: &mut changed, objective, path: *path };
        if method.maximize {
            point.gradients_mut().iter_mut().for_each(|g| *g = -*g);
        }
        let entries = layout.entries();
        Chain { method, wrappers, base, entries, total_steps: *total_steps, factor }.step(point);
    }

    /// Tells a plateau schedule the loss that it watches; does nothing if there is none.
    pub fn observe(&mut self, loss: f64) {
        if let Some(plateau) = &mut self.plateau {
            plateau.observe(loss);
        }
    }

    /// What it asks for at each step.
    pub fn requires(&self) -> Requires {
        self.method.requires()
    }

    /// The learning rate of the next step, of the parameters that no group has; `None` for a rule that
    /// has none.
    ///
    /// # Panics
    /// If the schedule counts epochs and nobody has said how long one is.
    #[track_caller]
    pub fn learning_rate(&self) -> Option<f64> {
        let factor = self.plateau.map_or(1.0, |plateau| plateau.state().factor);
        let factor = factor * self.working.schedule.factor(self.base.steps, self.total_steps);
        Some(f64::try_from(self.method.rule.get("lr")?).ok()? * factor)
    }

    /// The weights to evaluate at: `weights`, the ones that are stepped on, or the average that a
    /// rule or a wrapper keeps of them.
    pub fn evaluation_weights<'a>(&'a self, weights: &'a [f32]) -> Cow<'a, [f32]> {
        evaluation_weights(&self.wrappers, &self.base, self.layout.entries(), weights)
    }

    /// Updates made so far.
    pub fn steps(&self) -> u64 {
        self.base.steps
    }

    /// Gradients taken so far, each step's first and those that it asked for.
    pub fn gradient_calls(&self) -> u64 {
        self.gradient_calls
    }

    /// The method.
    pub fn method(&self) -> &OptimizerSpec {
        &self.method
    }

    /// The rule with its settings.
    pub fn rule(&self) -> &dyn Rule {
        &*self.method.rule
    }

    /// Bytes of state for each weight: of the arrays that have a number for each, beside which those
    /// with one a row or a parameter are small. Where groups differ, their mean.
    pub fn state_bytes_per_weight(&self) -> usize {
        let entries = self.layout.entries();
        let of = |part: &ParamGroup| part.full_arrays(entries);
        let arrays = match &self.base.parts[..] {
            [part] => of(part),
            parts => {
                let sum: usize = parts.iter().map(|part| of(part) * part.weights(entries)).sum();
                sum / self.layout.len().max(1)
            }
        };
        (arrays + self.wrappers.iter().map(Link::arrays).sum::<usize>()) * size_of::<f32>()
    }

    #[cfg(feature = "safetensors")]
    pub(crate) fn parts(&self) -> &[ParamGroup] {
        &self.base.parts
    }

    #[cfg(feature = "safetensors")]
    pub(crate) fn entries(&self) -> &[ParamInfo] {
        self.layout.entries()
    }

    /// A copy of the whole state.
    pub fn state_dict(&self) -> StateDict {
        let parameter = |entry: &ParamInfo| (entry.name.clone(), entry.shape.to_vec());
        let mut state = StateDict {
            method: self.method.to_string(),
            total_steps: self.total_steps,
            steps_per_epoch: self.steps_per_epoch,
            parameters: self.layout.entries().iter().map(parameter).collect(),
            steps: self.base.steps,
            gradient_calls: self.gradient_calls,
            ..StateDict::default()
        };
        self.base.parts.iter().for_each(|part| part.kept.save(&mut state));
        self.wrappers.iter().for_each(|wrapper| wrapper.save(&mut state));
        if let Some(plateau) = &self.plateau {
            plateau.save(&mut state);
        }
        state
    }

    /// Goes on with this method where another was, as long as both keep the same arrays and scalars for the
    /// same parameters: with another learning rate, or schedules of another length.
    ///
    /// # Errors
    /// If they do not; then nothing is changed.
    pub fn load_state_dict_of_another(&mut self, saved: StateDict) -> Result<(), Error> {
        let (method, total_steps) = (self.method.to_string(), self.total_steps);
        self.load_state_dict(StateDict {
            method,
            total_steps,
            steps_per_epoch: self.steps_per_epoch,
            ..saved
        })
    }

    /// Goes on where `saved` was taken.
    ///
    /// # Errors
    /// If it is of another method, of schedules of another length, or for other parameters; then nothing
    /// is changed.
    pub fn load_state_dict(&mut self, mut saved: StateDict) -> Result<(), Error> {
        saved.check(&self.state_dict())?;
        self.base.parts.iter().try_for_each(|part| part.kept.check(&saved))?;
        self.wrappers.iter().try_for_each(|wrapper| wrapper.check(&saved))?;
        self.plateau.iter().try_for_each(|plateau| plateau.check(&saved))?;
        self.base.steps = saved.steps;
        self.gradient_calls = saved.gradient_calls;
        self.base.parts.iter_mut().for_each(|part| part.kept.load(&mut saved));
        self.wrappers.iter_mut().for_each(|wrapper| wrapper.load(&mut saved));
        if let Some(plateau) = &mut self.plateau {
            plateau.load(&saved);
        }
        Ok(())
    }
}
