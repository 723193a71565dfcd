//! A trained model from a file, and the data set that it is tried on.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use data::batches::Normalize;
use data::characters::Vocabulary;
use data::own::{Known, Normalization};
use data::pictures::SIDE;
use data::samples::Standardization;
use data::{Dataset, Set};
use files::text::visible;
use lab::tasks::{Setup, TaskSpec, UnknownTask};
use tensor::ParamVec;
use train::weights::{self, SavedWeights, TaskWeights};
use train::{Examples, InMemory, Score, Split, Task};

use crate::args::{DataArgs, PlaceArgs};
use crate::console;
use crate::failure::Failure;
use crate::own;

/// `--model FILE`, and the data to try it on.
#[derive(Args, Debug, Clone)]
#[command(
    mut_arg("dataset", |set| set.help("The data set [default: the model's own, or mnist]")),
    mut_arg("target", |target| target.conflicts_with("dataset")),
)]
pub(crate) struct TrainedArgs {
    /// The weights, as `descent train --save` or PyTorch's safetensors writes them
    #[arg(long, value_name = "FILE")]
    pub(crate) model: PathBuf,
    #[command(flatten)]
    pub(crate) data: DataArgs,
}

/// `--split`.
#[derive(Args, Debug, Clone)]
pub(crate) struct SplitArgs {
    /// The set's test images, or those for training
    #[arg(long, value_name = "SPLIT", value_parser = ["test", "train"], default_value = "test")]
    split: String,
}

impl SplitArgs {
    /// The split.
    pub(crate) fn name(&self) -> Split {
        match &*self.split {
            "train" => Split::Train,
            _ => Split::Test,
        }
    }

    /// The split with its images.
    pub(crate) fn of<'a>(&self, dataset: &'a Dataset) -> (Split, &'a data::Images) {
        match self.name() {
            Split::Train => (Split::Train, &dataset.train),
            split => (split, &dataset.test),
        }
    }
}

/// A model as it was saved.
pub(crate) struct Trained {
    path: PathBuf,
    saved: SavedWeights,
    /// Normalization of the inputs, where the file says it.
    says: Option<Standardization>,
    /// Normalization of targets that are numbers, where the file says it.
    targets: Option<Standardization>,
}

/// A model and the data that it is tried on.
pub(crate) struct Examined {
    pub(crate) task: Task,
    pub(crate) examples: Arc<InMemory>,
}

impl Trained {
    /// Reads the file that `--model` names.
    pub(crate) fn load(arguments: &TrainedArgs) -> Result<Trained, Failure> {
        Trained::read(arguments.model.clone())
    }

    /// Reads this file.
    pub(crate) fn read(path: PathBuf) -> Result<Trained, Failure> {
        if let Err(error) = files::open(&path)
            && error.kind() == files::Kind::Missing
        {
            let hint = "check the path; `descent train --save FILE` writes a model";
            return Err(Failure::missing(error.to_string(), hint));
        }
        let saved = weights::load(&path)?;
        say_unwrapped(&path, &saved.prefix);
        check_finite(&path, [&saved.weights, &saved.buffers])?;
        let says = standardization(&path, &saved, "mean", &["std", "deviation"])?;
        let targets = standardization(&path, &saved, own::TARGET_MEAN, &[own::TARGET_STD])?;
        Ok(Trained { path, saved, says, targets })
    }

