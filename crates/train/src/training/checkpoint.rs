//! Checkpoints: all that a later process needs to go on, bit for bit.

use std::collections::BTreeMap;
use std::path::Path;

use optim::StateDict;
use serde::de::DeserializeOwned;
use tensor::simd;

use super::{Progress, RunningMean, Snapshot, Training};
use crate::error::Error;
use crate::record::Status;
use crate::weights;

/// The version of the checkpoint's form.
const VERSION: u32 = 2;

impl Training<'_> {
    /// Writes a checkpoint. That of a run that has diverged is not written: the last good one stays.
    ///
    /// # Errors
    /// If the file cannot be written; then the old one is still there.
    pub fn save_checkpoint(&self, path: &Path) -> Result<(), Error> {
        if self.has_diverged() {
            return Ok(());
        }
        let state = self.optimizer.state_dict();
        let mut tensors = weights::named(&self.weights, "weights.");
        tensors.extend(weights::named(&self.buffers, "buffers."));
        for (name, array) in &state.arrays {
            tensors.push((format!("optimizer.{name}"), vec![array.len()], array));
        }
        // As bits, so that no number is too odd for JSON.
        let scalars: Vec<(&str, u64)> =
            state.scalars.iter().map(|(name, x)| (name.as_str(), x.to_bits())).collect();
        let mut notes: BTreeMap<String, String> = self.settings().into_iter().collect();
        let json = |value: serde_json::Value| value.to_string();
        notes.insert("scalars".into(), json(serde_json::json!(scalars)));
        notes.insert("counts".into(), json(serde_json::json!([state.steps, state.gradient_calls])));
        notes.insert("steps_per_epoch".into(), self.steps_per_epoch().to_string());
        notes.insert(
            "progress".into(),
            serde_json::to_string(&self.progress).expect("progress is plain data"),
        );
        weights::write(
            path,
            tensors.iter().map(|(name, shape, values)| (name.as_str(), shape.as_slice(), *values)),
            notes,
        )
    }

    /// Goes on where a checkpoint was written.
    ///
    /// With `force`, other settings are accepted as long as the arrays fit. If an epoch then has another
    /// number of batches, the epoch under way begins again.
    ///
    /// # Errors
    /// If the file cannot be read, is damaged, or is of a run with other settings; nothing is changed then.
    pub fn resume(&mut self, path: &Path, force: bool) -> Result<(), Error> {
        let bytes = weights::read(path)?;
        let (tensors, notes) = weights::parse(path, &bytes)?;
        let damaged = |why: String| Error::File {
            path: path.into(),
            why,
            hint: "name another checkpoint, or leave out --resume to start from the beginning".to_string(),
        };
        if !notes.contains_key("checkpoint") {
            return Err(damaged("expected a checkpoint, found a model or another safetensors file".into()));
        }
        let differences: Vec<String> = self
            .settings()
            .into_iter()
            .filter_map(|(name, ours)| {
                let theirs = notes.get(&name).map_or("nothing", String::as_str);
                (theirs != ours).then(|| format!("  {name}: {theirs} in the checkpoint, {ours} now"))
            })
            .collect();
        if !(differences.is_empty() || force) {
            return Err(Error::OtherRun { path: path.into(), differences });
        }
        let mut progress: Progress = note(&notes, "progress").map_err(damaged)?;
        let scalars: Vec<(String, u64)> = note(&notes, "scalars").map_err(damaged)?;
        let [steps, gradient_calls]: [u64; 2] = note(&notes, "counts").map_err(damaged)?;
        let per_epoch: u64 = note(&notes, "steps_per_epoch").map_err(damaged)?;
        check_counts(&progress, per_epoch, steps, gradient_calls).map_err(damaged)?;
        if per_epoch != self.steps_per_epoch() {
            progress.steps = progress.steps / per_epoch * self.steps_per_epoch();
            (progress.epoch_loss, progress.recent_loss) = (RunningMean::default(), RunningMean::default());
        }
        let weights = weights::params(path, &tensors, "weights.", self.task.model.layout())?;
        let buffers = weights::params(path, &tensors, "buffers.", self.buffers.layout())?;
        let mut arrays = self.optimizer.state_dict().arrays;
        for (name, array) in &mut arrays {
            *array = weights::numbers(path, &tensors, &format!("optimizer.{name}"), &[array.len()])?;
        }
        let scalars = scalars.into_iter().map(|(name, bits)| (name, f64::from_bits(bits))).collect();
        let state = StateDict { steps, gradient_calls, arrays, scalars, ..self.optimizer.state_dict() };
        self.take(Snapshot { weights, buffers, state, progress })
    }

    /// What must be the same for a run to be the same, by name.
    fn settings(&self) -> Vec<(String, String)> {
        let task = self.task;
        [
            ("checkpoint", format!("version {VERSION}")),
            ("task", task.name.clone()),
            ("data", format!("{}, sha256 {}", task.examples.info().name, task.examples.sha256())),
            ("model", task.model_name.clone()),
            ("loss", task.loss.name().to_string()),
            ("inputs", format!("mean {} std {}", task.normalize.mean, task.normalize.std)),
            ("batches", format!("{:?}", task.batching)),
            ("recipe", self.recipe.to_string()),
            ("seed", self.seed.to_string()),
            ("epochs", self.budget.epochs.to_string()),
            ("evaluations", self.budget.evaluations.to_string()),
            ("kernel", simd::path().name().to_string()),
        ]
        .map(|(name, value)| (name.to_string(), value))
        .into()
    }
}

/// A note of a checkpoint.
fn note<N: DeserializeOwned>(notes: &BTreeMap<String, String>, name: &str) -> Result<N, String> {
    let text = notes.get(name).ok_or_else(|| format!("expected a note `{name}`, found none"))?;
    serde_json::from_str(text).map_err(|error| format!("its note `{name}` is damaged: {error}"))
}

/// Refuses counts that no run can have.
fn check_counts(progress: &Progress, per_epoch: u64, updates: u64, gradients: u64) -> Result<(), String> {
    let Progress { steps, epoch_loss, recent_loss, curves, seconds, status, .. } = progress;
    let refused = |what: &str, found: String| Err(format!("expected {what}, found {found}"));
    if per_epoch == 0 {
        return refused("at least one batch in an epoch", "0".into());
    }
    let in_epoch = steps % per_epoch;
    for (name, mean) in [("epoch", epoch_loss), ("curve", recent_loss)] {
        if mean.count > in_epoch {
            return refused(
                &format!("at most {in_epoch} batches in the mean loss of the {name}"),
                mean.count.to_string(),
            );
        }
    }
    if updates > gradients {
        return refused(&format!("at most {gradients} updates from as many gradients"), updates.to_string());
    }
    if !(*seconds >= 0.0 && seconds.is_finite()) {
        return refused("seconds of training from 0", seconds.to_string());
    }
    if *status != Status::Finished {
        return refused("a run that has not diverged", format!("{status:?}"));
    }
    let epoch = *steps as f64 / per_epoch as f64;
    if !curves.are_within(epoch) {
        return refused(&format!("measurements up to epoch {epoch}"), "others".into());
    }
    Ok(())
}
