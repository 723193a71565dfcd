//! What a rule or a wrapper keeps between steps.

use crate::error::Error;
use crate::rule::{Extent, Scalar, State};
use crate::state_dict::StateDict;

/// Arrays and numbers with their names.
#[derive(Debug)]
pub(crate) struct Kept {
    /// Whose they are, before each name in a state dict; empty if nobody else keeps any.
    pub(crate) of: String,
    pub(crate) states: Vec<State>,
    pub(crate) declared: Vec<Scalar>,
    pub(crate) arrays: Vec<Vec<f32>>,
    /// What each array has a number for.
    pub(crate) extents: Vec<Extent>,
    pub(crate) scalars: Vec<f64>,
}

impl Kept {
    /// As they are at the start, `numbers` of each extent.
    pub(crate) fn new(
        of: String,
        states: Vec<State>,
        declared: Vec<Scalar>,
        numbers: impl Fn(Extent) -> usize,
    ) -> Kept {
        Kept {
            of,
            arrays: states.iter().map(|state| vec![state.start; numbers(state.extent)]).collect(),
            extents: states.iter().map(|state| state.extent).collect(),
            scalars: declared.iter().map(|scalar| scalar.start).collect(),
            states,
            declared,
        }
    }

    /// With arrays behind those with a name, whose numbers nobody needs to know later.
    pub(crate) fn with_scratch(mut self, arrays: usize, numbers: usize) -> Kept {
        self.arrays.extend((0..arrays).map(|_| vec![0.0; numbers]));
        self.extents.extend((0..arrays).map(|_| Extent::Weights));
        self
    }

    /// The array of that name.
    pub(crate) fn array(&self, name: &str) -> Option<&[f32]> {
        let index = self.states.iter().position(|state| state.name == name)?;
        Some(&self.arrays[index])
    }

    pub(crate) fn save(&self, to: &mut StateDict) {
        let Kept { of, states, declared, arrays, scalars, .. } = self;
        declared.iter().zip(scalars).for_each(|(scalar, x)| to.add(of, scalar.name, *x));
        states.iter().zip(arrays).for_each(|(state, array)| to.add_array(of, state.name, array));
    }

    /// Whether what is counted can have been counted.
    pub(crate) fn check(&self, from: &StateDict) -> Result<(), Error> {
        for Scalar { name, most, .. } in &self.declared {
            if let Some(most) = most {
                from.check_count(&self.of, name, *most)?;
            }
        }
        Ok(())
    }

    /// Takes over what was [checked](Kept::check).
    pub(crate) fn load(&mut self, from: &mut StateDict) {
        let Kept { of, states, declared, arrays, scalars, .. } = self;
        declared.iter().zip(scalars).for_each(|(scalar, x)| *x = from.number(of, scalar.name));
        states.iter().zip(arrays).for_each(|(state, array)| *array = from.take_array(of, state.name));
    }
}
