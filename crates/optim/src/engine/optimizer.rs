//! An optimizer: a recipe with its state.

use std::borrow::Cow;
use std::sync::Arc;

use tensor::simd::{self, Path};
use tensor::{Layout, ParamInfo, Role};

use crate::clip::DynClip;
use crate::clips::Norm;
use crate::engine::chain::{Chain, Link, ParamGroups, evaluation_weights};
use crate::engine::param_group::ParamGroup;
use crate::error::Error;
use crate::recipe::OptimizerSpec;
use crate::rule::{DynRule, Evaluate, Inner, LR, Objective, Requires, Rule, StepInput};
use crate::schedule::{LrSchedule, Plateau};
use crate::state::StateDict;

/// Updates a slice of weights, step by step.
///
/// ```
/// use optim::{OptimizerSpec, Optimizer};
///
/// // f(w) = (w − 3)² and its gradient.
/// let mut objective = |w: &[f32], gradient: &mut [f32]| {
///     gradient[0] = 2.0 * (w[0] - 3.0);
///     f64::from((w[0] - 3.0).powi(2))
/// };
/// let spec: OptimizerSpec = "sam(adam lr=0.1) rho=0.01, cosine".parse()?;
/// let mut optimizer = Optimizer::of_slice(spec, 1)?.with_total_steps(300);
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
    /// Recipe as given.
    spec: OptimizerSpec,
    /// The same with lengths in epochs as updates.
    resolved: OptimizerSpec,
    layout: Arc<Layout>,
    total_steps: u64,
    steps_per_epoch: u64,
    links: Vec<Link>,
    groups: ParamGroups,
    plateau: Option<Plateau>,
    /// Factor of every learning rate, set from outside of the recipe.
    lr_scale: f64,
    /// Asked of the recipe once, not at each step.
    needs_total: bool,
    needs_epochs: bool,
    gradient_calls: u64,
    /// Gradients that wrappers or clipping have changed.
    scratch: Vec<f32>,
    path: Path,
}

impl Optimizer {
    /// A rule for a number of weights, with a constant learning rate and no clipping.
    ///
    /// # Errors
    /// If a hyperparameter is out of range, or some do not go together.
    pub fn new(rule: impl Rule, weights: usize) -> Result<Optimizer, Error> {
        Optimizer::from_boxed(Box::new(rule), weights)
    }

    /// As [`Optimizer::new`], for a rule that was chosen by name.
    ///
    /// # Errors
    /// As [`Optimizer::new`].
    pub fn from_boxed(rule: Box<dyn DynRule>, weights: usize) -> Result<Optimizer, Error> {
        Optimizer::of_slice(OptimizerSpec::new(rule), weights)
    }

    /// A recipe for a number of weights that are one parameter.
    ///
    /// # Errors
    /// As [`Optimizer::of`].
    pub fn of_slice(spec: OptimizerSpec, weights: usize) -> Result<Optimizer, Error> {
        let mut layout = Layout::new();
        layout.push("weights", [weights], Role::Matrix);
        Optimizer::of(spec, layout)
    }

    /// A recipe for the parameters of a layout.
    ///
    /// # Errors
    /// If a setting is out of range, some do not go together, or a name pattern matches no parameter.
    pub fn of(spec: OptimizerSpec, layout: impl Into<Arc<Layout>>) -> Result<Optimizer, Error> {
        spec.validate()?;
        let layout = layout.into();
        let params = layout.entries();
        if !layout.is_empty() {
            spec.check_names(params)?;
        }
        let groups = spec.group_specs(params)?;
        let is_only = groups.len() == 1;
        let groups = groups.into_iter().map(|group| ParamGroup::new(group, params, is_only)).collect();
        let rate = spec.rule.get(LR).and_then(|rate| f64::try_from(rate).ok()).unwrap_or(1.0);
        let plateau = spec.plateau.map(Plateau::new).transpose()?.map(|plateau| plateau.with_rate(rate));
        Ok(Optimizer {
            links: Link::all(&spec, layout.len()),
            groups: ParamGroups { steps: 0, all: groups },
            plateau,
            lr_scale: 1.0,
            needs_total: spec.depends_on_total(),
            needs_epochs: spec.has_epochs(),
            resolved: spec.clone(),
            spec,
            layout,
            total_steps: 0,
            steps_per_epoch: 0,
            gradient_calls: 0,
            scratch: vec![],
            path: simd::path(),
        })
    }

