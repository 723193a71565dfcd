//! Memory traffic of a step.

use std::fmt;
use std::ops::Add;

use crate::state::{Slot, StateShape};

/// Number of times that a step goes over memory, counted in arrays as long as the weights: one pass is one
/// such array read, or one written. A step cannot be faster than the machine makes that many passes.
///
/// ```
/// use optim::rules;
///
/// // Adam reads weights, gradients and two means, and writes weights and means, in one loop.
/// let adam = rules::by_name("adam")?.memory_traffic();
/// assert_eq!([adam.loops, adam.read, adam.written], [1.0, 4.0, 3.0]);
/// assert_eq!(adam.total(), 7.0);
/// assert_eq!(adam.to_string(), "7 (4 read, 3 written, in 1 loop)");
/// # Ok::<(), optim::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MemoryTraffic {
    /// Loops over the weights.
    pub loops: f64,
    /// Arrays read in them: the weights, the gradients, state, and what was put down on the way.
    pub read: f64,
    /// Arrays written.
    pub written: f64,
}

impl MemoryTraffic {
    /// None at all.
    pub const NONE: MemoryTraffic = MemoryTraffic { loops: 0.0, read: 0.0, written: 0.0 };

    /// Traffic of `loops` loops that read `read` arrays and write `written` arrays in all.
    pub const fn of(loops: u32, read: u32, written: u32) -> MemoryTraffic {
        MemoryTraffic { loops: loops as f64, read: read as f64, written: written as f64 }
    }

    /// Of one loop in which weights, gradients and all state are read once, and all but the gradients are
    /// written once.
    pub fn fused(state: &[Slot]) -> MemoryTraffic {
        let full = state.iter().filter(|state| state.shape == StateShape::Weights).count() as u32;
        MemoryTraffic::of(1, full + 2, full + 1)
    }

    /// Arrays read and written.
    pub fn total(&self) -> f64 {
        self.read + self.written
    }

    /// Mean traffic of work that is done at one of `steps` steps.
    #[must_use]
    pub fn every(self, steps: f64) -> MemoryTraffic {
        MemoryTraffic { loops: self.loops / steps, read: self.read / steps, written: self.written / steps }
    }
}

impl Add for MemoryTraffic {
    type Output = MemoryTraffic;

    fn add(self, other: MemoryTraffic) -> MemoryTraffic {
        MemoryTraffic {
            loops: self.loops + other.loops,
            read: self.read + other.read,
            written: self.written + other.written,
        }
    }
}

impl fmt::Display for MemoryTraffic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rounded = |x: f64| (x * 100.0).round() / 100.0;
        let [total, read, written, loops] = [self.total(), self.read, self.written, self.loops].map(rounded);
        let word = if loops > 1.0 { "loops" } else { "loop" };
        write!(f, "{total} ({read} read, {written} written, in {loops} {word})")
    }
}
