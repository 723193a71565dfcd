//! Weights as safetensors files with PyTorch's names and layout.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use nn::{Activation, Architecture};
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use sha2::{Digest, Sha256};
use tensor::{Layout, ParamVec};

use crate::error::Error;

/// The entry of a file's metadata that holds our notes, as a JSON object.
const NOTES: &str = "descent";

/// A model's weights and what is known about them beside their numbers.
#[derive(Debug, Clone, PartialEq)]
pub struct SavedWeights {
    /// The kind of model; its nonlinearity is ReLU if the file does not say.
    pub architecture: Architecture,
    /// Pixels that it takes.
    pub inputs: usize,
    /// Classes that it tells apart.
    pub classes: usize,
    /// The file's other notes, by name: `dataset`, `recipe`, `mean`, `deviation` …
    pub notes: BTreeMap<String, String>,
    /// The weights.
    pub weights: ParamVec,
    /// The running statistics of batch norm.
    pub buffers: ParamVec,
}

/// The note that holds a hash of everything else in the file.
const CHECKSUM: &str = "sha256";

/// Height and width of the images that convolutional models in files are made for.
const SIDE: usize = 28;

/// What PyTorch's batch norm counts and nothing here needs.
const COUNTER: &str = ".num_batches_tracked";

/// Writes weights and running statistics; `notes` go into the file's metadata. The file is either the
/// old one or the new one.
///
/// # Errors
/// If the file cannot be written.
pub fn save(
    path: &Path,
    weights: &ParamVec,
    buffers: &ParamVec,
    notes: BTreeMap<String, String>,
) -> Result<(), Error> {
    let tensors = [named(weights, ""), named(buffers, "")].concat();
    write(path, tensors.iter().map(|(name, shape, values)| (name.as_str(), shape.as_slice(), *values)), notes)
}

/// Reads the weights of a model, from this program or from PyTorch: of a multilayer perceptron with
/// tensors `fc1.weight` [outputs, inputs], `fc1.bias`, `fc2.weight`, …, or of one of the convolutional
/// nets of [`nn::models`], which is known by the names of its tensors. All are of type F32.
///
/// # Errors
/// If the file cannot be read, or does not hold such a model; the tensor at fault is named.
pub fn load(path: &Path) -> Result<SavedWeights, Error> {
    let bytes = read(path)?;
    let (tensors, mut notes) = parse(path, &bytes)?;
    if notes.contains_key("checkpoint") {
        return Err(Error::File {
            path: path.into(),
            why: "expected a model, found a checkpoint of a run".to_string(),
            hint:
                "go on with `descent train --resume --checkpoint FILE --save MODEL`, which writes the model"
                    .to_string(),
        });
    }
    let (architecture, inputs, classes) = match convolutional(&tensors) {
        Some((architecture, classes)) => (architecture, SIDE * SIDE, classes),
        None => dense(path, &tensors, notes.remove("activation"))?,
    };
    let model = match &architecture {
        Architecture::Mlp { .. } => architecture.build(1, inputs, classes),
        _ => architecture.build(SIDE, SIDE, classes),
    };
    let weights = params(path, &tensors, "", model.layout())?;
    let buffers = params(path, &tensors, "", model.buffers::<f32>().layout())?;
    let names: Vec<&str> = [&weights, &buffers]
        .into_iter()
        .flat_map(|params| params.layout().entries().iter().map(|entry| entry.name.as_str()))
        .collect();
    let is_extra = |name: &String| !names.contains(&name.as_str()) && !name.ends_with(COUNTER);
    let mut extra: Vec<String> = tensors.names().into_iter().map(String::from).filter(is_extra).collect();
    extra.sort();
    if !extra.is_empty() {
        return Err(wrong(path, format!("unknown tensors beside {}: {}", names.join(", "), short(&extra))));
    }
    Ok(SavedWeights { architecture, inputs, classes, notes, weights, buffers })
}

/// The convolutional model whose parameters have the names in the file, and its number of classes.
fn convolutional(tensors: &SafeTensors<'_>) -> Option<(Architecture, usize)> {
    let all = Architecture::NAMES.iter().filter_map(|(name, _)| Architecture::by_name(name));
    all.filter(|architecture| !matches!(architecture, Architecture::Mlp { .. })).find_map(|architecture| {
        let model = architecture.build(SIDE, SIDE, 1);
        let entries = model.layout().entries();
        let statistics = model.buffers::<f32>().layout().entries().len();
        let count = tensors.names().into_iter().filter(|name| !name.ends_with(COUNTER)).count();
        let found = entries.iter().all(|entry| tensors.tensor(&entry.name).is_ok());
        let last = tensors.tensor(&entries.last()?.name).ok()?;
        let classes = *last.shape().first().filter(|&&classes| classes > 0 && classes <= u16::MAX.into())?;
        (found && count == entries.len() + statistics).then_some((architecture, classes))
    })
}

