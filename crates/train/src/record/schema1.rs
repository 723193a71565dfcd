//! Records of schema 1, which knew only images: read and converted.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Counts, Environment, Point, Record, SCHEMA, Status, TaskRecord};
use crate::budget::Budget;
use crate::examples::{DataInfo, Split};
use crate::metric::Metric;

#[derive(Deserialize)]
pub(super) struct RunRecord {
    dataset: String,
    origin: String,
    sample: bool,
    train_images: usize,
    test_images: usize,
    model: String,
    weights: usize,
    optimizer: String,
    recipe: String,
    seed: u64,
    batch: usize,
    state_bytes_per_weight: usize,
    threads: usize,
    kernel: String,
    #[serde(default)]
    gradient_calls: Option<u64>,
    status: Status,
    epochs: Vec<Epoch>,
    train_curve: Vec<TrainPoint>,
    evaluations: Vec<Evaluation>,
}

#[derive(Deserialize)]
struct Epoch {
    epoch: u32,
    steps: u64,
    #[serde(with = "crate::json_number")]
    train_loss: f64,
    #[serde(with = "crate::json_number")]
    seconds: f64,
}

#[derive(Deserialize)]
struct TrainPoint {
    #[serde(with = "crate::json_number")]
    epoch: f64,
    #[serde(with = "crate::json_number")]
    loss: f64,
}

#[derive(Deserialize)]
struct Evaluation {
    #[serde(with = "crate::json_number")]
    epoch: f64,
    #[serde(with = "crate::json_number")]
    seconds: f64,
    #[serde(with = "crate::json_number")]
    test_loss: f64,
    #[serde(with = "crate::json_number")]
    test_accuracy: f64,
}

impl From<RunRecord> for Record {
    fn from(old: RunRecord) -> Record {
        let curves = old.curves();
        let per_epoch = old.updates_per_epoch();
        let epochs = old.epochs.len();
        let batches = match old.status {
            Status::Finished => epochs as u64 * per_epoch,
            Status::Diverged { step } => step,
        };
        let evaluations = old.evaluations.len().saturating_sub(1).checked_div(epochs);
        Record {
            schema: SCHEMA,
            optimizer: old.optimizer,
            recipe: old.recipe,
            seed: old.seed,
            batch: old.batch,
            budget: Budget { epochs: epochs as u32, evaluations: evaluations.unwrap_or(0) as u32 },
            counts: Counts {
                batches,
                updates: old.epochs.last().map_or(0, |epoch| epoch.steps),
                gradients: old.gradient_calls,
                examples: epochs as u64 * old.train_images as u64,
            },
            status: old.status,
            state_bytes_per_weight: old.state_bytes_per_weight,
            environment: Environment {
                kernel: old.kernel,
                threads: old.threads,
                version: String::new(),
                numbers: 1,
            },
            curves,
            diagnostics: BTreeMap::new(),
            histograms: BTreeMap::new(),
            changes: Vec::new(),
            task: TaskRecord {
                name: old.model.clone(),
                data: DataInfo { name: old.dataset, origin: old.origin, sample: old.sample },
                sha256: String::new(),
                examples: BTreeMap::from([(Split::Train, old.train_images), (Split::Test, old.test_images)]),
                model: old.model,
                weights: old.weights,
                loss: "cross-entropy".to_string(),
                settings: BTreeMap::new(),
                metric: Metric::Accuracy,
                target: None,
            },
        }
    }
}

impl RunRecord {
    fn updates_per_epoch(&self) -> u64 {
        self.train_images.div_ceil(self.batch.max(1)) as u64
    }

    fn curves(&self) -> BTreeMap<String, Vec<Point>> {
        let per_epoch = self.updates_per_epoch();
        let mut seconds = 0.0;
        let epochs = self.epochs.iter().map(|epoch| {
            seconds += epoch.seconds;
            Point { epoch: epoch.epoch.into(), updates: epoch.steps, seconds, value: epoch.train_loss }
        });
        // Updates and seconds were not written with these.
        let updates = |epoch: f64| (epoch * per_epoch as f64).round() as u64;
        let at = |epoch, seconds, value| Point { epoch, updates: updates(epoch), seconds, value };
        let measured = |value: fn(&Evaluation) -> f64| {
            self.evaluations.iter().map(|e| at(e.epoch, e.seconds, value(e))).collect()
        };
        BTreeMap::from([
            (Record::EPOCH_LOSS.to_string(), epochs.collect()),
            (
                Record::TRAIN_LOSS.to_string(),
                self.train_curve.iter().map(|p| at(p.epoch, f64::NAN, p.loss)).collect(),
            ),
            (Record::curve_name(Split::Test, "loss"), measured(|e| e.test_loss)),
            (Record::curve_name(Split::Test, Metric::Accuracy.name()), measured(|e| e.test_accuracy)),
        ])
    }
}
