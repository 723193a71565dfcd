//! One rule at work on some of the parameters.

use std::ops::Range;

use tensor::ParamInfo;

use crate::hyper::Value;
use crate::recipe::{GroupSpec, HyperCourse, OptimizerSpec};
use crate::rule::StepInput;
use crate::rule::Update;
use crate::rule::{Rule, Tier};
use crate::state::OptState;
use crate::state::StateShape;

/// Parameters that one rule updates, and its state for them.
#[derive(Debug, Clone)]
pub(crate) struct ParamGroup {
    /// As it is at the first step, before schedules.
    pub(crate) declared: Box<dyn Rule>,
    /// With the values of this step.
    now: Box<dyn Rule>,
    /// Hyperparameters that no course from one value to another touches.
    own: Vec<String>,
    /// Which of the layout's parameters they are: ranges without a gap.
    pub(crate) ranges: Vec<Range<usize>>,
    /// Named after the group, unless there is only one.
    pub(crate) kept: OptState,
}

/// One update of a rule.
#[derive(Debug, Clone, Copy)]
pub(crate) struct UpdateArgs {
    /// Its number, from 1.
    pub(crate) t: u64,
    /// What the schedule multiplies the learning rate with.
    pub(crate) factor: f64,
    /// What clipping multiplies the gradients with.
    pub(crate) scale: f32,
}

impl ParamGroup {
    pub(crate) fn new(part: GroupSpec, entries: &[ParamInfo], alone: bool) -> ParamGroup {
        let GroupSpec { label, rule, own, members } = part;
        let numbers = |extent: StateShape| members.iter().map(|&i| extent.numbers(&entries[i])).sum();
        let ranges = members.chunk_by(|a, b| a + 1 == *b).map(|run| run[0]..run[run.len() - 1] + 1).collect();
        let label = if alone { String::new() } else { label };
        ParamGroup {
            now: rule.clone(),
            own,
            ranges,
            kept: OptState::new(label, rule.state(), rule.scalars(), numbers),
            declared: rule,
        }
    }

    /// Gives every hyperparameter its value at a step of `total`; `factor` is that of the learning rate.
    pub(crate) fn schedule(&mut self, method: &OptimizerSpec, factor: f64, step: u64, total: u64) {
        if let Some(Value::Number(lr)) = self.declared.get("lr") {
            self.now.set_unchecked("lr", Value::Number(lr * factor)).expect("the learning rate is a number");
        }
        for (name, course) in &method.courses {
            if matches!(course, HyperCourse::Factor(_)) || !self.own.contains(name) {
                course.drive(name, &*self.declared, &mut *self.now, step, total);
            }
        }
    }

    /// One update of all of them.
    pub(crate) fn step(&mut self, update: UpdateArgs, entries: &[ParamInfo], point: StepInput<'_>) {
        if self.now.tier() == Tier::Vector && self.ranges.len() > 1 {
            self.step_gathered(update, entries, point);
        } else {
            self.step_ranges(update, entries, point);
        }
    }

    /// Range by range: there is one, or the rule does not look beyond a parameter.
    fn step_ranges(&mut self, update: UpdateArgs, entries: &[ParamInfo], mut point: StepInput<'_>) {
        let ParamGroup { now, ranges, kept, .. } = self;
        let OptState { arrays, extents, scalars, .. } = kept;
        let (before, is_whole) = (scalars.clone(), ranges.len() == 1);
        let mut rest: Vec<&mut [f32]> = arrays.iter_mut().map(|array| &mut array[..]).collect();
        let mut first = 0;
        for range in ranges {
            let (entries, weights) = (&entries[range.clone()], weights_of(entries, range));
            let parts = rest.iter_mut().zip(&*extents).map(|(rest, extent)| {
                let numbers = entries.iter().map(|entry| extent.numbers(entry)).sum();
                rest.split_off_mut(..numbers).expect("state is as long as declared")
            });
            // Scalars move on once in a step, from the same values for every range.
            scalars.copy_from_slice(&before);
            let StepInput { weights: all, gradients, scratch, changed, objective, path } = point.reborrow();
            let each = Update {
                first,
                weights: &mut all[weights.clone()],
                gradients: if *changed { &scratch[weights.clone()] } else { &gradients[weights.clone()] },
                scale: update.scale,
                state: parts.collect(),
                extents,
                entries,
                scalars,
                schedule_factor: update.factor,
                objective: if is_whole { objective } else { objective.loss_alone() },
                path,
            };
            now.update(update.t, each);
            first += weights.len();
        }
    }

    /// On a copy without gaps, for a rule that sums over all its weights.
    fn step_gathered(&mut self, update: UpdateArgs, entries: &[ParamInfo], point: StepInput<'_>) {
        let ranges: Vec<Range<usize>> = self.ranges.iter().map(|range| weights_of(entries, range)).collect();
        let gather = |from: &[f32]| ranges.iter().flat_map(|range| &from[range.clone()]).copied().collect();
        let (mut weights, gradients): (Vec<f32>, Vec<f32>) =
            (gather(point.weights), gather(point.gradients()));
        let entries: Vec<ParamInfo> =
            self.ranges.iter().flat_map(|range| entries[range.clone()].to_vec()).collect();
        let OptState { arrays, extents, scalars, .. } = &mut self.kept;
        let each = Update {
            first: 0,
            weights: &mut weights,
            gradients: &gradients,
            scale: update.scale,
            state: arrays.iter_mut().map(|array| &mut array[..]).collect(),
            extents,
            entries: &entries,
            scalars,
            schedule_factor: update.factor,
            objective: point.objective.loss_alone(),
            path: point.path,
        };
        self.now.update(update.t, each);
        let mut rest = &weights[..];
        for range in ranges {
            let n = range.len();
            point.weights[range].copy_from_slice(rest.split_off(..n).expect("as many as were gathered"));
        }
    }

    /// The average that the rule keeps to evaluate at.
    pub(crate) fn eval_weights(&self) -> Option<&[f32]> {
        self.kept.array(self.declared.eval_weights()?)
    }

    /// Writes that average to its places among all weights.
    pub(crate) fn write_evaluated(&self, entries: &[ParamInfo], all: &mut [f32]) {
        let Some(mut rest) = self.eval_weights() else { return };
        for range in &self.ranges {
            let range = weights_of(entries, range);
            let n = range.len();
            all[range].copy_from_slice(rest.split_off(..n).expect("a number for each weight"));
        }
    }

    /// Bytes of state in arrays that have a number for each weight.
    pub(crate) fn full_arrays(&self, entries: &[ParamInfo]) -> usize {
        let of: Vec<ParamInfo> =
            self.ranges.iter().flat_map(|range| entries[range.clone()].to_vec()).collect();
        let count = |extent: &StateShape| match extent {
            StateShape::History(vectors) => *vectors,
            extent => usize::from(extent.is_full(&of)),
        };
        self.kept.extents.iter().map(count).sum()
    }

    /// Weights that are updated.
    pub(crate) fn weights(&self, entries: &[ParamInfo]) -> usize {
        self.ranges.iter().map(|range| weights_of(entries, range).len()).sum()
    }
}

/// The weights of parameters that follow each other.
fn weights_of(entries: &[ParamInfo], range: &Range<usize>) -> Range<usize> {
    match &entries[range.clone()] {
        [] => 0..0,
        [first, .., last] => first.range.start..last.range.end,
        [one] => one.range.clone(),
    }
}