    /// The data set that `--dataset` names, or else the one that the model was trained on. Says so
    /// if they are not the same, and refuses a set that the model cannot take, before anything is loaded.
    pub(crate) fn set(&self, data: &DataArgs) -> Result<&'static Set, Failure> {
        if data.dataset.is_none() && self.is_of_own_data() {
            let message =
                format!("{}: expected the data that it was trained on", files::text::path(&self.path));
            let hint = format!("name them with --data: they were called {}", visible(self.data_name()));
            return Err(Failure::usage(message, hint));
        }
        let set = self.named_set(data)?;
        let (rows, columns) = set.image;
        let SavedWeights { inputs, classes, .. } = self.saved;
        if (inputs, classes) == (rows * columns, set.classes) {
            return Ok(set);
        }
        Err(self.unfit(set.name, &format!("{} pixels and {} classes", rows * columns, set.classes)))
    }

    /// True for a model of a user's own data, which says the shape of its inputs.
    fn is_of_own_data(&self) -> bool {
        self.saved.notes.contains_key("shape")
    }

    /// Name of the data that it was trained on.
    fn data_name(&self) -> &str {
        self.saved.notes.get("dataset").map_or("other data", String::as_str)
    }

    /// Name and classes of the data that pictures in files are taken for. A model of other inputs than written
    /// digits have is refused.
    pub(crate) fn digits(&self, data: &DataArgs) -> Result<(String, Vec<String>), Failure> {
        let SavedWeights { inputs, classes, notes, .. } = &self.saved;
        if data.dataset.is_some() || !self.is_of_own_data() {
            let set = self.set(data)?;
            return Ok((set.name.to_string(), set.class_names.iter().map(ToString::to_string).collect()));
        }
        let has_shape = notes.get("shape").is_some_and(|shape| shape.starts_with("28,28"));
        match self.names("classes") {
            Some(names) if *inputs == SIDE * SIDE && has_shape && names.len() == *classes => {
                Ok((self.data_name().to_string(), names))
            }
            _ => Err(Failure::bad_data(
                format!(
                    "{}: expected a model of {SIDE} × {SIDE} images for IMAGE, found one of {} \
                     ({inputs} inputs, {classes} outputs)",
                    files::text::path(&self.path),
                    visible(self.data_name()),
                ),
                "predict an example of its data instead: --data FILE --index N",
            )),
        }
    }

    /// Names that the model's file keeps under this name.
    fn names(&self, name: &str) -> Option<Vec<String>> {
        serde_json::from_str(self.saved.notes.get(name)?).ok()
    }

    fn named_set(&self, data: &DataArgs) -> Result<&'static Set, Failure> {
        let own = self.saved.notes.get("dataset").map(String::as_str);
        let given = data.dataset.as_deref();
        if let (Some(own), Some(given)) = (own, given)
            && own != given
        {
            console::note(&format!("NOTE: this model was trained on {}, not on {given}.", visible(own)));
        }
        // A model may come from elsewhere and name a set that is not known here.
        let own = own.filter(|own| data::SETS.iter().any(|set| set.name == *own));
        Ok(data::set(given.or(own).unwrap_or(DataArgs::DEFAULT))?)
    }

    /// The model and the data that the flags name, or else those that it was trained on.
    pub(crate) fn examine(&self, data: &DataArgs) -> Result<Examined, Failure> {
        if !data.own.is_given() {
            let images = InMemory::images(data.place.load(self.set(data)?)?);
            return self.examine_examples(images, data.normalize);
        }
        let numbers = |name: &str| {
            let sizes =
                self.saved.notes.get(name)?.split(',').map(str::parse).collect::<Result<Vec<usize>, _>>();
            sizes.ok()
        };
        let known = Known {
            shape: numbers("shape").unwrap_or_default(),
            features: self.names("features").unwrap_or_default(),
            bytes: self.saved.notes.get(own::ELEMENTS).map(|elements| elements == own::BYTES),
            classes: self.names("classes").unwrap_or_default(),
            standardization: self.standardization(data.normalize),
            targets: data.own.normalize_targets.and_then(Normalization::given).or(self.targets.clone()),
            vocabulary: self.saved.notes.get(own::VOCABULARY).map(|symbols| Vocabulary::of(symbols)),
        };
        let own = own::Data::load(data, Some(&known))?;
        if own.learns_numbers() && known.targets.is_none() {
            console::note(
                "NOTE: this model does not say how its targets were normalized; assumed --normalize-targets none.",
            );
        }
        let examples = own.examples.clone();
        self.fitting(own.with(&self.saved.architecture)?, examples)
    }

    /// The model and examples; it must fit their shape and classes.
    pub(crate) fn examine_examples(
        &self,
        examples: InMemory,
        normalize: Option<Normalization>,
    ) -> Result<Examined, Failure> {
        let Standardization { mean, std } = self.standardization(normalize);
        let normalize = Normalize { mean: mean[0], std: std[0] };
        let examples = Arc::new(examples);
        let task = Task::supervised(examples.clone(), &self.saved.architecture, normalize)?;
        self.fitting(task, examples)
    }

    /// The normalization that is asked for, that the file says, or that is assumed, which is told.
    fn standardization(&self, asked: Option<Normalization>) -> Standardization {
        if let Some(given) = asked.and_then(Normalization::given) {
            return given;
        }
        if self.saved.notes.contains_key(own::VOCABULARY) {
            return Standardization::identity();
        }
        self.says.clone().unwrap_or_else(|| {
            let Normalize { mean, std } = Normalize::HALF;
            console::note(&format!(
                "NOTE: this model does not say how its inputs were normalized; assumed --normalize {mean},{std}."
            ));
            Standardization { mean: vec![mean], std: vec![std] }
        })
    }

    fn fitting(&self, task: Task, examples: Arc<InMemory>) -> Result<Examined, Failure> {
        if task.model.layout() == self.saved.weights.layout() {
            return Ok(Examined { task, examples });
        }
        let samples = examples.split(Split::Train);
        let found = samples.inputs.shape().iter().product::<usize>();
        let what = if samples.inputs.shape().len() == 3 { "pixels" } else { "inputs" };
        let known = samples.targets.classes().map_or(String::new(), |known| format!(" and {known} classes"));
        Err(self.unfit(&examples.info().name, &format!("{found} {what}{known}")))
    }

    fn unfit(&self, data: &str, has: &str) -> Failure {
        let SavedWeights { inputs, classes, notes, .. } = &self.saved;
        let gives = match self.is_of_own_data() && !notes.contains_key("classes") {
            true if notes.contains_key(own::VOCABULARY) => format!("knows {classes} characters"),
            true => format!("gives {classes} numbers"),
            false => format!("tells {classes} classes apart"),
        };
        let message = format!(
            "{}: the model takes {inputs} inputs and {gives}, but {data} has {has}",
            files::text::path(&self.path),
        );
        Failure::usage(message, "name another model with --model, or its data with --dataset or --data")
    }

    /// The network as ONNX.
    pub(crate) fn onnx(&self) -> Result<Vec<u8>, Failure> {
        let Standardization { mean, std } = self.standardization(None);
        let SavedWeights { weights, buffers, .. } = &self.saved;
        let model = &self.saved.model();
        let targets = self.targets.as_ref();
        let names = |name: &str| self.saved.notes.get(name).map(|names| (name.to_string(), names.clone()));
        let metadata: Vec<(String, String)> =
            ["classes", "features", own::VOCABULARY].into_iter().filter_map(names).collect();
        let metadata: Vec<(&str, &str)> = metadata.iter().map(|(name, text)| (&**name, &**text)).collect();
        let network = train::onnx::Network {
            model,
            weights,
            buffers,
            mean: &mean,
            std: &std,
            targets,
            metadata: &metadata,
        };
        train::onnx::model(&network).map_err(|error| unknown_layer(&self.path, &error))
    }

    /// The weights.
    pub(crate) fn weights(&self) -> &ParamVec {
        &self.saved.weights
    }

    /// The running statistics of batch norm.
    pub(crate) fn buffers(&self) -> &ParamVec {
        &self.saved.buffers
    }

    /// Probabilities and predictions on a split, which must be numbers.
    pub(crate) fn score(&self, task: &Task, split: Split) -> Result<Score, Failure> {
        let score = task.score(&self.saved.weights, &self.saved.buffers, split);
        check_outputs(&self.path, score.probabilities.iter().map(|&x| f64::from(x)).chain([score.loss]))?;
        Ok(score)
    }

    /// Outputs on a split, which must be numbers.
    pub(crate) fn outputs(&self, task: &Task, split: Split) -> Result<Vec<f32>, Failure> {
        let outputs = task.outputs(&self.saved.weights, &self.saved.buffers, split);
        check_outputs(&self.path, outputs.iter().map(|&x| f64::from(x)))?;
        Ok(outputs)
    }

    /// The model in a few words: `digits.safetensors (784-128-64-10, trained on mnist)`.
    pub(crate) fn describe(&self, task: &Task) -> String {
        let name = self.path.file_name().unwrap_or(self.path.as_os_str()).to_string_lossy();
        let own =
            self.saved.notes.get("dataset").map(|own| format!(", trained on {own}")).unwrap_or_default();
        visible(&format!("{name} ({}{own})", task.model_name)).into_owned()
    }
}

