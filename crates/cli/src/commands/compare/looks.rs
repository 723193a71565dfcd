//! The runs of a comparison, look by look where seeds are added.

use lab::compare::{Looks, Pair};
use lab::{Comparison, RunMatrix};
use train::Record;

use super::as_they_are;
use super::runner::Runner;
use super::tuning::{Finished, Tuning};
use crate::console;
use crate::failure::Failure;

/// A comparison as far as it came.
pub(super) struct Reached {
    pub(super) comparison: Comparison,
    pub(super) tuned: Option<Finished>,
    /// True if a signal stopped it before the tuning.
    pub(super) stopped: bool,
    /// Runs of the recipes as they are set, those that are missing too.
    pub(super) runs: usize,
}

/// Runs the matrix, and with `looks` more seeds until the intervals are narrow. Only complete results are looked at, so
/// that a comparison that goes on takes the same looks.
pub(super) fn run(
    runner: &Runner<'_>,
    tuning: Option<&Tuning>,
    mut matrix: RunMatrix<'_>,
    mut looks: Option<Looks>,
) -> Result<Reached, Failure> {
    let (mut records, mut runs) = (Vec::new(), 0);
    let first = matrix.seeds[0];
    loop {
        let (found, stopped) = as_they_are(runner, &matrix)?;
        runs += matrix.runs();
        records.extend(found);
        by_recipe(&mut records, &matrix);
        let is_whole = records.len() == runs && !stopped;
        let target = matrix.task.target;
        let comparison = Comparison::at_look(records, target, runner.command.clone(), looks.clone());
        let end = first + looks.as_ref().map_or(0, Looks::count);
        let seeds = looks.is_some().then_some(first..end);
        let tuned = match tuning {
            Some(tuning) if !stopped => Some(tuning.run(runner, seeds, looks.as_ref(), matrix.threads)?),
            _ => None,
        };
        let is_whole = is_whole && tuned.as_ref().is_none_or(Finished::is_complete);
        let next = looks.as_ref().filter(|_| is_whole && !runner.stop.asked()).and_then(|looks| {
            let next = looks.next(pairs(&comparison, tuned.as_ref()))?;
            let pairs = pairs(&comparison, tuned.as_ref());
            console::note(&report::prose::next_look(comparison.metric, looks, &next, pairs));
            Some(next)
        });
        let Some(next) = next else { return Ok(Reached { comparison, tuned, stopped, runs }) };
        matrix.seeds = (end..first + next.count()).collect();
        (records, looks) = (comparison.runs, Some(next));
    }
}

/// All pairs that are shown.
fn pairs<'p>(comparison: &'p Comparison, tuned: Option<&'p Finished>) -> impl Iterator<Item = &'p Pair> {
    let tuned = tuned.map_or(&[][..], |Finished { tuned, .. }| &tuned.comparison.pairs);
    comparison.pairs.iter().chain(tuned)
}

/// The order of a matrix with all seeds: recipe by recipe, seeds in order.
fn by_recipe(records: &mut [Record], matrix: &RunMatrix<'_>) {
    let recipes: Vec<String> = matrix.recipes.iter().map(ToString::to_string).collect();
    records.sort_by_key(|run| (recipes.iter().position(|recipe| *recipe == run.recipe), run.seed));
}