    /// Sets the parameters of which the weights consist; by default they are one. Rules of the tier
    /// [`Tensor`](crate::Tier::Tensor) need it.
    ///
    /// # Panics
    /// If the layout has another number of weights, or a step has been made.
    #[must_use]
    #[track_caller]
    pub fn with_layout(self, layout: impl Into<Arc<Layout>>) -> Optimizer {
        let layout = layout.into();
        let (expected, found) = (self.layout.len(), layout.len());
        assert_eq!(expected, found, "expected a layout of {expected} weights, found {found}");
        self.rebuilt(|_| {}, Some(layout))
    }

    /// Multiplies the learning rate by `schedule` over `total_steps` updates.
    ///
    /// # Panics
    /// If a step has been made.
    #[must_use]
    #[track_caller]
    pub fn with_schedule(self, schedule: LrSchedule, total_steps: u64) -> Optimizer {
        self.rebuilt(|spec| spec.schedule = schedule, None).with_total_steps(total_steps)
    }

    /// Runs schedules over a number of updates. Without it, the first step of a recipe that
    /// [depends on the total](OptimizerSpec::depends_on_total) panics.
    #[must_use]
    pub fn with_total_steps(self, total_steps: u64) -> Optimizer {
        Optimizer { total_steps, ..self }
    }

