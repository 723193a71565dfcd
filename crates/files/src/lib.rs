//! Atomic file writes, outputs that are tried before work begins, and bounded reads.
//!
//! - [`atomic_write`]: the complete new file, or the unchanged old one.
//! - [`Output`]: a file that will be written at the end and is tried at the start.
//! - [`open`], [`read`]: regular files only, because a pipe can hang and a device can be endless.
//! - [`Lock`]: held by one process at a time and released by the system when that process ends.
//! - [`sniff`]: the kind of a file by its first bytes, for messages.
//! - [`text`]: escapes names from outside for a terminal.
//!
//! ```
//! let folder = tempfile::tempdir()?;
//! let output = files::Output::claim(&folder.path().join("table.csv"), "--out")?;
//! let table = "a,b\n1,2\n"; // hours of work
//! output.commit(table.as_bytes())?;
//! assert_eq!(files::read(output.path(), 1000)?, table.as_bytes());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod atomic;
mod error;
mod lock;
mod output;
mod read;
mod sniff;
pub mod text;

pub use atomic::{atomic_write, sweep};
pub use error::{Error, Kind};
pub use lock::Lock;
pub use output::{Output, claim_folder};
pub use read::{open, read};
pub use sniff::{SAFETENSORS, SNIFFED, SQLITE, TORCH_SAVE, sniff, sniff_file};

/// Doctest of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
