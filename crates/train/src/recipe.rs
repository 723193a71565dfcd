//! Recipes: one spelling for all settings, printed and parsed.

use std::fmt;
use std::ops::Range;
use std::str::FromStr;
use std::sync::Arc;

use optim::{DynRule, Optimizer, OptimizerSpec, rules, schedules, wrappers};
use tensor::Layout;

use crate::error::Error;

/// Optimizer with its batch size.
///
/// ```
/// use train::Recipe;
/// let recipe: Recipe = "adamw lr=3e-3 beta2=0.95, batch=128, clip=1, cosine warmup=5%".parse()?;
/// assert_eq!(recipe.batch, 128);
/// assert_eq!(recipe.to_string(), "adamw lr=0.003 beta2=0.95, cosine warmup=5%, clip=1, batch=128");
/// assert_eq!("sam(adam)".parse::<Recipe>()?.to_string(), "sam(adam lr=0.001), batch=64");
/// # Ok::<(), train::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Recipe {
    /// Optimizer, schedule, clipping and groups.
    pub spec: OptimizerSpec,
    /// Examples in one batch.
    pub batch: usize,
}

impl Recipe {
    /// The notebook's batch size.
    pub const BATCH: usize = 64;

    /// A rule with a constant learning rate, no clipping and the notebook's batch size.
    pub fn new(rule: Box<dyn DynRule>) -> Recipe {
        Recipe { spec: OptimizerSpec::new(rule), batch: Recipe::BATCH }
    }

    /// The update rule.
    pub fn rule(&self) -> &dyn DynRule {
        &*self.spec.rule
    }

    /// The rule's name inside those of its wrappers: `sam(adamw)`.
    pub fn name(&self) -> String {
        let wrappers = &self.spec.wrappers;
        let opened: String = wrappers.iter().map(|wrapper| format!("{}(", wrapper.info().name)).collect();
        format!("{opened}{}{}", self.rule().info().name, ")".repeat(wrappers.len()))
    }

    /// Creates the optimizer for the parameters of this layout and a total number of batches.
    ///
    /// # Errors
    /// If settings are out of range or do not go together, or a name pattern fits no parameter.
    pub fn optimizer(&self, layout: &Arc<Layout>, batches: u64) -> Result<Optimizer, Error> {
        let optimizer = Optimizer::of(self.spec.clone(), layout.clone())?;
        Ok(optimizer.with_total_steps(self.spec.updates(batches)))
    }

    /// Checks the settings.
    ///
    /// # Errors
    /// If settings are out of range or do not go together.
    pub fn check(&self) -> Result<(), Error> {
        self.spec.validate()?;
        if self.batch == 0 {
            return Err(no_batch("0").into());
        }
        Ok(())
    }

    /// Settings that are allowed and leave weights untrained in a run of this length.
    pub fn warnings(&self, batches_per_epoch: u64, epochs: u32) -> Vec<optim::Warning> {
        let total = batches_per_epoch * u64::from(epochs);
        let [total, per_epoch] = [total, batches_per_epoch].map(|batches| self.spec.updates(batches));
        self.spec.warnings(total, per_epoch)
    }

    /// Learning rate of an update of a run of this length, counted from 0, by the schedule alone: a plateau lowers it by
    /// what it measures. `None` for a rule without one.
    ///
    /// ```
    /// let recipe: train::Recipe = "sgd lr=0.1, linear, batch=10".parse()?;
    /// assert_eq!(recipe.learning_rate(50, 100, 1), Some(0.05));
    /// # Ok::<(), train::Error>(())
    /// ```
    pub fn learning_rate(&self, update: u64, batches_per_epoch: u64, epochs: u32) -> Option<f64> {
        let per_epoch = self.spec.updates(batches_per_epoch).max(1);
        let total = self.spec.updates(batches_per_epoch * u64::from(epochs));
        let factor = self.spec.schedule.in_steps(per_epoch).factor(update, total);
        Some(f64::try_from(self.rule().get("lr")?).ok()? * factor)
    }

    /// Parses several recipes, separated by `;`, or else by commas, where each name of an optimizer or a wrapper
    /// begins another one. Returns each with its text. The default batch size is `batch`.
    ///
    /// ```
    /// let recipes = |list| -> Result<Vec<String>, train::Error> {
    ///     Ok(train::Recipe::list(list, 64)?.iter().map(|(recipe, _)| recipe.to_string()).collect())
    /// };
    /// assert_eq!(recipes("sgd,adam, cosine")?, ["sgd lr=0.01, batch=64", "adam lr=0.001, cosine, batch=64"]);
    /// assert_eq!(recipes("sgd, cosine; adam")?, ["sgd lr=0.01, cosine, batch=64", "adam lr=0.001, batch=64"]);
    /// # Ok::<(), train::Error>(())
    /// ```
    ///
    /// # Errors
    /// If one of them cannot be read or used; the error shows the place in the list.
    pub fn list(list: &str, batch: usize) -> Result<Vec<(Recipe, &str)>, Error> {
        let recipe = |range: Range<usize>| {
            let text = &list[range.clone()];
            let recipe = Recipe::read(text, batch).map_err(|error| match error {
                Error::Optim(error) => {
                    Error::Optim(comma_for_semicolon(error.within(list, range.start), list))
                }
                other => other,
            });
            Ok((recipe?, text.trim()))
        };
        ranges(list).into_iter().map(recipe).collect()
    }

    /// Reads a recipe that has batches of `batch`, unless it says otherwise.
    fn read(text: &str, batch: usize) -> Result<Recipe, Error> {
        let (spec, own) = OptimizerSpec::parse_with_extras(text, &[BATCH])?;
        let mut recipe = Recipe { spec, batch };
        for part in own {
            let given = part.value.parse().ok().filter(|batch| *batch > 0);
            recipe.batch = given.ok_or_else(|| no_batch(part.value).at(text, part.range))?;
        }
        Ok(recipe)
    }
}

