//! The state of an optimizer as the bytes of a safetensors file, and back.

use std::collections::BTreeSet;
use std::slice;

use files::text;
use serde::{Deserialize, Serialize};
use tensor::safetensors::{self, Dtype, Fault, NewTensor, SafeTensors, Values};

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

/// Characters of a text from a file that a message shows.
const SHOWN: usize = 200;

impl StateDict {
    /// The bytes of a safetensors file: every array as an `F32` tensor of its name, every scalar as an
    /// `F64` tensor without dimensions behind `scalars/`, and all else as JSON in the metadata. Every bit
    /// is kept, those of numbers that are not finite as well.
    pub fn to_safetensors(&self) -> Vec<u8> {
        safetensors::to_bytes(&self.tensors(""), &[(NOTES, &self.notes())])
    }

    /// What [`to_safetensors`](StateDict::to_safetensors) wrote.
    ///
    /// # Errors
    /// If the bytes are not such a file, whole and of this version; the tensor at fault is named.
    pub fn from_safetensors(bytes: &[u8]) -> Result<StateDict, Error> {
        let tensors = parse(bytes)?;
        let notes = entry(&tensors, NOTES)?;
        let state = StateDict::from_tensors(&tensors, "", notes)?;
        let (known, found) = (state.arrays.len() + state.scalars.len(), tensors.header().tensors().len());
        if found != known {
            return Err(file(format!("it has {found} tensors, its notes name {known}")));
        }
        Ok(state)
    }

    /// The tensors of a file that holds more than this state, with `prefix` before their names.
    pub fn tensors(&self, prefix: &str) -> Vec<NewTensor<'_>> {
        let arrays = self.arrays.iter().map(|(name, array)| NewTensor {
            name: format!("{prefix}{name}"),
            shape: vec![array.len()],
            values: Values::F32(array),
        });
        let scalars = self.scalars.iter().map(|(name, x)| NewTensor {
            name: format!("{prefix}{SCALARS}{name}"),
            shape: vec![],
            values: Values::F64(slice::from_ref(x)),
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
        let notes: Notes = read_notes(notes)?;
        check_format(&notes.format, notes.version, FORMAT, VERSION)?;
        if notes.steps.max(notes.total_steps).max(notes.gradient_calls) > MOST_STEPS {
            return Err(file("its notes count more steps than there can be"));
        }
        // A name that came again and again would take its tensor's memory each time.
        let mut names = BTreeSet::new();
        if let Some(name) = notes.arrays.iter().chain(&notes.scalars).find(|name| !names.insert(*name)) {
            return Err(file(format!("duplicate `{}` in its notes", text::name(name))));
        }
        let array = |name: String| {
            let array = floats(tensors, &format!("{prefix}{name}"))?;
            Ok((name, array))
        };
        let scalar = |name: String| {
            let tensor = tensors.expect(&format!("{prefix}{SCALARS}{name}")).and_then(|t| t.with_shape(&[]));
            let numbers = tensor.and_then(|tensor| tensor.f64s()).map_err(unfit)?;
            Ok((name, numbers[0]))
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

/// The tensors of a file.
pub(crate) fn parse(bytes: &[u8]) -> Result<SafeTensors<'_>, Error> {
    SafeTensors::parse(bytes).map_err(unfit)
}

/// The text under a key of the metadata.
pub(crate) fn entry<'t>(tensors: &'t SafeTensors<'_>, key: &str) -> Result<&'t str, Error> {
    tensors.header().metadata(key).ok_or_else(|| file(format!("its metadata has no entry `{key}`")))
}

/// Notes in JSON.
pub(crate) fn read_notes<'n, N: Deserialize<'n>>(json: &'n str) -> Result<N, Error> {
    serde_json::from_str(json)
        .map_err(|error| file(format!("its notes are damaged: {}", text::shorten(&error.to_string(), SHOWN))))
}

/// Makes sure that notes are of the kind and version that is read here.
pub(crate) fn check_format(format: &str, version: u32, ours: &str, our_version: u32) -> Result<(), Error> {
    if (format, version) == (ours, our_version) {
        return Ok(());
    }
    let format = text::name(format);
    Err(file(format!(
        "its notes are those of `{format}` version {version}, not of `{ours}` version {our_version}"
    )))
}

/// The numbers of an `F32` tensor.
pub(crate) fn floats(tensors: &SafeTensors<'_>, name: &str) -> Result<Vec<f32>, Error> {
    let tensor = tensors.expect(name).and_then(|tensor| tensor.with_dtype(Dtype::F32));
    tensor.and_then(|tensor| tensor.f32s()).map_err(unfit)
}

/// A fault of a file, as one of ours.
pub(crate) fn unfit(error: safetensors::Error) -> Error {
    match error.fault() {
        Fault::Format { .. } | Fault::Checksum { .. } => file(format!("it {}", error.why())),
        _ => file(error.why()),
    }
}

pub(crate) fn file(why: impl Into<String>) -> Error {
    Error::File { why: why.into() }
}
