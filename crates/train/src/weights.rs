//! Models as safetensors files with PyTorch's names and layout.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use files::text;
use nn::{Activation, Architecture, Info, Kind, Model, models};
use serde::Deserialize;
use tensor::safetensors::{Error as FileError, Fault, Header, Reader, to_bytes};
use tensor::{Layout, ParamVec};

use crate::error::Error;
use crate::task::Task;

/// The entry of a file's metadata that holds our notes, as a JSON object.
pub(crate) const NOTES: &str = "descent";
/// The note that tells a checkpoint from a model.
pub(crate) const CHECKPOINT: &str = "checkpoint";

/// A model's weights with their metadata.
#[derive(Debug, Clone, PartialEq)]
pub struct SavedWeights {
    /// The kind of model; its nonlinearity is ReLU if the file does not say.
    pub architecture: Architecture,
    /// Numbers that it takes: features, or the pixels of an image times their channels.
    pub inputs: usize,
    /// Classes that it tells apart.
    pub classes: usize,
    /// The file's other notes, by name: `dataset`, `recipe`, `mean`, `std` …
    pub notes: BTreeMap<String, String>,
    /// The weights.
    pub weights: ParamVec,
    /// The running statistics of batch norm.
    pub buffers: ParamVec,
    /// Prefix that was taken off the names of all tensors, such as `module.`; empty if they had none.
    pub prefix: String,
}

/// Weights of a task's model from a file.
#[derive(Debug, Clone, PartialEq)]
pub struct TaskWeights {
    /// The weights.
    pub weights: ParamVec,
    /// The running statistics of batch norm.
    pub buffers: ParamVec,
    /// Prefix that was taken off the names of all tensors; empty if they had none.
    pub prefix: String,
}

impl SavedWeights {
    /// The network that the weights are of.
    pub fn model(&self) -> Model {
        network(&self.architecture, self.inputs, &self.notes, self.classes)
    }
}

/// The network for this number of inputs; of images, whose sides the notes say, it is pixels times channels.
fn network(
    architecture: &Architecture,
    inputs: usize,
    notes: &BTreeMap<String, String>,
    classes: usize,
) -> Model {
    match architecture {
        Architecture::Listed(Info { kind: Kind::Images { .. }, .. }) => {
            let (rows, columns) = sides(notes);
            architecture.build_for([rows, columns, inputs / (rows * columns)], classes)
        }
        _ => architecture.build_for([inputs], classes),
    }
}

/// Height and width of the images that convolutional models in files are made for.
const SIDE: usize = 28;

/// Counter of PyTorch's batch norm, which is ignored.
const COUNTER: &str = ".num_batches_tracked";

/// Writes weights and running statistics with a checksum; `notes` go into the file's metadata. The file is
/// the old one or the new one, whatever happens.
///
/// # Errors
/// If the file cannot be written.
pub fn save(
    path: &Path,
    weights: &ParamVec,
    buffers: &ParamVec,
    notes: &BTreeMap<String, String>,
) -> Result<(), Error> {
    Ok(files::atomic_write(path, &model(weights, buffers, notes))?)
}

/// The bytes that [`save`] writes.
pub fn model(weights: &ParamVec, buffers: &ParamVec, notes: &BTreeMap<String, String>) -> Vec<u8> {
    let notes = serde_json::to_string(notes).expect("names and texts");
    to_bytes(&[weights.tensors(""), buffers.tensors("")].concat(), &[(NOTES, &notes)])
}

/// Reads the weights of a model, from this program or from PyTorch: of a multilayer perceptron with
/// tensors `fc1.weight` [outputs, inputs], `fc1.bias`, `fc2.weight`, …, or of one of the convolutional
/// nets of [`nn::models`], which is known by the names of its tensors. Numbers are of dtype F32, or
/// converted from F64, F16 or BF16. The prefixes of wrapped models, such as `module.`, are taken off where all
/// names have them.
///
/// # Errors
/// If the file cannot be read, is damaged, or does not hold such a model; the tensor at fault is named.
/// Shapes are checked against each other and the file before memory is taken for them.
pub fn load(path: &Path) -> Result<SavedWeights, Error> {
    let mut reader = Reader::open(path).map_err(|error| refused(path, error))?;
    let prefix = match reader.header().metadata(NOTES) {
        // A model or a checkpoint of this program has its own names.
        Some(_) => String::new(),
        None => reader.unwrap_names().map_err(|error| refused(path, error))?,
    };
    let found = identify(path, reader.header())?;
    let tensors = reader.read().map_err(|error| refused(path, error))?;
    let params = |layout| ParamVec::from_tensors(&tensors, "", layout).map_err(|error| refused(path, error));
    let (weights, buffers) = (params(found.layout)?, params(found.statistics)?);
    let Identified { architecture, inputs, classes, notes, .. } = found;
    Ok(SavedWeights { architecture, inputs, classes, notes, weights, buffers, prefix })
}

/// The note that names the task of weights which only it can use: an autoencoder's, a language model's.
pub const TASK: &str = "task";

