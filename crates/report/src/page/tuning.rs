//! The part of a page on recipes that were tuned alike.

use lab::compare::Tuned;
use serde::Serialize;

use super::{PairRow, ResultRow, name, pair_row, result_rows, sentence};
use crate::hover::Hover;
use crate::measure;
use crate::number::{NONE, count};
use crate::panel::Panel;
use crate::table::footnotes;

/// Data of the template.
#[derive(Serialize)]
pub(super) struct Content {
    how: String,
    rows: Vec<ResultRow>,
    footnotes: Vec<String>,
    panels: [String; 2],
    /// Values under the pointer.
    #[serde(skip)]
    pub(super) hover: [Hover; 2],
    pairs: Vec<PairRow>,
    choices: Vec<Choice>,
}

/// Choice of the settings of an optimizer.
#[derive(Serialize)]
struct Choice {
    name: String,
    settings: String,
    trials: String,
    tuning_score: String,
    fresh_score: String,
    basin: String,
}

pub(super) fn content(tuned: &Tuned, how: &str) -> Content {
    let Tuned { comparison, outcome } = tuned;
    let metric = comparison.metric;
    let shown = |score: Option<f64>| score.map_or(NONE.to_string(), |score| measure::value(metric, score));
    let choice = |cell: &lab::study::outcome::CellOutcome| {
        let tuning = cell.tuning.as_ref();
        Choice {
            name: name(&outcome.entries[cell.id.entry]),
            settings: if cell.settings.is_empty() { NONE.to_string() } else { sentence(&cell.settings) },
            trials: tuning.map_or(NONE.to_string(), |tuning| count(tuning.trials.len())),
            tuning_score: shown(tuning.and_then(|tuning| tuning.tuning_score)),
            fresh_score: shown(tuning.and_then(|tuning| tuning.fresh_score)),
            basin: cell
                .lr_sensitivity
                .as_ref()
                .map_or(NONE.to_string(), |basin| format!("{:.1}", basin.decades)),
        }
    };
    let mut panels = [Panel::loss(comparison), Panel::score(comparison)];
    for (panel, name) in panels.iter_mut().zip(["tuned-loss", "tuned-score"]) {
        panel.name = name;
    }
    Content {
        how: sentence(how),
        rows: result_rows(comparison),
        footnotes: footnotes(comparison),
        hover: panels.each_ref().map(Panel::hover),
        panels: panels.map(|panel| panel.inline()),
        pairs: comparison.pairs.iter().take(super::MOST_PAIRS).map(|pair| pair_row(pair, metric)).collect(),
        choices: outcome.cells.iter().map(choice).collect(),
    }
}
