//! A study from flags.

use clap::Args;
use files::text;
use lab::compare::recipe_names;
use lab::study::{Entry, PilotPlan, Ruleset, Study};
use lab::tasks::TaskSpec;
use train::Recipe;

use crate::args::Seeds;
use crate::failure::Failure;

/// Tasks, recipes and numbers of a study.
#[derive(Args, Debug, Clone)]
pub(super) struct StudyFlags {
    /// Tasks of the registry between commas, such as simplenn,char-rnn; `descent tasks` lists them
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    tasks: Vec<TaskSpec>,
    /// Optimizers or whole recipes, between commas or ;: 'adam lr=0.01,sgd'
    #[arg(long, value_name = "LIST", default_value = "sgd,adam,rmsprop", requires = "tasks")]
    optimizers: String,
    /// Rulesets between commas: default (nothing is tuned), lr, full, or names with + between
    #[arg(long, value_name = "LIST", value_delimiter = ',', default_value = "lr", requires = "tasks")]
    tune: Vec<Ruleset>,
    /// Trials of each recipe [default: 12]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000), requires = "tasks")]
    trials: Option<u32>,
    /// Seeds of the reported runs: N for 0 to N − 1, or FROM..TO without TO [default: 10]
    #[arg(long, value_name = "N|FROM..TO", requires = "tasks")]
    seeds: Option<Seeds>,
    /// Epochs of a run [default: the task's]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..), requires = "tasks")]
    epochs: Option<u32>,
    /// Add this entry once more, on seeds that no other has: the A/A check
    #[arg(long, value_name = "ENTRY", requires = "tasks")]
    aa: Option<String>,
    /// Measure the spread of this entry on 50 further seeds, and test all pairs with it
    #[arg(long, value_name = "ENTRY", requires = "tasks")]
    pilot: Option<String>,
    /// Name of the study
    #[arg(long, value_name = "NAME", default_value = "study", requires = "tasks")]
    name: String,
}

impl StudyFlags {
    /// The study that the flags describe, if they name tasks.
    pub(super) fn study(&self) -> Result<Option<Study>, Failure> {
        if self.tasks.is_empty() {
            return Ok(None);
        }
        let listed = |batch| -> Result<Vec<Recipe>, Failure> {
            Ok(Recipe::list(&self.optimizers, batch)?.into_iter().map(|(recipe, _)| recipe).collect())
        };
        let mut entries = entries(&listed)?;
        if let Some(name) = &self.aa {
            let twin = original(&entries, name)?.twin(&format!("{name} again"));
            entries.push(twin);
        }
        let usual = Study::new(&self.name, names(&self.tasks), entries);
        let study = Study {
            rulesets: self.tune.clone(),
            trials: self.trials.map_or(usual.trials, |trials| trials as usize),
            seeds: self.seeds.as_ref().map_or(usual.seeds.clone(), Seeds::range),
            epochs: self.epochs,
            pilot: self.pilot.as_deref().map(PilotPlan::new),
            ..usual
        };
        study.check()?;
        Ok(Some(study))
    }
}

/// The entry of this name.
fn original<'e>(entries: &'e [Entry], name: &str) -> Result<&'e Entry, Failure> {
    entries.iter().find(|entry| entry.name == name).ok_or_else(|| {
        let names: Vec<&str> = entries.iter().map(|entry| entry.name.as_str()).collect();
        let message = format!("unknown entry `{}` after --aa", text::name(name));
        Failure::usage(message, format!("the entries are {}", text::list(names)))
    })
}

/// Names of tasks, as a study has them.
pub(in crate::commands) fn names(tasks: &[TaskSpec]) -> Vec<String> {
    tasks.iter().map(TaskSpec::to_string).collect()
}

/// Entries with the names that tables give to recipes. `listed` reads them with a size of a batch where they state
/// none; then they have each task's own.
pub(in crate::commands) fn entries(
    listed: &dyn Fn(usize) -> Result<Vec<Recipe>, Failure>,
) -> Result<Vec<Entry>, Failure> {
    let (recipes, others) = (listed(Recipe::BATCH)?, listed(Recipe::BATCH + 1)?);
    let names = recipe_names(&recipes);
    let stated = recipes.iter().zip(others).map(|(recipe, other)| recipe.batch == other.batch);
    let stated: Vec<bool> = stated.collect();
    let entries = names.iter().zip(recipes).zip(stated);
    Ok(entries
        .map(|((name, recipe), stated)| Entry {
            batch: stated.then_some(recipe.batch),
            ..Entry::new(name, recipe)
        })
        .collect())
}
