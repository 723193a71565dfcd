//! Weights as safetensors files with PyTorch's names and layout.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use nn::Activation;
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use tensor::{Bundle, Layout};

use crate::error::Error;

/// The entry of a file's metadata that holds our notes, as a JSON object.
const NOTES: &str = "descent";

/// A model's weights and what is known about them beside their numbers.
#[derive(Debug, Clone, PartialEq)]
pub struct SavedWeights {
    /// Layer widths from inputs to outputs.
    pub widths: Vec<usize>,
    /// The nonlinearity between layers; ReLU if the file does not say.
    pub activation: Activation,
    /// The file's other notes, by name: `dataset`, `recipe`, `mean`, `deviation` …
    pub notes: BTreeMap<String, String>,
    /// The weights.
    pub weights: Bundle,
}

/// Writes weights; `notes` go into the file's metadata. The file is either the old one or the
/// new one.
///
/// # Errors
/// If the file cannot be written.
pub fn save(path: &Path, weights: &Bundle, notes: BTreeMap<String, String>) -> Result<(), Error> {
    let tensors = named(weights, "");
    write(path, tensors.iter().map(|(name, shape, values)| (name.as_str(), shape.as_slice(), *values)), notes)
}

/// Reads the weights of a multilayer perceptron, from this program or from PyTorch: tensors
/// `fc1.weight` [outputs, inputs], `fc1.bias`, `fc2.weight`, … of type F32.
///
/// # Errors
/// If the file cannot be read, or does not hold such a model; the tensor at fault is named.
pub fn load(path: &Path) -> Result<SavedWeights, Error> {
    let bytes = read(path)?;
    let (tensors, mut notes) = parse(path, &bytes)?;
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
        if widths.is_empty() {
            widths.push(inputs);
        }
        widths.push(outputs);
    }
    if widths.is_empty() {
        let found = tensors.names().join(", ");
        return Err(wrong(path, format!("there is no tensor `fc1.weight`, only: {found}")));
    }
    // A matrix without elements takes no bytes, however large the other width it claims.
    if widths.contains(&0) {
        return Err(wrong(
            path,
            format!("its layers have widths {widths:?}, and a layer of width 0 holds nothing"),
        ));
    }
    let activation = match notes.remove("activation") {
        None => Activation::Relu,
        Some(name) => {
            Activation::by_name(&name).ok_or_else(|| wrong(path, format!("unknown activation `{name}`")))?
        }
    };
    let model = nn::Model::mlp(&widths, activation);
    let weights = bundle(path, &tensors, "", model.layout())?;
    let expected = model.layout().entries().len();
    if tensors.len() != expected {
        let names: Vec<_> = model.layout().entries().iter().map(|e| e.name.as_str()).collect();
        let extra: Vec<_> = tensors.names().into_iter().filter(|n| !names.contains(n)).collect();
        return Err(wrong(
            path,
            format!("unknown tensors beside {}: {}", names.join(", "), extra.join(", ")),
        ));
    }
    Ok(SavedWeights { widths, activation, notes, weights })
}

/// The parameters of a bundle with their names and shapes.
pub(crate) fn named<'a>(bundle: &'a Bundle, prefix: &str) -> Vec<(String, Vec<usize>, &'a [f32])> {
    let layout = bundle.layout();
    let entries = layout.ids().zip(layout.entries());
    entries.map(|(id, e)| (format!("{prefix}{}", e.name), e.shape.to_vec(), bundle.get(id))).collect()
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
    // One entry, because safetensors writes several in no fixed order.
    let notes = serde_json::to_string(&notes).expect("names and texts");
    let file = safetensors::serialize(views, Some([(NOTES.to_string(), notes)].into()))
        .map_err(|error| wrong(path, format!("cannot be put together: {error}")))?;
    data::atomic_write(path, &file)?;
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

/// The tensors and the notes of a file.
pub(crate) fn parse<'a>(
    path: &Path,
    bytes: &'a [u8],
) -> Result<(SafeTensors<'a>, BTreeMap<String, String>), Error> {
    let broken = |error| wrong(path, format!("is not a whole safetensors file: {error}"));
    let (_, metadata) = SafeTensors::read_metadata(bytes).map_err(broken)?;
    let tensors = SafeTensors::deserialize(bytes).map_err(broken)?;
    let notes = match metadata.metadata().as_ref().and_then(|all| all.get(NOTES)) {
        None => BTreeMap::new(),
        Some(text) => serde_json::from_str(text)
            .map_err(|error| wrong(path, format!("its metadata `{NOTES}` is damaged: {error}")))?,
    };
    Ok((tensors, notes))
}

/// The tensors named by a layout, each with its name behind `prefix`.
pub(crate) fn bundle(
    path: &Path,
    tensors: &SafeTensors<'_>,
    prefix: &str,
    layout: &Arc<Layout>,
) -> Result<Bundle, Error> {
    let mut bundle = Bundle::zeros(layout.clone());
    for (id, entry) in layout.ids().zip(layout.entries()) {
        let name = format!("{prefix}{}", entry.name);
        let values = numbers(path, tensors, &name, &entry.shape)?;
        bundle.get_mut(id).copy_from_slice(&values);
    }
    Ok(bundle)
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
        hint: "a model saved here or by PyTorch has f32 tensors fc1.weight [outputs, inputs], fc1.bias, fc2.weight, …"
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
