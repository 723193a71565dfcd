//! Training steps of sequences, signals and an autoencoder: gather, forward, loss, backward, update.

use std::path::Path;
use std::sync::Arc;

use autograd::BufferPool;
use data::batches::Normalize;
use data::characters::text_splits;
use data::generated::mnist1d::Mnist1d;
use data::samples::{Inputs, Samples, Targets};
use nn::models;
use optim::Optimizer;
use serde_json::json;
use tensor::ParamVec;
use train::loss::{CrossEntropy, Elbo};
use train::{Batch, DataInfo, Draw, InMemory, Metric, Recipe, Split, Task};

use super::options::Options;
use super::workload::{Repetition, Workload, size};
use super::{Case, Step, step, time};

/// The seed of weights and order.
const SEED: u64 = 1;

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
            let row = format!("{}{on}", row(name, batch));
            if options.wants(&row) {
                let (task, multiply_adds) = task(options.data_dir.as_deref())?;
                cases.push(case(row, task, multiply_adds, batch, threads));
            }
        }
    }
    Ok(cases)
}

/// The row of a step on one thread.
fn row(task: &str, batch: usize) -> String {
    format!("{task} step, batch {batch}, adam")
}

/// Each row with its step, which makes one update a call.
pub(super) fn all_steps(options: &Options) -> Result<Vec<(String, Step)>, String> {
    let wanted = ROWS.iter().map(|(name, batch, task)| (row(name, *batch), *batch, task));
    let made = wanted.filter(|(row, ..)| options.wants(row)).map(|(row, batch, task)| {
        let (task, _) = task(options.data_dir.as_deref())?;
        Ok((row, Box::new(steps(task, batch)) as Step))
    });
    made.collect()
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
    let (mut run, mut step) = (Run::new(task), 0);
    move || {
        run.update(batch, step);
        step += 1;
    }
}

/// A model at work, from its start.
struct Run {
    task: Task,
    order: Vec<u32>,
    recipe: Recipe,
    optimizer: Optimizer,
    weights: ParamVec,
    buffers: ParamVec,
    gradients: ParamVec,
    pool: BufferPool,
    examples: Batch,
}

impl Run {
    fn new(task: Task) -> Run {
        let recipe: Recipe = "adam lr=0.001".parse().expect("a known optimizer");
        let weights = task.model.init(SEED);
        Run {
            order: task.epoch_order(SEED, 0),
            optimizer: recipe.optimizer(task.model.layout(), 0).expect("settings in range"),
            gradients: weights.zeros_like(),
            buffers: task.model.buffers(),
            pool: BufferPool::new(),
            examples: Batch::default(),
            recipe,
            weights,
            task,
        }
    }

    /// Goes back to the start.
    fn restart(&mut self) {
        self.weights = self.task.model.init(SEED);
        self.optimizer = self.recipe.optimizer(self.task.model.layout(), 0).expect("settings in range");
    }

    /// One update; returns the loss of its batch.
    fn update(&mut self, batch: usize, step: u64) -> f64 {
        let Run { task, order, optimizer, weights, buffers, gradients, pool, examples, .. } = self;
        let place = step as usize % (order.len() / batch) * batch;
        task.examples.gather(Split::Train, &order[place..place + batch], examples);
        let loss = task.gradient(pool, weights, buffers, examples, Draw { seed: SEED, step }, gradients);
        optimizer.step(weights.as_mut_slice(), gradients.as_slice());
        loss
    }
}

/// The workloads in turns with other libraries: a few seconds each.
pub(super) fn workloads(threads: usize) -> impl Iterator<Item = Workload> {
    ROWS.iter().zip([50, 20, 10, 400]).map(move |((name, batch, _), updates)| Workload {
        words: format!("{name} adam batch={batch}"),
        updates,
        warm: 0,
        threads,
    })
}

/// `TASK adam batch=B updates=U`: the mean loss of U updates from the start, if this is the name of a task.
pub(super) fn repetition(workload: &str, folder: &Path) -> Option<Result<Repetition, String>> {
    let (name, _, task) = ROWS.iter().find(|(name, ..)| workload.split(' ').next() == Some(name))?;
    let made = || {
        let (batch, updates) = (size(workload, "batch")?, size(workload, "updates")?);
        let (task, _) = task(Some(folder)).map_err(|why| format!("{name}: {why}"))?;
        let mut run = Run::new(task);
        let mut repetition = move |updates: usize| {
            run.restart();
            let mut total = 0.0;
            let seconds = time(|| total = (0..updates as u64).map(|step| run.update(batch, step)).sum());
            (seconds, Some(total / updates as f64))
        };
        repetition(3.min(updates));
        Ok(Box::new(move || repetition(updates)) as Repetition)
    };
    Some(made())
}

/// Writes data, order and starting weights of each task for the other libraries.
pub(super) fn write(folder: &Path) -> Result<(), String> {
    for (name, _, task) in ROWS {
        let (task, _) = task(Some(folder))?;
        let folder = folder.join("tasks").join(name);
        std::fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        let put = |name: &str, bytes: Vec<u8>| {
            let path = folder.join(name);
            std::fs::write(&path, bytes).map_err(|error| format!("{}: {error}", path.display()))
        };
        let words = |values: &[u32]| values.iter().flat_map(|x| x.to_le_bytes()).collect::<Vec<u8>>();
        let floats = |values: &[f32]| values.iter().flat_map(|x| x.to_le_bytes()).collect::<Vec<u8>>();
        let all: Vec<u32> = (0..task.examples.len(Split::Train) as u32).collect();
        let mut examples = Batch::default();
        task.examples.gather(Split::Train, &all, &mut examples);
        let (kind, vocabulary, inputs) = match &examples.inputs {
            Inputs::Bytes { values, .. } => ("uint8", 0, values.clone()),
            Inputs::Numbers { values, .. } => ("float32", 0, floats(values)),
            Inputs::Tokens { values, vocabulary, .. } => ("uint32", *vocabulary, words(values)),
        };
        let targets: &[u32] = match &examples.targets {
            Targets::Classes { labels, .. } => labels,
            Targets::Tokens { values, .. } => values,
            Targets::Numbers { .. } | Targets::None => &[],
        };
        let entries = task.model.layout().entries().iter();
        let parameters: Vec<_> = entries.map(|entry| json!([entry.name, entry.shape.to_vec()])).collect();
        let size: usize = examples.inputs.shape().iter().product();
        let about =
            json!({ "inputs": kind, "size": size, "vocabulary": vocabulary, "parameters": parameters });
        put("task.json", about.to_string().into_bytes())?;
        put("inputs", inputs)?;
        put("targets", words(targets))?;
        put("order", words(&task.epoch_order(SEED, 0)))?;
        put("weights", floats(task.model.init(SEED).as_slice()))?;
    }
    Ok(())
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
            // A weight is multiplied once or more.
            assert!(multiply_adds > task.model.layout().len(), "{name}: {multiply_adds}");
            steps(task, 10)();
        }
    }
}
