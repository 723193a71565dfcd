//! Checkpoints: all that a later process needs to go on, bit for bit.

use std::collections::BTreeMap;
use std::path::Path;

use optim::StateDict;
use serde::de::DeserializeOwned;
use tensor::math::all_finite;
use tensor::safetensors::{Reader, to_bytes};
use tensor::{ParamVec, simd};

use super::{POINTS, Progress, RunningMean, Snapshot, Training, falls_on};
use crate::error::Error;
use crate::examples::Split;
use crate::record::{Change, Point, Status};
use crate::weights::{CHECKPOINT, NOTES, read_notes, refused};

/// The version of the checkpoint's form.
const VERSION: u32 = 3;
/// Before the names of weights, of running statistics and of the optimizer's arrays.
const WEIGHTS: &str = "weights.";
const BUFFERS: &str = "buffers.";
const OPTIMIZER: &str = "optimizer.";
/// Before the names of the gradient that diagnostics compare the next one with.
const PREVIOUS: &str = "previous_gradient.";

impl Training<'_> {
    /// The bytes of a checkpoint, as it is now; none if the run has diverged or a weight is not finite, so
    /// that a good checkpoint is never replaced by one that nothing can go on from.
    pub fn checkpoint(&self) -> Option<Vec<u8>> {
        let finite = |params: &ParamVec| all_finite(params.as_slice());
        if self.has_diverged() || !(finite(&self.weights) && finite(&self.buffers)) {
            return None;
        }
        let state = self.optimizer.state_dict();
        let mut tensors = self.weights.tensors(WEIGHTS);
        tensors.extend(self.buffers.tensors(BUFFERS));
        tensors.extend(state.tensors(OPTIMIZER));
        if let Some(previous) = self.probe.as_ref().and_then(|probe| probe.previous.as_ref()) {
            tensors.extend(previous.tensors(PREVIOUS));
        }
        let mut notes: BTreeMap<String, String> = self.settings().into_iter().collect();
        notes.insert("optimizer".into(), state.notes());
        notes.insert("steps_per_epoch".into(), self.steps_per_epoch().to_string());
        notes.insert(
            "progress".into(),
            serde_json::to_string(&self.progress).expect("progress is plain data"),
        );
        let notes = serde_json::to_string(&notes).expect("names and texts");
        Some(to_bytes(&tensors, &[(NOTES, &notes)]))
    }

    /// Writes a checkpoint. That of a run that has diverged is not written: the last good one stays.
    ///
    /// # Errors
    /// If the file cannot be written; then the old one is still there.
    pub fn save_checkpoint(&self, path: &Path) -> Result<(), Error> {
        self.checkpoint().map_or(Ok(()), |bytes| Ok(files::atomic_write(path, &bytes)?))
    }

    /// Goes on where a checkpoint was written.
    ///
    /// With `force`, other settings are accepted as long as the arrays fit. If an epoch then has another
    /// number of batches, the epoch under way begins again: its losses are forgotten, its updates are not.
    ///
    /// # Errors
    /// If the file cannot be read, is damaged, or is of a run with other settings; nothing is changed then.
    pub fn resume(&mut self, path: &Path, force: bool) -> Result<(), Error> {
        let located = |error| refused(path, error);
        let reader = Reader::open(path).map_err(located)?;
        let notes = read_notes(path, reader.header())?;
        let wrong = |why: String| Error::File {
            path: path.into(),
            why,
            hint: "name another checkpoint, or leave out --resume to start from the beginning".to_string(),
        };
        if !notes.contains_key(CHECKPOINT) {
            return Err(wrong("expected a checkpoint, found a model or another safetensors file".into()));
        }
        if !reader.header().is_checked() {
            return Err(wrong("is damaged: expected a checksum, found none".into()));
        }
        let differences = self.differences(&notes);
        if !(differences.is_empty() || force) {
            return Err(Error::OtherRun { path: path.into(), differences });
        }
        // Shapes before numbers: another model's are refused without reading them.
        reader.header().check_layout(WEIGHTS, self.task.model.layout()).map_err(located)?;
        reader.header().check_layout(BUFFERS, self.buffers.layout()).map_err(located)?;
        let mut progress: Progress = note(&notes, "progress").map_err(wrong)?;
        let per_epoch: u64 = note(&notes, "steps_per_epoch").map_err(wrong)?;
        let epochs: u64 = note(&notes, "epochs").map_err(wrong)?;
        let tensors = reader.read().map_err(located)?;
        let state_notes = notes.get("optimizer").ok_or_else(|| wrong(missing("optimizer")))?;
        let state = StateDict::from_tensors(&tensors, OPTIMIZER, state_notes)
            .map_err(|error| wrong(error.to_string()))?;
        check_counts(&progress, per_epoch, epochs, &state).map_err(wrong)?;
        if differences.is_empty() && !progress.mixed {
            self.check_own_counts(&progress, &state).map_err(wrong)?;
        }
        progress.mixed |= !differences.is_empty();
        let (in_epoch, epoch) = (progress.steps % per_epoch, progress.steps as f64 / per_epoch as f64);
        let end = Point { epoch, updates: state.steps, seconds: progress.seconds, value: f64::NAN };
        if !progress.measured.is_possible(in_epoch, &end, &self.weights) {
            return Err(wrong("is damaged: expected diagnostics of this run, found others".into()));
        }
        if per_epoch != self.steps_per_epoch() {
            progress.restart_epoch(per_epoch, self.steps_per_epoch());
        }
        let weights = ParamVec::from_tensors(&tensors, WEIGHTS, self.task.model.layout().clone());
        let buffers = ParamVec::from_tensors(&tensors, BUFFERS, self.buffers.layout().clone());
        let (weights, buffers) = (weights.map_err(located)?, buffers.map_err(located)?);
        self.take(Snapshot { weights, buffers, state, progress })?;
        if let Some(probe) = &mut self.probe {
            probe.previous =
                ParamVec::from_tensors(&tensors, PREVIOUS, self.task.model.layout().clone()).ok();
        }
        Ok(())
    }

    /// Settings that a checkpoint's notes have with other values, a line each.
    fn differences(&self, notes: &BTreeMap<String, String>) -> Vec<String> {
        let of = |(name, ours): (String, String)| {
            let theirs = notes.get(&name).map_or("nothing", String::as_str);
            (theirs != ours).then(|| format!("  {name}: {theirs} in the checkpoint, {ours} now"))
        };
        self.settings().into_iter().filter_map(of).collect()
    }

    /// Refuses counts that a run with these settings alone does not have.
    fn check_own_counts(&self, progress: &Progress, state: &StateDict) -> Result<(), String> {
        let (per_epoch, whole) = (self.steps_per_epoch(), self.task.examples.len(Split::Train) as u64);
        let (epochs, in_epoch) = (progress.steps / per_epoch, progress.steps % per_epoch);
        let batch = self.recipe.batch as u64;
        let examples = epochs * whole.min(per_epoch * batch) + in_epoch * batch.min(whole);
        let mut expected = vec![("examples", examples, progress.examples)];
        if !self.leaves_out_steps() {
            let recent =
                (1..=in_epoch).rev().take_while(|&place| !falls_on(place, per_epoch, POINTS)).count() as u64;
            let updates = self.recipe.spec.updates(progress.steps);
            expected.push(("batches in the mean loss of the epoch", in_epoch, progress.epoch_loss.count));
            expected.push(("batches in the mean loss of the curve", recent, progress.recent_loss.count));
            expected.push(("updates", updates, state.steps));
        }
        match expected.into_iter().find(|(_, expected, found)| expected != found) {
            None => Ok(()),
            Some((what, expected, found)) => Err(format!(
                "is damaged: expected {expected} {what} after {} batches, found {found}",
                progress.steps
            )),
        }
    }

    /// Settings that determine a run, by name.
    fn settings(&self) -> Vec<(String, String)> {
        let task = self.task;
        let [mean, std] = task.normalization();
        [
            (CHECKPOINT, format!("version {VERSION}")),
            ("task", task.name.clone()),
            ("data", format!("{}, sha256 {}", task.examples.info().name, task.examples.sha256())),
            ("model", task.model_name.clone()),
            ("loss", task.loss.name().to_string()),
            ("inputs", format!("mean {mean} std {std}")),
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

impl Progress {
    /// Begins the epoch under way again, where an epoch has another number of batches from now on.
    fn restart_epoch(&mut self, per_epoch: u64, now: u64) {
        let epoch = self.steps / per_epoch;
        self.steps = epoch * now;
        (self.epoch_loss, self.recent_loss) = (RunningMean::default(), RunningMean::default());
        self.curves.cut_after(epoch as f64);
        self.measured.cut_after(epoch as f64);
    }
}

/// Keeps a run's last good state. A state is good when the batch after it has shown its weights to be
/// [sound](Training::is_sound); so one that has begun to explode never takes the place of a good one.
#[derive(Debug, Default)]
pub struct Keeper {
    every: Option<u64>,
    pending: Option<Vec<u8>>,
}

impl Keeper {
    /// Keeps the state after every `every` batches, when the run is stopped and at its end; with `None`, only
    /// the last two.
    pub fn new(every: Option<u64>) -> Keeper {
        Keeper { every, pending: None }
    }

    /// Takes note of the state after a step; `stops` if there will be no other step. Returns the bytes of
    /// a checkpoint when one is to be written.
    pub fn after_step(&mut self, training: &Training<'_>, stops: bool) -> Option<Vec<u8>> {
        let shown = self.pending.take().filter(|_| training.is_sound());
        let due = self.every.is_some_and(|every| training.progress().steps.is_multiple_of(every));
        let ends = stops || training.is_over();
        let current = if due || ends { training.checkpoint().filter(|_| training.is_sound()) } else { None };
        if ends {
            return current.or(shown);
        }
        self.pending = current;
        shown
    }
}

/// A note of a checkpoint.
fn note<N: DeserializeOwned>(notes: &BTreeMap<String, String>, name: &str) -> Result<N, String> {
    let text = notes.get(name).ok_or_else(|| missing(name))?;
    serde_json::from_str(text).map_err(|error| {
        // It may quote the text.
        format!("is damaged: its note `{name}`: {}", files::text::shorten(&error.to_string(), 200))
    })
}

fn missing(name: &str) -> String {
    format!("is damaged: expected a note `{name}`, found none")
}

/// Refuses counts that no run can have.
fn check_counts(progress: &Progress, per_epoch: u64, epochs: u64, state: &StateDict) -> Result<(), String> {
    let Progress { steps, epoch_loss, recent_loss, curves, seconds, status, changes, .. } = progress;
    let refused = |what: &str, found: String| Err(format!("is damaged: expected {what}, found {found}"));
    let Some(total) = per_epoch.checked_mul(epochs).filter(|&total| total > 0) else {
        return refused("batches that can be counted", format!("{epochs} epochs of {per_epoch}"));
    };
    if *steps > total {
        return refused(&format!("at most {total} batches, as in {epochs} epochs"), steps.to_string());
    }
    let in_epoch = steps % per_epoch;
    for (name, mean) in [("epoch", epoch_loss), ("curve", recent_loss)] {
        if mean.count > in_epoch {
            let what = format!("at most {in_epoch} batches in the mean loss of the {name}");
            return refused(&what, mean.count.to_string());
        }
    }
    let (updates, gradients) = (state.steps, state.gradient_calls);
    if updates > gradients {
        return refused(&format!("at most {gradients} updates from as many gradients"), updates.to_string());
    }
    if !(*seconds >= 0.0 && seconds.is_finite()) {
        return refused("seconds of training from 0", seconds.to_string());
    }
    let scales = |change: &Change| change.lr_scale.is_finite() && change.lr_scale >= 0.0;
    if !(changes.is_sorted_by_key(|change| change.batches) && changes.iter().all(scales)) {
        return refused("changes by hand in order, with factors from 0", "others".into());
    }
    if *status != Status::Finished {
        return refused("a run that has not diverged", format!("{status:?}"));
    }
    let epoch = *steps as f64 / per_epoch as f64;
    let end = Point { epoch, updates, seconds: *seconds, value: f64::NAN };
    if !curves.are_within(&end) {
        return refused(&format!("measurements up to epoch {epoch}"), "others".into());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_does_not_repeat_a_damaged_note() {
        let status = format!("{{\"is\":\"{}\\u001b[2J\"}}", "n".repeat(5000));
        let notes = BTreeMap::from([("status".to_string(), status)]);
        let error = note::<crate::record::Status>(&notes, "status").expect_err("no status has this name");
        assert!(error.contains("unknown variant `nnn") && error.len() < 400, "{error}");
        assert!(!error.contains('\u{1b}'), "{error}");
    }
}
