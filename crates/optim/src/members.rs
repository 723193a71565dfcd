//! One rule at work on some of the parameters.

use std::ops::Range;

use tensor::Entry;

use crate::each::Each;
use crate::hyper::Value;
use crate::method::{HyperCourse, Method, Part};
use crate::objective::Objective;
use crate::rule::{Extent, Rule, Tier};
use crate::state_dict::StateDict;
use crate::wrapper::Point;

/// Parameters that one rule updates, and its state for them.
#[derive(Debug)]
pub(crate) struct Members {
    /// What they are called in a state dict; nothing, if they are all there are.
    label: String,
    /// As it is at the first step, before schedules.
    pub(crate) declared: Box<dyn Rule>,
    /// With the values of this step.
    now: Box<dyn Rule>,
    /// Hyperparameters that no course from one value to another touches.
    own: Vec<String>,
    /// Which of the layout's parameters they are: stretches without a gap.
    pub(crate) stretches: Vec<Range<usize>>,
    state: Vec<Vec<f32>>,
    extents: Vec<Extent>,
    scalars: Vec<f64>,
}

impl Members {
    pub(crate) fn new(part: Part, entries: &[Entry], alone: bool) -> Members {
        let Part { label, rule, own, members } = part;
        let state = rule.state();
        let numbers = |extent: Extent| members.iter().map(|&i| extent.numbers(&entries[i])).sum();
        let stretches =
            members.chunk_by(|a, b| a + 1 == *b).map(|run| run[0]..run[run.len() - 1] + 1).collect();
        Members {
            label: if alone { String::new() } else { label },
            now: rule.clone(),
            own,
            stretches,
            state: state.iter().map(|state| vec![state.start; numbers(state.extent)]).collect(),
            extents: state.iter().map(|state| state.extent).collect(),
            scalars: rule.scalars().iter().map(|scalar| scalar.start).collect(),
            declared: rule,
        }
    }

    /// Gives every hyperparameter its value at a step of `total`; `factor` is that of the learning rate.
    pub(crate) fn schedule(&mut self, method: &Method, factor: f64, step: u64, total: u64) {
        if let Some(Value::Number(lr)) = self.declared.get("lr") {
            self.now.put("lr", Value::Number(lr * factor)).expect("the learning rate is a number");
        }
        for (name, course) in &method.courses {
            if matches!(course, HyperCourse::Factor(_)) || !self.own.contains(name) {
                course.drive(name, &*self.declared, &mut *self.now, step, total);
            }
        }
    }

    /// The `t`-th update.
    pub(crate) fn step(&mut self, t: u64, entries: &[Entry], factor: f64, scale: f32, mut point: Point<'_>) {
        match &self.stretches[..] {
            [] => {}
            [stretch] => {
                let (entries, weights) = (&entries[stretch.clone()], range(entries, stretch));
                let Point { weights: all, gradients, scratch, changed, objective, path } = point.again();
                let gradients = if *changed { scratch } else { gradients };
                self.now.update(
                    t,
                    Each {
                        first: 0,
                        weights: &mut all[weights.clone()],
                        gradients: &gradients[weights],
                        scale,
                        state: self.state.iter_mut().map(|array| &mut array[..]).collect(),
                        extents: &self.extents,
                        entries,
                        scalars: &mut self.scalars,
                        schedule_factor: factor,
                        objective,
                        path,
                    },
                );
            }
            _ if self.now.tier() == Tier::Vector => self.step_gathered(t, entries, factor, scale, point),
            _ => self.step_stretches(t, entries, factor, scale, point),
        }
    }

    /// Stretch by stretch, for a rule that does not look beyond a parameter.
    fn step_stretches(&mut self, t: u64, entries: &[Entry], factor: f64, scale: f32, mut point: Point<'_>) {
        let Members { now, stretches, state, extents, scalars, .. } = self;
        let before = scalars.clone();
        let mut rest: Vec<&mut [f32]> = state.iter_mut().map(|array| &mut array[..]).collect();
        let (mut first, loss) = (0, point.objective.loss);
        for stretch in stretches {
            let (entries, weights) = (&entries[stretch.clone()], range(entries, stretch));
            let parts = rest.iter_mut().zip(&*extents).map(|(rest, extent)| {
                let numbers = entries.iter().map(|entry| extent.numbers(entry)).sum();
                rest.split_off_mut(..numbers).expect("state is as long as declared")
            });
            // Scalars move on once in a step, from the same values for every stretch.
            scalars.copy_from_slice(&before);
            let Point { weights: all, gradients, scratch, changed, path, .. } = point.again();
            let gradients = if *changed { scratch } else { gradients };
            let each = Each {
                first,
                weights: &mut all[weights.clone()],
                gradients: &gradients[weights.clone()],
                scale,
                state: parts.collect(),
                extents,
                entries,
                scalars,
                schedule_factor: factor,
                objective: Objective { loss, evaluate: None },
                path,
            };
            now.update(t, each);
            first += weights.len();
        }
    }

