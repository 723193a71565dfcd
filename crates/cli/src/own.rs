//! Data of a user's own, as a task, and what a saved model keeps of them.

use std::collections::BTreeMap;
use std::sync::Arc;

use data::batches::Normalize;
use data::own::{Known, Loaded};
use data::samples::{Standardization, Targets};
use nn::Architecture;
use train::{DataInfo, Error, Examples, InMemory, Split, Task};

use crate::args::{DataArgs, ModelArgs};
use crate::failure::Failure;

/// Examples with some held out for validation.
pub(crate) fn held_out(examples: InMemory) -> Result<InMemory, Failure> {
    lab::tasks::hold_out(examples).map_err(|fault| {
        Failure::bad_data(
            format!("no validation examples to tune on: {fault}"),
            "add examples, or tune nothing: --untuned",
        )
    })
}

/// Data of a user's own in memory.
pub(crate) struct Data {
    pub(crate) examples: Arc<InMemory>,
    normalize: Normalize,
    /// Facts that a saved model keeps.
    notes: BTreeMap<String, String>,
}

impl Data {
    /// Reads the files; for a model that was trained on `known` data, as it needs them.
    pub(crate) fn load(arguments: &DataArgs, known: Option<&Known>) -> Result<Data, Failure> {
        let description = arguments.own.describe(arguments.normalize)?;
        let loaded = match known {
            Some(known) => description.load_for(known)?,
            None => description.load()?,
        };
        let Loaded { splits, standardization, features, .. } = loaded;
        let normalize = Normalize { mean: standardization.mean[0], std: standardization.std[0] };
        let shape: Vec<String> = splits.train.inputs.shape().iter().map(ToString::to_string).collect();
        let list = |numbers: &[f64]| numbers.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
        let Standardization { mean, std } = &standardization;
        let mut notes = BTreeMap::from([
            ("mean".to_string(), list(mean)),
            ("std".to_string(), list(std)),
            ("shape".to_string(), shape.join(",")),
        ]);
        let mut note = |name: &str, names: &[String]| {
            if !names.is_empty() {
                notes.insert(name.to_string(), serde_json::to_string(names).expect("names are text"));
            }
        };
        note("features", &features);
        if let Targets::Classes { names, .. } = &splits.train.targets {
            note("classes", names);
        }
        let paths: Vec<String> = arguments.own.data.iter().map(|path| files::text::path(path)).collect();
        let info = DataInfo { name: arguments.name(), origin: paths.join(" and "), sample: false };
        let examples = Arc::new(InMemory::new(info, splits.train, splits.validation, splits.test));
        Ok(Data { examples, normalize, notes })
    }

    /// The same with validation examples, held out of the training examples where there are none.
    pub(crate) fn with_validation(self) -> Result<Data, Failure> {
        let examples = Arc::into_inner(self.examples).expect("data that were just loaded have one owner");
        Ok(Data { examples: Arc::new(held_out(examples)?), ..self })
    }

    /// A network for the data.
    pub(crate) fn task(self, model: &ModelArgs, widths: Option<&[usize]>) -> Result<Task, Failure> {
        let architecture = match widths {
            None => model.architecture(),
            Some(widths) => self.layers(model, widths)?,
        };
        self.with(&architecture)
    }

    /// A network of this kind for the data.
    pub(crate) fn with(self, architecture: &Architecture) -> Result<Task, Failure> {
        let mut task = Task::supervised(self.examples, architecture, self.normalize)?;
        task.notes.extend(self.notes);
        Ok(task)
    }

    /// Dense layers of these widths, of which the first and last are those of the data.
    fn layers(&self, model: &ModelArgs, widths: &[usize]) -> Result<Architecture, Failure> {
        let samples = self.examples.split(Split::Train);
        let inputs = samples.inputs.shape().iter().product();
        let outputs = match &samples.targets {
            Targets::Classes { names, .. } => names.len(),
            Targets::Numbers { width, .. } => *width,
            Targets::Tokens { .. } | Targets::None => 0,
        };
        match widths {
            [first, hidden @ .., last] if *first == inputs && *last == outputs => {
                Ok(Architecture::Mlp { hidden: hidden.to_vec(), activation: model.activation() })
            }
            _ => {
                let (dataset, given) = (self.examples.info().name.clone(), widths.to_vec());
                Err(Error::Widths { dataset, given, pixels: inputs, classes: outputs }.into())
            }
        }
    }
}

/// Normalization in a line: `inputs: (x − 0.5)/0.5 of bytes from 0 to 1`.
pub(crate) fn normalization(task: &Task) -> Option<String> {
    let (mean, std) = (task.notes.get("mean")?, task.notes.get("std")?);
    if mean.contains(',') {
        let columns = mean.split(',').count();
        return Some(format!(
            "inputs: each of {columns} columns less its mean, divided by its standard deviation"
        ));
    }
    Some(match (&**mean, &**std) {
        ("0", "1") => "inputs: as they are (bytes from 0 to 1)".to_string(),
        (mean, std) => format!("inputs: mean {mean} and standard deviation {std} become 0 and 1"),
    })
}
