//! Tables of a comparison.

use lab::compare::{Comparison, Estimate, Pair, Row};
use train::Metric;

use super::{NAME_COLUMNS, name};
use crate::document::{Block, Cell, Column, Layout, Table};
use crate::measure;
use crate::number::{self, NONE, count, counted};
use crate::ranking::ranked;
use crate::table::{cells, footnotes, target};
use crate::text::shorten;

const MOST_PAIRS: usize = 400;
/// With more pairs than this, they are a matrix, and a table that is closed at first.
const FEW_PAIRS: usize = 3;
/// Maximum rows of the matrix.
const MOST_IN_MATRIX: usize = 30;

/// The rows, best first.
pub(super) fn table(comparison: &Comparison) -> Table {
    let to_target = format!("to {}", target(comparison));
    let rows = ranked(comparison).into_iter().zip(cells(comparison)).map(|(index, cells)| {
        let row = &comparison.rows[index];
        let (score, interval) = match cells.score.split_once(' ') {
            Some((mean, interval)) => (mean.to_string(), interval.to_string()),
            None => (cells.score, String::new()),
        };
        vec![
            Cell { look: Some(index), ..Cell::text(shorten(&cells.name, NAME_COLUMNS)) },
            Cell::number(cells.loss, row.train_loss.as_ref().map(|loss| loss.mean)),
            Cell { values: estimate(row.score.as_ref()), ..Cell::text(score) }.with_detail(interval),
            Cell::number(cells.epochs_to_target, row.epochs_to_target),
            Cell::number(cells.seconds_to_target, row.seconds_to_target),
            Cell::number(cells.seconds_per_epoch, row.seconds_per_epoch),
            Cell::number(cells.state, row.state_bytes_per_weight as f64),
        ]
    });
    Table {
        title: "Results".into(),
        layout: Layout::Stack,
        columns: vec![
            Column::text("Optimizer"),
            Column::numbers("Train loss", "", &["train_loss"]),
            Column::numbers(
                &format!("Test {}", comparison.metric.name()),
                "95% interval",
                &["test_metric", "low", "high"],
            ),
            Column::numbers("Epochs", &to_target, &["epochs_to_target"]),
            Column::numbers("Seconds", &to_target, &["seconds_to_target"]),
            Column::numbers("Seconds", "per epoch", &["seconds_per_epoch"]),
            Column::numbers("State", "bytes a weight", &["state_bytes_per_weight"]),
        ],
        rows: rows.collect(),
        footnotes: footnotes(comparison),
    }
}

/// The rows as data, those that were tuned after those as they are set.
pub(super) fn data(comparison: &Comparison, tuned: Option<&Comparison>) -> Table {
    let columns = [
        ("metric", vec!["test_metric", "low", "high"]),
        ("train loss", vec!["train_loss", "train_loss_low", "train_loss_high"]),
        ("runs", vec!["runs", "diverged", "reached_target"]),
        ("to target", vec!["epochs_to_target", "seconds_to_target"]),
        ("seconds", vec!["seconds_per_epoch"]),
        ("work", vec!["state_bytes_per_weight", "gradients_per_batch"]),
    ];
    let texts = ["optimizer", "recipe", "settings", "measure"].map(Column::text);
    let numbers = columns.iter().map(|(name, keys)| Column::numbers(name, "", keys));
    let row = |row: &Row, settings: &str| {
        let values = |values: Vec<Option<f64>>| Cell { values, ..Cell::default() };
        let number = |x: usize| Some(x as f64);
        vec![
            Cell::text(row.optimizer.as_str()),
            Cell::text(row.recipe.as_str()),
            Cell::text(settings),
            Cell::text(comparison.metric.name()),
            values(estimate(row.score.as_ref())),
            values(estimate(row.train_loss.as_ref())),
            values(vec![number(row.runs), number(row.diverged), number(row.reached)]),
            values(vec![row.epochs_to_target, row.seconds_to_target]),
            values(vec![row.seconds_per_epoch]),
            values(vec![number(row.state_bytes_per_weight), row.gradients_per_batch]),
        ]
    };
    let of = |comparison: &Comparison, settings: &str| -> Vec<Vec<Cell>> {
        ranked(comparison).into_iter().map(|index| row(&comparison.rows[index], settings)).collect()
    };
    let mut rows = of(comparison, "as they are set");
    rows.extend(tuned.map_or(Vec::new(), |tuned| of(tuned, "tuned")));
    Table {
        title: "Results".into(),
        columns: texts.into_iter().chain(numbers).collect(),
        rows,
        ..Table::default()
    }
}

