//! State of a rule or a wrapper between steps.

use crate::error::Error;
use crate::state::{ScalarSlot, Slot, StateDict, StateShape};

/// Named arrays and scalars.
#[derive(Debug, Clone)]
pub(crate) struct OptState {
    /// Prefix of each name in a state dict; empty for the only parameter group.
    pub(crate) prefix: String,
    pub(crate) slots: Vec<Slot>,
    pub(crate) scalar_slots: Vec<ScalarSlot>,
    pub(crate) arrays: Vec<Vec<f32>>,
    /// Shape of each array.
    pub(crate) shapes: Vec<StateShape>,
    pub(crate) scalars: Vec<f64>,
}

impl OptState {
    /// Initial state; `len` gives the length of an array of each shape.
    pub(crate) fn new(
        prefix: String,
        slots: Vec<Slot>,
        scalar_slots: Vec<ScalarSlot>,
        len: impl Fn(StateShape) -> usize,
    ) -> OptState {
        OptState {
            prefix,
            arrays: slots.iter().map(|slot| vec![slot.start; len(slot.shape)]).collect(),
            shapes: slots.iter().map(|slot| slot.shape).collect(),
            scalars: scalar_slots.iter().map(|slot| slot.start).collect(),
            slots,
            scalar_slots,
        }
    }

    /// Adds scratch arrays after the named ones, which are not saved.
    pub(crate) fn with_scratch(mut self, arrays: usize, len: usize) -> OptState {
        self.arrays.extend((0..arrays).map(|_| vec![0.0; len]));
        self.shapes.extend((0..arrays).map(|_| StateShape::Weights));
        self
    }

    /// Array of that name.
    pub(crate) fn array(&self, name: &str) -> Option<&[f32]> {
        let index = self.slots.iter().position(|slot| slot.name == name)?;
        Some(&self.arrays[index])
    }

    pub(crate) fn save(&self, to: &mut StateDict) {
        let OptState { prefix, slots, scalar_slots, arrays, scalars, .. } = self;
        scalar_slots.iter().zip(scalars).for_each(|(slot, x)| to.add(prefix, slot.name, *x));
        slots.iter().zip(arrays).for_each(|(slot, array)| to.add_array(prefix, slot.name, array));
    }

    /// Checks that counts are whole numbers within their bounds.
    pub(crate) fn check(&self, from: &StateDict) -> Result<(), Error> {
        for ScalarSlot { name, max, .. } in &self.scalar_slots {
            if let Some(max) = max {
                from.check_count(&self.prefix, name, *max)?;
            }
        }
        Ok(())
    }

    /// Loads a state that was [checked](OptState::check).
    pub(crate) fn load(&mut self, from: &mut StateDict) {
        let OptState { prefix, slots, scalar_slots, arrays, scalars, .. } = self;
        scalar_slots.iter().zip(scalars).for_each(|(slot, x)| *x = from.number(prefix, slot.name));
        slots.iter().zip(arrays).for_each(|(slot, array)| *array = from.take_array(prefix, slot.name));
    }
}
