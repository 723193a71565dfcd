//! What a rule or a wrapper keeps between steps.

use crate::error::Error;
use crate::state::StateDict;
use crate::state::{ScalarSlot, Slot, StateShape};

/// Arrays and numbers with their names.
#[derive(Debug, Clone)]
pub(crate) struct OptState {
    /// Whose they are, before each name in a state dict; empty if nobody else keeps any.
    pub(crate) of: String,
    pub(crate) states: Vec<Slot>,
    pub(crate) declared: Vec<ScalarSlot>,
    pub(crate) arrays: Vec<Vec<f32>>,
    /// What each array has a number for.
    pub(crate) extents: Vec<StateShape>,
    pub(crate) scalars: Vec<f64>,
}

impl OptState {
    /// As they are at the start, `numbers` of each extent.
    pub(crate) fn new(
        of: String,
        states: Vec<Slot>,
        declared: Vec<ScalarSlot>,
        numbers: impl Fn(StateShape) -> usize,
    ) -> OptState {
        OptState {
            of,
            arrays: states.iter().map(|state| vec![state.start; numbers(state.extent)]).collect(),
            extents: states.iter().map(|state| state.extent).collect(),
            scalars: declared.iter().map(|scalar| scalar.start).collect(),
            states,
            declared,
        }
    }

    /// With arrays behind those with a name, whose numbers nobody needs to know later.
    pub(crate) fn with_scratch(mut self, arrays: usize, numbers: usize) -> OptState {
        self.arrays.extend((0..arrays).map(|_| vec![0.0; numbers]));
        self.extents.extend((0..arrays).map(|_| StateShape::Weights));
        self
    }

    /// The array of that name.
    pub(crate) fn array(&self, name: &str) -> Option<&[f32]> {
        let index = self.states.iter().position(|state| state.name == name)?;
        Some(&self.arrays[index])
    }

    pub(crate) fn save(&self, to: &mut StateDict) {
        let OptState { of, states, declared, arrays, scalars, .. } = self;
        declared.iter().zip(scalars).for_each(|(scalar, x)| to.add(of, scalar.name, *x));
        states.iter().zip(arrays).for_each(|(state, array)| to.add_array(of, state.name, array));
    }

    /// Whether what is counted can have been counted.
    pub(crate) fn check(&self, from: &StateDict) -> Result<(), Error> {
        for ScalarSlot { name, most, .. } in &self.declared {
            if let Some(most) = most {
                from.check_count(&self.of, name, *most)?;
            }
        }
        Ok(())
    }

    /// Takes over what was [checked](OptState::check).
    pub(crate) fn load(&mut self, from: &mut StateDict) {
        let OptState { of, states, declared, arrays, scalars, .. } = self;
        declared.iter().zip(scalars).for_each(|(scalar, x)| *x = from.number(of, scalar.name));
        states.iter().zip(arrays).for_each(|(state, array)| *array = from.take_array(of, state.name));
    }
}
