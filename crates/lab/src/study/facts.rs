//! The facts of a task that decide what its cells do.

use std::ops::Range;

use train::{Direction, Metric, Task};

use super::run::Phase;
use super::{PILOT_SEEDS_FROM, Study, TUNING_SEEDS_FROM, fault};
use crate::error::Error;
use crate::tasks::{Data, Info};

/// Facts of a task that decide what its cells do: known without its data for a task of the registry.
#[derive(Debug, Clone, PartialEq)]
pub struct Facts {
    /// The task's name.
    pub name: String,
    /// The measure by which recipes are compared.
    pub metric: Metric,
    /// A value of it that is worth reaching.
    pub target: Option<f64>,
    /// Epochs of a run.
    pub epochs: u32,
    /// Examples in a batch where an entry does not say.
    pub batch: usize,
    /// True if a seed changes anything: false for a test function, which starts where it starts.
    pub seeded: bool,
}

impl Facts {
    /// The direction of the metric.
    pub fn direction(&self) -> Direction {
        self.metric.direction()
    }

    /// Of a task of the registry, on the data set that its name has.
    pub(super) fn of_info(study: &Study, name: &str, info: &Info) -> Facts {
        Facts {
            name: name.to_string(),
            metric: info.metric,
            target: info.target,
            epochs: study.epochs.unwrap_or(info.budget.epochs),
            batch: info.batch,
            seeded: !matches!(info.data, Data::Formula(_)),
        }
    }

    /// Of any task. One that is not of the registry has the epochs of the study and the usual batch.
    pub(super) fn of_task(study: &Study, task: &Task) -> Result<Facts, Error> {
        if let Ok(spec) = task.name.parse::<crate::tasks::TaskSpec>() {
            return Ok(Facts { metric: task.metric, ..Facts::of_info(study, &task.name, spec.info) });
        }
        let epochs = study.epochs.ok_or_else(|| {
            fault(
                format!("expected epochs for the task `{}`, found none", files::text::name(&task.name)),
                "state epochs in the study; only tasks of the registry have a usual number",
            )
        })?;
        Ok(Facts {
            name: task.name.clone(),
            metric: task.metric,
            target: task.target,
            epochs,
            batch: train::Recipe::BATCH,
            seeded: is_seeded(task),
        })
    }

    /// The seeds of an entry's runs of a phase, no seed of two phases: where none changes anything, one to tune on and
    /// one to report.
    pub(super) fn seeds(&self, study: &Study, entry: usize, phase: Phase) -> Range<u64> {
        let count = |seeds: usize| if self.seeded { seeds as u64 } else { seeds.min(1) as u64 };
        let tuning = TUNING_SEEDS_FROM + count(study.tuning_seeds);
        let seeds = match phase {
            Phase::Tuning => TUNING_SEEDS_FROM..tuning,
            Phase::Choosing if !self.seeded => tuning..tuning,
            Phase::Choosing => tuning..tuning + count(study.fresh_seeds),
            Phase::Reporting => study.seeds.start..study.seeds.start + count(study.seeds.clone().count()),
            Phase::Pilot => PILOT_SEEDS_FROM..PILOT_SEEDS_FROM + self.pilot_seeds(study, entry),
        };
        let twin = if self.seeded { study.twin_seeds(entry) } else { 0 };
        seeds.start + twin..seeds.end + twin
    }

    /// Seeds of the pilot, if it is of this entry; none where no seed changes anything.
    fn pilot_seeds(&self, study: &Study, entry: usize) -> u64 {
        let pilot = study.pilot.as_ref().filter(|pilot| pilot.entry == study.entries[entry].name);
        pilot.filter(|_| self.seeded).map_or(0, |pilot| pilot.seeds as u64)
    }
}

/// True if the task has training examples, or its first weights are drawn.
fn is_seeded(task: &Task) -> bool {
    let drawn = || task.model.init(0).as_slice() != task.model.init(1).as_slice();
    !task.examples.is_empty(train::Split::Train) || drawn()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tasks::{Setup, TaskSpec, functions};

    #[test]
    fn no_seed_changes_a_test_function() {
        for function in functions::ALL {
            let spec: TaskSpec = function.name.parse().expect("a task of the registry");
            let task = spec.build(&mut Setup::offline()).expect("a formula");
            assert!(!is_seeded(&task), "{}", function.name);
        }
    }
}
