//! Writer of standard safetensors files with a checksum.

use std::cmp::Reverse;

use super::checksum::{self, CHECKSUM};
use super::dtype::Dtype;
use super::header::LENGTH;

/// A tensor to be written.
#[derive(Debug, Clone, PartialEq)]
pub struct NewTensor<'a> {
    /// Name, unique in the file.
    pub name: String,
    /// Shape, row-major.
    pub shape: Vec<usize>,
    /// Numbers, the product of the shape.
    pub values: Values<'a>,
}

/// Numbers to be written, bit for bit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Values<'a> {
    /// Of dtype F32.
    F32(&'a [f32]),
    /// Of dtype F64.
    F64(&'a [f64]),
}

impl Values<'_> {
    fn dtype(self) -> Dtype {
        match self {
            Values::F32(_) => Dtype::F32,
            Values::F64(_) => Dtype::F64,
        }
    }

    fn len(self) -> usize {
        match self {
            Values::F32(values) => values.len(),
            Values::F64(values) => values.len(),
        }
    }
}

/// The bytes of a safetensors file with these tensors and metadata, and a checksum. The same content
/// gives the same bytes: tensors are ordered by the size of their numbers, the largest first, then by
/// name, as in the reference implementation; metadata keep the given order.
///
/// # Panics
/// If a name or key is a duplicate, or the length of a tensor does not match its shape.
#[track_caller]
pub fn to_bytes(tensors: &[NewTensor<'_>], metadata: &[(&str, &str)]) -> Vec<u8> {
    let mut sorted: Vec<&NewTensor<'_>> = tensors.iter().collect();
    sorted.sort_by_key(|tensor| (Reverse(tensor.values.dtype().size()), &tensor.name));
    for pair in sorted.windows(2) {
        assert!(pair[0].name != pair[1].name, "duplicate tensor `{}`", pair[0].name);
    }
    let mut keys: Vec<&str> = metadata.iter().map(|(key, _)| *key).chain([CHECKSUM]).collect();
    keys.sort_unstable();
    for pair in keys.windows(2) {
        assert!(pair[0] != pair[1], "duplicate metadata entry `{}`", pair[0]);
    }
    let size = sorted.iter().map(|tensor| tensor.values.len() * tensor.values.dtype().size()).sum();
    let mut data = Vec::with_capacity(size);
    let mut fields = vec![];
    for NewTensor { name, shape, values } in &sorted {
        let (expected, found) = (shape.iter().product::<usize>(), values.len());
        assert!(
            expected == found,
            "tensor `{name}` of shape {shape:?}: expected {expected} numbers, found {found}"
        );
        let start = data.len();
        match values {
            Values::F32(values) => data.extend(values.iter().flat_map(|x| x.to_le_bytes())),
            Values::F64(values) => data.extend(values.iter().flat_map(|x| x.to_le_bytes())),
        }
        let (name, dtype, end) = (quoted(name), values.dtype(), data.len());
        let shape: Vec<String> = shape.iter().map(usize::to_string).collect();
        fields.push(format!(
            r#"{name}:{{"dtype":"{dtype}","shape":[{}],"data_offsets":[{start},{end}]}}"#,
            shape.join(",")
        ));
    }
    let checksum = checksum::blank(&data);
    let notes: Vec<String> = [(CHECKSUM, checksum.as_str())]
        .iter()
        .chain(metadata)
        .map(|(key, value)| format!("{}:{}", quoted(key), quoted(value)))
        .collect();
    fields.insert(0, format!(r#""__metadata__":{{{}}}"#, notes.join(",")));
    let mut header = format!("{{{}}}", fields.join(","));
    // Numbers begin at a multiple of eight bytes.
    header.push_str(&" ".repeat(header.len().next_multiple_of(LENGTH) - header.len()));
    let mut file = (header.len() as u64).to_le_bytes().to_vec();
    file.extend(header.into_bytes());
    checksum::fill(&mut file);
    file.extend(data);
    file
}

/// A text in JSON.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
