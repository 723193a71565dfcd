//! The program `descent` with an own optimizer and an own task: two registrations, and recipes, flags, tables, the finder
//! and studies know both.
//!
//! ```console
//! cargo run -p cli --example own_study -- explain signed
//! cargo run -p cli --example own_study -- find-lr --task cubic --optimizer signed
//! cargo run -p cli --example own_study -- compare --task cubic --optimizers 'signed; sgd momentum=0.9' --tune
//! cargo run -p cli --example own_study -- study new --tasks cubic,friedman1 --optimizers signed,adam > own.toml
//! cargo run -p cli --example own_study -- study run own.toml
//! ```

use std::process::ExitCode;

use data::samples::{Inputs, Samples, Targets};
use lab::tasks::{self, Data};
use nn::{Activation, Model};
use optim::{Info, Rule, Slot, Update, hyperparameters, rules};
use tensor::random::Stream;
use train::{Budget, DataInfo, Metric, loss::MeanSquaredError};

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
static CUBIC: tasks::Info = tasks::Info {
    name: "cubic",
    why: "a noisy curve, on which a good rule needs few points",
    data: Data::Generated("256 noisy points of a cubic"),
    model: "1-16-1, tanh",
    loss: "mean squared error",
    metric: Metric::Loss,
    target: Some(0.005),
    budget: Budget { epochs: 40, evaluations: 1 },
    batch: 16,
    source: "this example",
    build: |info, setup| {
        let points = |count: usize, name: &str| {
            let mut stream = Stream::new(1, name);
            let x: Vec<f32> = (0..count).map(|_| 2.0 * stream.uniform() - 1.0).collect();
            let values = x.iter().map(|x| x.powi(3) - x / 2.0 + 0.05 * stream.normal()).collect();
            let inputs = Inputs::Numbers { shape: vec![1], values: x };
            Samples::new(inputs, Targets::Numbers { width: 1, values }).expect("a target for each point")
        };
        let data = DataInfo { name: "cubic".into(), origin: "a formula".into(), sample: false };
        let examples = setup.in_memory(data, points(256, "train"), points(64, "test"));
        Ok(info.task(examples, Model::mlp(&[1, 16, 1], Activation::Tanh), MeanSquaredError))
    },
};

/// The program with both; names that are taken are said.
pub(crate) fn program(arguments: impl IntoIterator<Item = std::ffi::OsString>) -> ExitCode {
    rules::register(Signed::default()).expect("no other rule has the name");
    tasks::register(&CUBIC).expect("no other task has the name");
    cli::main(arguments)
}

pub(crate) fn main() -> ExitCode {
    program(std::env::args_os())
}
