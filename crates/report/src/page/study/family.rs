//! The entries of a task and ruleset in pairs: a matrix, and every pair in full.

use lab::study::Outcome;
use lab::study::outcome::{Comparison, Pair, PairPilot, Relation};
use train::Metric;

use crate::document::{Block, Cell, Column, Layout, Table};
use crate::measure;
use crate::number::{self, NONE, counted};
use crate::page::name;

/// The matrix with its explanation, and a table of all pairs that is closed at first.
pub(super) fn blocks(outcome: &Outcome, comparison: &Comparison) -> Vec<Block> {
    let metric = outcome.tasks[comparison.task].metric;
    let lead = format!(
        "Each cell is the mean lead of the entry at the left over the one above, {}, seed by seed. A star and bold type \
         mark pairs that are told apart; the others differ by no more than these seeds can show.",
        measure::unit(metric)
    );
    vec![
        Block::Heading("Pairs".into()),
        Block::Lead(lead),
        Block::Table(matrix(outcome, comparison, metric)),
        Block::Fold {
            summary: counted(comparison.pairs.len(), "pair") + " in full",
            blocks: vec![Block::Table(pairs(outcome, comparison, metric))],
        },
    ]
}

fn matrix(outcome: &Outcome, comparison: &Comparison, metric: Metric) -> Table {
    let order = &comparison.order;
    let entry = |entry: usize| name(&outcome.entries[entry]);
    let cell = |row: usize, column: usize| {
        let found = comparison.pairs.iter().find_map(|pair| match (pair.first, pair.second) {
            (first, second) if (first, second) == (row, column) => Some((pair, 1.0)),
            (first, second) if (first, second) == (column, row) => Some((pair, -1.0)),
            _ => None,
        });
        let Some((pair, sign)) = found else { return Cell::default() };
        let Some(difference) = pair.difference else { return Cell::number(NONE, None) };
        let strong = pair.relation.is_told_apart();
        let star = if strong { "*" } else { "" };
        let text = format!("{}{star}", measure::gain(metric, sign * difference));
        Cell { strong, ..Cell::number(text, sign * difference) }
    };
    let row = |&row: &usize| {
        let first = Cell { look: Some(row), ..Cell::text(entry(row)) };
        std::iter::once(first).chain(order.iter().map(|&column| cell(row, column))).collect()
    };
    let columns = order.iter().map(|&column| Column::numbers(&entry(column), "", &[&entry(column)]));
    Table {
        title: "Pairs as a matrix".into(),
        layout: Layout::Scroll,
        columns: std::iter::once(Column::text("lead of")).chain(columns).collect(),
        rows: order.iter().map(row).collect(),
        footnotes: Vec::new(),
    }
}

fn pairs(outcome: &Outcome, comparison: &Comparison, metric: Metric) -> Table {
    let has_pilot = comparison.pairs.iter().any(|pair| pair.pilot.is_some());
    let pilot = |pair: &Pair| {
        let ratio = pair.pilot.map(|pilot| pilot.variance_ratio);
        let spread = |pilot: PairPilot| if pilot.decided { "the pilot's" } else { "its own" };
        let text = pair.pilot.map_or("its own".to_string(), |pilot| {
            format!(
                "{}, ratio {:.2}, p = {}",
                spread(pilot),
                pilot.variance_ratio,
                number::p_value(pilot.larger_p)
            )
        });
        Cell { values: vec![ratio, pair.pilot.map(|pilot| pilot.larger_p)], ..Cell::text(text) }
    };
    let row = |pair: &Pair| {
        let interval = pair.interval.map(|i| [Some(i.low), Some(i.high)]).unwrap_or_default();
        let shown = pair.interval.map_or(NONE.to_string(), |i| measure::gains(metric, i.low, i.high));
        let wins = pair.superiority.as_ref();
        let cells = vec![
            Cell::text(format!(
                "{} over {}",
                name(&outcome.entries[pair.first]),
                name(&outcome.entries[pair.second])
            )),
            Cell::optional(pair.difference, |x| measure::gain(metric, x)),
            Cell { values: interval.into(), ..Cell::text(shown) },
            Cell::number(number::p_value(pair.adjusted_p), pair.adjusted_p),
            Cell::optional(wins.map(|found| found.probability), |p| format!("{p:.2}")),
            Cell { strong: pair.relation.is_told_apart(), ..Cell::text(conclusion(pair.relation)) },
        ];
        cells.into_iter().chain(has_pilot.then(|| pilot(pair))).collect()
    };
    let spread = Column::numbers("Spread", "variance over the pilot's", &["variance_ratio", "larger_p"]);
    Table {
        title: "Pairs".into(),
        layout: Layout::Scroll,
        columns: vec![
            Column::text("Pair"),
            Column::numbers("Difference", "", &["difference"]),
            Column::numbers("Interval", "all hold together", &["low", "high"]),
            Column::numbers("p", "corrected", &["p_corrected"]),
            Column::numbers("P(first beats second)", "", &["superiority"]),
            Column::text("Conclusion"),
        ]
        .into_iter()
        .chain(has_pilot.then_some(spread))
        .collect(),
        rows: comparison.pairs.iter().map(row).collect(),
        footnotes: Vec::new(),
    }
}

fn conclusion(relation: Relation) -> &'static str {
    match relation {
        Relation::FirstBetter => "the first is better",
        Relation::SecondBetter => "the second is better: it finishes",
        Relation::ToldApart => "means differ",
        Relation::NotToldApart => "not told apart",
        Relation::TooFewSeeds => "too few seeds",
    }
}
