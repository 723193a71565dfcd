//! The program `descent` with a rule, a task and a study of one's own: `descent study run own`, and every other command,
//! knows them. `cargo run -p cli --example own_study -- compare --task cubic --optimizers 'signed; adam' --tune`
use std::{error::Error, ffi::OsString, process::ExitCode};

use lab::{study, study::Study, tasks};
use nn::{Activation, Model};
use optim::{Info, Rule, Slot, Update, hyperparameters, rules};
use tensor::random::Stream;
use train::loss::MeanSquaredError;

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
        formula: "m ← μ·m + (1 − μ)·g\nw ← w − η·sign(m)",
        ..Info::own("signed", "Sign of the mean gradient")
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

/// A small network on noisy points of y = x³ − x/2.
static CUBIC: tasks::Info = tasks::Info::own("cubic", |info, setup| {
    let mut stream = Stream::new(1, "points");
    let examples = setup.regression(info, [256, 64], |_| {
        let x = 2.0 * stream.uniform() - 1.0;
        ([x], [x.powi(3) - x / 2.0 + 0.05 * stream.normal()])
    });
    Ok(info.task(examples, Model::mlp(&[1, 16, 1], Activation::Tanh), MeanSquaredError))
});

/// The program with all three; names that are taken are said.
pub(crate) fn program(arguments: impl IntoIterator<Item = OsString>) -> Result<ExitCode, Box<dyn Error>> {
    rules::register(Signed::default())?;
    tasks::register(&CUBIC)?;
    study::register(Study::of("own", &["cubic"], &["signed", "sgd momentum=0.9"])?)?;
    Ok(cli::main(arguments))
}

pub(crate) fn main() -> Result<ExitCode, Box<dyn Error>> {
    program(std::env::args_os())
}
