//! A study as a document.

mod family;
mod method;
mod over_tasks;
mod ranks;

use lab::compare::Comparison as Runs;
use lab::stats::KaplanMeier;
use lab::study::outcome::{CellOutcome, Comparison};
use lab::study::{Outcome, Study};
use train::Metric;

use super::{CHOICES, choices, decades, every_run, name, pictures, section};
use crate::chart::{Chart, Mark, Scale, Series};
use crate::document::{Block, Cell, Column, Document, Figure, Layout, Strip, Table};
use crate::measure;
use crate::number::{NONE, count, counted};
use crate::prose::study as prose;
use crate::text::listed;

/// A study and all that its document shows.
#[derive(Debug, Clone, Copy)]
pub struct StudyParts<'s> {
    /// The definition.
    pub study: &'s Study,
    /// Results and conclusions.
    pub outcome: &'s Outcome,
    /// The reported runs of each task and ruleset: task by task, ruleset by ruleset, as
    /// [`lab::Comparison::of_study`] has them.
    pub runs: &'s [Runs],
    /// The command that runs the study again.
    pub command: &'s str,
}

/// A study as a document: the verdict first, then each task under each ruleset, all tasks together, and the method.
pub fn study_document(parts: &StudyParts<'_>) -> Document {
    let StudyParts { study, outcome, runs, .. } = *parts;
    let mut blocks = vec![Block::Verdict(prose::summary(outcome))];
    let warnings: Vec<String> = [
        prose::unfinished(outcome),
        (outcome.tasks.len() == 1 && !outcome.comparisons.is_empty()).then(prose::one_task),
        outcome.halving.then(prose::halving),
    ]
    .into_iter()
    .flatten()
    .chain(prose::aa_failed(outcome))
    .collect();
    if !warnings.is_empty() {
        blocks.push(Block::Warnings { title: "Before you believe the numbers".into(), items: warnings });
    }
    for over in &outcome.over_tasks {
        blocks.push(over_tasks::section(outcome, over));
    }
    for task in 0..outcome.tasks.len() {
        for ruleset in 0..outcome.rulesets.len() {
            let runs = runs.get(task * outcome.rulesets.len() + ruleset);
            blocks.push(part(outcome, (task, ruleset), runs));
        }
    }
    blocks.push(section("method", "How it was done", method::blocks(parts)));
    let tasks: Vec<String> = outcome.tasks.iter().map(|task| name(&task.name)).collect();
    Document {
        kind: "study".into(),
        eyebrow: "Descent · study".into(),
        title: name(&study.name),
        facts: format!(
            "{} on {} · {}",
            counted(outcome.entries.len(), "entry"),
            if tasks.len() > 3 { counted(tasks.len(), "task") } else { listed(&tasks) },
            counted(outcome.cells.iter().map(|cell| cell.runs.len()).sum(), "reported run"),
        ),
        blocks,
        data: data(outcome),
    }
}

/// A task under a ruleset.
fn part(outcome: &Outcome, (task, ruleset): (usize, usize), runs: Option<&Runs>) -> Block {
    let comparison = outcome.comparisons.iter().find(|found| found.task == task && found.ruleset == ruleset);
    let cells: Vec<&CellOutcome> = outcome.cells_of(task, ruleset).collect();
    let order: Vec<usize> = comparison.map_or((0..cells.len()).collect(), |found| found.order.clone());
    let ordered: Vec<&CellOutcome> = order.iter().filter_map(|&entry| cells.get(entry).copied()).collect();
    let prefix = format!("t{task}r{ruleset}-");
    let mut blocks = Vec::new();
    if let Some(comparison) = comparison {
        blocks.push(Block::Text(prose::verdict(outcome, comparison)));
    }
    blocks.push(Block::Table(leaderboard(outcome, (task, ruleset), &ordered)));
    blocks.extend(notes(outcome, comparison, &ordered));
    let mut pictures: Vec<Figure> = match runs.filter(|runs| !runs.runs.is_empty()) {
        Some(runs) => pictures(runs, &prefix),
        None => Vec::new(),
    };
    let charts = [
        ("rates", rates(outcome, task, &cells)),
        ("expected", expected_best(outcome, task, &cells)),
        ("arrivals", arrivals(outcome, task, &cells)),
    ];
    for (name, chart) in charts {
        pictures.extend(chart.map(|chart| Figure::of_chart(&format!("{prefix}{name}"), &chart)));
    }
    if !pictures.is_empty() {
        blocks.push(Block::Figures(pictures));
    }
    if let Some(comparison) = comparison.filter(|comparison| !comparison.pairs.is_empty()) {
        blocks.extend(family::blocks(outcome, comparison));
    }
    if cells.iter().any(|cell| cell.tuning.is_some()) {
        blocks.push(Block::Heading("What was chosen".into()));
        blocks.push(Block::Table(choices(outcome.tasks[task].metric, &outcome.entries, &ordered)));
        blocks.push(Block::Lead(CHOICES.into()));
    }
    blocks.extend(runs.and_then(every_run).into_iter().flatten());
    section(&format!("t{task}r{ruleset}"), &prose::part_title(outcome, task, ruleset), blocks)
}

