//! The state of an optimizer as the bytes of a safetensors file, and back.

use std::collections::HashMap;

use ::safetensors::SafeTensors;
use ::safetensors::tensor::{Dtype, TensorView};
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::state::{MOST_STEPS, StateDict};

/// The entry of a file's metadata that holds the notes, as a JSON object.
const NOTES: &str = "descent";
/// What the notes say the file is.
const FORMAT: &str = "optimizer state";
/// Of the notes.
const VERSION: u32 = 1;
/// What stands before the name of a number that is no array.
const SCALARS: &str = "scalars/";

/// What is known beside the numbers.
#[derive(Serialize, Deserialize)]
struct Notes {
    format: String,
    version: u32,
    method: String,
    steps: u64,
    total_steps: u64,
    #[serde(default)]
    steps_per_epoch: u64,
    gradient_calls: u64,
    parameters: Vec<(String, Vec<usize>)>,
    /// Names in order; a file has its tensors in an order of its own.
    arrays: Vec<String>,
    scalars: Vec<String>,
}

/// A tensor to be written: its name, type, sizes and bytes.
type Tensor = (String, Dtype, Vec<usize>, Vec<u8>);

impl StateDict {
    /// The bytes of a safetensors file: every array as an `F32` tensor of its name, every scalar as an
    /// `F64` tensor without dimensions behind `scalars/`, and all else as JSON in the metadata. Every bit
    /// is kept, those of numbers that are not finite as well.
    pub fn to_safetensors(&self) -> Vec<u8> {
        let tensors = self.tensors("");
        let views = tensors.iter().map(|(name, dtype, shape, bytes)| {
            let view = TensorView::new(*dtype, shape.clone(), bytes);
            (name, view.expect("as many bytes as the shape needs"))
        });
        ::safetensors::serialize(views, Some([(NOTES.to_string(), self.notes())].into()))
            .expect("a header is made of names and sizes")
    }

    /// What [`to_safetensors`](StateDict::to_safetensors) wrote.
    ///
    /// # Errors
    /// If the bytes are not such a file, whole and of this version; the tensor at fault is named.
    pub fn from_safetensors(bytes: &[u8]) -> Result<StateDict, Error> {
        let (tensors, metadata) = parse(bytes)?;
        let notes =
            metadata.get(NOTES).ok_or_else(|| file(format!("its metadata has no entry `{NOTES}`")))?;
        let state = StateDict::from_tensors(&tensors, "", notes)?;
        let known = state.arrays.len() + state.scalars.len();
        if tensors.len() != known {
            return Err(file(format!("it has {} tensors, its notes name {known}", tensors.len())));
        }
        Ok(state)
    }

    /// The tensors of a file that holds more than this state, with `prefix` before their names.
    pub fn tensors(&self, prefix: &str) -> Vec<Tensor> {
        let arrays = self.arrays.iter().map(|(name, array)| {
            let bytes = array.iter().flat_map(|x| x.to_le_bytes()).collect();
            (format!("{prefix}{name}"), Dtype::F32, vec![array.len()], bytes)
        });
        let scalars = self.scalars.iter().map(|(name, x)| {
            (format!("{prefix}{SCALARS}{name}"), Dtype::F64, vec![], x.to_le_bytes().to_vec())
        });
        arrays.chain(scalars).collect()
    }

    /// What stands in a file's metadata beside those tensors: JSON.
    pub fn notes(&self) -> String {
        let notes = Notes {
            format: FORMAT.to_string(),
            version: VERSION,
            method: self.method.clone(),
            steps: self.steps,
            total_steps: self.total_steps,
            steps_per_epoch: self.steps_per_epoch,
            gradient_calls: self.gradient_calls,
            parameters: self.parameters.clone(),
            arrays: self.arrays.iter().map(|(name, _)| name.clone()).collect(),
            scalars: self.scalars.iter().map(|(name, _)| name.clone()).collect(),
        };
        serde_json::to_string(&notes).expect("names and whole numbers")
    }

    /// The state whose tensors have `prefix` before their names and whose notes are these.
    ///
    /// # Errors
    /// If the notes are damaged or of another version, or a tensor that they name is not there.
    pub fn from_tensors(tensors: &SafeTensors<'_>, prefix: &str, notes: &str) -> Result<StateDict, Error> {
        let notes: Notes =
            serde_json::from_str(notes).map_err(|error| file(format!("its notes are damaged: {error}")))?;
        if (notes.format.as_str(), notes.version) != (FORMAT, VERSION) {
            return Err(file(format!(
                "its notes are those of `{}` version {}, not of `{FORMAT}` version {VERSION}",
                notes.format, notes.version
            )));
        }
        if notes.steps.max(notes.total_steps).max(notes.gradient_calls) > MOST_STEPS {
            return Err(file("its notes count more steps than there can be".to_string()));
        }
        let array = |name: String| {
            let array = floats(tensors, &format!("{prefix}{name}"))?;
            Ok((name, array))
        };
        let scalar = |name: String| {
            let full = format!("{prefix}{SCALARS}{name}");
            let bytes = of_type(tensors, &full, Dtype::F64)?;
            let bytes =
                <[u8; 8]>::try_from(bytes).map_err(|_| file(format!("tensor `{full}` is not one number")))?;
            Ok((name, f64::from_le_bytes(bytes)))
        };
        Ok(StateDict {
            method: notes.method,
            total_steps: notes.total_steps,
            steps_per_epoch: notes.steps_per_epoch,
            parameters: notes.parameters,
            steps: notes.steps,
            gradient_calls: notes.gradient_calls,
            arrays: notes.arrays.into_iter().map(array).collect::<Result<_, Error>>()?,
            scalars: notes.scalars.into_iter().map(scalar).collect::<Result<_, Error>>()?,
        })
    }
}

/// The tensors and the metadata of a file.
pub(crate) fn parse(bytes: &[u8]) -> Result<(SafeTensors<'_>, HashMap<String, String>), Error> {
    let broken = |error| file(format!("it is not a whole safetensors file: {error}"));
    let (_, metadata) = SafeTensors::read_metadata(bytes).map_err(broken)?;
    let tensors = SafeTensors::deserialize(bytes).map_err(broken)?;
    Ok((tensors, metadata.metadata().clone().unwrap_or_default()))
}

/// The numbers of an `F32` tensor.
pub(crate) fn floats(tensors: &SafeTensors<'_>, name: &str) -> Result<Vec<f32>, Error> {
    let bytes = of_type(tensors, name, Dtype::F32)?;
    Ok(bytes.as_chunks::<4>().0.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect())
}

fn of_type<'a>(tensors: &SafeTensors<'a>, name: &str, dtype: Dtype) -> Result<&'a [u8], Error> {
    let tensor = tensors.tensor(name).map_err(|_| file(format!("there is no tensor `{name}`")))?;
    if tensor.dtype() != dtype {
        return Err(file(format!("tensor `{name}` is of type {:?}, not {dtype:?}", tensor.dtype())));
    }
    Ok(tensor.data())
}

pub(crate) fn file(why: String) -> Error {
    Error::File { why }
}
