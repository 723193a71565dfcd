//! Wrappers round wrappers round the rules of groups: what an optimizer is inside.

use std::borrow::Cow;

use tensor::ParamInfo;

use crate::engine::param_group::{ParamGroup, UpdateArgs};
use crate::error::Error;
use crate::recipe::OptimizerSpec;
use crate::rule::{Inner, StepInput, Wrapper, WrapperCtx};
use crate::state::OptState;
use crate::state::{MOST_STEPS, StateDict};

/// A wrapper at work.
#[derive(Debug, Clone)]
pub(crate) struct Link {
    declared: Box<dyn Wrapper>,
    /// With the values of this step.
    now: Box<dyn Wrapper>,
    /// Under its name, different for two of a kind; then what it works with inside of a step.
    kept: OptState,
    calls: u64,
}

/// The rules at work, each on its parameters.
#[derive(Debug, Clone)]
pub(crate) struct ParamGroups {
    /// Updates made.
    pub(crate) steps: u64,
    pub(crate) parts: Vec<ParamGroup>,
}

/// Some wrappers, and the rules inside them.
#[derive(Debug)]
pub(crate) struct Chain<'a> {
    pub(crate) method: &'a OptimizerSpec,
    pub(crate) wrappers: &'a mut [Link],
    pub(crate) base: &'a mut ParamGroups,
    pub(crate) entries: &'a [ParamInfo],
    pub(crate) total_steps: u64,
    /// The plateau's factor.
    pub(crate) factor: f64,
}

impl Inner for Chain<'_> {
    fn step(&mut self, mut point: StepInput<'_>) {
        let Chain { method, wrappers, base, entries, total_steps, factor } = self;
        let Some((outer, inner)) = wrappers.split_first_mut() else {
            return base.step(method, entries, *total_steps, *factor, point);
        };
        let Link { declared, now, kept, calls } = outer;
        *calls += 1;
        for (name, course) in &method.courses {
            if base.parts.iter().all(|part| part.declared.get(name).is_none()) {
                course.drive(name, &**declared, &mut **now, base.steps, *total_steps);
            }
        }
        let mut inside =
            Chain { method, wrappers: inner, base, entries, total_steps: *total_steps, factor: *factor };
        now.step(WrapperCtx { point: point.reborrow(), kept, calls: *calls, inside: &mut inside });
    }

    fn updates(&self) -> u64 {
        self.base.steps
    }

    fn total_updates(&self) -> u64 {
        self.total_steps
    }

    fn params(&self) -> &[ParamInfo] {
        self.entries
    }

    fn eval_weights<'w>(&self, weights: &'w [f32]) -> Cow<'w, [f32]> {
        match evaluation_weights(self.wrappers, self.base, self.entries, weights) {
            Cow::Borrowed(same) if std::ptr::eq(same, weights) => Cow::Borrowed(weights),
            other => Cow::Owned(other.into_owned()),
        }
    }
}

/// The weights to evaluate at: the outermost average there is, or `weights`.
pub(crate) fn evaluation_weights<'w>(
    wrappers: &'w [Link],
    base: &'w ParamGroups,
    entries: &[ParamInfo],
    weights: &'w [f32],
) -> Cow<'w, [f32]> {
    for Link { declared, kept, calls, .. } in wrappers {
        let name = declared.eval_weights().filter(|_| *calls > 0 && declared.has_begun(&kept.scalars));
        if let Some(average) = name.and_then(|name| kept.array(name)) {
            return Cow::Borrowed(average);
        }
    }
    if base.steps == 0 || base.parts.iter().all(|part| part.eval_weights().is_none()) {
        return Cow::Borrowed(weights);
    }
    if let [part] = &base.parts[..] {
        return Cow::Borrowed(part.eval_weights().expect("just looked at"));
    }
    let mut all = weights.to_vec();
    for part in &base.parts {
        part.write_evaluated(entries, &mut all);
    }
    Cow::Owned(all)
}

impl Link {
    /// All wrappers of a method at their start, for so many weights.
    pub(crate) fn all(method: &OptimizerSpec, weights: usize) -> Vec<Link> {
        let mut wrapped: Vec<Link> = vec![];
        for wrapper in &method.wrappers {
            let name = wrapper.info().name;
            let others = wrapped.iter().filter(|other| other.declared.info().name == name).count();
            let label = if others == 0 { name.to_string() } else { format!("{name}{}", others + 1) };
            let kept = OptState::new(label, wrapper.state(), wrapper.scalars(), |_| weights);
            wrapped.push(Link {
                declared: wrapper.clone(),
                now: wrapper.clone(),
                kept: kept.with_scratch(wrapper.scratch(), weights),
                calls: 0,
            });
        }
        wrapped
    }

    /// Numbers of state for each weight.
    pub(crate) fn arrays(&self) -> usize {
        self.kept.arrays.len()
    }

    pub(crate) fn save(&self, to: &mut StateDict) {
        to.add(&self.kept.of, CALLS, self.calls as f64);
        self.kept.save(to);
    }

    pub(crate) fn check(&self, from: &StateDict) -> Result<(), Error> {
        from.check_count(&self.kept.of, CALLS, MOST_STEPS)?;
        self.kept.check(from)
    }

    pub(crate) fn load(&mut self, from: &mut StateDict) {
        self.calls = from.number(&self.kept.of, CALLS) as u64;
        self.kept.load(from);
    }
}

/// What a state dict calls the number of a wrapper's calls.
const CALLS: &str = "calls";

impl ParamGroups {
    fn step(
        &mut self,
        method: &OptimizerSpec,
        entries: &[ParamInfo],
        total: u64,
        factor: f64,
        mut point: StepInput<'_>,
    ) {
        if let Some(clip) = method.clip {
            clip.prepare(entries, &mut point);
        }
        let scale = method.clip.map_or(1.0, |clip| clip.factor(point.gradients()));
        assert!(
            total > 0 || !method.depends_on_total(),
            "`{method}` depends on the number of updates: expected `with_total_steps` before the first step"
        );
        let factor = factor * method.schedule.factor(self.steps, total);
        for part in &mut self.parts {
            part.schedule(method, factor, self.steps, total);
        }
        self.steps += 1;
        let update = UpdateArgs { t: self.steps, factor, scale: scale as f32 };
        for part in &mut self.parts {
            part.step(update, entries, point.reborrow());
        }
    }
}
