//! One row per run and epoch, for spreadsheets and data frames.

use std::fmt::Display;

use train::record::{Point, Status};
use train::{Record, Split};

const HEADER: [&str; 23] = [
    "task",
    "dataset",
    "sample",
    "model",
    "weights",
    "optimizer",
    "recipe",
    "seed",
    "batch",
    "threads",
    "kernel",
    "state_bytes_per_weight",
    "status",
    "diverged_at_step",
    "epoch",
    "steps",
    "train_loss",
    "epoch_seconds",
    "train_seconds",
    "test_loss",
    "metric",
    "test_metric",
    "gradient_calls",
];

/// The records in long form: a header, then one row for each epoch of each run.
///
/// Quoting and line ends follow RFC 4180. A run that diverged within its first epoch has one row
/// with an empty epoch, so that no run is lost. The test columns are empty where the test set was
/// not measured at the end of that epoch. `epoch_seconds` is the epoch's own training time,
/// `train_seconds` the run's so far; `gradient_calls` counts the whole run's.
pub fn csv(runs: &[Record]) -> String {
    let mut rows = HEADER.join(",") + "\r\n";
    for run in runs {
        let epochs = run.curve(Record::EPOCH_LOSS);
        if epochs.is_empty() {
            push_row(&mut rows, run, None);
        }
        for (epoch, seconds) in epochs.iter().zip(run.epoch_seconds()) {
            push_row(&mut rows, run, Some((epoch, seconds)));
        }
    }
    rows
}

fn push_row(rows: &mut String, run: &Record, epoch: Option<(&Point, f64)>) {
    let (status, step) = match run.status {
        Status::Finished => ("finished", None),
        Status::Diverged { step } => ("diverged", Some(step)),
    };
    let test = |curve: &[Point]| {
        let (epoch, _) = epoch?;
        curve.iter().rev().find(|point| point.epoch == epoch.epoch).copied()
    };
    let (loss, score) = (test(run.loss_curve(Split::Test)), test(run.metric_curve(Split::Test)));
    let fields: [String; HEADER.len()] = [
        quoted(&run.task.name),
        quoted(&run.task.data.name),
        run.task.data.sample.to_string(),
        quoted(&run.task.model),
        run.task.weights.to_string(),
        quoted(&run.optimizer),
        quoted(&run.recipe),
        run.seed.to_string(),
        run.batch.to_string(),
        run.environment.threads.to_string(),
        quoted(&run.environment.kernel),
        run.state_bytes_per_weight.to_string(),
        status.to_string(),
        or_empty(step),
        or_empty(epoch.map(|(epoch, _)| epoch.epoch)),
        or_empty(epoch.map(|(epoch, _)| epoch.updates)),
        or_empty(epoch.map(|(epoch, _)| epoch.value)),
        or_empty(epoch.map(|(_, seconds)| seconds)),
        or_empty(loss.map(|test| test.seconds)),
        or_empty(loss.map(|test| test.value)),
        run.task.metric.name().to_string(),
        or_empty(score.map(|test| test.value)),
        or_empty(run.counts.gradients),
    ];
    *rows += &fields.join(",");
    *rows += "\r\n";
}

fn or_empty<T: Display>(value: Option<T>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

pub(crate) fn quoted(text: &str) -> String {
    if text.contains(['"', ',', '\r', '\n']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_string()
    }
}
