//! Entries over all tasks: table, ranks and profile.

use lab::study::Outcome;
use lab::study::outcome::{EntryOverTasks, OverTasks};

use super::ranks;
use crate::chart::{Chart, Scale, Series};
use crate::document::{Block, Cell, Column, Figure, Layout, Table};
use crate::number::counted;
use crate::page::name;
use crate::prose::study as prose;

pub(super) fn section(outcome: &Outcome, over: &OverTasks) -> Block {
    let ruleset = prose::ruleset(&outcome.rulesets[over.ruleset]);
    let mut blocks = vec![Block::Table(table(outcome, over))];
    blocks.extend(prose::ranks(over).map(Block::Text));
    let prefix = format!("over{}-", over.ruleset);
    let mut figures = Vec::new();
    if let Some(critical) = over.critical_difference {
        figures.push(ranks::diagram(&format!("{prefix}ranks"), outcome, over, critical));
    }
    figures.extend(profile(outcome, over).map(|chart| Figure::of_chart(&format!("{prefix}profile"), &chart)));
    if !figures.is_empty() {
        blocks.push(Block::Figures(figures));
    }
    let title = format!("All {}, {ruleset}", counted(over.tasks, "task"));
    crate::page::section(&format!("over{}", over.ruleset), &title, blocks)
}

fn table(outcome: &Outcome, over: &OverTasks) -> Table {
    let row = |&entry: &usize| {
        let found: &EntryOverTasks = &over.entries[entry];
        let counts = over.counts(entry);
        let interval = found.iqm_interval;
        let values = vec![found.iqm, interval.map(|i| i.low), interval.map(|i| i.high)];
        let decimals = |value: f64| format!("{value:.2}");
        vec![
            Cell { look: Some(entry), ..Cell::text(name(&outcome.entries[entry])) },
            Cell::optional(found.mean_rank, decimals),
            Cell { values, ..Cell::optional(found.iqm, decimals) }
                .with_detail(interval.map_or(String::new(), |i| format!("[{:.2}, {:.2}]", i.low, i.high))),
            Cell {
                values: [counts.wins, counts.ties, counts.losses].map(|n| Some(n as f64)).into(),
                ..Cell::text(format!("{}/{}/{}", counts.wins, counts.ties, counts.losses))
            },
        ]
    };
    Table {
        title: "Over tasks".into(),
        layout: Layout::Stack,
        columns: vec![
            Column::text("Entry"),
            Column::numbers("Mean rank", "1 is best", &["mean_rank"]),
            Column::numbers("Interquartile mean", "0 worst run, 1 best", &["iqm", "low", "high"]),
            Column::numbers("Won/tied/lost", "pairs on tasks", &["won", "tied", "lost"]),
        ],
        rows: prose::order(over).iter().map(row).collect(),
        footnotes: Vec::new(),
    }
}

/// Dolan and Moré's performance profile.
fn profile(outcome: &Outcome, over: &OverTasks) -> Option<Chart> {
    let finite =
        |found: &EntryOverTasks| found.profile.as_ref().map(|profile| profile.x.clone()).unwrap_or_default();
    let last = over.entries.iter().flat_map(finite).fold(1.0, f64::max);
    let last = last.max(1.1);
    let series: Vec<Series> = over
        .entries
        .iter()
        .map(|found| {
            let profile = found.profile.as_ref();
            let steps = profile.map(|profile| (1.0, 100.0 * profile.at(1.0))).into_iter();
            let steps = steps.chain(profile.into_iter().flat_map(|profile| {
                profile.x.iter().zip(&profile.y).filter(|(x, _)| **x > 1.0).map(|(x, y)| (*x, 100.0 * y))
            }));
            let mut points: Vec<(f64, f64)> = steps.collect();
            points.extend(points.last().map(|&(_, y)| (1.05 * last, y)));
            Series::steps(name(&outcome.entries[found.entry]), points)
        })
        .collect();
    series.iter().any(|series| !series.points.is_empty()).then(|| Chart {
        title: "Tasks on which the cost is at most τ times the lowest".into(),
        x: ("τ".into(), Scale::Log),
        y: ("tasks, %".into(), Scale::Linear),
        series,
        marks: Vec::new(),
    })
}
