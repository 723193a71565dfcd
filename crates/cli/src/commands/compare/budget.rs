//! Trials that fit into a time: measured once, and the same when the comparison goes on.

use std::fs;
use std::ops::ControlFlow;
use std::path::Path;
use std::str::FromStr;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use lab::store::Memory;
use lab::study::{Engine, Study};
use lab::{Halt, RunMatrix};
use serde_json::{Value, json};
use train::{Budget, Event, Recipe, Task};

use super::{Compare, EVALUATIONS, Numbers, command_line};
use crate::console;
use crate::failure::Failure;
use crate::folders;
use crate::stop::Stop;

/// Time for a whole comparison.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct TimeBudget(Duration);

impl FromStr for TimeBudget {
    type Err = String;

    fn from_str(text: &str) -> Result<TimeBudget, String> {
        let expected =
            || format!("expected a time such as 60s, 5min or 1.5h, found `{}`", files::text::name(text));
        let unit = text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len());
        let (number, unit) = text.split_at(unit);
        let seconds = match unit {
            "s" => 1.0,
            "m" | "min" => 60.0,
            "h" => 3600.0,
            _ => return Err(expected()),
        };
        let number: f64 = number.trim().parse().map_err(|_| expected())?;
        match Duration::try_from_secs_f64(number * seconds) {
            Ok(time) if time >= Duration::from_secs(1) => Ok(TimeBudget(time)),
            _ => Err(expected()),
        }
    }
}

/// Fewer trials than the first say nothing of a learning rate; more than the last hardly improve it.
const TRIALS: std::ops::RangeInclusive<usize> = 4..=256;

/// The part of the time that is planned: measured speeds are those of a moment.
const PLANNED: f64 = 0.9;

/// Longest measurement.
const MEASUREMENT: Duration = Duration::from_secs(2);

/// The file in which a folder keeps the number of trials.
const FILE: &str = "budget.json";

/// The trials of a comparison that was begun with a budget.
#[derive(Debug)]
pub(super) struct Chosen {
    /// The comparison, with its budget.
    command: String,
    /// Trials of each recipe.
    pub(super) trials: usize,
}

impl Chosen {
    /// Keeps it in the folder of the comparison.
    pub(super) fn keep(&self, folder: &Path) -> Result<(), Failure> {
        let text = format!("{}\n", json!({ "command": self.command, "trials": self.trials }));
        files::atomic_write(&folder.join(FILE), text.as_bytes())
            .map_err(|error| error.with_flag("--out").into())
    }
}

/// The trials of `study` that fit: those of the comparison that is gone on with, or as measured now.
pub(super) fn chosen(
    compare: &Compare,
    TimeBudget(time): TimeBudget,
    study: &Study,
    task: &Task,
    recipes: &[Recipe],
    numbers: &Numbers,
) -> Result<Chosen, Failure> {
    let command = command_line(compare, numbers.epochs, &numbers.seeds, None);
    let command = format!("{command} --budget {}s", time.as_secs_f64());
    if let Some(trials) = kept(compare, &command) {
        return Ok(Chosen { command, trials });
    }
    let pace = measure(task, recipes, numbers)?;
    let of_a_seed: f64 = recipes.iter().map(|recipe| cost(task, recipe, numbers.epochs)).sum();
    let as_set = of_a_seed * numbers.seeds.clone().count() as f64;
    let tasks = [task.clone()];
    let seconds = |trials: usize| -> Result<f64, Failure> {
        let (study, store) = (Study { trials, ..study.clone() }, Memory::default());
        Ok(pace * (as_set + Engine::new(&study, &tasks, &store)?.planned()?.cost))
    };
    Ok(Chosen { trials: most_within(time, &seconds)?, command })
}

