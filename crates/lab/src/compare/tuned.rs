//! A comparison whose recipes were tuned alike, made from a study of one task.

use std::collections::BTreeSet;

use super::{Comparison, Looks};
use crate::store::{Error, Store};
use crate::study::Outcome;
use crate::study::outcome::CellOutcome;

/// Recipes that were tuned alike: the reported runs, and the tuning that chose their settings.
#[derive(Debug, Clone, PartialEq)]
pub struct Tuned {
    /// The reported runs; rows have the chosen settings in their names.
    pub comparison: Comparison,
    /// The study with its trials: one task, one ruleset.
    pub outcome: Outcome,
}

impl Tuned {
    /// From a study of one task and one ruleset whose reported runs are in a store, at the last of `looks` if seeds were
    /// added.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn new(
        outcome: Outcome,
        store: &dyn Store,
        target: Option<f64>,
        command: String,
        looks: Option<Looks>,
    ) -> Result<Tuned, Error> {
        let (mut runs, mut names) = (Vec::new(), Vec::new());
        for group in same_recipe(&outcome) {
            runs.extend(group[0].records(store)?);
            let entries = group.iter().map(|cell| without(&outcome.entries[cell.id.entry], &cell.settings));
            let entries: BTreeSet<String> = entries.collect();
            let entries = entries.into_iter().collect::<Vec<_>>().join(" = ");
            names.extend(group[0].recipe.clone().map(|recipe| (recipe, entries, &*group[0].settings)));
        }
        let mut comparison = Comparison::at_look(runs, target, command, looks);
        let joined = |entry: &str, settings: &str| format!("{entry} {settings}").trim_end().to_string();
        let short = |(_, entry, settings): &(String, String, &str)| joined(entry, &rounded(settings));
        let is_short = names.iter().map(short).collect::<BTreeSet<_>>().len() == names.len();
        let names: Vec<(String, String)> = comparison
            .rows
            .iter()
            .filter_map(|row| {
                let named = names.iter().find(|(recipe, ..)| *recipe == row.recipe)?;
                let name = if is_short { short(named) } else { joined(&named.1, named.2) };
                Some((row.optimizer.clone(), name))
            })
            .collect();
        comparison.rename(&names);
        Ok(Tuned { comparison, outcome })
    }
}

/// Cells with a recipe, those with the same one together, in the order of the entries: the same runs are reported for all
/// of them.
pub fn same_recipe(outcome: &Outcome) -> Vec<Vec<&CellOutcome>> {
    let mut groups: Vec<Vec<&CellOutcome>> = Vec::new();
    for cell in outcome.cells.iter().filter(|cell| cell.recipe.is_some()) {
        match groups.iter_mut().find(|group| group[0].recipe == cell.recipe) {
            Some(group) => group.push(cell),
            None => groups.push(vec![cell]),
        }
    }
    groups
}

/// The name of an entry without its settings that were tuned.
fn without(entry: &str, settings: &str) -> String {
    let name = |setting: &str| setting.split_once('=').map(|(name, _)| name.to_string());
    let chosen: Vec<String> = settings.split_whitespace().filter_map(name).collect();
    let stays = |word: &&str| name(word).is_none_or(|name| !chosen.contains(&name));
    entry.split_whitespace().filter(stays).collect::<Vec<_>>().join(" ")
}

/// Settings with numbers of three digits: `lr=0.00316` for `lr=0.0031622776601683794`.
fn rounded(settings: &str) -> String {
    let short = |setting: &str| match setting.split_once('=') {
        Some((name, value)) => match value.parse::<f64>() {
            Ok(number) if value.len() > 7 => format!("{name}={}", three_digits(number)),
            _ => setting.to_string(),
        },
        None => setting.to_string(),
    };
    settings.split_whitespace().map(short).collect::<Vec<_>>().join(" ")
}

fn three_digits(number: f64) -> f64 {
    format!("{number:.2e}").parse().unwrap_or(number)
}

#[cfg(test)]
mod tests {
    use super::{rounded, without};

    #[test]
    fn chosen_settings_are_not_named_twice() {
        assert_eq!(without("sgd lr=0.1 momentum=0.9", "lr=0.0031"), "sgd momentum=0.9");
        assert_eq!(without("sgd, cosine", "lr=0.1"), "sgd, cosine");
    }

    #[test]
    fn settings_are_short() {
        assert_eq!(rounded("lr=0.0031622776601683794 beta1=0.9"), "lr=0.00316 beta1=0.9");
        assert_eq!(rounded("lr=12345.678901 mode=max"), "lr=12300 mode=max");
        assert_eq!(rounded(""), "");
    }
}
