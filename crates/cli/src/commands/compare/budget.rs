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

/// The size of a comparison that was begun with a budget.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Chosen {
    /// The comparison, with its budget.
    command: String,
    /// Trials of each recipe.
    pub(super) trials: usize,
    /// The most seeds that fit, where --until-ci adds some.
    pub(super) most_seeds: Option<u32>,
}

impl Chosen {
    /// Keeps it in the folder of the comparison.
    pub(super) fn keep(&self, folder: &Path) -> Result<(), Failure> {
        let Chosen { command, trials, most_seeds } = self;
        let mut kept = json!({ "command": command, "trials": trials });
        if let Some(most) = most_seeds {
            kept["most_seeds"] = (*most).into();
        }
        let text = format!("{kept}\n");
        files::atomic_write(&folder.join(FILE), text.as_bytes())
            .map_err(|error| error.with_flag("--out").into())
    }
}

/// Sizes that fit into a time, of the comparison that is gone on with, or as measured now: as many trials as possible; with
/// --until-ci the usual ones, and then as many seeds as possible. It is decided before the first result, so that a
/// comparison that goes on, or has other luck, takes the same looks.
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
    if let Some(kept) = kept(compare, &command) {
        return Ok(kept);
    }
    let pace = measure(task, recipes, numbers)?;
    let of_a_seed: f64 = recipes.iter().map(|recipe| cost(task, recipe, numbers.epochs)).sum();
    let tasks = [task.clone()];
    let seconds = |trials: usize, seeds: u64| -> Result<f64, Failure> {
        let range = numbers.seeds.start..numbers.seeds.start + seeds;
        let (study, store) = (Study { trials, seeds: range, ..study.clone() }, Memory::default());
        Ok(pace * (of_a_seed * seeds as f64 + Engine::new(&study, &tasks, &store)?.planned()?.cost))
    };
    let first = numbers.seeds.end - numbers.seeds.start;
    let most = if compare.until.is_given() { compare.trials().max(*TRIALS.start()) } else { *TRIALS.end() };
    let of_trials = |trials: u64| seconds(trials as usize, first);
    let (trials, predicted) = most_within(time, *TRIALS.start() as u64..=most as u64, &of_trials)?;
    let trials = trials as usize;
    if predicted > planned(time) {
        console::note(&format!(
            "warning: with {trials} trials, the fewest, this takes about {predicted:.0} s; fewer --seeds, --epochs or \
             optimizers fit into {:.0} s",
            time.as_secs_f64()
        ));
    }
    if !compare.until.is_given() {
        if predicted <= planned(time) {
            console::note(&format!(
                "{trials} trials for each optimizer, in about {predicted:.0} s; --trials {trials} gives the same on any \
                 machine"
            ));
        }
        return Ok(Chosen { trials, most_seeds: None, command });
    }
    let of_seeds = |seeds: u64| seconds(trials, seeds);
    let (most, predicted) = most_within(time, first..=u64::from(compare.until.most()).max(first), &of_seeds)?;
    console::note(&format!(
        "at most {most} seeds, with {trials} trials for each optimizer, in about {predicted:.0} s; --trials {trials} \
         --most-seeds {most} gives the same on any machine"
    ));
    Ok(Chosen { trials, most_seeds: u32::try_from(most).ok(), command })
}

/// Seconds of a time that are planned.
fn planned(time: Duration) -> f64 {
    time.as_secs_f64() * PLANNED
}

/// The size that a folder of this comparison keeps.
fn kept(compare: &Compare, command: &str) -> Option<Chosen> {
    let folders = match &compare.out {
        Some(folder) => vec![folder.clone()],
        None => folders::numbered(Path::new("results"), &super::folder_name(compare)),
    };
    folders.iter().find_map(|folder| {
        let kept: Value = serde_json::from_str(&fs::read_to_string(folder.join(FILE)).ok()?).ok()?;
        let trials = kept["trials"].as_u64().filter(|_| kept["command"] == command)?;
        let trials = usize::try_from(trials).ok().filter(|trials| TRIALS.contains(trials))?;
        let most_seeds = kept["most_seeds"].as_u64().and_then(|most| u32::try_from(most).ok());
        let is_same = most_seeds.is_some() == compare.until.is_given();
        is_same.then(|| Chosen { command: command.to_string(), trials, most_seeds })
    })
}

/// The largest size of a range whose predicted seconds are within the planned part of a time, or the smallest; and its
/// seconds.
fn most_within(
    time: Duration,
    range: std::ops::RangeInclusive<u64>,
    seconds: &dyn Fn(u64) -> Result<f64, Failure>,
) -> Result<(u64, f64), Failure> {
    let (mut fits, mut beyond) = (*range.start(), *range.end() + 1);
    let mut predicted = seconds(fits)?;
    if predicted > planned(time) {
        return Ok((fits, predicted));
    }
    // Costs grow with the size: between `fits`, which does, and `beyond`, which does not.
    while fits + 1 < beyond {
        let middle = (fits + beyond) / 2;
        match seconds(middle)? {
            needed if needed <= planned(time) => (fits, predicted) = (middle, needed),
            _ => beyond = middle,
        }
    }
    Ok((fits, predicted))
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