/// The error of a list that has both marks, where an optimizer follows a comma: named as that.
fn comma_for_semicolon(error: optim::Error, list: &str) -> optim::Error {
    let optim::Error::At { text, range: place, error: what } = error else { return error };
    let name = text[place.clone()].split('(').next().unwrap_or_default();
    let is_head = rules::by_name(name).is_ok() || wrappers::by_name(name).is_ok();
    let follows_comma = text[..place.start].trim_end().ends_with(',');
    if !(list.contains(';') && is_head && follows_comma) {
        return optim::Error::At { text, range: place, error: what };
    }
    let why = format!(
        "expected `;` before `{name}`: in a list with `;`, a comma separates the parts of one recipe, not \
         recipes"
    );
    optim::Error::Conflict { of: "recipe".to_string(), why }.at(&text, place)
}

/// The bytes of each recipe of a list that is not empty.
fn ranges(list: &str) -> Vec<Range<usize>> {
    let mut ranges: Vec<Range<usize>> = vec![];
    let (mut start, has_semicolons) = (0, list.contains(';'));
    let pieces = list.split_inclusive(if has_semicolons { ';' } else { ',' });
    for piece in pieces {
        let end = start + piece.len();
        let text = piece.trim_end_matches([';', ',']);
        match ranges.last_mut() {
            Some(last) if !has_semicolons && goes_on(text) => last.end = start + text.len(),
            _ if text.trim().is_empty() => {}
            _ => ranges.push(start..start + text.len()),
        }
        start = end;
    }
    ranges
}

/// True if this part of a list belongs to the previous recipe rather than being the next optimizer.
fn goes_on(part: &str) -> bool {
    let mut words = part.split_whitespace();
    let Some(word) = words.next() else { return false };
    let name = word.split('(').next().unwrap_or_default();
    let is_plain = |word: &str| word.chars().all(|c| c.is_alphanumeric() || c == '_');
    let names_part =
        schedules::by_name(word).is_ok() || [optim::PlateauSettings::INFO.name, "maximize"].contains(&word);
    let names_role = optim::Selector::ROLES.iter().any(|(role, _)| *role == word);
    let names_rule = rules::by_name(name).is_ok() || optim::wrappers::by_name(name).is_ok();
    let is_group = words.next().is_some_and(|next| next.starts_with(':'));
    !names_rule && (names_part || names_role || is_group || !is_plain(name))
}

fn no_batch(value: &str) -> optim::Error {
    optim::Error::OutOfRange {
        of: "recipe".to_string(),
        name: BATCH.to_string(),
        value: value.to_string(),
        allowed: "a whole number from 1".to_string(),
    }
}

/// Name of the batch size.
const BATCH: &str = "batch";

impl fmt::Display for Recipe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {BATCH}={}", self.spec, self.batch)
    }
}

impl FromStr for Recipe {
    type Err = Error;

    fn from_str(text: &str) -> Result<Recipe, Error> {
        Recipe::read(text, Recipe::BATCH)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_split_where_an_optimizer_begins() {
        for (list, recipes) in [
            ("sgd,adam,rmsprop", vec!["sgd", "adam", "rmsprop"]),
            ("sgd lr=0.1, sgd lr=0.1 momentum=0.9", vec!["sgd lr=0.1", "sgd lr=0.1 momentum=0.9"]),
            ("sam(adamw) rho=0.1, cosine, batch=8, sgd", vec!["sam(adamw) rho=0.1, cosine, batch=8", "sgd"]),
            ("adamw, no_decay=bias,norm,fc1.*, bias: lr=1, embedding : sgd, lion", {
                vec!["adamw, no_decay=bias,norm,fc1.*, bias: lr=1, embedding : sgd", "lion"]
            }),
            (
                "adam, beta1: linear 0.8..0.9; sgd, plateau;",
                vec!["adam, beta1: linear 0.8..0.9", "sgd, plateau"],
            ),
            (" ,sgd, ", vec!["sgd"]),
            ("", vec![]),
            ("adm, sdg", vec!["adm", "sdg"]),
        ] {
            let texts: Vec<&str> = ranges(list).into_iter().map(|range| list[range].trim()).collect();
            assert_eq!(texts, recipes, "{list}");
        }
        for mixed in ["sgd, adam; rmsprop", "sgd; adam, sam(sgd)"] {
            let error = Recipe::list(mixed, 64).expect_err(mixed).to_string();
            assert!(
                error.contains("in a list with `;`, a comma separates the parts of one recipe"),
                "{error}"
            );
        }
        let error = Recipe::list("sgd, cosine, adam lr=-1, clip=1", 64).expect_err("negative");
        assert_eq!(
            error.to_string(),
            "adam: expected lr to be a finite number, 0 or more, found -1
  sgd, cosine, adam lr=-1, clip=1
                    ^^^^^"
        );
    }

    #[test]
    fn the_batch_is_a_whole_number_from_1() {
        for (text, place) in [("adam, batch=0", "       ^^^^^^^"), ("batch=x", "")] {
            let error = text.parse::<Recipe>().expect_err(text).to_string();
            assert!(error.contains(place), "{error}");
        }
        let error = "adam, cosine, batch=1.5".parse::<Recipe>().expect_err("half").to_string();
        assert!(
            error.starts_with("recipe: expected batch to be a whole number from 1, found 1.5\n"),
            "{error}"
        );
        let recipe = Recipe { batch: 0, ..Recipe::new(rules::by_name("adam").expect("known")) };
        assert!(recipe.check().is_err());
    }
}