fn estimate(estimate: Option<&Estimate>) -> Vec<Option<f64>> {
    vec![
        estimate.map(|estimate| estimate.mean),
        estimate.and_then(|estimate| estimate.low),
        estimate.and_then(|estimate| estimate.high),
    ]
}

/// The pairs with an explanation; `None` without any.
pub(super) fn pairs(comparison: &Comparison) -> Option<Vec<Block>> {
    let Comparison { pairs, metric, .. } = comparison;
    let lead = format!(
        "Differences in final test {}, {}, taken seed by seed: both optimizers of a seed start from the same weights \
         and see the same batches. Where the interval holds zero, these seeds do not show which of the two is better.",
        metric.name(),
        measure::unit(*metric)
    );
    let table = Block::Table(Table {
        title: "Pairs".into(),
        layout: Layout::Stack,
        columns: vec![
            Column::text("Pair"),
            Column::numbers("Difference", "", &["difference"]),
            Column::numbers("95% interval", "", &["low", "high"]),
            Column::numbers("Seeds", "", &["seeds"]),
            Column::numbers("p", "corrected", &["p_corrected"]),
            Column::text("Told apart"),
        ],
        rows: pairs.iter().take(MOST_PAIRS).map(|pair| pair_row(pair, *metric)).collect(),
        footnotes: Vec::new(),
    });
    let blocks = match pairs.len() {
        0 => return None,
        // A matrix says the same of a pair or of three.
        1..=FEW_PAIRS => vec![Block::Lead(lead), table],
        many => {
            let shown =
                if many > MOST_PAIRS { format!(", the first {MOST_PAIRS} shown") } else { String::new() };
            let lead = format!(
                "{lead} Each cell is the mean lead of the optimizer at the left over the one above; a star and bold \
                 type mark pairs that are told apart."
            );
            let summary = format!("{} in full{shown}", counted(many, "pair"));
            vec![
                Block::Lead(lead),
                Block::Table(matrix(comparison)),
                Block::Fold { summary, blocks: vec![table] },
            ]
        }
    };
    Some(blocks)
}

/// Leads of every row over every other, best first.
fn matrix(comparison: &Comparison) -> Table {
    let Comparison { rows, pairs, metric, .. } = comparison;
    let order: Vec<usize> = ranked(comparison).into_iter().take(MOST_IN_MATRIX).collect();
    let cell = |row: &Row, column: &Row| {
        let found = pairs.iter().find_map(|pair| match (&*pair.better, &*pair.worse) {
            (better, worse) if (better, worse) == (&*row.optimizer, &*column.optimizer) => Some((pair, 1.0)),
            (better, worse) if (better, worse) == (&*column.optimizer, &*row.optimizer) => Some((pair, -1.0)),
            _ => None,
        });
        let Some((pair, sign)) = found else { return Cell::default() };
        let (lead, star) = (sign * pair.difference.mean, if pair.distinct { "*" } else { "" });
        Cell {
            strong: pair.distinct,
            ..Cell::number(format!("{}{star}", measure::gain(*metric, lead)), lead)
        }
    };
    let line = |&index: &usize| {
        let first = Cell { look: Some(index), ..Cell::text(name(&rows[index].optimizer)) };
        std::iter::once(first).chain(order.iter().map(|&other| cell(&rows[index], &rows[other]))).collect()
    };
    let column = |&index: &usize| {
        let name = name(&rows[index].optimizer);
        Column::numbers(&name, "", &[&name])
    };
    Table {
        title: "Pairs as a matrix".into(),
        layout: Layout::Scroll,
        columns: std::iter::once(Column::text("lead of")).chain(order.iter().map(column)).collect(),
        rows: order.iter().map(line).collect(),
        footnotes: Vec::new(),
    }
}

fn pair_row(pair: &Pair, metric: Metric) -> Vec<Cell> {
    let Pair { better, worse, difference, p_value, distinct } = pair;
    let interval = match (difference.low, difference.high) {
        (Some(low), Some(high)) => measure::gains(metric, low, high),
        _ => NONE.to_string(),
    };
    vec![
        Cell::text(format!("{} over {}", name(better), name(worse))),
        Cell::number(measure::gain(metric, difference.mean), difference.mean),
        Cell { values: vec![difference.low, difference.high], ..Cell::text(interval) },
        Cell::number(count(difference.n), difference.n as f64),
        Cell::optional(*p_value, number::p_value),
        Cell { strong: *distinct, ..Cell::text(if *distinct { "yes" } else { "no" }) },
    ]
}
