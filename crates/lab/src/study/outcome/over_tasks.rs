//! Entries over several tasks: normalized scores, profiles, ranks, wins, ties and losses.

use serde::Serialize;
use train::Direction;

use super::family::{Relation, relations};
use super::{CellOutcome, TaskOutcome};
use crate::stats::{
    Bootstrap, Interval, Steps, WinsTiesLosses, iqm_interval, iqm_over_tasks, mean_ranks,
    performance_profiles, wilcoxon_holm,
};
use crate::study::Study;

/// The entries of a ruleset over all tasks.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OverTasks {
    /// Place of the ruleset.
    pub ruleset: usize,
    /// Tasks.
    pub tasks: usize,
    /// Entries, in order.
    pub entries: Vec<EntryOverTasks>,
    /// p-value of Friedman's test in Iman and Davenport's form, for all entries being alike.
    pub friedman_p: Option<f64>,
    /// Nemenyi's critical difference of mean ranks; `None` for a single entry.
    pub critical_difference: Option<f64>,
    /// Every pair of entries, in order.
    pub pairs: Vec<PairOverTasks>,
}

impl OverTasks {
    /// Entries by mean rank, the best first; those without one are left out.
    pub fn by_rank(&self) -> Vec<(usize, f64)> {
        let mut ranked: Vec<(usize, f64)> =
            self.entries.iter().filter_map(|found| Some((found.entry, found.mean_rank?))).collect();
        ranked.sort_by(|a, b| a.1.total_cmp(&b.1));
        ranked
    }

    /// Pairs of an entry on all tasks that it wins, ties and loses.
    pub fn counts(&self, entry: usize) -> WinsTiesLosses {
        let mut sum = WinsTiesLosses { wins: 0, ties: 0, losses: 0 };
        for PairOverTasks { first, second, count, .. } in &self.pairs {
            let (wins, losses) = match entry {
                _ if entry == *first => (count.wins, count.losses),
                _ if entry == *second => (count.losses, count.wins),
                _ => continue,
            };
            sum.wins += wins;
            sum.ties += count.ties;
            sum.losses += losses;
        }
        sum
    }

    /// Groups of entries whose mean ranks the critical difference does not tell apart, as places in
    /// [`OverTasks::by_rank`], first and last; none lies inside of another, and none is of a single entry.
    pub fn alike_by_rank(&self) -> Vec<(usize, usize)> {
        let (ranked, Some(critical)) = (self.by_rank(), self.critical_difference) else { return Vec::new() };
        let mut groups: Vec<(usize, usize)> = Vec::new();
        for first in 0..ranked.len() {
            let last =
                ranked.partition_point(|(_, rank)| rank - ranked[first].1 < critical).max(first + 1) - 1;
            if last > first && groups.last().is_none_or(|group| last > group.1) {
                groups.push((first, last));
            }
        }
        groups
    }
}

/// An entry over all tasks.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EntryOverTasks {
    /// Place of the entry.
    pub entry: usize,
    /// Interquartile mean of the normalized scores of all runs: on each task 0 is the worst finished run of any
    /// entry and 1 the best; a diverged run is 0.
    pub iqm: Option<f64>,
    /// Its interval, by the stratified bootstrap.
    pub iqm_interval: Option<Interval>,
    /// Mean rank of the median scores, 1 the best.
    pub mean_rank: Option<f64>,
    /// Performance profile of the median cost (1 − accuracy, or the loss or gap where all are positive): the fraction
    /// of tasks on which it is at most τ times the lowest of all entries.
    pub profile: Option<Steps>,
}

/// Two entries over all tasks.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PairOverTasks {
    /// Place of the first entry.
    pub first: usize,
    /// Place of the second entry.
    pub second: usize,
    /// Tasks on which the first is better, not told apart, or worse: all pairs on all tasks are one family.
    pub count: WinsTiesLosses,
    /// Wilcoxon's p-value over tasks, corrected for all pairs by Holm's method.
    pub adjusted_p: f64,
}

/// Compares entries over tasks; `None` for a single task. `cells` are those of one ruleset, task by task.
pub(in crate::study) fn over_tasks(
    study: &Study,
    ruleset: usize,
    tasks: &[TaskOutcome],
    cells: &[Vec<&CellOutcome>],
) -> Option<OverTasks> {
    let entries = study.entries.len();
    if tasks.len() < 2 {
        return None;
    }
    let bootstrap = Bootstrap { confidence: study.confidence, seed: study.seed, ..Bootstrap::default() };
    let medians: Vec<Vec<f64>> = tasks
        .iter()
        .zip(cells)
        .map(|(task, row)| {
            let direction = task.direction();
            row.iter().map(|cell| direction.merit(cell.median(direction).unwrap_or(f64::NAN))).collect()
        })
        .collect();
    let normalized: Vec<Vec<Vec<f64>>> =
        tasks.iter().zip(cells).map(|(task, row)| normalized(task, row)).collect();
    let ranks = mean_ranks(&medians, Direction::Maximize, study.confidence);
    let costs = costs(tasks, cells);
    let profiles = performance_profiles(&costs);
    let entry = |entry: usize| {
        let strata: Vec<&[f64]> = normalized.iter().map(|task| task[entry].as_slice()).collect();
        let some = strata.iter().all(|scores| !scores.is_empty());
        EntryOverTasks {
            entry,
            iqm: some.then(|| iqm_over_tasks(&strata)).flatten(),
            iqm_interval: some.then(|| iqm_interval(&strata, &bootstrap)).flatten(),
            mean_rank: ranks.as_ref().map(|ranks| ranks.ranks[entry]),
            profile: profiles.get(entry).cloned(),
        }
    };
    Some(OverTasks {
        ruleset,
        tasks: tasks.len(),
        entries: (0..entries).map(entry).collect(),
        friedman_p: ranks.as_ref().map(|ranks| ranks.f_p),
        critical_difference: ranks.as_ref().map(|ranks| ranks.critical_difference),
        pairs: pairs(study, ruleset, tasks, cells, &medians),
    })
}

