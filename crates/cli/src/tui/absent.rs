//! No screen: the program was built without the feature `tui`.

#[path = "part.rs"]
mod part;

use std::ops::ControlFlow;

use lab::Halt;
use train::{Event, RunInfo};

pub(crate) use part::{Label, Part};

/// A screen, of which there is none.
#[derive(Debug)]
pub(crate) enum Screen {}

impl Screen {
    pub(crate) fn begin(&self, _: Part) {
        match *self {}
    }

    pub(crate) fn read(
        &self,
        _: usize,
        _: &dyn Fn(&RunInfo) -> Label,
        _: &Event,
        _: &dyn Fn(),
    ) -> ControlFlow<Halt> {
        match *self {}
    }

    pub(crate) fn finish(self) -> Vec<String> {
        match self {}
    }
}
