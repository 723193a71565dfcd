//! State of an optimizer as the bytes of a safetensors file, and back.

use std::collections::BTreeSet;
use std::slice;

use files::text;
use serde::{Deserialize, Serialize};
use tensor::safetensors::{self, Dtype, Fault, NewTensor, SafeTensors, Values};

use crate::error::Error;
use crate::state::{MAX_STEPS, StateDict};

/// Key of the notes, a JSON object, in the metadata of a file.
const NOTES: &str = "descent";
/// Value of `format` in the notes.
const FORMAT: &str = "optimizer state";
/// Version of the notes.
const VERSION: u32 = 1;
/// Prefix of the name of a scalar.
const SCALARS: &str = "scalars/";

/// Everything but the numbers.
#[derive(Serialize, Deserialize)]
struct Notes {
    format: String,
    version: u32,
    #[serde(rename = "method")]
    recipe: String,
    steps: u64,
    total_steps: u64,
    #[serde(default)]
    steps_per_epoch: u64,
    gradient_calls: u64,
    parameters: Vec<(String, Vec<usize>)>,
    /// Names in order, which the tensors of a file are not.
    arrays: Vec<String>,
    scalars: Vec<String>,
}

/// Maximum number of characters of a text from a file in a message.
const SHOWN: usize = 200;

impl StateDict {
    /// Bytes of a safetensors file: every array as an `F32` tensor of its name, every scalar as an `F64`
    /// tensor without dimensions under `scalars/`, and everything else as JSON in the metadata. Every bit is
    /// preserved, also of numbers that are not finite.
    pub fn to_safetensors(&self) -> Vec<u8> {
        safetensors::to_bytes(&self.tensors(""), &[(NOTES, &self.notes())])
    }

    /// Reads the bytes of [`to_safetensors`](StateDict::to_safetensors).
    ///
    /// # Errors
    /// If the bytes are no such file, damaged, or of another version; the tensor at fault is named.
    pub fn from_safetensors(bytes: &[u8]) -> Result<StateDict, Error> {
        let tensors = parse(bytes)?;
        let notes = entry(&tensors, NOTES)?;
        let state = StateDict::from_tensors(&tensors, "", notes)?;
        let (known, found) = (state.arrays.len() + state.scalars.len(), tensors.header().tensors().len());
        if found != known {
            return Err(file(format!("expected the {known} tensors of its notes, found {found}")));
        }
        Ok(state)
    }

    /// Tensors for a file that holds more than this state, with a prefix before their names.
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

    /// Entry of a file's metadata that goes with those tensors: JSON.
    pub fn notes(&self) -> String {
        let notes = Notes {
            format: FORMAT.to_string(),
            version: VERSION,
            recipe: self.recipe.clone(),
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

    /// State from tensors with a prefix before their names and the notes that go with them.
    ///
    /// # Errors
    /// If the notes are damaged or of another version, or a tensor that they name is missing.
    pub fn from_tensors(tensors: &SafeTensors<'_>, prefix: &str, notes: &str) -> Result<StateDict, Error> {
        let notes: Notes = read_notes(notes)?;
        check_format(&notes.format, notes.version, FORMAT, VERSION)?;
        if notes.steps.max(notes.total_steps).max(notes.gradient_calls) > MAX_STEPS {
            return Err(file(format!("expected at most {MAX_STEPS} steps in its notes")));
        }
        // A repeated name would take the memory of its tensor each time.
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
            recipe: notes.recipe,
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

/// Tensors of a file.
pub(crate) fn parse(bytes: &[u8]) -> Result<SafeTensors<'_>, Error> {
    SafeTensors::parse(bytes).map_err(unfit)
}

/// Text under a key of the metadata.
pub(crate) fn entry<'t>(tensors: &'t SafeTensors<'_>, key: &str) -> Result<&'t str, Error> {
    tensors.header().metadata(key).ok_or_else(|| file(format!("expected an entry `{key}` in its metadata")))
}

/// Notes in JSON.
pub(crate) fn read_notes<'n, N: Deserialize<'n>>(json: &'n str) -> Result<N, Error> {
    serde_json::from_str(json)
        .map_err(|error| file(format!("invalid notes: {}", text::shorten(&error.to_string(), SHOWN))))
}

/// Checks that notes have the format and version that is read here.
pub(crate) fn check_format(format: &str, version: u32, ours: &str, our_version: u32) -> Result<(), Error> {
    if (format, version) == (ours, our_version) {
        return Ok(());
    }
    let format = text::name(format);
    Err(file(format!("expected notes of `{ours}` version {our_version}, found `{format}` version {version}")))
}

/// Numbers of an `F32` tensor.
pub(crate) fn floats(tensors: &SafeTensors<'_>, name: &str) -> Result<Vec<f32>, Error> {
    let tensor = tensors.expect(name).and_then(|tensor| tensor.with_dtype(Dtype::F32));
    tensor.and_then(|tensor| tensor.f32s()).map_err(unfit)
}

/// Fault of a file as an error of this crate.
pub(crate) fn unfit(error: safetensors::Error) -> Error {
    match error.fault() {
        Fault::Format { .. } | Fault::Checksum { .. } => file(format!("it {}", error.why())),
        _ => file(error.why()),
    }
}

pub(crate) fn file(why: impl Into<String>) -> Error {
    Error::File { why: why.into() }
}
