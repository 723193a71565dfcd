//! Data of a user's own, as a task, and what a saved model keeps of them.

use std::collections::BTreeMap;
use std::sync::Arc;

use data::batches::Normalize;
use data::own::description::Kind;
use data::own::{Known, Loaded};
use data::samples::{Inputs, Standardization, Targets};
use nn::Architecture;
use optim::hyper::Value;
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
    /// Normalization of bytes.
    normalize: Standardization,
    /// Normalization of targets that are numbers.
    targets: Option<Standardization>,
    /// Facts that a saved model keeps.
    notes: BTreeMap<String, String>,
}

impl Data {
    /// Reads the files; for a model that was trained on `known` data, as it needs them.
    pub(crate) fn load(arguments: &DataArgs, known: Option<&Known>) -> Result<Data, Failure> {
        let description = arguments.own.describe(arguments.normalize)?;
        if let (Kind::Text { .. }, Some(_)) = (&description.kind, arguments.normalize) {
            return Err(Failure::usage(
                "--normalize conflicts with a text, whose characters are no numbers",
                "leave it out",
            ));
        }
        let loaded = match known {
            Some(known) => description.load_for(known)?,
            None => description.load()?,
        };
        let Loaded { splits, standardization, targets, features, vocabulary } = loaded;
        // Numbers were normalized as they were read.
        let normalize = match splits.train.inputs {
            Inputs::Bytes { .. } => standardization.clone(),
            Inputs::Numbers { .. } | Inputs::Tokens { .. } => {
                Standardization { mean: vec![0.5], std: vec![0.5] }
            }
        };
        let shape: Vec<String> = splits.train.inputs.shape().iter().map(ToString::to_string).collect();
        let list = |numbers: &[f64]| numbers.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
        let Standardization { mean, std } = &standardization;
        let mut notes = BTreeMap::from([("shape".to_string(), shape.join(","))]);
        match splits.train.inputs {
            Inputs::Bytes { .. } => notes.insert(ELEMENTS.to_string(), BYTES.to_string()),
            Inputs::Numbers { .. } => notes.insert(ELEMENTS.to_string(), "numbers".to_string()),
            Inputs::Tokens { .. } => None,
        };
        match &vocabulary {
            Some(vocabulary) => {
                notes.insert(VOCABULARY.to_string(), vocabulary.symbols().iter().collect());
            }
            None => notes.extend([("mean".to_string(), list(mean)), ("std".to_string(), list(std))]),
        }
        if let Some(Standardization { mean, std }) = &targets {
            notes.insert(TARGET_MEAN.to_string(), list(mean));
            notes.insert(TARGET_STD.to_string(), list(std));
        }
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
        Ok(Data { examples, normalize, targets, notes })
    }

    /// The same with validation examples, held out of the training examples where there are none.
    pub(crate) fn with_validation(self) -> Result<Data, Failure> {
        let examples = Arc::into_inner(self.examples).expect("data that were just loaded have one owner");
        Ok(Data { examples: Arc::new(held_out(examples)?), ..self })
    }

    /// True for targets that are numbers.
    pub(crate) fn learns_numbers(&self) -> bool {
        matches!(self.examples.split(Split::Train).targets, Targets::Numbers { .. })
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
        let Standardization { mean, std } = &self.normalize;
        let of_all = Normalize { mean: mean[0], std: std[0] };
        let mut task = Task::supervised(self.examples, architecture, of_all)?.with_channels(&self.normalize);
        if let Some(targets) = self.targets {
            task = task.with_standardized_targets(targets);
        }
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
            Targets::Tokens { .. } => samples.inputs.vocabulary().unwrap_or(0),
            Targets::None => 0,
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

/// Note of a model with the elements of its inputs: [`BYTES`], which are from 0 to 1 before they are normalized, or
/// `numbers`.
pub(crate) const ELEMENTS: &str = "elements";
/// See [`ELEMENTS`].
pub(crate) const BYTES: &str = "bytes";

/// Notes of a model with the normalization of targets that are numbers.
pub(crate) const TARGET_MEAN: &str = "target_mean";
/// See [`TARGET_MEAN`].
pub(crate) const TARGET_STD: &str = "target_std";

/// Note of a model with the characters of its text, in the order of their tokens.
pub(crate) const VOCABULARY: &str = "vocabulary";

/// Normalization and classes in a line each: `inputs: mean 0.5 and standard deviation 0.5 become 0 and 1`.
pub(crate) fn normalization(task: &Task) -> Vec<String> {
    [of_text(task), of_inputs(task), of_classes(task), of_targets(task)].into_iter().flatten().collect()
}

fn of_text(task: &Task) -> Option<String> {
    let (characters, length) = (task.notes.get(VOCABULARY)?.chars().count(), task.notes.get("shape")?);
    Some(format!("inputs: windows of {length} characters, {characters} of them distinct in the text"))
}

fn of_classes(task: &Task) -> Option<String> {
    const LISTED: usize = 5;
    let names: Vec<String> = serde_json::from_str(task.notes.get("classes")?).ok()?;
    let name = |name: &String| files::text::name(name);
    let listed = match &names[..] {
        [first, .., last] if names.len() > LISTED => format!("from {} to {}", name(first), name(last)),
        few => few.iter().map(name).collect::<Vec<_>>().join(", "),
    };
    Some(format!("targets: {} classes, {listed}", names.len()))
}

fn of_targets(task: &Task) -> Option<String> {
    let (mean, std) = (task.notes.get(TARGET_MEAN)?, task.notes.get(TARGET_STD)?);
    Some(match (&**mean, &**std) {
        ("0", "1") => "targets: as they are".to_string(),
        (mean, _) if mean.contains(',') => {
            let columns = mean.split(',').count();
            format!(
                "targets: each of {columns} columns less its mean, divided by its standard deviation, while learned; \
                 RMSE is in their units"
            )
        }
        (mean, std) => format!(
            "targets: mean {} and standard deviation {} become 0 and 1 while learned; RMSE is in their unit",
            short(mean),
            short(std)
        ),
    })
}

fn of_inputs(task: &Task) -> Option<String> {
    let (mean, std) = (task.notes.get("mean")?, task.notes.get("std")?);
    if mean.contains(',') {
        let columns = mean.split(',').count();
        if task.notes.get("shape").is_some_and(|shape| shape.split(',').count() == 3) {
            let [mean, std] =
                [mean, std].map(|list| list.split(',').map(short).collect::<Vec<_>>().join(", "));
            return Some(format!(
                "inputs: means {mean} and standard deviations {std} of {columns} channels become 0 and 1"
            ));
        }
        return Some(format!(
            "inputs: each of {columns} columns less its mean, divided by its standard deviation"
        ));
    }
    Some(match (&**mean, &**std) {
        ("0", "1") => "inputs: as they are (bytes from 0 to 1)".to_string(),
        (mean, std) => {
            format!("inputs: mean {} and standard deviation {} become 0 and 1", short(mean), short(std))
        }
    })
}

/// A number to six significant digits.
fn short(number: &str) -> String {
    let Ok(x) = number.parse::<f64>() else { return number.to_string() };
    let rounded = format!("{x:.5e}").parse::<f64>();
    rounded.map_or(number.to_string(), |rounded| Value::Number(rounded).to_string())
}
