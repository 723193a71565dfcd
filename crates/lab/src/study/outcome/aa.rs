//! A/A checks: the entries that the study has twice.

use serde::Serialize;

use super::{Comparison, Pair};

/// An entry and its twin, the same on other seeds, on a task under a ruleset.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AaCheck {
    /// Place of the task.
    pub task: usize,
    /// Place of the ruleset.
    pub ruleset: usize,
    /// Place of the twin.
    pub twin: usize,
    /// Place of the entry that it repeats.
    pub of: usize,
    /// Mean gain of the better of the two over the other; `None` if no seed finished with both.
    pub difference: Option<f64>,
    /// The p-value corrected for the family.
    pub adjusted_p: f64,
    /// True if the comparison tells them apart, which is chance or a fault.
    pub told_apart: bool,
}

/// The checks of a comparison: twins with the entries that they repeat.
pub(in crate::study) fn checks(
    comparison: &Comparison,
    twins: impl Iterator<Item = (usize, usize)>,
) -> Vec<AaCheck> {
    let Comparison { task, ruleset, pairs, .. } = comparison;
    let check = |(twin, of)| {
        let is_of = |pair: &&Pair| [(twin, of), (of, twin)].contains(&(pair.first, pair.second));
        let pair = pairs.iter().find(is_of)?;
        Some(AaCheck {
            task: *task,
            ruleset: *ruleset,
            twin,
            of,
            difference: pair.difference,
            adjusted_p: pair.adjusted_p,
            told_apart: pair.relation.is_told_apart(),
        })
    };
    twins.filter_map(check).collect()
}