/// The multilayer perceptron in a file, with its inputs and outputs.
fn dense(
    path: &Path,
    tensors: &SafeTensors<'_>,
    activation: Option<String>,
) -> Result<(Architecture, usize, usize), Error> {
    let mut widths = Vec::new();
    for i in 1.. {
        let name = format!("fc{i}.weight");
        let Ok(weight) = tensors.tensor(&name) else { break };
        let &[outputs, inputs] = weight.shape() else {
            return Err(wrong(
                path,
                format!("tensor `{name}` has shape {:?}, not [outputs, inputs]", weight.shape()),
            ));
        };
        match widths.last() {
            None => widths.push(inputs),
            Some(&width) if width == inputs => {}
            Some(width) => {
                let why = format!(
                    "expected tensor `{name}` of {width} inputs, the outputs before it, found {inputs}"
                );
                return Err(wrong(path, why));
            }
        }
        widths.push(outputs);
    }
    let &[inputs, ref hidden @ .., classes] = widths.as_slice() else {
        let found = sorted_names(tensors);
        return Err(wrong(path, format!("there is no tensor `fc1.weight`, only: {found}")));
    };
    // A matrix without elements takes no bytes, however large the other width it claims.
    if widths.contains(&0) {
        return Err(wrong(
            path,
            format!("its layers have widths {widths:?}, and a layer of width 0 holds nothing"),
        ));
    }
    let activation = match activation {
        None => Activation::Relu,
        Some(name) => {
            Activation::by_name(&name).ok_or_else(|| wrong(path, format!("unknown activation `{name}`")))?
        }
    };
    Ok((Architecture::Mlp { hidden: hidden.to_vec(), activation }, inputs, classes))
}

/// The names in a file, in order, cut where there are many.
fn sorted_names(tensors: &SafeTensors<'_>) -> String {
    let mut names: Vec<String> = tensors.names().into_iter().map(String::from).collect();
    names.sort();
    short(&names)
}

/// A list that fits a message.
fn short(names: &[String]) -> String {
    /// Names that are shown.
    const SHOWN: usize = 12;
    let name = |name: &String| match name.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", &name[..end]),
        None => name.clone(),
    };
    let shown: Vec<String> = names.iter().take(SHOWN).map(name).collect();
    match names.len().saturating_sub(SHOWN) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// The parameters of a vector with their names and shapes.
pub(crate) fn named<'a>(params: &'a ParamVec, prefix: &str) -> Vec<(String, Vec<usize>, &'a [f32])> {
    let layout = params.layout();
    let entries = layout.ids().zip(layout.entries());
    entries.map(|(id, e)| (format!("{prefix}{}", e.name), e.shape.to_vec(), params.get(id))).collect()
}

/// Writes f32 tensors and notes as a safetensors file, atomically.
pub(crate) fn write<'a>(
    path: &Path,
    tensors: impl Iterator<Item = (&'a str, &'a [usize], &'a [f32])>,
    notes: BTreeMap<String, String>,
) -> Result<(), Error> {
    let bytes: Vec<(&str, &[usize], Vec<u8>)> = tensors
        .map(|(name, shape, values)| (name, shape, values.iter().flat_map(|x| x.to_le_bytes()).collect()))
        .collect();
    let views = bytes.iter().map(|(name, shape, bytes)| {
        let view =
            TensorView::new(Dtype::F32, shape.to_vec(), bytes).expect("as many bytes as the shape needs");
        (*name, view)
    });
    let mut notes = notes;
    let content = bytes.iter().map(|(name, shape, bytes)| (*name, *shape, bytes.as_slice()));
    notes.insert(CHECKSUM.to_string(), checksum(content.collect(), &notes));
    // One entry, because safetensors writes several in no fixed order.
    let notes = serde_json::to_string(&notes).expect("names and texts");
    let file = safetensors::serialize(views, Some([(NOTES.to_string(), notes)].into()))
        .map_err(|error| wrong(path, format!("cannot be put together: {error}")))?;
    data::atomic_write(path, &file).map_err(data::Error::from)?;
    Ok(())
}

