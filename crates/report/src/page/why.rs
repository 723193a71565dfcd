//! The optimizers on a page as their declarations describe them.

use lab::compare::Row;
use serde::Serialize;
use train::Recipe;

use super::sentence;

/// With more rules than this, a page would be a reference.
const MOST_RULES: usize = 12;

/// An update rule of the page.
#[derive(Serialize)]
pub(super) struct RuleNote {
    name: &'static str,
    title: &'static str,
    /// Equations, one a line.
    formula: &'static str,
    good_when: String,
    bad_when: String,
    source: &'static str,
}

/// The rules of the rows, each once, in the order of the rows; rules of another version are left out.
pub(super) fn rules(rows: &[Row]) -> Vec<RuleNote> {
    let mut notes: Vec<RuleNote> = Vec::new();
    for row in rows {
        let Ok(recipe) = row.recipe.parse::<Recipe>() else { continue };
        let info = recipe.spec.rule.info();
        if notes.iter().any(|note| note.name == info.name) || notes.len() == MOST_RULES {
            continue;
        }
        notes.push(RuleNote {
            name: info.name,
            title: info.title,
            formula: info.formula,
            good_when: sentence(info.good_when),
            bad_when: sentence(info.bad_when),
            source: info.source,
        });
    }
    notes
}
