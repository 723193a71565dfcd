//! Own rule, own task and own study in one file: does a sign of the gradient find a noisy curve as well as SGD?
//!
//! The rule's search space, the task's splits and the study's seeds come from the declarations below.

use std::error::Error;
use std::ops::ControlFlow;
use std::sync::Arc;

use data::samples::{Inputs, Samples, Targets};
use lab::store::Memory;
use lab::study::{Engine, Entry, Outcome, Ruleset, Study};
use nn::{Activation, Model};
use optim::{Info, Rule, Slot, Update, hyperparameters};
use tensor::random::Stream;
use train::{DataInfo, InMemory, Metric, Recipe, Task, loss::MeanSquaredError};

hyperparameters! {
    /// Steps of one length, against the sign of the mean gradient.
    pub struct Signed {
        /// Step size η, with the interval in which studies look for it.
        lr: f64 = 0.01 search "1e-4..0.1 log" in 0.0..,
        /// Decay μ of the mean gradient.
        momentum: f64 = 0.9 in 0.0..1.0,
    }
}

impl Rule for Signed {
    const INFO: Info = Info {
        name: "signed",
        title: "Sign of the mean gradient",
        family: "sign",
        problem: "gradients of very different size",
        formula: "m ← μ·m + (1 − μ)·g\nw ← w − η·sign(m)",
        good_when: "the rate decays: steps never shorten by themselves",
        bad_when: "gradients are mostly noise",
        relatives: "lion adds a second mean and weight decay",
        source: "this example",
    };

    fn state(&self) -> Vec<Slot> {
        vec![Slot::zeros("exp_avg", "m")]
    }

    fn update(&self, _t: u64, update: Update<'_>) {
        let [lr, mu] = [self.lr, self.momentum].map(|x| x as f32);
        update.each_weight(move |w, g, [m]| {
            let m = mu * m + (1.0 - mu) * g;
            (w - lr * m.signum(), [m])
        });
    }
}

/// A network with 16 units on 256 noisy points of y = x³ − x/2.
fn cubic() -> Result<Task, Box<dyn Error>> {
    let points = |count: usize, name: &str| {
        let mut stream = Stream::new(1, name);
        let x: Vec<f32> = (0..count).map(|_| 2.0 * stream.uniform() - 1.0).collect();
        let values = x.iter().map(|x| x.powi(3) - x / 2.0 + 0.05 * stream.normal()).collect();
        Samples::new(Inputs::Numbers { shape: vec![1], values: x }, Targets::Numbers { width: 1, values })
    };
    let info = DataInfo { name: "cubic".into(), origin: "a formula".into(), sample: false };
    let data = InMemory::new(info, points(256, "train")?, points(64, "validation")?, points(64, "test")?);
    let model = Model::mlp(&[1, 16, 1], Activation::Tanh);
    Ok(Task::new("cubic", Arc::new(data), model, MeanSquaredError, Metric::Loss))
}

/// Both recipes as they are, and with their rates tuned alike.
pub(crate) fn study() -> Result<Outcome, Box<dyn Error>> {
    let signed = Recipe::new(Box::new(Signed::default()));
    let entries = vec![Entry::new("signed", signed), Entry::new("sgd", "sgd momentum=0.9".parse()?)];
    let study = Study {
        rulesets: vec![Ruleset::Default, Ruleset::Lr],
        trials: 4,
        seeds: 0..4,
        epochs: Some(40),
        ..Study::new("own", vec!["cubic".into()], entries)
    };
    let (tasks, store) = ([cubic()?], Memory::default());
    let engine = Engine::new(&study, &tasks, &store)?;
    Ok(engine.run(&|_, _| ControlFlow::Continue(()), &|_| ControlFlow::Continue(()))?)
}

/// Prints what may be concluded.
#[allow(clippy::print_stdout, reason = "an example shows what it does")]
pub(crate) fn main() -> Result<(), Box<dyn Error>> {
    println!("{}", report::study_table(&study()?, 80, report::Style::Plain));
    Ok(())
}