/// The bytes of a regular file; a device or a pipe might never end.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, Error> {
    let failed = |why: String| Error::File {
        path: path.into(),
        why,
        hint: "check the path; `descent train --save FILE` writes weights".to_string(),
    };
    match std::fs::metadata(path) {
        Err(error) => Err(failed(error.to_string())),
        Ok(found) if !found.is_file() => Err(failed("is not a regular file".to_string())),
        Ok(_) => std::fs::read(path).map_err(|error| failed(error.to_string())),
    }
}

/// The first value of a model that is not finite, with the name of its tensor.
pub fn not_finite(weights: &ParamVec) -> Option<(&str, usize)> {
    weights.layout().ids().zip(weights.layout().entries()).find_map(|(id, entry)| {
        let index = weights.get(id).iter().position(|x| !x.is_finite())?;
        Some((entry.name.as_str(), index))
    })
}

/// The tensors and the notes of a file.
pub(crate) fn parse<'a>(
    path: &Path,
    bytes: &'a [u8],
) -> Result<(SafeTensors<'a>, BTreeMap<String, String>), Error> {
    if bytes.starts_with(b"PK\x03\x04") {
        return Err(Error::File {
            path: path.into(),
            why: "expected a safetensors file, found one of torch.save".to_string(),
            hint: "save it in Python with safetensors.torch.save_file(model.state_dict(), FILE)".to_string(),
        });
    }
    let broken = |error| wrong(path, format!("is not a whole safetensors file: {error}"));
    let (_, metadata) = SafeTensors::read_metadata(bytes).map_err(broken)?;
    let tensors = SafeTensors::deserialize(bytes).map_err(broken)?;
    let mut notes: BTreeMap<String, String> =
        match metadata.metadata().as_ref().and_then(|all| all.get(NOTES)) {
            None => BTreeMap::new(),
            Some(text) => serde_json::from_str(text)
                .map_err(|error| wrong(path, format!("its metadata `{NOTES}` is damaged: {error}")))?,
        };
    // A file of another program has none.
    if let Some(expected) = notes.remove(CHECKSUM) {
        let views = tensors.tensors();
        let content = views.iter().map(|(name, view)| (name.as_str(), view.shape(), view.data()));
        let found = checksum(content.collect(), &notes);
        if found != expected {
            return Err(Error::File {
                path: path.into(),
                why: format!("is damaged: expected content of SHA-256 {expected}, found {found}"),
                hint: "use another copy of the file".to_string(),
            });
        }
    }
    Ok((tensors, notes))
}

/// SHA-256 of names, shapes, bytes and notes, in the order of the names.
fn checksum(mut tensors: Vec<(&str, &[usize], &[u8])>, notes: &BTreeMap<String, String>) -> String {
    tensors.sort_by_key(|(name, ..)| *name);
    let mut hash = Sha256::new();
    for (name, shape, bytes) in tensors {
        hash.update(format!("{name:?} {shape:?} {}\n", bytes.len()));
        hash.update(bytes);
    }
    hash.update(format!("{notes:?}"));
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The tensors named by a layout, each with its name behind `prefix`.
pub(crate) fn params(
    path: &Path,
    tensors: &SafeTensors<'_>,
    prefix: &str,
    layout: &Arc<Layout>,
) -> Result<ParamVec, Error> {
    let mut params = ParamVec::zeros(layout.clone());
    for (id, entry) in layout.ids().zip(layout.entries()) {
        let name = format!("{prefix}{}", entry.name);
        let values = numbers(path, tensors, &name, &entry.shape)?;
        params.get_mut(id).copy_from_slice(&values);
    }
    Ok(params)
}

/// The numbers of one tensor, which must have this shape.
pub(crate) fn numbers(
    path: &Path,
    tensors: &SafeTensors<'_>,
    name: &str,
    shape: &[usize],
) -> Result<Vec<f32>, Error> {
    let tensor = tensors.tensor(name).map_err(|_| wrong(path, format!("there is no tensor `{name}`")))?;
    if tensor.dtype() != Dtype::F32 {
        return Err(wrong(path, format!("tensor `{name}` is of type {:?}, not F32", tensor.dtype())));
    }
    if tensor.shape() != shape {
        return Err(wrong(path, format!("tensor `{name}` has shape {:?}, not {shape:?}", tensor.shape())));
    }
    let bytes = tensor.data().chunks_exact(4);
    Ok(bytes.map(|b| f32::from_le_bytes(b.try_into().expect("four bytes"))).collect())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_claims_widths_it_has_no_bytes_for_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("hollow.safetensors");
        let shape = [1 << 60, 0];
        write(&path, [("fc1.weight", &shape[..], &[][..])].into_iter(), BTreeMap::new()).unwrap();
        let message = load(&path).unwrap_err().to_string();
        assert!(message.contains("layer of width 0"), "{message}");
    }
}
