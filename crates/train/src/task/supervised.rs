//! Networks for examples of a user's: classes by cross-entropy, numbers by mean squared error.

use std::sync::Arc;

use data::batches::Normalize;
use data::samples::{Inputs, Standardization, Targets};
use nn::{Architecture, Kind};
use tensor::ParamVec;

use super::Task;
use crate::error::Error;
use crate::examples::{Examples, InMemory, Split};
use crate::loss::{CrossEntropy, MeanSquaredError, StandardizedSquaredError};
use crate::metric::Metric;

impl Task {
    /// A network of this kind for examples with targets. Classes are learned by cross-entropy and measured by
    /// accuracy, numbers by mean squared error. `normalize` is for inputs of bytes; numbers are as they are.
    ///
    /// # Errors
    /// If the network takes other inputs, a width is 0, or the targets are neither classes nor numbers.
    pub fn supervised(
        examples: Arc<InMemory>,
        architecture: &Architecture,
        normalize: Normalize,
    ) -> Result<Task, Error> {
        let samples = examples.split(Split::Train);
        let dataset = examples.info().name.clone();
        let unfit =
            |why: String, hint: &str| Error::Unfit { dataset: dataset.clone(), why, hint: hint.into() };
        let shape = samples.inputs.shape().to_vec();
        let size = shape.iter().product::<usize>();
        let outputs = match &samples.targets {
            Targets::Classes { names, .. } => names.len(),
            Targets::Numbers { width, .. } => *width,
            Targets::Tokens { .. } | Targets::None => {
                let why = "expected targets that are classes or numbers, found others or none".to_string();
                return Err(unfit(why, "name the column or the file of the targets"));
            }
        };
        let images = match shape[..] {
            [rows, columns] | [rows, columns, 1] => Some((rows, columns)),
            _ => None,
        };
        let model = match architecture {
            Architecture::Mlp { hidden, .. } if hidden.contains(&0) => {
                let given = [&[size], hidden.as_slice(), &[outputs]].concat();
                return Err(Error::Widths { dataset, given, pixels: size, classes: outputs });
            }
            Architecture::Mlp { .. } => architecture.build_for([size], outputs),
            Architecture::Listed(info) => match (info.kind, images) {
                (Kind::Images { least_side: least }, Some((rows, cols))) if rows.min(cols) < least => {
                    let model = architecture.to_string();
                    return Err(Error::Images { dataset, model, rows, cols, least });
                }
                (Kind::Images { .. }, Some((rows, columns))) => architecture.build(rows, columns, outputs),
                _ => {
                    let why =
                        format!("expected images of one channel for {architecture}, found shape {shape:?}");
                    return Err(unfit(why, "choose another --model: mlp takes inputs of any shape"));
                }
            },
        };
        let is_numbers = matches!(samples.targets, Targets::Numbers { .. });
        let is_bytes = matches!(samples.inputs, Inputs::Bytes { .. });
        let name = architecture.to_string();
        let mut task = match is_numbers {
            true => Task::new(&name, examples, model, MeanSquaredError, Metric::Loss),
            false => Task::new(&name, examples, model, CrossEntropy, Metric::Accuracy),
        };
        task.normalize = normalize;
        let mut notes = vec![("dataset", dataset.clone())];
        if is_bytes {
            notes.extend([("mean", normalize.mean.to_string()), ("std", normalize.std.to_string())]);
        }
        if let Architecture::Mlp { hidden, activation } = architecture {
            task.model_name =
                super::images::describe(&[&[size], hidden.as_slice(), &[outputs]].concat(), *activation);
            notes.push(("activation", activation.name().to_string()));
        }
        task.notes = notes.into_iter().map(|(name, value)| (name.to_string(), value)).collect();
        Ok(task)
    }

    /// The same task for targets that are numbers of any scale: the model learns (y − mean)/std, and is measured by
    /// the root of its mean squared error in the targets' units.
    pub fn with_standardized_targets(mut self, targets: Standardization) -> Task {
        self.metric = Metric::Rmse;
        self.loss = match targets.is_identity() {
            true => Arc::new(MeanSquaredError),
            false => Arc::new(StandardizedSquaredError::new(targets)),
        };
        self
    }

    /// The answers of the model on a split, example after example: its outputs, in the units of targets that are
    /// numbers.
    pub fn outputs(&self, weights: &ParamVec, buffers: &ParamVec, split: Split) -> Vec<f32> {
        let mut outputs = Vec::new();
        self.for_each_output(weights, buffers, split, &mut |_, output, _| {
            outputs.extend(self.answers(output).into_iter().map(|x| x as f32));
        });
        outputs
    }
}
