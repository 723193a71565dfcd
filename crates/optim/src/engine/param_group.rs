//! One rule with its parameters and its state.

use std::ops::Range;

use tensor::ParamInfo;

use crate::hyper::Value;
use crate::recipe::{GroupSpec, HyperSchedule, OptimizerSpec};
use crate::rule::{DynRule, LR, StepInput, Tier, Update};
use crate::state::{OptState, StateShape};

/// Parameters that one rule updates, and its state for them.
#[derive(Debug, Clone)]
pub(crate) struct ParamGroup {
    /// As declared in the recipe, before schedules.
    pub(crate) declared: Box<dyn DynRule>,
    /// With the values of this step.
    current: Box<dyn DynRule>,
    /// Hyperparameters set by the group, which keep that value under a schedule from one value to another.
    overrides: Vec<String>,
    /// Places of the parameters in the layout, in contiguous ranges.
    pub(crate) ranges: Vec<Range<usize>>,
    /// With the group's name as prefix, unless it is the only one.
    pub(crate) state: OptState,
}

/// Arguments of an update that are the same for all groups.
#[derive(Debug, Clone, Copy)]
pub(crate) struct UpdateArgs {
    /// Number of the update, from 1.
    pub(crate) t: u64,
    /// Factor of the learning rate by schedule and plateau.
    pub(crate) lr_factor: f64,
    /// Factor of the gradients by clipping.
    pub(crate) scale: f32,
}

impl ParamGroup {
    pub(crate) fn new(spec: GroupSpec, params: &[ParamInfo], is_only: bool) -> ParamGroup {
        let GroupSpec { label, rule, overrides, members } = spec;
        let numbers = |shape: StateShape| members.iter().map(|&i| shape.len(&params[i])).sum();
        let ranges = members.chunk_by(|a, b| a + 1 == *b).map(|run| run[0]..run[run.len() - 1] + 1).collect();
        let label = if is_only { String::new() } else { label };
        ParamGroup {
            current: rule.clone(),
            overrides,
            ranges,
            state: OptState::new(label, rule.state(), rule.scalars(), numbers),
            declared: rule,
        }
    }

    /// Sets every hyperparameter to its value at a step of `total`.
    pub(crate) fn apply_schedules(&mut self, spec: &OptimizerSpec, lr_factor: f64, step: u64, total: u64) {
        if let Some(Value::Number(lr)) = self.declared.get(LR) {
            self.current.set_unchecked(LR, Value::Number(lr * lr_factor)).expect("a number");
        }
        for (name, schedule) in &spec.hyper_schedules {
            if matches!(schedule, HyperSchedule::Factor(_)) || !self.overrides.contains(name) {
                schedule.apply(name, &*self.declared, &mut *self.current, step, total);
            }
        }
    }

    /// One update of all its parameters.
    pub(crate) fn step(&mut self, update: UpdateArgs, params: &[ParamInfo], input: StepInput<'_>) {
        if self.current.tier() == Tier::Vector && self.ranges.len() > 1 {
            self.step_gathered(update, params, input);
        } else {
            self.step_ranges(update, params, input);
        }
    }

    /// Updates range by range: there is one, or the rule looks at one parameter at a time.
    fn step_ranges(&mut self, update: UpdateArgs, params: &[ParamInfo], mut input: StepInput<'_>) {
        let ParamGroup { current, ranges, state, .. } = self;
        let OptState { arrays, shapes, scalars, .. } = state;
        let (before, is_whole) = (scalars.clone(), ranges.len() == 1);
        let mut rest: Vec<&mut [f32]> = arrays.iter_mut().map(|array| &mut array[..]).collect();
        let mut offset = 0;
        for range in ranges {
            let (params, weights) = (&params[range.clone()], weights_of(params, range));
            let state = rest.iter_mut().zip(&*shapes).map(|(rest, shape)| {
                let len = params.iter().map(|param| shape.len(param)).sum();
                rest.split_off_mut(..len).expect("state is as long as declared")
            });
            // Every range starts from the same scalars, so that they change once in a step.
            scalars.copy_from_slice(&before);
            let StepInput { weights: all, gradients, scratch, changed, objective, path } = input.reborrow();
            let each = Update {
                offset,
                weights: &mut all[weights.clone()],
                gradients: if *changed { &scratch[weights.clone()] } else { &gradients[weights.clone()] },
                scale: update.scale,
                state: state.collect(),
                shapes,
                params,
                scalars,
                schedule_factor: update.lr_factor,
                objective: if is_whole { objective } else { objective.loss_alone() },
                path,
            };
            current.update(update.t, each);
            offset += weights.len();
        }
    }

    /// Updates a contiguous copy, for a rule that sums over all its weights.
    fn step_gathered(&mut self, update: UpdateArgs, params: &[ParamInfo], input: StepInput<'_>) {
        let ranges: Vec<Range<usize>> = self.ranges.iter().map(|range| weights_of(params, range)).collect();
        let gather = |from: &[f32]| ranges.iter().flat_map(|range| &from[range.clone()]).copied().collect();
        let (mut weights, gradients): (Vec<f32>, Vec<f32>) =
            (gather(input.weights), gather(input.gradients()));
        let params: Vec<ParamInfo> =
            self.ranges.iter().flat_map(|range| params[range.clone()].to_vec()).collect();
        let OptState { arrays, shapes, scalars, .. } = &mut self.state;
        let each = Update {
            offset: 0,
            weights: &mut weights,
            gradients: &gradients,
            scale: update.scale,
            state: arrays.iter_mut().map(|array| &mut array[..]).collect(),
            shapes,
            params: &params,
            scalars,
            schedule_factor: update.lr_factor,
            objective: input.objective.loss_alone(),
            path: input.path,
        };
        self.current.update(update.t, each);
        let mut rest = &weights[..];
        for range in ranges {
            let n = range.len();
            input.weights[range].copy_from_slice(rest.split_off(..n).expect("as many as were gathered"));
        }
    }

    /// Average of the weights that the rule keeps to evaluate at.
    pub(crate) fn eval_weights(&self) -> Option<&[f32]> {
        self.state.array(self.declared.eval_weights()?)
    }

    /// Writes that average to its places among all weights.
    pub(crate) fn write_eval_weights(&self, params: &[ParamInfo], all: &mut [f32]) {
        let Some(mut rest) = self.eval_weights() else { return };
        for range in &self.ranges {
            let range = weights_of(params, range);
            let n = range.len();
            all[range].copy_from_slice(rest.split_off(..n).expect("a number for each weight"));
        }
    }

    /// Number of state arrays with a number for each weight.
    pub(crate) fn full_arrays(&self, params: &[ParamInfo]) -> usize {
        let of: Vec<ParamInfo> =
            self.ranges.iter().flat_map(|range| params[range.clone()].to_vec()).collect();
        let count = |shape: &StateShape| match shape {
            StateShape::History(vectors) => *vectors,
            shape => usize::from(shape.is_full(&of)),
        };
        self.state.shapes.iter().map(count).sum()
    }

    /// Number of its weights.
    pub(crate) fn weights(&self, params: &[ParamInfo]) -> usize {
        self.ranges.iter().map(|range| weights_of(params, range).len()).sum()
    }
}

/// Range of the weights of contiguous parameters.
fn weights_of(params: &[ParamInfo], range: &Range<usize>) -> Range<usize> {
    match &params[range.clone()] {
        [] => 0..0,
        [first, .., last] => first.range.start..last.range.end,
        [one] => one.range.clone(),
    }
}
