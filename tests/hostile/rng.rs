//! Choices that follow from a number.

use tensor::random::Stream;

/// A stream of choices.
pub(crate) struct Rng(Stream);

impl Rng {
    pub(crate) fn new(seed: u64, name: &str) -> Rng {
        Rng(Stream::new(seed, name))
    }

    /// A number below `end`, which is not 0.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0.below(u32::try_from(end).expect("a small choice")) as usize
    }

    /// If a choice of one in `times` falls.
    pub(crate) fn one_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    pub(crate) fn byte(&mut self) -> u8 {
        self.0.next_u32() as u8
    }

    pub(crate) fn pick<'a, T>(&mut self, among: &'a [T]) -> &'a T {
        &among[self.below(among.len())]
    }
}
