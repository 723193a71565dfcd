//! A trained model from a file, and the data set that it is tried on.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use data::batches::Normalize;
use data::{Dataset, Set};
use files::text::visible;
use train::weights::SavedWeights;
use train::{InMemory, Split, Task};

use crate::args::DataArgs;
use crate::console;
use crate::failure::Failure;

/// `--model FILE`, and the data to try it on.
#[derive(Args, Debug, Clone)]
#[command(mut_arg("dataset", |set| set.help("The data set [default: the model's own, or mnist]")))]
pub(crate) struct TrainedArgs {
    /// The weights, as `descent train --save` or PyTorch's safetensors writes them
    #[arg(long, value_name = "FILE")]
    model: PathBuf,
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
    /// The split with its images.
    pub(crate) fn of<'a>(&self, dataset: &'a Dataset) -> (Split, &'a data::Images) {
        match &*self.split {
            "train" => (Split::Train, &dataset.train),
            _ => (Split::Test, &dataset.test),
        }
    }
}

/// A model as it was saved.
pub(crate) struct Trained {
    path: PathBuf,
    saved: SavedWeights,
    normalize: Normalize,
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
        let saved = train::weights::load(&path)?;
        let not_finite = [&saved.weights, &saved.buffers].into_iter().find_map(train::weights::not_finite);
        if let Some((tensor, index)) = not_finite {
            let path = files::text::path(&path);
            return Err(Failure::bad_data(
                format!("{path}: expected finite weights, found another at {tensor}[{index}]"),
                "train the model again with a smaller learning rate, or use another file",
            ));
        }
        let normalize = Normalize {
            mean: number(&path, &saved, "mean", |_| true)?.unwrap_or(Normalize::HALF.mean),
            std: number(&path, &saved, "std", |x| x > 0.0)?
                .or(number(&path, &saved, "deviation", |x| x > 0.0)?)
                .unwrap_or(Normalize::HALF.std),
        };
        Ok(Trained { path, saved, normalize })
    }

    /// The data set that `--dataset` names, or else the one that the model was trained on. Says so
    /// if they are not the same.
    pub(crate) fn set(&self, data: &DataArgs) -> Result<&'static Set, Failure> {
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

    /// The model and a data set as a task; the model must fit the images and the classes.
    pub(crate) fn task(&self, dataset: Dataset) -> Result<Task, Failure> {
        let SavedWeights { architecture, inputs, classes, weights, .. } = &self.saved;
        let name = dataset.name;
        let (images, known) = (dataset.train.rows * dataset.train.cols, dataset.classes);
        let task = Task::image_classifier(Arc::new(InMemory::images(dataset)), architecture, self.normalize)?;
        if task.model.layout() == weights.layout() {
            return Ok(task);
        }
        let message = format!(
            "{}: the model takes {inputs} inputs and tells {classes} classes apart, but {name} has {images} pixels \
             and {known} classes",
            self.path.display()
        );
        let hint = "name another model with --model, or its data set with --dataset";
        Err(Failure::usage(message, hint))
    }

    /// The weights.
    pub(crate) fn weights(&self) -> &tensor::ParamVec {
        &self.saved.weights
    }

    /// The running statistics of batch norm.
    pub(crate) fn buffers(&self) -> &tensor::ParamVec {
        &self.saved.buffers
    }

    /// The model in a few words: `digits.safetensors (784-128-64-10, trained on mnist)`.
    pub(crate) fn describe(&self, task: &Task) -> String {
        let name = self.path.file_name().unwrap_or(self.path.as_os_str()).to_string_lossy();
        let own =
            self.saved.notes.get("dataset").map(|own| format!(", trained on {own}")).unwrap_or_default();
        visible(&format!("{name} ({}{own})", task.model_name)).into_owned()
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
            "there is no image {index}: {}'s {name} split has 0 to {}",
            dataset.name,
            split.len() - 1
        );
        let hint = match dataset.is_sample() {
            true => "this is the embedded sample; `descent data fetch` brings the whole set",
            false => "give --index a lower number",
        };
        Failure::usage(message, hint)
    })
}

/// A number that a model's notes may hold.
fn number(
    path: &Path,
    saved: &SavedWeights,
    name: &str,
    fits: fn(f64) -> bool,
) -> Result<Option<f64>, Failure> {
    let Some(text) = saved.notes.get(name) else { return Ok(None) };
    let number = text.parse().ok().filter(|x: &f64| x.is_finite() && fits(*x));
    number.map(Some).ok_or_else(|| {
        let message = format!("{}: its note `{name}` is {text:?}, which cannot be used", path.display());
        Failure::bad_data(message, "mean is a number and std one above 0, both on the scale from 0 to 1")
    })
}