    /// On a copy without gaps, for a rule that sums over all its weights.
    fn step_gathered(&mut self, t: u64, entries: &[Entry], factor: f64, scale: f32, point: Point<'_>) {
        let Point { weights: all, gradients, scratch, changed, objective, path } = point;
        let gradients: &[f32] = if *changed { scratch } else { gradients };
        let ranges: Vec<Range<usize>> =
            self.stretches.iter().map(|stretch| range(entries, stretch)).collect();
        let gather = |from: &[f32]| ranges.iter().flat_map(|range| &from[range.clone()]).copied().collect();
        let (mut weights, gradients): (Vec<f32>, Vec<f32>) = (gather(all), gather(gradients));
        let entries: Vec<Entry> =
            self.stretches.iter().flat_map(|stretch| entries[stretch.clone()].to_vec()).collect();
        self.now.update(
            t,
            Each {
                first: 0,
                weights: &mut weights,
                gradients: &gradients,
                scale,
                state: self.state.iter_mut().map(|array| &mut array[..]).collect(),
                extents: &self.extents,
                entries: &entries,
                scalars: &mut self.scalars,
                schedule_factor: factor,
                objective: Objective { loss: objective.loss, evaluate: None },
                path,
            },
        );
        let mut rest = &weights[..];
        for range in ranges {
            let n = range.len();
            all[range].copy_from_slice(rest.split_off(..n).expect("as many as were gathered"));
        }
    }

    /// The average that the rule keeps to evaluate at.
    pub(crate) fn evaluated(&self) -> Option<&[f32]> {
        let name = self.declared.evaluated()?;
        let index = self.declared.state().iter().position(|state| state.name == name)?;
        Some(&self.state[index])
    }

    /// Writes that average to its places among all weights.
    pub(crate) fn write_evaluated(&self, entries: &[Entry], all: &mut [f32]) {
        let Some(mut rest) = self.evaluated() else { return };
        for stretch in &self.stretches {
            let range = range(entries, stretch);
            let n = range.len();
            all[range].copy_from_slice(rest.split_off(..n).expect("a number for each weight"));
        }
    }

    /// Bytes of state in arrays that have a number for each weight.
    pub(crate) fn full_arrays(&self, entries: &[Entry]) -> usize {
        let of: Vec<Entry> =
            self.stretches.iter().flat_map(|stretch| entries[stretch.clone()].to_vec()).collect();
        let count = |extent: &Extent| match extent {
            Extent::History(vectors) => *vectors,
            extent => usize::from(extent.is_full(&of)),
        };
        self.extents.iter().map(count).sum()
    }

    /// Weights that are updated.
    pub(crate) fn weights(&self, entries: &[Entry]) -> usize {
        self.stretches.iter().map(|stretch| range(entries, stretch).len()).sum()
    }

    pub(crate) fn save(&self, to: &mut StateDict) {
        self.declared.scalars().iter().zip(&self.scalars).for_each(|(s, x)| to.add(&self.label, s.name, *x));
        self.declared.state().iter().zip(&self.state).for_each(|(s, x)| to.add_array(&self.label, s.name, x));
    }

    pub(crate) fn load(&mut self, from: &mut StateDict) {
        let names = self.declared.scalars();
        self.scalars = names.iter().map(|scalar| from.take(&self.label, scalar.name)).collect();
        let names = self.declared.state();
        self.state = names.iter().map(|state| from.take_array(&self.label, state.name)).collect();
    }
}

/// The weights of parameters that follow each other.
fn range(entries: &[Entry], stretch: &Range<usize>) -> Range<usize> {
    match &entries[stretch.clone()] {
        [] => 0..0,
        [first, .., last] => first.range.start..last.range.end,
        [one] => one.range.clone(),
    }
}
