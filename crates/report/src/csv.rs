//! One row a run and epoch, for spreadsheets and data frames.

use std::fmt::Display;

use train::record::{EpochRecord, Evaluation, RunRecord, Status};

const HEADER: [&str; 21] = [
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
    "test_accuracy",
    "gradient_calls",
];

/// The records in long form: a header, then one row for each epoch of each run.
///
/// Quoting and line ends follow RFC 4180. A run that diverged within its first epoch has one row
/// with an empty epoch, so that no run is lost. The test columns are empty where the test set was
/// not measured at the end of that epoch. `epoch_seconds` is the epoch's own training time,
/// `train_seconds` the run's so far; `gradient_calls` counts the whole run's.
pub fn csv(runs: &[RunRecord]) -> String {
    let mut rows = HEADER.join(",") + "\r\n";
    for run in runs {
        if run.epochs.is_empty() {
            push_row(&mut rows, run, None);
        }
        for epoch in &run.epochs {
            push_row(&mut rows, run, Some(epoch));
        }
    }
    rows
}

fn push_row(rows: &mut String, run: &RunRecord, epoch: Option<&EpochRecord>) {
    let (status, step) = match run.status {
        Status::Finished => ("finished", None),
        Status::Diverged { step } => ("diverged", Some(step)),
    };
    let test = epoch.and_then(|epoch| evaluation_after(run, epoch));
    let fields: [String; HEADER.len()] = [
        quoted(&run.dataset),
        run.sample.to_string(),
        quoted(&run.model),
        run.weights.to_string(),
        quoted(&run.optimizer),
        quoted(&run.recipe),
        run.seed.to_string(),
        run.batch.to_string(),
        run.threads.to_string(),
        quoted(&run.kernel),
        run.state_bytes_per_weight.to_string(),
        status.to_string(),
        or_empty(step),
        or_empty(epoch.map(|e| e.epoch)),
        or_empty(epoch.map(|e| e.steps)),
        or_empty(epoch.map(|e| e.train_loss)),
        or_empty(epoch.map(|e| e.seconds)),
        or_empty(test.map(|t| t.seconds)),
        or_empty(test.map(|t| t.test_loss)),
        or_empty(test.map(|t| t.test_accuracy)),
        or_empty(run.gradient_calls),
    ];
    *rows += &fields.join(",");
    *rows += "\r\n";
}

fn evaluation_after<'a>(run: &'a RunRecord, epoch: &EpochRecord) -> Option<&'a Evaluation> {
    run.evaluations.iter().rev().find(|test| test.epoch == f64::from(epoch.epoch))
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
