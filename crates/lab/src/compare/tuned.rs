//! A comparison whose recipes were tuned alike, made from a study of one task.

use super::Comparison;
use crate::store::{Error, Store};
use crate::study::Outcome;

/// Recipes that were tuned alike: the reported runs, and the tuning that chose their settings.
#[derive(Debug, Clone, PartialEq)]
pub struct Tuned {
    /// The reported runs; rows have the chosen settings in their names.
    pub comparison: Comparison,
    /// The study with its trials: one task, one ruleset.
    pub outcome: Outcome,
}

impl Tuned {
    /// From a study of one task and one ruleset whose reported runs are in a store.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn new(
        outcome: Outcome,
        store: &dyn Store,
        target: Option<f64>,
        command: String,
    ) -> Result<Tuned, Error> {
        let mut runs = Vec::new();
        for cell in &outcome.cells {
            runs.extend(cell.records(store)?);
        }
        let mut comparison = Comparison::new(runs, target, command);
        let names: Vec<(String, String)> = comparison
            .rows
            .iter()
            .filter_map(|row| {
                let cell = outcome.cells.iter().find(|cell| cell.recipe.as_ref() == Some(&row.recipe))?;
                let entry = &outcome.entries[cell.id.entry];
                Some((row.optimizer.clone(), format!("{entry} {}", rounded(&cell.settings))))
            })
            .collect();
        comparison.rename(&names);
        Ok(Tuned { comparison, outcome })
    }
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
    use super::rounded;

    #[test]
    fn settings_are_short() {
        assert_eq!(rounded("lr=0.0031622776601683794 beta1=0.9"), "lr=0.00316 beta1=0.9");
        assert_eq!(rounded("lr=12345.678901 mode=max"), "lr=12300 mode=max");
        assert_eq!(rounded(""), "");
    }
}