/// The task that the weights in a file are of, if the file names one.
///
/// # Errors
/// If the file cannot be read.
pub fn task_name(path: &Path) -> Result<Option<String>, Error> {
    let reader = Reader::open(path).map_err(|error| refused(path, error))?;
    let mut notes = read_notes(path, reader.header())?;
    // A checkpoint names its task too.
    Ok(notes.remove(TASK).filter(|_| !notes.contains_key(CHECKPOINT)))
}

/// Weights and running statistics of a task's model. The prefixes of wrapped models, such as `module.`, are taken
/// off where all names have them and the model has not.
///
/// # Errors
/// If the file cannot be read, or holds another model.
pub fn load_for(path: &Path, task: &Task) -> Result<TaskWeights, Error> {
    let located = |error| refused(path, error);
    let mut reader = Reader::open(path).map_err(located)?;
    let layout = task.model.layout();
    let is_plain = layout.entries().iter().any(|info| reader.header().tensor(&info.name).is_some());
    let prefix = if is_plain { String::new() } else { reader.unwrap_names().map_err(located)? };
    let tensors = reader.read().map_err(located)?;
    let params = |layout: &Arc<Layout>| {
        ParamVec::from_tensors(&tensors, "", layout.clone()).map_err(|error| refused(path, error))
    };
    let buffers = params(task.model.buffers::<f32>().layout())?;
    Ok(TaskWeights { weights: params(layout)?, buffers, prefix })
}

/// A model by the header of its file.
struct Identified {
    architecture: Architecture,
    inputs: usize,
    classes: usize,
    notes: BTreeMap<String, String>,
    layout: Arc<Layout>,
    statistics: Arc<Layout>,
}

/// Finds out which model a file holds, and that it holds all of it and nothing else.
fn identify(path: &Path, header: &Header) -> Result<Identified, Error> {
    let mut notes = read_notes(path, header)?;
    if notes.contains_key(CHECKPOINT) {
        return Err(Error::File {
            path: path.into(),
            why: "expected a model, found a checkpoint of a run".to_string(),
            hint:
                "go on with `descent train --resume --checkpoint FILE --save MODEL`, which writes the model"
                    .to_string(),
        });
    }
    if let Some(task) = notes.get(TASK) {
        return Err(Error::File {
            path: path.into(),
            why: format!("expected a classifier, found weights of the task `{}`", text::name(task)),
            hint: "`descent evaluate --model FILE` measures them".to_string(),
        });
    }
    let (rows, columns) = sides(&notes);
    let (architecture, inputs, classes) = match listed(header, &notes) {
        Some(found) => found,
        None => dense(path, header, notes.remove("activation"))?,
    };
    // Dense layers take images of any size.
    if rows.min(columns) < architecture.least_side() {
        let why = format!("expected images that {architecture} takes, found {rows} × {columns} in its notes");
        return Err(wrong(path, why));
    }
    let model = network(&architecture, inputs, &notes, classes);
    let (layout, statistics) = (model.layout().clone(), model.buffers::<f32>().layout().clone());
    for layout in [&layout, &statistics] {
        header.check_layout("", layout).map_err(|error| refused(path, error))?;
    }
    let is_known = |name: &str| {
        layout.find(name).is_some() || statistics.find(name).is_some() || name.ends_with(COUNTER)
    };
    let mut unknown = names(header).filter(|name| !is_known(name)).peekable();
    if unknown.peek().is_some() {
        let known = layout.entries().iter().chain(statistics.entries()).map(|info| info.name.as_str());
        let why = format!("expected the tensors {}, found {} too", text::list(known), text::list(unknown));
        return Err(wrong(path, why));
    }
    Ok(Identified { architecture, inputs, classes, notes, layout, statistics })
}

/// The first value of a model that is not finite, with the name of its tensor.
pub fn not_finite(weights: &ParamVec) -> Option<(&str, usize)> {
    weights.layout().ids().zip(weights.layout().entries()).find_map(|(id, entry)| {
        let index = weights.get(id).iter().position(|x| !x.is_finite())?;
        Some((entry.name.as_str(), index))
    })
}

/// Height and width of the images that a convolutional model takes, by its note `shape`.
fn sides(notes: &BTreeMap<String, String>) -> (usize, usize) {
    const MOST: usize = 4096;
    let sizes =
        notes.get("shape").map(|shape| shape.split(',').map(str::parse).collect::<Result<Vec<usize>, _>>());
    match sizes {
        Some(Ok(sizes)) => match sizes[..] {
            [rows, columns, ..] if (1..=MOST).contains(&rows) && (1..=MOST).contains(&columns) => {
                (rows, columns)
            }
            _ => (SIDE, SIDE),
        },
        _ => (SIDE, SIDE),
    }
}

