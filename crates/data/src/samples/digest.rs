//! Content hashes, for records and checkpoints.

use sha2::{Digest, Sha256};

use super::{Inputs, Samples, Targets};
use crate::check::hex;

impl Samples {
    /// SHA-256, in hexadecimal, of kinds, shapes, names and values (little-endian).
    ///
    /// ```
    /// use data::samples::{Inputs, Samples, Targets};
    /// let bytes = |values| Samples {
    ///     inputs: Inputs::Bytes { shape: vec![1], values },
    ///     targets: Targets::None,
    /// };
    /// assert_eq!(bytes(vec![1, 2]).sha256(), bytes(vec![1, 2]).sha256());
    /// assert_ne!(bytes(vec![1, 2]).sha256(), bytes(vec![1, 3]).sha256());
    /// ```
    pub fn sha256(&self) -> String {
        let mut hash = Sha256::new();
        match &self.inputs {
            Inputs::Bytes { shape, values } => {
                head(&mut hash, "bytes", shape, values.len());
                hash.update(values);
            }
            Inputs::Numbers { shape, values } => {
                head(&mut hash, "numbers", shape, values.len());
                body(&mut hash, values, f32::to_le_bytes);
            }
            Inputs::Tokens { shape, values, vocabulary } => {
                head(&mut hash, &format!("tokens of {vocabulary}"), shape, values.len());
                body(&mut hash, values, u32::to_le_bytes);
            }
        }
        match &self.targets {
            Targets::Classes { labels, names } => {
                head(&mut hash, &format!("classes {names:?}"), &[], labels.len());
                body(&mut hash, labels, u32::to_le_bytes);
            }
            Targets::Numbers { width, values } => {
                head(&mut hash, "numbers", &[*width], values.len());
                body(&mut hash, values, f32::to_le_bytes);
            }
            Targets::Tokens { shape, values } => {
                head(&mut hash, "tokens", shape, values.len());
                body(&mut hash, values, u32::to_le_bytes);
            }
            Targets::None => head(&mut hash, "none", &[], 0),
        }
        hex(&hash.finalize())
    }
}

/// Hashes kind, shape and number of the following values, which makes the encoding injective.
fn head(hash: &mut Sha256, kind: &str, shape: &[usize], count: usize) {
    hash.update(format!("{kind} {shape:?} {count}\n"));
}

fn body<T: Copy>(hash: &mut Sha256, values: &[T], bytes: fn(T) -> [u8; 4]) {
    let mut buffer = Vec::with_capacity(4 * CHUNK);
    for chunk in values.chunks(CHUNK) {
        buffer.clear();
        buffer.extend(chunk.iter().flat_map(|&value| bytes(value)));
        hash.update(&buffer);
    }
}

/// Number of values converted to bytes at a time.
const CHUNK: usize = 4096;
