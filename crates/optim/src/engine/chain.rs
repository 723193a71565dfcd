//! Wrappers around wrappers around the rules of parameter groups: one step from the outside in.

use std::borrow::Cow;

use tensor::ParamInfo;

use crate::clip::{ClipCtx, DynClip};
use crate::engine::param_group::{ParamGroup, UpdateArgs};
use crate::error::Error;
use crate::recipe::OptimizerSpec;
use crate::rule::{DynWrapper, Inner, StepInput, WrapperCtx};
use crate::state::{MAX_STEPS, OptState, StateDict};

/// One wrapper with its state.
#[derive(Debug, Clone)]
pub(crate) struct Link {
    /// As declared in the recipe.
    declared: Box<dyn DynWrapper>,
    /// With the values of this step.
    current: Box<dyn DynWrapper>,
    /// Arrays under the wrapper's name, numbered if it occurs again, then its scratch arrays.
    state: OptState,
    calls: u64,
}

/// The rules, each with its parameters.
#[derive(Debug, Clone)]
pub(crate) struct ParamGroups {
    /// Updates made.
    pub(crate) steps: u64,
    pub(crate) all: Vec<ParamGroup>,
}

/// Wrappers, the outermost first, and the rules inside them.
#[derive(Debug)]
pub(crate) struct Chain<'a> {
    pub(crate) spec: &'a OptimizerSpec,
    pub(crate) links: &'a mut [Link],
    pub(crate) groups: &'a mut ParamGroups,
    pub(crate) params: &'a [ParamInfo],
    pub(crate) total_steps: u64,
    pub(crate) outer_factor: f64,
}

impl Inner for Chain<'_> {
    fn step(&mut self, mut input: StepInput<'_>) {
        let Chain { spec, links, groups, params, total_steps, outer_factor } = self;
        let (total_steps, outer_factor) = (*total_steps, *outer_factor);
        let Some((outer, links)) = links.split_first_mut() else {
            return groups.step(spec, params, total_steps, outer_factor, input);
        };
        let Link { declared, current, state, calls } = outer;
        *calls += 1;
        for (name, schedule) in &spec.hyper_schedules {
            if groups.all.iter().all(|group| group.declared.get(name).is_none()) {
                schedule.apply(name, &**declared, &mut **current, groups.steps, total_steps);
            }
        }
        let mut inner = Chain { spec, links, groups, params, total_steps, outer_factor };
        current.step(WrapperCtx { input: input.reborrow(), state, calls: *calls, inner: &mut inner });
    }

    fn updates(&self) -> u64 {
        self.groups.steps
    }

    fn total_updates(&self) -> u64 {
        self.total_steps
    }

    fn params(&self) -> &[ParamInfo] {
        self.params
    }

    fn eval_weights<'w>(&self, weights: &'w [f32]) -> Cow<'w, [f32]> {
        match evaluation_weights(self.links, self.groups, self.params, weights) {
            Cow::Borrowed(same) if std::ptr::eq(same, weights) => Cow::Borrowed(weights),
            other => Cow::Owned(other.into_owned()),
        }
    }
}

/// Weights to evaluate at: the outermost average, or else `weights`.
pub(crate) fn evaluation_weights<'w>(
    links: &'w [Link],
    groups: &'w ParamGroups,
    params: &[ParamInfo],
    weights: &'w [f32],
) -> Cow<'w, [f32]> {
    for Link { declared, state, calls, .. } in links {
        let name = declared.eval_weights().filter(|_| *calls > 0 && declared.has_begun(&state.scalars));
        if let Some(average) = name.and_then(|name| state.array(name)) {
            return Cow::Borrowed(average);
        }
    }
    if groups.steps == 0 || groups.all.iter().all(|group| group.eval_weights().is_none()) {
        return Cow::Borrowed(weights);
    }
    if let [group] = &groups.all[..] {
        return Cow::Borrowed(group.eval_weights().expect("checked above"));
    }
    let mut all = weights.to_vec();
    for group in &groups.all {
        group.write_eval_weights(params, &mut all);
    }
    Cow::Owned(all)
}

impl Link {
    /// All wrappers of a recipe in their initial state.
    pub(crate) fn all(spec: &OptimizerSpec, weights: usize) -> Vec<Link> {
        let mut links: Vec<Link> = vec![];
        for wrapper in &spec.wrappers {
            let name = wrapper.info().name;
            let others = links.iter().filter(|other| other.declared.info().name == name).count();
            let prefix = if others == 0 { name.to_string() } else { format!("{name}{}", others + 1) };
            let state = OptState::new(prefix, wrapper.state(), wrapper.scalars(), |_| weights);
            links.push(Link {
                declared: wrapper.clone(),
                current: wrapper.clone(),
                state: state.with_scratch(wrapper.scratch(), weights),
                calls: 0,
            });
        }
        links
    }

    /// Numbers of state for each weight.
    pub(crate) fn arrays(&self) -> usize {
        self.state.arrays.len()
    }

    pub(crate) fn save(&self, to: &mut StateDict) {
        to.add(&self.state.prefix, CALLS, self.calls as f64);
        self.state.save(to);
    }

    pub(crate) fn check(&self, from: &StateDict) -> Result<(), Error> {
        from.check_count(&self.state.prefix, CALLS, MAX_STEPS)?;
        self.state.check(from)
    }

    pub(crate) fn load(&mut self, from: &mut StateDict) {
        self.calls = from.number(&self.state.prefix, CALLS) as u64;
        self.state.load(from);
    }
}

/// Key of a wrapper's number of calls in a state dict.
const CALLS: &str = "calls";

impl ParamGroups {
    fn step(
        &mut self,
        spec: &OptimizerSpec,
        params: &[ParamInfo],
        total: u64,
        outer_factor: f64,
        mut input: StepInput<'_>,
    ) {
        let clip = |clip: &dyn DynClip| clip.clip(ClipCtx { input: &mut input, params });
        let scale = spec.clip.as_deref().map_or(1.0, clip);
        let lr_factor = outer_factor * spec.schedule.factor(self.steps, total);
        for group in &mut self.all {
            group.apply_schedules(spec, lr_factor, self.steps, total);
        }
        self.steps += 1;
        let update = UpdateArgs { t: self.steps, lr_factor, scale: scale as f32 };
        for group in &mut self.all {
            group.step(update, params, input.reborrow());
        }
    }
}
