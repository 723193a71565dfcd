//! The optimizers on a page as their declarations describe them.

use lab::compare::Row;
use train::Recipe;

use super::sentence;
use crate::document::{Block, Term};

/// With more rules than this, a page would be a reference.
const MOST_RULES: usize = 12;

const LEARNING_RATES: &str = "The same word, learning rate, means different things in different rules: the length of a \
    step for one that divides a gradient by its size, a factor of the gradient for one that does not. Equal or customary \
    values of it are not equally bold. A slow curve therefore says first that its steps were small, and one that jumps \
    that they were large, not that its rule is bad; a rule that leads early may be passed later.";

const TUNING: &str = "The settings of this page are listed below; unless the page says so, nobody tuned them for this \
    task. Only a comparison in which every rule had its learning rate chosen with the same effort tells rules apart \
    rather than settings: D. Choi and others, “On Empirical Comparisons of Optimizers for Deep Learning” (2019), found \
    that the ranking of optimizers changes with how they are tuned.";

/// Why the rules of the rows differ, and each rule as it is declared; `None` without one.
pub(super) fn blocks(rows: &[Row]) -> Option<Vec<Block>> {
    let rules = rules(rows.iter().map(|row| row.recipe.as_str()));
    let first = (rules.len() > 1).then(|| Block::Text(LEARNING_RATES.into()));
    let blocks = first.into_iter().chain([Block::Text(TUNING.into())]);
    (!rules.is_empty()).then(|| blocks.chain([Block::Terms(rules)]).collect())
}

/// The rules of recipes, each once, in order; rules of another version are left out.
pub(crate) fn rules<'r>(recipes: impl Iterator<Item = &'r str>) -> Vec<Term> {
    let mut terms: Vec<Term> = Vec::new();
    for recipe in recipes {
        let Ok(recipe) = recipe.parse::<Recipe>() else { continue };
        let info = recipe.spec.rule.info();
        if terms.iter().any(|term| term.name == info.name) || terms.len() == MOST_RULES {
            continue;
        }
        terms.push(Term {
            name: info.name.into(),
            note: info.title.into(),
            code: info.formula.into(),
            texts: [("Good when: ", info.good_when), ("Not good when: ", info.bad_when), ("", info.source)]
                .into_iter()
                // Rules of one's own need not say all.
                .filter(|(_, words)| !words.is_empty())
                .map(|(head, words)| match head {
                    "" => words.to_string(),
                    head => format!("{head}{}.", sentence(words)),
                })
                .collect(),
        });
    }
    terms
}