    /// Sets the number of updates in an epoch, for lengths such as `every=3ep`. Without it, the first step
    /// of a recipe that [has such](OptimizerSpec::has_epochs) panics.
    ///
    /// ```
    /// use optim::{OptimizerSpec, Optimizer};
    ///
    /// let spec: OptimizerSpec = "sgd lr=1, step every=2ep gamma=0.5".parse()?;
    /// let mut optimizer = Optimizer::of_slice(spec, 1)?.with_steps_per_epoch(3);
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
        Optimizer { steps_per_epoch, ..self }.rebuilt(|_| {}, None)
    }

    /// Scales gradients whose global norm is larger down to this norm.
    ///
    /// # Errors
    /// If the norm is not a positive number.
    pub fn with_clip_norm(self, max_norm: f64) -> Result<Optimizer, Error> {
        let clip: Box<dyn DynClip> = Box::new(Norm { max_norm });
        clip.validate()?;
        Ok(self.rebuilt(|spec| spec.clip = Some(clip), None))
    }

    /// A new optimizer with a changed recipe or another layout, both known to be valid.
    #[track_caller]
    fn rebuilt(self, change: impl FnOnce(&mut OptimizerSpec), layout: Option<Arc<Layout>>) -> Optimizer {
        assert_eq!(self.gradient_calls, 0, "expected settings before the first step");
        let Optimizer { mut spec, total_steps, steps_per_epoch, path, .. } = self;
        change(&mut spec);
        let mut new = Optimizer::of(spec, layout.unwrap_or(self.layout)).expect("known to be valid");
        if steps_per_epoch > 0 {
            new.resolved = new.spec.in_steps(steps_per_epoch);
            new.links = Link::all(&new.resolved, new.layout.len());
        }
        Optimizer { total_steps, steps_per_epoch, path, ..new }
    }

    /// Runs with the given instruction set instead of the widest that the machine has: to compare them.
    /// The bits are the same.
    ///
    /// # Panics
    /// If the machine does not have it.
    #[must_use]
    #[track_caller]
    pub fn with_instructions(self, path: Path) -> Optimizer {
        assert!(path.is_available(), "this machine has no {}", path.name());
        Optimizer { path, ..self }
    }

    /// One step with the gradients at `weights`.
    ///
    /// # Panics
    /// If weights, gradients and state differ in length, if the recipe [requires](Optimizer::requires) more
    /// than gradients, or if its schedules depend on a [total](Optimizer::with_total_steps) or on
    /// [epochs](Optimizer::with_steps_per_epoch) that were not set.
    #[track_caller]
    pub fn step(&mut self, weights: &mut [f32], gradients: &[f32]) {
        let more = match self.requires() {
            Requires::Gradient => return self.step_from(weights, gradients, Objective::default()),
            Requires::Loss => "the loss",
            Requires::Closure => "the loss, and gradients at other weights",
        };
        panic!("`{}` requires {more}: call step_with or step_on", self.spec);
    }

    /// One step with the loss and the gradients at `weights`; `evaluate` computes both at other weights, and
    /// is only called by a recipe that requires a [closure](Requires::Closure).
    ///
    /// # Panics
    /// As [`step`](Optimizer::step), but for what the recipe requires.
    #[track_caller]
    pub fn step_with(
        &mut self,
        weights: &mut [f32],
        gradients: &[f32],
        loss: f64,
        evaluate: &mut Evaluate<'_>,
    ) {
        let (mut calls, sign) = (0, if self.spec.maximize { -1.0 } else { 1.0 });
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
    /// As [`step_with`](Optimizer::step_with).
    #[track_caller]
    pub fn step_on(&mut self, weights: &mut [f32], objective: &mut Evaluate<'_>) -> f64 {
        let mut gradients = vec![0.0; weights.len()];
        let loss = objective(weights, &mut gradients);
        self.step_with(weights, &gradients, loss, objective);
        loss
    }

    #[track_caller]
    fn step_from(&mut self, weights: &mut [f32], gradients: &[f32], mut objective: Objective<'_>) {
        let (expected, found) = (self.layout.len(), weights.len());
        assert_eq!(expected, found, "expected {expected} weights, found {found}");
        assert_eq!(found, gradients.len(), "expected {found} gradients, found {}", gradients.len());
        assert!(
            self.total_steps > 0 || !self.needs_total,
            "`{}` depends on the number of updates: expected `with_total_steps` before the first step",
            self.spec
        );
        assert!(
            self.steps_per_epoch > 0 || !self.needs_epochs,
            "`{}` counts epochs: expected `with_steps_per_epoch` before the first step",
            self.spec
        );
        self.gradient_calls += 1;
        let outer_factor = self.outer_factor();
        let Optimizer { resolved: spec, layout, total_steps, links, groups, scratch, path, .. } = self;
        let mut changed = false;
        let objective = objective.reborrow();
        let mut input =
            StepInput { weights, gradients, scratch, changed: &mut changed, objective, path: *path };
        if spec.maximize {
            input.gradients_mut().iter_mut().for_each(|g| *g = -*g);
        }
        let params = layout.entries();
        Chain { spec, links, groups, params, total_steps: *total_steps, outer_factor }.step(input);
    }

    /// Factor of every learning rate by the plateau schedule and from outside of the recipe.
    fn outer_factor(&self) -> f64 {
        self.plateau.map_or(1.0, |plateau| plateau.state().factor) * self.lr_scale
    }

    /// Multiplies every learning rate by `scale` from the next step on, on top of schedules; 1 is the recipe alone. It is
    /// no part of the state dict.
    ///
    /// ```
    /// let mut optimizer = optim::Optimizer::of_slice("sgd lr=0.5".parse()?, 1)?;
    /// optimizer.set_lr_scale(0.1);
    /// let mut w = [1.0];
    /// optimizer.step(&mut w, &[1.0]);
    /// assert_eq!((w, optimizer.learning_rate()), ([0.95], Some(0.05)));
    /// # Ok::<(), optim::Error>(())
    /// ```
    ///
    /// # Panics
    /// If the scale is negative or not finite.
    #[track_caller]
    pub fn set_lr_scale(&mut self, scale: f64) {
        assert!(scale.is_finite() && scale >= 0.0, "expected a finite scale, 0 or more, found {scale}");
        self.lr_scale = scale;
    }

    /// Passes the monitored loss to the plateau schedule, if the recipe has one.
    pub fn observe(&mut self, loss: f64) {
        if let Some(plateau) = &mut self.plateau {
            plateau.observe(loss);
        }
    }

    /// Inputs of a step.
    pub fn requires(&self) -> Requires {
        self.spec.requires()
    }

    /// Learning rate of the next step for the parameters outside of all groups; `None` for a rule without
    /// one.
    ///
    /// # Panics
    /// If the schedule counts epochs and their length was not set.
    #[track_caller]
    pub fn learning_rate(&self) -> Option<f64> {
        let factor = self.outer_factor() * self.resolved.schedule.factor(self.groups.steps, self.total_steps);
        Some(f64::try_from(self.spec.rule.get(LR)?).ok()? * factor)
    }

    /// Weights to evaluate at: `weights` themselves, or the average that a rule or a wrapper keeps of them.
    pub fn evaluation_weights<'a>(&'a self, weights: &'a [f32]) -> Cow<'a, [f32]> {
        evaluation_weights(&self.links, &self.groups, self.layout.entries(), weights)
    }

    /// Number of updates made.
    pub fn steps(&self) -> u64 {
        self.groups.steps
    }

    /// Number of gradients taken: the first of each step, and those from its closure.
    pub fn gradient_calls(&self) -> u64 {
        self.gradient_calls
    }

    /// The recipe.
    pub fn spec(&self) -> &OptimizerSpec {
        &self.spec
    }

    /// The rule of the recipe with its settings.
    pub fn rule(&self) -> &dyn DynRule {
        &*self.spec.rule
    }

    /// Bytes of state for each weight, in arrays that have a number for each; arrays with one a row or a
    /// parameter are small. Where groups differ, their mean.
    pub fn state_bytes_per_weight(&self) -> usize {
        let params = self.layout.entries();
        let of = |group: &ParamGroup| group.full_arrays(params);
        let arrays = match &self.groups.all[..] {
            [group] => of(group),
            groups => {
                let sum: usize = groups.iter().map(|group| of(group) * group.weights(params)).sum();
                sum / self.layout.len().max(1)
            }
        };
        (arrays + self.links.iter().map(Link::arrays).sum::<usize>()) * size_of::<f32>()
    }

    #[cfg(feature = "safetensors")]
    pub(crate) fn groups(&self) -> &[ParamGroup] {
        &self.groups.all
    }

    #[cfg(feature = "safetensors")]
    pub(crate) fn params(&self) -> &[ParamInfo] {
        self.layout.entries()
    }

    /// Copy of the whole state.
    pub fn state_dict(&self) -> StateDict {
        let parameter = |param: &ParamInfo| (param.name.clone(), param.shape.to_vec());
        let mut state = StateDict {
            recipe: self.spec.to_string(),
            total_steps: self.total_steps,
            steps_per_epoch: self.steps_per_epoch,
            parameters: self.layout.entries().iter().map(parameter).collect(),
            steps: self.groups.steps,
            gradient_calls: self.gradient_calls,
            ..StateDict::default()
        };
        self.groups.all.iter().for_each(|group| group.state.save(&mut state));
        self.links.iter().for_each(|link| link.save(&mut state));
        if let Some(plateau) = &self.plateau {
            plateau.save(&mut state);
        }
        state
    }

    /// Continues with this recipe from the state of another one that keeps the same arrays and scalars for
    /// the same parameters: with another learning rate, or schedules of another length.
    ///
    /// # Errors
    /// If arrays, scalars or parameters differ; then nothing is changed.
    pub fn load_state_dict_of_another(&mut self, saved: StateDict) -> Result<(), Error> {
        let (recipe, total_steps) = (self.spec.to_string(), self.total_steps);
        self.load_state_dict(StateDict {
            recipe,
            total_steps,
            steps_per_epoch: self.steps_per_epoch,
            ..saved
        })
    }

    /// Continues from a saved state.
    ///
    /// # Errors
    /// If it is of another recipe, of schedules of another length, or for other parameters; then nothing
    /// is changed.
    pub fn load_state_dict(&mut self, mut saved: StateDict) -> Result<(), Error> {
        saved.check(&self.state_dict())?;
        self.groups.all.iter().try_for_each(|group| group.state.check(&saved))?;
        self.links.iter().try_for_each(|link| link.check(&saved))?;
        self.plateau.iter().try_for_each(|plateau| plateau.check(&saved))?;
        self.groups.steps = saved.steps;
        self.gradient_calls = saved.gradient_calls;
        self.groups.all.iter_mut().for_each(|group| group.state.load(&mut saved));
        self.links.iter_mut().for_each(|link| link.load(&mut saved));
        if let Some(plateau) = &mut self.plateau {
            plateau.load(&saved);
        }
        Ok(())
    }
}