/// The model of images or of text whose parameters have the names in the file, with its inputs and its number of
/// classes or characters.
fn listed(header: &Header, notes: &BTreeMap<String, String>) -> Option<(Architecture, usize, usize)> {
    const MOST: usize = u16::MAX as usize;
    let size = |size: Option<&usize>| size.copied().filter(|size| (1..=MOST).contains(size));
    let count = names(header).filter(|name| !name.ends_with(COUNTER)).count();
    models::ALL.iter().map(|info| (info, info.architecture())).find_map(|(info, architecture)| {
        let model = match (&architecture, info.kind) {
            (Architecture::Listed(_), Kind::Images { .. }) => architecture.build(SIDE, SIDE, 1),
            (Architecture::Listed(_), Kind::Text) => architecture.build_for([1], 1),
            _ => return None,
        };
        let entries = model.layout().entries();
        let statistics = model.buffers::<f32>().layout().entries().len();
        let found = entries.iter().all(|entry| header.tensor(&entry.name).is_some());
        if !found || count != entries.len() + statistics {
            return None;
        }
        let (first, last) = (header.tensor(&entries.first()?.name)?, header.tensor(&entries.last()?.name)?);
        let inputs = match info.kind {
            Kind::Text => length(notes),
            _ => {
                let (rows, columns) = sides(notes);
                rows * columns * size(first.shape.get(1))?
            }
        };
        Some((architecture, inputs, size(last.shape.first())?))
    })
}

/// Length of a text's windows by the note `shape`; recurrent nets take any.
fn length(notes: &BTreeMap<String, String>) -> usize {
    const MOST: usize = 1 << 20;
    let length = notes.get("shape").and_then(|shape| shape.parse().ok());
    length.filter(|length| (1..=MOST).contains(length)).unwrap_or(1)
}

/// The multilayer perceptron in a file, with its inputs and outputs.
fn dense(
    path: &Path,
    header: &Header,
    activation: Option<String>,
) -> Result<(Architecture, usize, usize), Error> {
    let mut widths: Vec<usize> = Vec::new();
    for i in 1.. {
        let name = format!("fc{i}.weight");
        let Some(weight) = header.tensor(&name) else { break };
        let &[outputs, inputs] = weight.shape else {
            let why = format!("tensor `{name}`: expected shape [outputs, inputs], found {:?}", weight.shape);
            return Err(wrong(path, why));
        };
        // A matrix without elements takes no bytes, however large the other width it claims.
        if outputs == 0 || inputs == 0 {
            let why = format!("tensor `{name}`: expected widths of 1 or more, found {:?}", weight.shape);
            return Err(wrong(path, why));
        }
        if let Some(&width) = widths.last()
            && width != inputs
        {
            let before = i - 1;
            let why = format!(
                "tensor `{name}`: expected {width} inputs, as many as `fc{before}.weight` has outputs, \
                 found {inputs}"
            );
            return Err(wrong(path, why));
        }
        if widths.is_empty() {
            widths.push(inputs);
        }
        widths.push(outputs);
    }
    let &[inputs, ref hidden @ .., classes] = widths.as_slice() else {
        let why = format!("expected a tensor `fc1.weight`, found {}", text::list(names(header)));
        return Err(wrong(path, why));
    };
    let activation = match activation {
        None => Activation::Relu,
        Some(name) => Activation::by_name(&name)
            .ok_or_else(|| wrong(path, format!("unknown activation `{}`", text::name(&name))))?,
    };
    Ok((Architecture::Mlp { hidden: hidden.to_vec(), activation }, inputs, classes))
}

fn names(header: &Header) -> impl Iterator<Item = &str> {
    header.tensors().map(|info| info.name)
}

/// The notes of a model's file or a checkpoint; none in a file of another program.
pub(crate) fn read_notes(path: &Path, header: &Header) -> Result<BTreeMap<String, String>, Error> {
    /// All that is looked at in notes of another kind.
    #[derive(Deserialize)]
    struct Other {
        format: String,
    }
    let Some(json) = header.metadata(NOTES) else { return Ok(BTreeMap::new()) };
    if let Ok(Other { format }) = serde_json::from_str(json) {
        let why = format!("expected a model or a checkpoint, found a file of `{}`", text::name(&format));
        return Err(wrong(path, why));
    }
    serde_json::from_str(json).map_err(|error| {
        let why = text::shorten(&error.to_string(), 200);
        wrong(path, format!("is damaged: its metadata entry `{NOTES}`: {why}"))
    })
}

/// A fault of a file as one of this crate.
pub(crate) fn refused(path: &Path, error: FileError) -> Error {
    let (why, hint) = (error.why(), error.hint());
    match error.into_fault() {
        Fault::File(error) => error.into(),
        Fault::Tensor { why } => wrong(path, why),
        _ => Error::File { path: path.into(), why, hint },
    }
}

fn wrong(path: &Path, why: String) -> Error {
    Error::File {
        path: path.into(),
        why,
        hint: "a model saved here or by PyTorch has f32 tensors fc1.weight [outputs, inputs], fc1.bias, fc2.weight, … \
               or those of 2c2d, lenet or resnet-mini"
            .to_string(),
    }
}