/// The entries of a part, best first: mean, interval, and every seed.
fn leaderboard(outcome: &Outcome, (task, ruleset): (usize, usize), cells: &[&CellOutcome]) -> Table {
    let metric = outcome.tasks[task].metric;
    let percent = 100.0 * outcome.confidence;
    let scale = scale_of(metric, cells);
    let strip = |cell: &CellOutcome| Strip {
        scale,
        points: cell.scores().into_iter().filter(|score| (scale.0..=scale.1).contains(score)).collect(),
        interval: cell
            .interval
            .map(|interval| (interval.low, interval.high))
            .filter(|ends| ends.1 >= scale.0 && ends.0 <= scale.1),
    };
    let row = |cell: &&CellOutcome| {
        let score = match cell.mean() {
            Some(mean) => measure::value(metric, mean),
            None if cell.hopeless || cell.diverged > 0 => "diverged".to_string(),
            None => NONE.to_string(),
        };
        let [interval, bca] = [cell.interval, cell.bca].map(|interval| {
            interval.map_or(String::new(), |found| measure::range(metric, found.low, found.high))
        });
        let ends =
            |interval: Option<lab::stats::Interval>| [interval.map(|i| i.low), interval.map(|i| i.high)];
        let scores = cell.scores();
        let points: Vec<String> =
            scores.iter().take(MOST_SEEDS).map(|score| measure::value(metric, *score)).collect();
        let more = if scores.len() > MOST_SEEDS { " …" } else { "" };
        vec![
            Cell { look: Some(cell.id.entry), ..Cell::text(name(&outcome.entries[cell.id.entry])) },
            Cell { values: [&[cell.mean()][..], &ends(cell.interval)].concat(), ..Cell::text(score) }
                .with_detail(interval),
            Cell {
                values: ends(cell.bca).into(),
                ..Cell::text(if bca.is_empty() { NONE.into() } else { bca })
            },
            Cell::number(format!("{}{}", count(cell.runs.len()), diverged(cell)), cell.runs.len() as f64),
            Cell::optional(cell.epochs_to_target, |epochs| format!("{epochs:.2}")),
            Cell { strip: Some(strip(cell)), ..Cell::text(format!("{}{more}", points.join(" "))) },
        ]
    };
    Table {
        title: format!("Leaderboard, {}", prose::part_title(outcome, task, ruleset)),
        layout: Layout::Stack,
        columns: vec![
            Column::text("Entry"),
            Column::numbers(
                &format!("Test {}", metric.name()),
                &format!("{percent:.0}% interval"),
                &["mean", "low", "high"],
            ),
            Column::numbers("Interval", "by bootstrap", &["bca_low", "bca_high"]),
            Column::numbers("Runs", "", &["runs"]),
            Column::numbers("Epochs", "to target", &["epochs_to_target"]),
            Column::text("Each seed"),
        ],
        rows: cells.iter().map(row).collect(),
        footnotes: Vec::new(),
    }
}

