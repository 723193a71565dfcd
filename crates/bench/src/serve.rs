//! Descent as one of the baselines: the same lines, answered by this program.

use std::io::{BufRead, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

use autograd::BufferPool;
use data::batches::Normalize;
use data::{Idx, Images};
use nn::{Activation, Model};
use serde_json::{Value, json};
use tensor::ParamVec;
use tensor::parallel::spinning;
use train::Recipe;

use crate::baselines::WIDTHS;
use crate::workload::{Repetition, size};
use crate::{optim, tasks};

/// Says hello and answers until the input ends.
pub(crate) fn serve(data: &Path, threads: usize, variant: &str) -> Result<(), String> {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()
        .map_err(|error| format!("{threads} threads: {error}"))?;
    say(&json!({"baseline": "Descent", "version": concat!("descent ", env!("CARGO_PKG_VERSION"))}))?;
    let mut ready: Option<(String, Repetition)> = None;
    for line in std::io::stdin().lock().lines() {
        let line = line.map_err(|error| error.to_string())?;
        let workload = line.strip_prefix("run ").unwrap_or(&line).trim();
        if ready.as_ref().is_none_or(|(name, _)| name != workload) {
            // The old one's memory is freed before the new one is made.
            drop(ready.take());
            let made = match variant {
                "training" => tasks::repetition(workload, data).unwrap_or_else(|| training(workload, data)),
                variant => optim::repetition(workload, variant),
            };
            match made {
                Ok(repetition) => ready = Some((workload.to_string(), repetition)),
                Err(why) => {
                    say(&json!({"skip": why}))?;
                    continue;
                }
            }
        }
        let (_, repetition) = ready.as_mut().expect("it was just made");
        let (seconds, value) = pool.install(|| spinning(&mut *repetition));
        say(&match value {
            Some(value) => json!({"seconds": seconds, "value": value}),
            None => json!({"seconds": seconds}),
        })?;
    }
    Ok(())
}

/// `MODEL OPTIMIZER batch=B updates=U`: the mean loss of U updates from the given start.
fn training(workload: &str, folder: &Path) -> Result<Repetition, String> {
    let words: Vec<&str> = workload.split_whitespace().collect();
    let [name, optimizer, ..] = words[..] else { return Err(format!("no workload `{workload}`")) };
    let model = match name {
        "simplenn" => Model::mlp(&WIDTHS, Activation::Relu),
        "2c2d" => nn::models::two_c_two_d([28, 28], WIDTHS[3]),
        _ => return Err(format!("Descent has no model `{name}`")),
    };
    let recipe: Recipe = match optimizer {
        "sgd" => "sgd lr=0.01",
        "adam" => "adam lr=0.001",
        "rmsprop" => "rmsprop lr=0.001",
        _ => return Err(format!("no recipe for `{optimizer}`")),
    }
    .parse()
    .map_err(|error: train::Error| error.to_string())?;
    let (batch, updates) = (size(workload, "batch")?, size(workload, "updates")?);
    let (split, order) = examples(folder)?;
    let start = weights(&folder.join(format!("{name}.f32")), &model)?;
    let (pool, mut labels) = (BufferPool::new(), Vec::new());
    let mut weights = start.clone();
    let mut gradients = start.zeros_like();
    let pixels = split.rows * split.cols;

    let mut run = move |updates: usize| {
        weights.as_mut_slice().copy_from_slice(start.as_slice());
        let mut optimizer = recipe.optimizer(model.layout(), 0).expect("settings in range");
        let (begun, mut total) = (Instant::now(), 0.0);
        for indices in order.chunks(batch).cycle().take(updates) {
            let tape = pool.tape(&weights);
            let x = tape.input_bytes([indices.len(), pixels], Normalize::HALF.quantization(), |pixels| {
                split.gather(indices, pixels, &mut labels);
            });
            let loss = model.forward(x).cross_entropy(&labels);
            loss.backward(&mut gradients);
            total += f64::from(loss.item());
            drop(tape);
            optimizer.step(weights.as_mut_slice(), gradients.as_slice());
        }
        (begun.elapsed().as_secs_f64(), Some(total / updates as f64))
    };
    run(3.min(updates));
    Ok(Box::new(move || run(updates)))
}

/// The training images and the order in which they are visited.
fn examples(folder: &Path) -> Result<(Images, Vec<u32>), String> {
    let open = |name: &str| -> Result<(PathBuf, Idx), String> {
        let path = folder.join("MNIST").join("raw").join(name);
        let idx = Idx::open(&path, u64::MAX).map_err(|error| error.to_string())?;
        Ok((path, idx))
    };
    let (images, labels) = (open("train-images-idx3-ubyte")?, open("train-labels-idx1-ubyte")?);
    let split = Images::new((&images.0, images.1), (&labels.0, labels.1), WIDTHS[3]);
    let order = words(&folder.join("order.u32"))?.map(u32::from_le_bytes).collect();
    Ok((split.map_err(|error| error.to_string())?, order))
}

/// The model's weights from a file that has them one after another.
fn weights(path: &Path, model: &Model) -> Result<ParamVec, String> {
    let mut weights = ParamVec::zeros(model.layout().clone());
    let values: Vec<f32> = words(path)?.map(f32::from_le_bytes).collect();
    if values.len() != weights.as_slice().len() {
        return Err(format!("{} has {} weights", path.display(), values.len()));
    }
    weights.as_mut_slice().copy_from_slice(&values);
    Ok(weights)
}

/// The four-byte words of a file.
fn words(path: &Path) -> Result<impl Iterator<Item = [u8; 4]>, String> {
    let bytes = std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok((0..bytes.len() / 4)
        .map(move |i| [bytes[4 * i], bytes[4 * i + 1], bytes[4 * i + 2], bytes[4 * i + 3]]))
}

fn say(line: &Value) -> Result<(), String> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}").and_then(|()| out.flush()).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A tiny data folder, trained on: the same number in each repetition, and less than at the start.
    #[test]
    fn repetitions_begin_from_the_same_start() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let dataset = data::load(&sample_request(), &mut |_| ()).expect("the embedded sample");
        crate::baselines::write_to(folder.path(), &dataset).expect("it can be written");
        let mut repetition =
            training("simplenn adam batch=50 updates=20", folder.path()).expect("it is known");
        let (seconds, loss) = repetition();
        let loss = loss.expect("a loss");
        assert!(seconds > 0.0 && loss > 0.1 && loss < 2.3, "mean loss {loss}");
        assert_eq!(repetition().1, Some(loss));
        assert!(training("resnet adam batch=50 updates=20", folder.path()).is_err());
    }

    fn sample_request() -> data::Request {
        let mut request = data::Request::new(data::set("mnist").expect("it is in the registry"));
        request.offline = true;
        request
    }
}
