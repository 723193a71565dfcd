//! Sentences about a comparison whose recipes were tuned alike.

use lab::compare::{Comparison, Pair, Tuned, same_recipe};
use lab::study::{Ruleset, Study};

use super::{gain, gain_with_interval, study};
use crate::number;
use crate::text::listed;

/// Two short sentences: the widest gap with the settings as they are, and what tuning leaves of it.
///
/// Without a gap, the verdict on the tuned recipes.
pub fn tuned_verdict(untuned: &Comparison, tuned: &Tuned) -> String {
    let metric = untuned.metric;
    let Some((gap, after)) = widest_gap(untuned, &tuned.comparison) else {
        return super::verdict(&tuned.comparison);
    };
    let lead = gain(metric, gap.difference.mean);
    let before = match (gap.distinct, gap.difference.n) {
        (true, _) | (_, 1) => format!("As they are set, {} leads {} by {lead}.", gap.better, gap.worse),
        (false, seeds) => {
            format!("As they are set, {seeds} seeds do not tell {} from {}.", gap.better, gap.worse)
        }
    };
    let told = match (after.pair.distinct, after.pair.difference.n) {
        (true, _) | (_, 1) => String::new(),
        (false, seeds) => format!(", which {seeds} seeds do not tell from none"),
    };
    let ahead = format!("{} leads {}", after.pair.better, after.pair.worse);
    let turn = if after.reversed { "the order turns: " } else { "" };
    let now = format!("{turn}{ahead} ({})", gain_with_interval(metric, &after.pair.difference));
    let how = tuned_alike(tuned);
    format!("{before} On this one task, {how}, {now}{told}.")
}

/// `each tuned alike`, or which, where some have none of the settings that are tuned.
pub(crate) fn tuned_alike(tuned: &Tuned) -> String {
    match tuned.outcome.cells.iter().find_map(|cell| study::lacks(&tuned.outcome, cell)) {
        None => "each tuned alike".to_string(),
        Some(lacks) => format!("those that have {lacks} tuned alike"),
    }
}

/// The pair of a gap after tuning.
struct After<'c> {
    pair: &'c Pair,
    /// True if the other one leads now.
    reversed: bool,
}

/// The pair that differs most before tuning, of those told apart if there are any, with the same pair after it.
fn widest_gap<'c>(untuned: &'c Comparison, tuned: &'c Comparison) -> Option<(&'c Pair, After<'c>)> {
    let width = |pair: &&Pair| (pair.distinct, pair.difference.mean);
    let gap = untuned.pairs.iter().max_by(|a, b| {
        let ((a, a_mean), (b, b_mean)) = (width(a), width(b));
        a.cmp(&b).then(a_mean.total_cmp(&b_mean))
    })?;
    // Rows of both come in the order of the recipes.
    let place = |name: &str| untuned.rows.iter().position(|row| row.optimizer == name);
    let now = |name: &str| {
        let complete = untuned.rows.len() == tuned.rows.len();
        place(name).filter(|_| complete).map(|place| tuned.rows[place].optimizer.as_str())
    };
    let (better, worse) = (now(&gap.better)?, now(&gap.worse)?);
    let pair = tuned.pairs.iter().find(|pair| {
        [&pair.better, &pair.worse].iter().all(|name| [better, worse].contains(&name.as_str()))
    })?;
    Some((gap, After { pair, reversed: pair.better != better }))
}

/// The tuning in one sentence, from the study's settings.
pub fn tuning(study: &Study, validation: usize) -> String {
    let what = match study.rulesets.first() {
        Some(Ruleset::Lr) => "learning rates".to_string(),
        Some(Ruleset::Full) => "settings".to_string(),
        Some(Ruleset::Names(names)) if names.len() == 1 => format!("values of {}", names[0]),
        Some(Ruleset::Names(names)) => format!("settings of {}", listed(names)),
        Some(Ruleset::Default) | None => return String::new(),
    };
    let count = |n: usize, one: &str| format!("{n} {one}{}", if n == 1 { "" } else { "s" });
    let races = study.halving.map_or(String::new(), |plan| {
        format!(
            ", in races that begin with {} and keep one in {}",
            count(plan.first as usize, "epoch"),
            plan.eta
        )
    });
    let added = if study.extend { ", a quarter more at the edge of the best," } else { "" };
    let trials = study.trials;
    if validation == 0 {
        // A test function: no examples are held out, and no seed changes a run.
        let added = added.trim_end_matches(',');
        return format!(
            "{trials} {what} each{added}{races}; the best was chosen, and no seed changes a run."
        );
    }
    let fresh = match study.fresh_seeds {
        0 => String::new(),
        n => format!(", the two best on {}", count(n, "fresh seed")),
    };
    let reported = match (study.seeds.start, study.seeds.end - 1) {
        (first, last) if first == last => format!("seed {first}"),
        (first, last) => format!("seeds {first} to {last}"),
    };
    format!(
        "{trials} {what} each{added} on {}{fresh}{races}, chosen by {} validation examples; then {reported}.",
        count(study.tuning_seeds, "tuning seed"),
        number::count(validation),
    )
}

/// One sentence for each fact to know before believing what was tuned.
pub fn tuning_warnings(tuned: &Tuned) -> Vec<String> {
    let mut warnings = super::warnings(&tuned.comparison);
    warnings.retain(|warning| !warning.contains("SAMPLE"));
    for group in same_recipe(&tuned.outcome).iter().filter(|group| group.len() > 1) {
        let names: Vec<String> =
            group.iter().map(|cell| tuned.outcome.entries[cell.id.entry].clone()).collect();
        warnings.push(format!("Tuned, {} are the same recipe: one row, one set of runs.", listed(&names)));
    }
    for cell in &tuned.outcome.cells {
        let name = &tuned.outcome.entries[cell.id.entry];
        warnings.extend(study::untuned(&tuned.outcome, cell, name));
        if cell.hopeless {
            warnings.push(format!("{name} diverged in every trial, so nothing of it is reported tuned."));
        }
        for edge in cell.tuning.iter().flat_map(|tuning| &tuning.edges_left) {
            let end = if edge.high { "upper" } else { "lower" };
            warnings.push(format!(
                "{name}: the chosen {} is still at the {end} end of what was tried, so a better one may lie beyond.",
                edge.name
            ));
        }
    }
    warnings
}
