//! A recurrent network on text, with and without clipping.

use std::ops::ControlFlow;
use std::sync::Arc;

use lab::tasks::{Setup, TaskSpec};
use report::chart::{Chart, Scale, Series};
use train::{Budget, Split, Task, Training};

use crate::nets::rates;
use crate::suite::Few;
use crate::{Error, Measured, Settings};

/// Norm at which gradients are clipped.
pub(super) const CLIP: f64 = 1.0;

const BATCH: usize = 8;

/// Losses of `char-rnn` by SGD over the rates, `rnn plain` and `rnn clipped`: `best` is the lowest, `largest` the largest
/// rate at which the network has learned.
///
/// # Errors
/// If the reader of the progress stops.
pub(super) fn measure(settings: &Settings<'_>, measured: &mut Measured) -> Result<(), Error> {
    let spec: TaskSpec = "char-rnn".parse().expect("it is listed");
    let task = spec.build(&mut Setup::offline()).map_err(lab::Error::from)?;
    let train = settings.size(80, 1_200);
    let few = Few::new(Arc::clone(&task.examples), train, (Split::Test, 0, 8));
    let task = Task { examples: Arc::new(few), ..task };
    let grid = settings.size(rates(0.1, 10.0, 10.0), rates(0.03, 30.0, 10_f64.sqrt()));
    let arms =
        [("plain", "without clipping", String::new()), ("clipped", "clipped at 1", format!(", clip={CLIP}"))];
    let cases: Vec<(usize, f64)> =
        (0..arms.len()).flat_map(|arm| grid.iter().map(move |&lr| (arm, lr))).collect();
    let ends = settings.parts(&cases, |&(arm, lr)| {
        late_loss(&task, &format!("sgd lr={lr}, batch={BATCH}{}", arms[arm].2))
    })?;
    let untrained = task.evaluate(&task.model.init(0), &task.model.buffers(), Split::Test).loss;
    measured.note("rnn start", "loss of `char-rnn` before training", untrained);
    let mut series = vec![];
    for ((key, label, _), ends) in arms.iter().zip(ends.chunks(grid.len())) {
        let curve: Vec<(f64, f64)> = grid.iter().zip(ends).map(|(&lr, &loss)| (lr, loss)).collect();
        let best = curve.iter().map(|point| point.1).fold(f64::INFINITY, f64::min);
        let learned = curve.iter().filter(|point| point.1 < untrained).map(|point| point.0);
        measured.note(&format!("rnn {key} best"), &format!("lowest loss of `char-rnn`, {label}"), best);
        let label_of = format!("largest rate at which it learns, {label}");
        measured.note(&format!("rnn {key} largest"), &label_of, learned.fold(0.0, f64::max));
        series.push(Series::line(*label, curve));
    }
    measured.charts.push(Chart {
        title: "Loss of a recurrent network on text, with and without clipping".into(),
        x: ("learning rate".into(), Scale::Log),
        y: ("loss".into(), Scale::Log),
        series,
        marks: vec![],
    });
    Ok(())
}

/// Mean loss of the last quarter of the batches; infinite for a run that diverged.
fn late_loss(task: &Task, recipe: &str) -> Result<f64, lab::Error> {
    let recipe = recipe.parse()?;
    let mut training = Training::new(task, &recipe, 0, Budget { epochs: 1, evaluations: 0 })?;
    let mut losses = vec![];
    training.run(&mut |training| {
        losses.push(training.progress().last_loss);
        ControlFlow::Continue(())
    });
    let late = &losses[losses.len() * 3 / 4..];
    Ok(if training.has_diverged() { f64::INFINITY } else { lab::stats::mean(late) })
}