/// Scores and intervals of the entries near the best: those whose mean is at most five times as far from the best as
/// the median one, or as far as the widest interval of the better half.
fn scale_of(metric: Metric, cells: &[&CellOutcome]) -> (f64, f64) {
    let direction = metric.direction();
    let mut ordered: Vec<(f64, &CellOutcome)> =
        cells.iter().filter_map(|cell| Some((cell.mean()?, *cell))).collect();
    ordered.sort_by(|(a, _), (b, _)| direction.merit(*b).total_cmp(&direction.merit(*a)));
    let half = ordered.len() / 2;
    let (Some((best, _)), Some((middle, _))) = (ordered.first(), ordered.get(half)) else {
        return (0.0, 1.0);
    };
    let widths = ordered[..=half].iter().filter_map(|(_, cell)| cell.interval.map(|i| i.high - i.low));
    let reach = widths.filter(|width| width.is_finite()).fold(5.0 * (best - middle).abs(), f64::max);
    let near = ordered.iter().filter(|(mean, _)| (mean - best).abs() <= reach);
    let ends =
        |cell: &CellOutcome| cell.interval.into_iter().flat_map(|i| [i.low, i.high]).collect::<Vec<_>>();
    let all = near.flat_map(|(_, cell)| [cell.scores(), ends(cell)].concat()).filter(|x| x.is_finite());
    all.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| (low.min(x), high.max(x)))
}

/// Maximum number of scores in a cell.
const MOST_SEEDS: usize = 10;

fn diverged(cell: &CellOutcome) -> String {
    if cell.diverged > 0 { format!(", {} diverged", count(cell.diverged)) } else { String::new() }
}

/// Sentences on what to know of the figures.
fn notes(outcome: &Outcome, comparison: Option<&Comparison>, cells: &[&CellOutcome]) -> Option<Block> {
    let mut notes: Vec<String> = cells.iter().flat_map(|cell| prose::notes(outcome, cell)).collect();
    if let Some(comparison) = comparison {
        notes.extend(prose::winners_curse(outcome, comparison));
        notes.extend(prose::least_p(comparison));
        notes.extend(prose::pilot(outcome, comparison));
        notes.extend(prose::aa(outcome, comparison));
    }
    (!notes.is_empty()).then_some(Block::List(notes))
}

/// Scores in the unit of a chart: fractions in percent.
fn scaled(metric: Metric, score: f64) -> f64 {
    if metric.is_fraction() { 100.0 * score } else { score }
}

fn unit(metric: Metric) -> String {
    format!("{}{}", metric.name(), if metric.is_fraction() { ", %" } else { "" })
}

/// Scale of scores: linear for fractions.
fn scale(metric: Metric, series: &[Series]) -> Scale {
    if metric.is_fraction() { Scale::Linear } else { Scale::spanning(series) }
}

fn chart(title: &str, x: (&str, Scale), y: (&str, Scale), series: Vec<Series>) -> Option<Chart> {
    let some = series.iter().any(|series| !series.points.is_empty());
    let (x, y) = ((x.0.to_string(), x.1), (y.0.to_string(), y.1));
    some.then(|| Chart { title: title.into(), x, y, series, marks: Vec::new() })
}

/// Tuning scores over learning rates, with the range that is close to the best.
fn rates(outcome: &Outcome, task: usize, cells: &[&CellOutcome]) -> Option<Chart> {
    let metric = outcome.tasks[task].metric;
    let series: Vec<Series> = cells
        .iter()
        .map(|cell| {
            let rates = cell.tuning.as_ref().map(|tuning| tuning.rates()).unwrap_or_default();
            let points =
                rates.into_iter().map(|(rate, score)| (rate, score.map_or(f64::NAN, |s| scaled(metric, s))));
            let width = cell
                .lr_sensitivity
                .as_ref()
                .map_or(String::new(), |basin| format!(", basin {} decades", decades(basin)));
            Series::line(format!("{}{width}", name(&outcome.entries[cell.id.entry])), points.collect())
        })
        .collect();
    let scale = scale(metric, &series);
    chart(
        "Sensitivity to the learning rate, on validation examples",
        ("learning rate", Scale::Log),
        (&unit(metric), scale),
        series,
    )
}

