//! Training steps of sequences, signals and an autoencoder: gather, forward, loss, backward, update.

use std::path::Path;
use std::sync::Arc;

use autograd::BufferPool;
use data::batches::Normalize;
use data::characters::text_splits;
use data::generated::mnist1d::Mnist1d;
use data::samples::{Inputs, Samples, Targets};
use nn::models;
use train::loss::{CrossEntropy, Elbo};
use train::{Batch, DataInfo, Draw, InMemory, Metric, Recipe, Split, Task};

use super::options::Options;
use super::{Case, step, time};

/// Characters in an example of text.
const LENGTH: usize = 50;

/// Name, batch and task of each row, and the multiply-adds that an example takes in a step.
type Row = (&'static str, usize, fn(Option<&Path>) -> Result<(Task, usize), String>);

const ROWS: [Row; 4] = [
    ("char-lstm", 50, lstm),
    ("char-transformer", 50, transformer),
    ("vae", 64, vae),
    ("mnist1d-conv", 100, mnist1d_conv),
];

/// A step with Adam of each, on one thread and on all cores.
pub(super) fn cases(options: &Options, cores: usize) -> Result<Vec<Case>, String> {
    let mut cases = Vec::new();
    for (name, batch, task) in ROWS {
        for threads in if cores > 1 { vec![1, cores] } else { vec![1] } {
            let on = if threads == 1 { String::new() } else { format!(", {threads} threads") };
            let row = format!("{name} step, batch {batch}, adam{on}");
            if options.wants(&row) {
                let (task, multiply_adds) = task(options.data_dir.as_deref())?;
                cases.push(case(row, task, multiply_adds, batch, threads));
            }
        }
    }
    Ok(cases)
}

fn case(name: String, task: Task, multiply_adds: usize, batch: usize, threads: usize) -> Case {
    // Steps that take long enough for the clock: about 20 ms.
    let calls = (400_000_000 / (batch * multiply_adds)).clamp(1, 100);
    let (mut step, pool) = (steps(task, batch), step::pool(threads));
    let work = move || {
        let steps = || time(|| (0..calls).for_each(|_| step()));
        pool.install(|| tensor::parallel::spinning(steps)) / calls as f64
    };
    Case {
        name,
        operations: (2 * batch * multiply_adds) as f64,
        cores: threads,
        target: 0.0,
        work: Box::new(work),
        seconds: Vec::new(),
    }
}

/// Makes one update a call.
fn steps(task: Task, batch: usize) -> impl FnMut() + Send {
    let recipe: Recipe = "adam lr=0.001".parse().expect("a known optimizer");
    let (mut weights, mut buffers) = (task.model.init(1), task.model.buffers());
    let mut gradients = weights.zeros_like();
    let mut optimizer = recipe.optimizer(task.model.layout(), 0).expect("settings in range");
    let (pool, mut examples, mut count) = (BufferPool::new(), Batch::default(), 0);
    let order = task.epoch_order(1, 0);
    let batches = order.len() / batch;
    move || {
        let place = count as usize % batches * batch;
        task.examples.gather(Split::Train, &order[place..place + batch], &mut examples);
        let draw = Draw { seed: 1, step: count };
        task.gradient(&pool, &weights, &mut buffers, &examples, draw, &mut gradients);
        optimizer.step(weights.as_mut_slice(), gradients.as_slice());
        count += 1;
    }
}

/// LSTM of 128 over 50 characters. Each product has two gradients: those of the inputs go to the embedding.
fn lstm(_: Option<&Path>) -> Result<(Task, usize), String> {
    const HIDDEN: usize = 128;
    let (examples, vocabulary) = text();
    let forward = LENGTH * (2 * 4 * HIDDEN * HIDDEN + HIDDEN * vocabulary);
    let task = Task::new("char-lstm", examples, models::char_lstm(vocabulary), CrossEntropy, Metric::Loss);
    Ok((task, 3 * forward))
}

/// Decoder of 2 layers of width 128 over 50 characters: queries, keys, values, projection and two dense layers of four
/// times the width, then scores and sums of causal attention, half of a square each.
fn transformer(_: Option<&Path>) -> Result<(Task, usize), String> {
    const LAYERS: usize = 2;
    const WIDTH: usize = 128;
    let (examples, vocabulary) = text();
    let layer = 12 * WIDTH * WIDTH + (LENGTH + 1) * WIDTH;
    let forward = LENGTH * (LAYERS * layer + WIDTH * vocabulary);
    let model = models::transformer(LENGTH, vocabulary);
    Ok((Task::new("char-transformer", examples, model, CrossEntropy, Metric::Loss), 3 * forward))
}

/// The variational autoencoder of DeepOBS on images of 28 × 28.
fn vae(data_dir: Option<&Path>) -> Result<(Task, usize), String> {
    let images = step::digits(data_dir)?;
    let samples = Samples {
        inputs: Inputs::Bytes { shape: vec![images.rows, images.cols, 1], values: images.pixels.clone() },
        targets: Targets::None,
    };
    let task = Task::new("vae", in_memory(samples), models::vae(28, 28), Elbo, Metric::Loss);
    Ok((Task { normalize: Normalize::UNIT, ..task }, vae_multiply_adds()))
}

fn vae_multiply_adds() -> usize {
    const CHANNELS: usize = 64;
    const TAPS: usize = 4 * 4;
    let between = CHANNELS * CHANNELS * TAPS;
    let first = 14 * 14 * CHANNELS * TAPS;
    let encoder = first + 2 * 7 * 7 * between + 2 * 49 * CHANNELS * 8;
    let decoder = 8 * 24 + 24 * 49 + 49 * CHANNELS * TAPS + 2 * 14 * 14 * between + 14 * 14 * CHANNELS * 784;
    // The gradient of the images is nobody's.
    3 * (encoder + decoder) - first
}

/// Three convolutions of signals of 40, which leave 19, 10 and 5 places, and a dense layer.
fn mnist1d_conv(_: Option<&Path>) -> Result<(Task, usize), String> {
    const CHANNELS: usize = 25;
    let (train, _) = Mnist1d::default().samples();
    let first = 19 * CHANNELS * 5;
    let forward = first + (10 + 5) * CHANNELS * 3 * CHANNELS + 5 * CHANNELS * 10;
    let model = models::mnist1d_conv(40, 10);
    let task = Task::new("mnist1d-conv", in_memory(train), model, CrossEntropy, Metric::Accuracy);
    Ok((task, 3 * forward - first))
}

fn text() -> (Arc<InMemory>, usize) {
    let (splits, vocabulary) = text_splits(LENGTH);
    (in_memory(splits.train), vocabulary.len())
}

fn in_memory(train: Samples) -> Arc<InMemory> {
    let info = DataInfo { name: "bench".into(), origin: String::new(), sample: false };
    Arc::new(InMemory::new(info, train, Samples::default(), Samples::default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn multiply_adds_are_those_of_the_layers() {
        let products = |task: &Task, name: &str| {
            let entries = task.model.layout().entries();
            let entry = entries.iter().find(|entry| entry.name == name).expect("a parameter");
            entry.shape.len()
        };
        let (task, multiply_adds) = lstm(None).expect("it is part of the program");
        let step =
            ["lstm.weight_ih_l0", "lstm.weight_hh_l0", "linear.weight"].map(|name| products(&task, name));
        assert_eq!(multiply_adds, 3 * LENGTH * step.iter().sum::<usize>());
        let (task, multiply_adds) = mnist1d_conv(None).expect("it is generated");
        let [first, second, third, last] = ["conv1.weight", "conv2.weight", "conv3.weight", "linear.weight"]
            .map(|name| products(&task, name));
        assert_eq!(multiply_adds, 3 * (19 * first + 10 * second + 5 * third + last) - 19 * first);
    }

    #[test]
    fn a_step_of_each_learns() {
        for (name, _, task) in ROWS.iter().filter(|(name, ..)| *name != "vae") {
            let (task, multiply_adds) = task(None).expect("no file is read");
            assert!(multiply_adds > 100_000, "{name}");
            steps(task, 10)();
        }
    }
}