/// A task of the registry with weights from a file.
pub(crate) struct TrainedTask {
    pub(crate) spec: TaskSpec,
    pub(crate) task: Task,
    pub(crate) weights: ParamVec,
    pub(crate) buffers: ParamVec,
}

impl TrainedTask {
    /// The task that a file's weights are of, on its own data; `None` for a classifier, or without a file.
    pub(crate) fn read(path: &Path, place: &PlaceArgs) -> Result<Option<TrainedTask>, Failure> {
        if files::open(path).is_err() {
            return Ok(None);
        }
        let Some(name) = weights::task_name(path)? else { return Ok(None) };
        let spec: TaskSpec = name.parse().map_err(|error: UnknownTask| {
            let path = files::text::path(path);
            Failure::bad_data(format!("{path}: {error}"), "use the version of the program that wrote it")
        })?;
        let task = spec.build(&mut Setup::new(|set| place.load(set)))?;
        let (weights, buffers) = load_for(path, &task)?;
        Ok(Some(TrainedTask { spec, task, weights, buffers }))
    }
}

/// Weights and running statistics of a task's model, which must be numbers.
pub(crate) fn load_for(path: &Path, task: &Task) -> Result<(ParamVec, ParamVec), Failure> {
    let TaskWeights { weights, buffers, prefix } = weights::load_for(path, task)?;
    say_unwrapped(path, &prefix);
    check_finite(path, [&weights, &buffers])?;
    Ok((weights, buffers))
}

