//! Weights as safetensors files, which PyTorch and JAX read and write. Feature `safetensors`.
//!
//! A file is eight bytes with the length of a header, the header in JSON (dtype, shape and offsets of each
//! tensor, and a map of strings), and the bytes of the tensors without gaps. Format:
//! <https://github.com/huggingface/safetensors#format>.
//!
//! Files are untrusted: lengths, shapes and offsets are checked against the file's size before anything is
//! allocated, memory is at most a small multiple of that size, time is linear in it, and messages are short. A
//! [`Reader`] has checked the header and read no numbers yet; [`SafeTensors`] has both. Files written by
//! [`to_bytes`] carry a [checksum](CHECKSUM) that detects damage to any byte; files of other programs have none.
//!
//! ```
//! use tensor::safetensors::{NewTensor, SafeTensors, Values, to_bytes};
//!
//! let weight = NewTensor { name: "fc.weight".into(), shape: vec![1, 2], values: Values::F32(&[0.5, -1.0]) };
//! let mut file = to_bytes(&[weight], &[("dataset", "mnist")]);
//! let read = SafeTensors::parse(&file)?;
//! assert_eq!(read.header().metadata("dataset"), Some("mnist"));
//! assert_eq!(read.expect("fc.weight")?.with_shape(&[1, 2])?.f32s()?, [0.5, -1.0]);
//!
//! *file.last_mut().unwrap() ^= 1;
//! assert!(SafeTensors::parse(&file).unwrap_err().to_string().contains("is damaged"));
//! # Ok::<(), tensor::safetensors::Error>(())
//! ```

mod checksum;
mod dtype;
mod error;
mod header;
mod json;
mod params;
mod read;
mod write;

pub use checksum::CHECKSUM;
pub use dtype::Dtype;
pub use error::{Error, Fault};
pub use header::{Header, Info, WRAPPER_PREFIXES};
pub use read::{Reader, SafeTensors, Tensor};
pub use write::{NewTensor, Values, to_bytes};
