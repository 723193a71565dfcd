//! The second part of a comparison: the same recipes, each tuned alike.

use std::ops::{ControlFlow, Range};
use std::sync::Once;

use lab::compare::{Looks, Tuned, recipe_names};
use lab::run_matrix::RunId;
use lab::store::Memory;
use lab::study::{Engine, Entry, HalvingPlan, Study};
use lab::{Halt, Store};
use train::{Event, Recipe, RunInfo, Split, Task};

use super::budget::{self, Chosen};
use super::runner::Runner;
use super::{Compare, Numbers};
use crate::console;
use crate::failure::Failure;
use crate::progress::Progress;

/// A tuning that is to be run.
pub(super) struct Tuning {
    study: Study,
    task: Task,
    /// The trials, where a budget gave their number.
    pub(super) chosen: Option<Chosen>,
}

/// A tuning that was run, to its end or until it was stopped.
pub(super) struct Finished {
    pub(super) tuned: Tuned,
    pub(super) sentence: String,
}

impl Finished {
    /// True if nothing is left to be done.
    pub(super) fn is_complete(&self) -> bool {
        self.tuned.outcome.is_complete()
    }

    /// True if there is something to show: reported runs, or the end of the tuning.
    pub(super) fn has_result(&self) -> bool {
        self.is_complete() || !self.tuned.comparison.runs.is_empty()
    }
}

/// A study by the protocol of a comparison, which is short.
pub(super) fn protocol(compare: &Compare, epochs: Option<u32>, study: Study) -> Study {
    Study {
        trials: compare.trials(),
        tuning_seeds: 1,
        fresh_seeds: 1,
        halving: (epochs != Some(1)).then_some(HalvingPlan { first: 1, eta: 3 }),
        epochs,
        ..study
    }
}

/// The tuning that is to be run, if any.
pub(super) fn study(
    compare: &Compare,
    task: &Task,
    recipes: &[Recipe],
    numbers: &Numbers,
) -> Result<Option<Tuning>, Failure> {
    let has_examples = !task.examples.is_empty(Split::Train);
    let Some(ruleset) = compare.ruleset(has_examples) else {
        if compare.states_rates() && !compare.untuned {
            console::note("the learning rates are taken as they are stated: --tune tunes each alike");
        }
        return Ok(None);
    };
    let target = task.target;
    let mut task = if has_examples { compare.task.load_for_tuning()? } else { task.clone() };
    task.target = target;
    let entry = |(recipe, name): (&Recipe, String)| Entry {
        batch: Some(recipe.batch),
        ..Entry::new(&name, recipe.clone())
    };
    let entries = recipes.iter().zip(recipe_names(recipes)).map(entry).collect();
    let mut study = Study {
        rulesets: vec![ruleset],
        seeds: numbers.seeds.clone(),
        evaluations: 1,
        ..protocol(compare, Some(numbers.epochs), Study::new("compare", vec![task.name.clone()], entries))
    };
    let chosen = compare.budget.map(|time| budget::chosen(compare, time, &study, &task, recipes, numbers));
    let chosen = chosen.transpose()?;
    study.trials = chosen.as_ref().map_or(study.trials, |chosen| chosen.trials);
    Ok(Some(Tuning { study, task, chosen }))
}

impl Tuning {
    /// Sentence on the choice of the settings, with the seeds that are reported first.
    pub(super) fn sentence(&self) -> String {
        self.sentence_of(&self.study)
    }

    fn sentence_of(&self, study: &Study) -> String {
        report::prose::tuning(study, self.task.examples.len(Split::Validation))
    }

    /// The study that reports these seeds, if they are others than those to begin with, at the level of the last look.
    fn study_at(&self, seeds: Option<Range<u64>>, looks: Option<&Looks>) -> Study {
        let study = &self.study;
        Study {
            seeds: seeds.unwrap_or(study.seeds.clone()),
            confidence: looks.map_or(study.confidence, |looks| 1.0 - looks.level()),
            ..study.clone()
        }
    }

    /// Runs what is not known and keeps each run in the folder.
    pub(super) fn run(
        &self,
        runner: &Runner<'_>,
        seeds: Option<Range<u64>>,
        looks: Option<&Looks>,
        threads: usize,
    ) -> Result<Finished, Failure> {
        let Runner { compare, stop, screen, .. } = *runner;
        let json = compare.output.json();
        let study = self.study_at(seeds, looks);
        let (file, store) = (runner.places.kept.tuning()?, Memory::default());
        store.put_all(&file.records())?;
        let tasks = std::slice::from_ref(&self.task);
        let engine = Engine::new(&study, tasks, &store)?.with_threads(threads);
        let planned = engine.planned()?;
        // The cost of a batch: its examples times the weights.
        let batch = study.entries.iter().find_map(|entry| entry.batch).unwrap_or(1);
        let batches = planned.cost / (batch * tasks[0].model.layout().len().max(1)) as f64;
        let names: Vec<String> = study.entries.iter().map(|entry| entry.name.clone()).collect();
        let batches = batches as u64;
        let progress = Progress::new(planned.runs, batches, planned.workers, json || screen.is_some())
            .with_names(names.clone())
            .on(screen, "each tuned alike", batches);
        let unkept = Once::new();
        let outcome = engine.run(
            &|position, event| {
                let place =
                    RunId { recipe: position.cell.entry, seed: position.run.seed, worker: position.worker };
                let phase = report::prose::study::phase(position.run.phase);
                let names = |_: &RunInfo| {
                    (
                        report::prose::study::run(&names[position.cell.entry], position.run),
                        format!("{phase}s"),
                    )
                };
                let word = progress.read_as(place, &names, event);
                if let Event::RunFinished { record } = event
                    && let Err(error) = file.put(record)
                {
                    unkept
                        .call_once(|| console::note(&format!("warning: tuning runs are not kept: {error}")));
                }
                if stop.asked() { ControlFlow::Break(Halt::All) } else { word }
            },
            &|_| stop.flow(),
        )?;
        progress.finish();
        let tuned = Tuned::new(outcome, &store, self.task.target, runner.command.clone(), looks.cloned())?;
        Ok(Finished { tuned, sentence: self.sentence_of(&study) })
    }
}

/// The flags that ask for the same tuning, each after a space.
pub(super) fn flags(compare: &Compare, trials: Option<usize>) -> String {
    let mut flags = String::new();
    if compare.quick {
        flags += " --quick";
    }
    if let Some(ruleset) = &compare.tune {
        flags += &format!(" --tune {ruleset}");
    }
    if let Some(trials) = trials.or(compare.trials.map(|trials| trials as usize)) {
        flags += &format!(" --trials {trials}");
    }
    if compare.untuned {
        flags += " --untuned";
    }
    flags
}