/// The trials that a folder of this comparison keeps.
fn kept(compare: &Compare, command: &str) -> Option<usize> {
    let folders = match &compare.out {
        Some(folder) => vec![folder.clone()],
        None => folders::numbered(Path::new("results"), &super::folder_name(compare)),
    };
    folders.iter().find_map(|folder| {
        let kept: Value = serde_json::from_str(&fs::read_to_string(folder.join(FILE)).ok()?).ok()?;
        let trials = kept["trials"].as_u64().filter(|_| kept["command"] == command)?;
        usize::try_from(trials).ok().filter(|trials| TRIALS.contains(trials))
    })
}

/// The most trials whose predicted seconds are within a time, or the fewest with a warning.
fn most_within(time: Duration, seconds: &dyn Fn(usize) -> Result<f64, Failure>) -> Result<usize, Failure> {
    let planned = time.as_secs_f64() * PLANNED;
    let (mut trials, mut beyond) = (*TRIALS.start(), *TRIALS.end() + 1);
    let mut predicted = seconds(trials)?;
    if predicted > planned {
        console::note(&format!(
            "warning: with {trials} trials, the fewest, this takes about {predicted:.0} s; fewer --seeds, --epochs or \
             optimizers fit into {:.0} s",
            time.as_secs_f64()
        ));
        return Ok(trials);
    }
    // Costs grow with the trials: between `trials`, which fit, and `beyond`, which do not.
    while trials + 1 < beyond {
        let middle = (trials + beyond) / 2;
        match seconds(middle)? {
            needed if needed <= planned => (trials, predicted) = (middle, needed),
            _ => beyond = middle,
        }
    }
    console::note(&format!(
        "{trials} trials for each optimizer, in about {predicted:.0} s; --trials {trials} gives the same on any machine"
    ));
    Ok(trials)
}

/// Batches × examples of a batch × weights, as studies count them.
fn cost(task: &Task, recipe: &Recipe, epochs: u32) -> f64 {
    let batches = task.steps_per_epoch(recipe.batch) * u64::from(epochs);
    batches as f64 * recipe.batch as f64 * task.model.layout().len() as f64
}

/// Seconds for a unit of cost, with all workers at work: from an epoch of each recipe or the first two seconds.
fn measure(task: &Task, recipes: &[Recipe], numbers: &Numbers) -> Result<f64, Failure> {
    let stop = Stop::listen()?;
    let budget = Budget { epochs: 1, evaluations: EVALUATIONS };
    let matrix =
        RunMatrix { task, recipes: recipes.to_vec(), seeds: vec![0], budget, threads: numbers.threads };
    let (start, batches) = (Instant::now(), Mutex::new(vec![0_u64; recipes.len()]));
    matrix.run(&|run, event| {
        if let Event::Progress { batches: done, .. } = event {
            batches.lock().expect("no panic")[run.recipe] = *done;
        }
        let late = start.elapsed() > MEASUREMENT || stop.asked();
        if late { ControlFlow::Break(Halt::All) } else { ControlFlow::Continue(()) }
    })?;
    if let Some(code) = stop.code() {
        return Err(Failure::signal(code, "stopped before the first run"));
    }
    let done = batches.into_inner().expect("no panic").into_iter().zip(recipes);
    let steps = |recipe: &Recipe| task.steps_per_epoch(recipe.batch).max(1) as f64;
    let cost: f64 =
        done.map(|(batches, recipe)| cost(task, recipe, 1) * batches as f64 / steps(recipe)).sum();
    Ok(start.elapsed().as_secs_f64() / cost.max(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_a_number_and_a_unit() {
        let seconds = |text: &str| text.parse().map(|TimeBudget(time)| time.as_secs_f64()).ok();
        for (text, expected) in [("60s", 60.0), ("1.5h", 5400.0), ("5min", 300.0), ("2m", 120.0)] {
            assert_eq!(seconds(text), Some(expected), "{text}");
        }
        for text in ["", "60", "s", "-3s", "1e300h", "NaNs", "0s", "3 days"] {
            assert_eq!(seconds(text), None, "{text}");
        }
    }
}
