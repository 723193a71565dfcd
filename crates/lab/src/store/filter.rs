//! Which runs are asked for.

use super::Summary;

/// The runs that are asked for: those that all of these hold for. The default lets everything through.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filter {
    /// The beginning of the key.
    pub key: Option<String>,
    /// Name of the task.
    pub task: Option<String>,
    /// Name of the data.
    pub data: Option<String>,
    /// The optimizer's name.
    pub optimizer: Option<String>,
    /// A part of the recipe's canonical spelling.
    pub recipe: Option<String>,
    /// The seed.
    pub seed: Option<u64>,
    /// `finished` or `diverged`.
    pub status: Option<String>,
    /// Name of a study that has the run.
    pub study: Option<String>,
}

impl Filter {
    /// The runs of a study.
    pub fn study(name: &str) -> Filter {
        Filter { study: Some(name.to_string()), ..Filter::default() }
    }

    /// If a run is among those asked for.
    pub fn admits(&self, run: &Summary) -> bool {
        let Filter { key, task, data, optimizer, recipe, seed, status, study } = self;
        let is = |asked: &Option<String>, found: &str| asked.as_ref().is_none_or(|asked| asked == found);
        key.as_ref().is_none_or(|start| run.key.starts_with(start))
            && is(task, &run.task)
            && is(data, &run.data)
            && is(optimizer, &run.optimizer)
            && recipe.as_ref().is_none_or(|part| run.recipe.contains(part.as_str()))
            && seed.is_none_or(|seed| seed == run.seed)
            && is(status, &run.status)
            && study.as_ref().is_none_or(|study| run.studies.contains(study))
    }
}