/// Says that names were read without the prefix of a wrapped model.
fn say_unwrapped(path: &Path, prefix: &str) {
    if !prefix.is_empty() {
        let path = files::text::path(path);
        console::note(&format!("note: {path}: `{prefix}` is taken off the names of all tensors"));
    }
}

/// A network that ONNX has no form for.
pub(crate) fn unknown_layer(path: &Path, error: &train::onnx::UnknownLayer) -> Failure {
    let hint = "nets of the tasks that `descent tasks` lists can be exported";
    Failure::bad_data(format!("{}: {error}", files::text::path(path)), hint)
}

/// Refuses weights and running statistics that no answer can be computed from.
fn check_finite(path: &Path, params: [&ParamVec; 2]) -> Result<(), Failure> {
    match params.into_iter().find_map(weights::not_finite) {
        None => Ok(()),
        Some((tensor, index)) => {
            let path = files::text::path(path);
            Err(Failure::bad_data(
                format!("{path}: expected finite weights, found another at {tensor}[{index}]"),
                "train the model again with a smaller learning rate, or use another file",
            ))
        }
    }
}

/// Refuses outputs of finite weights that exceed the range of the numbers.
pub(crate) fn check_outputs(path: &Path, outputs: impl IntoIterator<Item = f64>) -> Result<(), Failure> {
    match outputs.into_iter().find(|x| !x.is_finite()) {
        None => Ok(()),
        Some(found) => Err(Failure::bad_data(
            format!("{}: expected finite outputs, found {found}", files::text::path(path)),
            "its weights have exploded: train the model again with a smaller learning rate, or use another file",
        )),
    }
}

/// The place of an image, which must be one of the split's.
pub(crate) fn checked_index(
    index: u64,
    dataset: &Dataset,
    (name, split): (Split, &data::Images),
) -> Result<usize, Failure> {
    let inside = usize::try_from(index).ok().filter(|&index| index < split.len());
    inside.ok_or_else(|| {
        let message = format!(
            "expected an index from 0 to {} in {}'s {name} split, found {index}",
            split.len() - 1,
            dataset.name,
        );
        let hint = match dataset.is_sample() {
            true => "this is the embedded sample; `descent data fetch` brings the whole set",
            false => "give --index a lower number",
        };
        Failure::usage(message, hint)
    })
}

/// Mean and standard deviation that a model's notes may hold, the latter under one of some names.
fn standardization(
    path: &Path,
    saved: &SavedWeights,
    mean: &str,
    std: &[&str],
) -> Result<Option<Standardization>, Failure> {
    let mean = numbers(path, saved, mean, |_| true)?;
    let std = std.iter().find_map(|name| numbers(path, saved, name, |x| x > 0.0).transpose()).transpose()?;
    Ok(match (mean, std) {
        (Some(mean), Some(std)) if mean.len() == std.len() => Some(Standardization { mean, std }),
        _ => None,
    })
}

/// Numbers that a model's notes may hold: one, or one for each column.
fn numbers(
    path: &Path,
    saved: &SavedWeights,
    name: &str,
    fits: fn(f64) -> bool,
) -> Result<Option<Vec<f64>>, Failure> {
    let Some(text) = saved.notes.get(name) else { return Ok(None) };
    let number = |word: &str| word.trim().parse().ok().filter(|x: &f64| x.is_finite() && fits(*x));
    let numbers: Option<Vec<f64>> = text.split(',').map(number).collect();
    numbers.map(Some).ok_or_else(|| {
        let message =
            format!("{}: its note `{name}` is {text:?}, which cannot be used", files::text::path(path));
        Failure::bad_data(message, "mean is a number and std one above 0, both on the scale from 0 to 1")
    })
}
