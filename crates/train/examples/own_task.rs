//! Custom task outside of the crates: a cubic curve, learned from noisy points by a network with tanh.
//!
//! A task is data, a model, a loss and a metric. Training, checkpoints, records and comparisons work with any.

use std::error::Error;
use std::ops::ControlFlow;
use std::sync::Arc;

use data::samples::{Inputs, Samples, Targets};
use nn::{Activation, Model};
use tensor::random::Stream;
use train::loss::MeanSquaredError;
use train::{Budget, DataInfo, InMemory, Metric, Recipe, Task, Training};

/// `count` points x in [−1, 1) with y = x³ − x/2 + noise.
fn points(count: usize, name: &str) -> Result<Samples, Box<dyn Error>> {
    let mut stream = Stream::new(1, name);
    let x: Vec<f32> = (0..count).map(|_| 2.0 * stream.uniform() - 1.0).collect();
    let y = x.iter().map(|x| x.powi(3) - x / 2.0 + 0.01 * stream.normal()).collect();
    let inputs = Inputs::Numbers { shape: vec![1], values: x };
    Ok(Samples::new(inputs, Targets::Numbers { width: 1, values: y })?)
}

/// The task: mean squared error on 256 points, tested on 64.
fn cubic() -> Result<Task, Box<dyn Error>> {
    let info = DataInfo { name: "cubic".into(), origin: "a formula".into(), sample: false };
    let train = points(256, "train")?;
    let none = train.select(&[]);
    let data = InMemory::new(info, train, none, points(64, "test")?);
    let model = Model::mlp(&[1, 16, 1], Activation::Tanh);
    Ok(Task {
        target: Some(0.001),
        ..Task::new("cubic", Arc::new(data), model, MeanSquaredError, Metric::Loss)
    })
}

/// Trains 200 epochs and checks the test error.
pub(crate) fn main() -> Result<(), Box<dyn Error>> {
    let task = cubic()?;
    let recipe: Recipe = "adam lr=0.02, batch=32".parse()?;
    let mut training = Training::new(&task, &recipe, 1, Budget { epochs: 200, evaluations: 1 })?;
    training.run(&mut |_| ControlFlow::Continue(()));
    let error = training.record().final_metric().ok_or("the run diverged")?;
    assert!(error < 0.001, "expected a mean squared error below 0.001, found {error}");
    Ok(())
}
