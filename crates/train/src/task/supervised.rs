//! Networks for examples of a user's: classes and characters by cross-entropy, numbers by mean squared error.

use std::sync::Arc;

use data::batches::Normalize;
use data::samples::{Inputs, Samples, Standardization, Targets};
use nn::{Architecture, Info, Kind, Model, models};
use tensor::ParamVec;

use super::Task;
use crate::error::Error;
use crate::examples::{Batch, Examples, InMemory, Split};
use crate::loss::{CrossEntropy, MeanSquaredError, StandardizedSquaredError};
use crate::metric::Metric;

impl Task {
    /// A network of this kind for examples with targets. Classes are learned by cross-entropy and measured by
    /// accuracy, numbers by mean squared error, the next characters of a text by cross-entropy. `normalize` is for
    /// inputs of bytes; numbers are as they are.
    ///
    /// # Errors
    /// If the network takes other inputs, a width is 0, or there are no targets.
    pub fn supervised(
        examples: Arc<InMemory>,
        architecture: &Architecture,
        normalize: Normalize,
    ) -> Result<Task, Error> {
        let samples = examples.split(Split::Train);
        let dataset = examples.info().name.clone();
        let outputs = outputs(samples, &dataset)?;
        let model = model(architecture, samples, outputs, &dataset)?;
        let name = architecture.to_string();
        let mut notes = vec![("dataset", dataset)];
        if let Inputs::Bytes { .. } = samples.inputs {
            notes.extend([("mean", normalize.mean.to_string()), ("std", normalize.std.to_string())]);
        }
        let mut model_name = name.clone();
        if let Architecture::Mlp { hidden, activation } = architecture {
            let size = samples.inputs.shape().iter().product();
            model_name =
                super::images::describe(&[&[size], hidden.as_slice(), &[outputs]].concat(), *activation);
            notes.push(("activation", activation.name().to_string()));
        }
        let task = match &samples.targets {
            Targets::Numbers { .. } => {
                Task::new(&name, examples.clone(), model, MeanSquaredError, Metric::Loss)
            }
            Targets::Tokens { .. } => Task::new(&name, examples.clone(), model, CrossEntropy, Metric::Loss),
            Targets::Classes { .. } | Targets::None => {
                Task::new(&name, examples.clone(), model, CrossEntropy, Metric::Accuracy)
            }
        };
        let notes = notes.into_iter().map(|(name, value)| (name.to_string(), value)).collect();
        Ok(Task { normalize, model_name, notes, ..task })
    }

    /// The same task with its own normalization of each channel of bytes; of numbers, and with one for all, unchanged.
    ///
    /// # Panics
    /// If the inputs are bytes with another number of channels.
    #[track_caller]
    pub fn with_channels(mut self, channels: &Standardization) -> Task {
        let mut none = Batch::default();
        self.examples.gather(Split::Train, &[], &mut none);
        let Inputs::Bytes { shape, .. } = &none.inputs else { return self };
        let Standardization { mean, std } = channels;
        if mean.len() > 1 {
            let found = shape.last().copied();
            assert!(found == Some(mean.len()), "expected {} channels, found shape {shape:?}", mean.len());
            self.channels = mean.iter().zip(std).map(|(&mean, &std)| Normalize { mean, std }).collect();
            let [mean, std] = self.normalization();
            self.notes.extend([("mean".to_string(), mean), ("std".to_string(), std)]);
        }
        self
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

/// Outputs of a model: a score for each class or character, or numbers.
fn outputs(samples: &Samples, dataset: &str) -> Result<usize, Error> {
    match &samples.targets {
        Targets::Classes { names, .. } => Ok(names.len()),
        Targets::Numbers { width, .. } => Ok(*width),
        Targets::Tokens { .. } => Ok(samples.inputs.vocabulary().unwrap_or(0)),
        Targets::None => {
            let why = "expected targets that are classes or numbers, found none".to_string();
            Err(unfit(dataset, why, "name the column or the file of the targets"))
        }
    }
}

/// The model for these inputs, if it takes them.
fn model(
    architecture: &Architecture,
    samples: &Samples,
    outputs: usize,
    dataset: &str,
) -> Result<Model, Error> {
    let shape = samples.inputs.shape();
    let size = shape.iter().product::<usize>();
    let of_text = matches!(samples.targets, Targets::Tokens { .. });
    let image = match *shape {
        [rows, columns] => Some([rows, columns, 1]),
        [rows, columns, channels] => Some([rows, columns, channels]),
        _ => None,
    };
    match architecture {
        Architecture::Listed(Info { kind: Kind::Text, .. }) if of_text => {
            Ok(architecture.build_for([size], outputs))
        }
        _ if of_text => {
            let known = models::ALL.iter().filter(|info| info.kind == Kind::Text);
            let names: Vec<&str> = known.map(|info| info.name).collect();
            let hint = format!("choose a model of characters: --model {}", names.join(", "));
            Err(unfit(dataset, format!("{architecture} conflicts with a text"), &hint))
        }
        Architecture::Mlp { hidden, .. } if hidden.contains(&0) => {
            let given = [&[size], hidden.as_slice(), &[outputs]].concat();
            Err(Error::Widths { dataset: dataset.into(), given, pixels: size, classes: outputs })
        }
        Architecture::Mlp { .. } => Ok(architecture.build_for([size], outputs)),
        Architecture::Listed(info) => match (info.kind, image) {
            (Kind::Images { least_side: least }, Some([rows, cols, _])) if rows.min(cols) < least => {
                Err(Error::Images { dataset: dataset.into(), model: info.name.into(), rows, cols, least })
            }
            (Kind::Images { .. }, Some(image)) => Ok(architecture.build_for(image, outputs)),
            (kind, _) => {
                let expected = if kind == Kind::Text { "a text" } else { "images [height, width, channels]" };
                let why = format!("expected {expected} for {architecture}, found inputs of shape {shape:?}");
                Err(unfit(dataset, why, "choose another --model: mlp takes inputs of any shape"))
            }
        },
    }
}

fn unfit(dataset: &str, why: String, hint: &str) -> Error {
    Error::Unfit { dataset: dataset.into(), why, hint: hint.into() }
}
