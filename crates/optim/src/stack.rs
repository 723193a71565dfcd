//! Wrappers round wrappers round the rules of groups: what an optimizer is inside.

use std::borrow::Cow;

use tensor::Entry;

use crate::members::Members;
use crate::method::Method;
use crate::rule::{Extent, State};
use crate::state_dict::StateDict;
use crate::wrapper::{Around, Point, Wrapper};

/// A wrapper at work.
#[derive(Debug)]
pub(crate) struct Wrapped {
    /// Its name, different for two of a kind.
    label: String,
    declared: Box<dyn Wrapper>,
    /// With the values of this step.
    now: Box<dyn Wrapper>,
    /// Then what it works with inside of a step.
    state: Vec<Vec<f32>>,
    extents: Vec<Extent>,
    scalars: Vec<f64>,
    calls: u64,
}

/// The rules at work, each on its parameters.
#[derive(Debug)]
pub(crate) struct Base {
    /// Updates made.
    pub(crate) steps: u64,
    pub(crate) parts: Vec<Members>,
}

/// Some wrappers, and the rules inside them.
#[derive(Debug)]
pub(crate) struct Stack<'a> {
    pub(crate) method: &'a Method,
    pub(crate) wrappers: &'a mut [Wrapped],
    pub(crate) base: &'a mut Base,
    pub(crate) entries: &'a [Entry],
    pub(crate) total_steps: u64,
    /// The plateau's factor.
    pub(crate) factor: f64,
}

impl Stack<'_> {
    /// One step from `point`.
    pub(crate) fn step(&mut self, mut point: Point<'_>) {
        let Stack { method, wrappers, base, entries, total_steps, factor } = self;
        let Some((outer, inner)) = wrappers.split_first_mut() else {
            return base.step(method, entries, *total_steps, *factor, point);
        };
        let Wrapped { declared, now, state, extents, scalars, calls, .. } = outer;
        *calls += 1;
        for (name, course) in &method.courses {
            if base.parts.iter().all(|part| part.declared.get(name).is_none()) {
                course.drive(name, &**declared, &mut **now, base.steps, *total_steps);
            }
        }
        let inside =
            Stack { method, wrappers: inner, base, entries, total_steps: *total_steps, factor: *factor };
        now.step(Around { point: point.again(), state, extents, scalars, calls: *calls, inside });
    }

    /// The weights to evaluate at.
    pub(crate) fn evaluation_weights<'w>(&self, weights: &'w [f32]) -> Cow<'w, [f32]> {
        match evaluation_weights(self.wrappers, self.base, self.entries, weights) {
            Cow::Borrowed(same) if std::ptr::eq(same, weights) => Cow::Borrowed(weights),
            other => Cow::Owned(other.into_owned()),
        }
    }
}

/// The weights to evaluate at: the outermost average there is, or `weights`.
pub(crate) fn evaluation_weights<'w>(
    wrappers: &'w [Wrapped],
    base: &'w Base,
    entries: &[Entry],
    weights: &'w [f32],
) -> Cow<'w, [f32]> {
    for Wrapped { declared, state, scalars, calls, .. } in wrappers {
        let name = declared.evaluated().filter(|_| *calls > 0 && declared.has_begun(scalars));
        if let Some(index) = declared.state().iter().position(|state| Some(state.name) == name) {
            return Cow::Borrowed(&state[index]);
        }
    }
    if base.steps == 0 || base.parts.iter().all(|part| part.evaluated().is_none()) {
        return Cow::Borrowed(weights);
    }
    if let [part] = &base.parts[..] {
        return Cow::Borrowed(part.evaluated().expect("just looked at"));
    }
    let mut all = weights.to_vec();
    for part in &base.parts {
        part.write_evaluated(entries, &mut all);
    }
    Cow::Owned(all)
}

impl Wrapped {
    /// All wrappers of a method at their start, for so many weights.
    pub(crate) fn all(method: &Method, weights: usize) -> Vec<Wrapped> {
        let mut wrapped: Vec<Wrapped> = vec![];
        for wrapper in &method.wrappers {
            let name = wrapper.card().name;
            let others = wrapped.iter().filter(|other| other.declared.card().name == name).count();
            let scratch = vec![State::zeros("", ""); wrapper.scratch()];
            let state = [wrapper.state(), scratch].concat();
            wrapped.push(Wrapped {
                label: if others == 0 { name.to_string() } else { format!("{name}{}", others + 1) },
                declared: wrapper.clone(),
                now: wrapper.clone(),
                state: state.iter().map(|state| vec![state.start; weights]).collect(),
                extents: state.iter().map(|state| state.extent).collect(),
                scalars: wrapper.scalars().iter().map(|scalar| scalar.start).collect(),
                calls: 0,
            });
        }
        wrapped
    }

    /// Numbers of state for each weight.
    pub(crate) fn arrays(&self) -> usize {
        self.state.len()
    }

    pub(crate) fn save(&self, to: &mut StateDict) {
        to.add(&self.label, "calls", self.calls as f64);
        self.declared.scalars().iter().zip(&self.scalars).for_each(|(s, x)| to.add(&self.label, s.name, *x));
        self.declared.state().iter().zip(&self.state).for_each(|(s, x)| to.add_array(&self.label, s.name, x));
    }

    pub(crate) fn load(&mut self, from: &mut StateDict) {
        self.calls = from.take_count(&self.label, "calls");
        let names = self.declared.scalars();
        self.scalars = names.iter().map(|scalar| from.take(&self.label, scalar.name)).collect();
        for (state, array) in self.declared.state().iter().zip(&mut self.state) {
            *array = from.take_array(&self.label, state.name);
        }
    }
}

impl Base {
    fn step(&mut self, method: &Method, entries: &[Entry], total: u64, factor: f64, mut point: Point<'_>) {
        if let Some(clip) = method.clip {
            clip.prepare(entries, &mut point);
        }
        let scale = method.clip.map_or(1.0, |clip| clip.factor(point.gradients()));
        let factor = factor * method.schedule.factor(self.steps, total);
        for part in &mut self.parts {
            part.schedule(method, factor, self.steps, total);
        }
        self.steps += 1;
        for part in &mut self.parts {
            part.step(self.steps, entries, factor, scale as f32, point.again());
        }
    }
}
