//! Learning rates over time as a figure.

use lab::compare::{Comparison, Row};
use train::{Recipe, Record, Split};

use crate::chart::{Chart, Scale, Series};
use crate::document::Figure;
use crate::text::{listed, plain};

/// Points of a line.
const POINTS: u64 = 300;

/// Fraction of a line's highest rate below which it is not drawn: no axis reaches 0 with powers of ten.
const LEAST: f64 = 1e-3;

/// The learning rate of each recipe over epochs, as its schedule has it; `None` if all are constant.
pub(crate) fn rates(comparison: &Comparison, prefix: &str) -> Option<Figure> {
    let recipes: Vec<(&Row, &Record, Recipe)> = comparison
        .rows
        .iter()
        .filter_map(|row| {
            let run = comparison.runs_of(row).next()?;
            Some((row, run, run.recipe.parse().ok()?))
        })
        .collect();
    let lines: Vec<Vec<(f64, f64)>> = recipes.iter().map(|(_, run, recipe)| line(run, recipe)).collect();
    let changes = |line: &Vec<(f64, f64)>| line.iter().any(|point| point.1 != line[0].1);
    if !lines.iter().any(changes) {
        return None;
    }
    let series: Vec<Series> = recipes
        .iter()
        .zip(&lines)
        .map(|((row, ..), line)| {
            let highest = line.iter().map(|point| point.1).fold(0.0, f64::max);
            let drawn = line.iter().copied().filter(|point| point.1 >= LEAST * highest && point.1 > 0.0);
            Series::line(plain(&row.optimizer), drawn.collect())
        })
        .collect();
    let chart = Chart {
        title: "Learning rate".into(),
        x: ("epoch".into(), Scale::Linear),
        y: ("learning rate".into(), Scale::spanning(&series)),
        series,
        marks: vec![],
    };
    let lowered: Vec<String> = recipes
        .iter()
        .filter(|(_, _, recipe)| recipe.spec.plateau.is_some())
        .map(|(row, ..)| plain(&row.optimizer))
        .collect();
    let mut figure = Figure::of_chart(&format!("{prefix}rates"), &chart);
    if !lowered.is_empty() {
        let names = listed(&lowered);
        figure.notes.push(format!("The rate of {names} falls further on a plateau, which is not drawn."));
    }
    Some(figure)
}

/// Epochs and rates at equal distances.
fn line(run: &Record, recipe: &Recipe) -> Vec<(f64, f64)> {
    let epochs = run.budget.epochs;
    // A task without examples says its batches; others have as many as fill an epoch.
    let batches = match run.examples(Split::Train) {
        0 => run.counts.batches / u64::from(epochs.max(1)),
        examples => examples.div_ceil(run.batch.max(1)) as u64,
    };
    let updates = recipe.spec.updates(batches * u64::from(epochs));
    let at = (0..updates).step_by((updates / POINTS).max(1) as usize);
    at.filter_map(|update| {
        let epoch = update as f64 * f64::from(epochs) / updates as f64;
        Some((epoch, recipe.learning_rate(update, batches, epochs)?))
    })
    .collect()
}