/// Expected best score after each number of trials.
fn expected_best(outcome: &Outcome, task: usize, cells: &[&CellOutcome]) -> Option<Chart> {
    let metric = outcome.tasks[task].metric;
    let series: Vec<Series> = cells
        .iter()
        .map(|cell| {
            let points = cell.expected_best.iter().enumerate().map(|(index, best)| {
                ((index + 1) as f64, best.map_or(f64::NAN, |best| scaled(metric, best)))
            });
            Series::line(name(&outcome.entries[cell.id.entry]), points.collect())
        })
        .collect();
    let scale = scale(metric, &series);
    chart("Expected best after a number of trials", ("trials", Scale::Linear), (&unit(metric), scale), series)
}

/// Runs that have reached the target, over epochs.
fn arrivals(outcome: &Outcome, task: usize, cells: &[&CellOutcome]) -> Option<Chart> {
    let facts = &outcome.tasks[task];
    let target = facts.target?;
    let series: Vec<Series> = cells
        .iter()
        .map(|cell| {
            let found = cell.arrivals(facts.epochs, outcome.confidence);
            let points = found.map_or(Vec::new(), |found| steps(&found, facts.epochs));
            Series::steps(name(&outcome.entries[cell.id.entry]), points)
        })
        .collect();
    let title = format!("Runs that have reached {}", measure::value(facts.metric, target));
    let mut chart = chart(&title, ("epochs", Scale::Linear), ("runs, %", Scale::Linear), series)?;
    chart.marks.push(Mark::Y(100.0, "all".into()));
    Some(chart)
}

fn steps(found: &KaplanMeier, epochs: u32) -> Vec<(f64, f64)> {
    let reached = found.steps.iter().map(|step| (step.time, 100.0 * (1.0 - step.share)));
    let mut points: Vec<(f64, f64)> = std::iter::once((0.0, 0.0)).chain(reached).collect();
    points.push((f64::from(epochs), points[points.len() - 1].1));
    points
}

/// A row for each cell, in full.
fn data(outcome: &Outcome) -> Table {
    let columns = [
        ("score", vec!["mean", "low", "high", "bca_low", "bca_high"]),
        ("runs", vec!["runs", "diverged", "reached_target", "epochs_to_target"]),
        ("tuning", vec!["trials", "tuning_score", "fresh_score"]),
        ("basin", vec!["basin_decades"]),
    ];
    let texts = ["study", "task", "ruleset", "entry", "recipe", "measure"].map(Column::text);
    let numbers = columns.iter().map(|(name, keys)| Column::numbers(name, "", keys));
    let row = |cell: &CellOutcome| {
        let task = &outcome.tasks[cell.id.task];
        let number = |x: usize| Some(x as f64);
        let values = |values: Vec<Option<f64>>| Cell { values, ..Cell::default() };
        let tuning = cell.tuning.as_ref();
        vec![
            Cell::text(outcome.study.as_str()),
            Cell::text(task.name.as_str()),
            Cell::text(outcome.rulesets[cell.id.ruleset].as_str()),
            Cell::text(outcome.entries[cell.id.entry].as_str()),
            Cell::text(cell.recipe.clone().unwrap_or_default()),
            Cell::text(task.metric.name()),
            values(vec![
                cell.mean(),
                cell.interval.map(|i| i.low),
                cell.interval.map(|i| i.high),
                cell.bca.map(|i| i.low),
                cell.bca.map(|i| i.high),
            ]),
            values(vec![
                number(cell.runs.len()),
                number(cell.diverged),
                number(cell.reached),
                cell.epochs_to_target,
            ]),
            values(vec![
                tuning.map(|tuning| tuning.trials.len() as f64),
                tuning.and_then(|tuning| tuning.tuning_score),
                tuning.and_then(|tuning| tuning.fresh_score),
            ]),
            values(vec![cell.lr_sensitivity.as_ref().map(|basin| basin.decades)]),
        ]
    };
    Table {
        title: "Cells".into(),
        columns: texts.into_iter().chain(numbers).collect(),
        rows: outcome.cells.iter().map(row).collect(),
        ..Table::default()
    }
}