/// Every pair of entries, by one family of all pairs on all tasks.
fn pairs(
    study: &Study,
    ruleset: usize,
    tasks: &[TaskOutcome],
    cells: &[Vec<&CellOutcome>],
    medians: &[Vec<f64>],
) -> Vec<PairOverTasks> {
    let over = wilcoxon_holm(medians, Direction::Maximize);
    let spread = |row: &[&CellOutcome]| row.iter().find_map(|cell| cell.pilot.as_ref()?.spread());
    let mut family = Vec::new();
    for pair in &over {
        for (task, row) in tasks.iter().zip(cells) {
            let merits = |cell: &CellOutcome| -> Vec<f64> {
                let merit = |score: Option<f64>| task.direction().merit(score.unwrap_or(f64::NAN));
                cell.runs.iter().map(|run| merit(run.score)).collect()
            };
            let (first, second) = (merits(row[pair.methods.0]), merits(row[pair.methods.1]));
            family.push((first.into_iter().zip(second).collect(), spread(row)));
        }
    }
    let found = relations(family, &study.decision(ruleset));
    let pair = |(pair, relations): (&crate::stats::TaskPair, &[Relation])| {
        let count = |relation: Relation| relations.iter().filter(|other| **other == relation).count();
        let (wins, losses) = (count(Relation::FirstBetter), count(Relation::SecondBetter));
        let count = WinsTiesLosses { wins, losses, ties: relations.len() - wins - losses };
        let (first, second) = pair.methods;
        PairOverTasks { first, second, count, adjusted_p: pair.adjusted_p }
    };
    over.iter().zip(found.chunks(tasks.len())).map(pair).collect()
}

/// Scores of each entry on a task from 0 to 1.
fn normalized(task: &TaskOutcome, row: &[&CellOutcome]) -> Vec<Vec<f64>> {
    let merit = |score: Option<f64>| task.direction().merit(score.unwrap_or(f64::NAN));
    let merits: Vec<Vec<f64>> =
        row.iter().map(|cell| cell.runs.iter().map(|run| merit(run.score)).collect()).collect();
    let finite = || merits.iter().flatten().copied().filter(|merit| merit.is_finite());
    let (worst, best) = (finite().fold(f64::INFINITY, f64::min), finite().fold(f64::NEG_INFINITY, f64::max));
    let scale = |merit: f64| match merit.is_finite() {
        false => 0.0,
        true if best == worst => 1.0,
        true => (merit - worst) / (best - worst),
    };
    merits.into_iter().map(|merits| merits.into_iter().map(scale).collect()).collect()
}

/// The median costs of each entry on the tasks where all of them are positive.
fn costs(tasks: &[TaskOutcome], cells: &[Vec<&CellOutcome>]) -> Vec<Vec<f64>> {
    let cost = |task: &TaskOutcome, cell: &CellOutcome| match cell.median(task.direction()) {
        None => f64::INFINITY,
        Some(score) if task.metric.is_fraction() => 1.0 - score,
        Some(score) => score,
    };
    let rows = tasks.iter().zip(cells).map(|(task, row)| row.iter().map(|cell| cost(task, cell)).collect());
    rows.filter(|row: &Vec<f64>| row.iter().all(|cost| *cost > 0.0)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_by_rank_are_as_long_as_the_critical_difference_allows() {
        let entry = |(entry, mean_rank)| EntryOverTasks {
            entry,
            iqm: None,
            iqm_interval: None,
            mean_rank: Some(mean_rank),
            profile: None,
        };
        let over = OverTasks {
            ruleset: 0,
            tasks: 5,
            entries: [3.0, 1.0, 1.5, 5.0, 2.5].into_iter().enumerate().map(entry).collect(),
            friedman_p: None,
            critical_difference: Some(1.2),
            pairs: Vec::new(),
        };
        assert_eq!(over.by_rank().iter().map(|(entry, _)| *entry).collect::<Vec<_>>(), [1, 2, 4, 0, 3]);
        assert_eq!(over.alike_by_rank(), [(0, 1), (1, 2), (2, 3)]);
    }
}
