//! Networks on digits, and runs of them.

use std::ops::ControlFlow;
use std::sync::Arc;

use data::batches::Normalize;
use nn::{Activation, Architecture};
use train::{Budget, Direction, Examples, InMemory, Record, Split, Task, Training};

use crate::measured::number_text;
use crate::{Error, Settings};

/// The first digits of MNIST, and their origin in words.
///
/// # Errors
/// If the data cannot be loaded.
pub(crate) fn digits(
    settings: &Settings<'_>,
    train: usize,
    test: usize,
) -> Result<(InMemory, String), Error> {
    let dataset = (settings.load)(data::set("mnist")?)?.first(train, test);
    let origin = dataset.origin.to_string();
    let examples = InMemory::images(dataset);
    let [train, test] = [Split::Train, Split::Test].map(|split| examples.len(split));
    let [train, test] = [train, test].map(|count| number_text(count as f64));
    Ok((examples, format!("the first {train} training and {test} test digits of MNIST ({origin})")))
}

/// Dense layers of these hidden widths with ReLU.
///
/// # Errors
/// If a width is 0, or the targets are neither classes nor numbers.
pub(crate) fn dense(examples: InMemory, hidden: &[usize]) -> Result<Task, Error> {
    let architecture = Architecture::Mlp { hidden: hidden.into(), activation: Activation::Relu };
    Ok(Task::supervised(Arc::new(examples), &architecture, Normalize::HALF)?)
}

/// The notebook's network.
pub(crate) const SIMPLENN: [usize; 2] = [128, 64];

/// Trains a recipe to the end of `epochs`, with this number of evaluations in each.
///
/// # Errors
/// If the recipe cannot be used.
pub(crate) fn run(
    task: &Task,
    recipe: &str,
    seed: u64,
    epochs: u32,
    evaluations: u32,
) -> Result<Record, lab::Error> {
    let recipe = recipe.parse()?;
    let mut training = Training::new(task, &recipe, seed, Budget { epochs, evaluations })?;
    training.run(&mut |_| ControlFlow::Continue(()));
    Ok(training.record())
}

/// The final metric; the worst value of the metric if the run diverged.
pub(crate) fn score(record: &Record) -> f64 {
    let worst = match record.direction() {
        Direction::Maximize => 0.0,
        Direction::Minimize => f64::INFINITY,
    };
    record.final_metric().unwrap_or(worst)
}

/// Trains a recipe to the end of `epochs` without an evaluation on the way, and looks at the run there.
///
/// # Errors
/// As [`run`].
pub(crate) fn at_end<T>(
    task: &Task,
    recipe: &str,
    seed: u64,
    epochs: u32,
    look: impl FnOnce(&Training<'_>) -> T,
) -> Result<T, lab::Error> {
    let recipe = recipe.parse()?;
    let mut training = Training::new(task, &recipe, seed, Budget { epochs, evaluations: 0 })?;
    training.run(&mut |_| ControlFlow::Continue(()));
    Ok(look(&training))
}

/// The test metric at the end of a run that is not evaluated on its way; infinite if it diverged.
///
/// # Errors
/// As [`run`].
pub(crate) fn end_of_run(task: &Task, recipe: &str, seed: u64, epochs: u32) -> Result<f64, lab::Error> {
    at_end(task, recipe, seed, epochs, |training| match training.has_diverged() {
        true => f64::INFINITY,
        false => task.evaluate(&training.evaluation_weights(), training.buffers(), Split::Test).metric,
    })
}

/// Rates from `low` to `high` by the given factor.
pub(crate) fn rates(low: f64, high: f64, factor: f64) -> Vec<f64> {
    let count = ((high / low).ln() / factor.ln()).round() as i32;
    (0..=count).map(|i| low * factor.powi(i)).collect()
}
