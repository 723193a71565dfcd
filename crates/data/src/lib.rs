//! Data to learn from: the MNIST family, tables, arrays, texts and generated sets, as samples in memory.
//!
//! [`load`] finds a data set, fetches it if it is not on this machine, checks every byte, and returns [`Images`]
//! of pixels and labels. MNIST always loads: without a network, a sample included in this crate is used.
//!
//! ```
//! let request = data::Request::embedded(data::set("mnist")?);
//! let digits = data::load(&request, &mut |event| drop(event.to_string()))?;
//! assert_eq!(digits.train.image(0).len(), 28 * 28);
//! assert!(usize::from(digits.train.labels[0]) < digits.classes);
//! # Ok::<(), data::Error>(())
//! ```
//!
//! | module | content |
//! |---|---|
//! | [`characters`] | a text, vocabularies, windows for next-character prediction |
//! | [`generated`] | MNIST-1D, a stochastic quadratic, Friedman's table, NumPy's random numbers |
//! | [`own`] | a user's own tables, arrays and texts |
//! | [`samples`] | examples of any kind in memory: gathering, splitting, statistics |
//! | [`sets`] | the table of data sets: files, checksums, mirrors, licenses |
//! | [`batches`] | the seeded order of an epoch, gathering of images, normalization of pixels |
//! | `pictures` | a digit from a PNG or JPEG file as an image like MNIST's |
//! | [`idx`] | the IDX format with all its element types |
//!
//! The feature `download` adds the https mirrors; without it this crate opens no socket. The feature `pictures`
//! adds the module of that name.

mod archive;
pub mod batches;
mod bounded;
pub mod characters;
mod check;
mod dataset;
mod debian;
mod download;
mod error;
mod event;
mod fault;
mod fetch;
mod folder;
pub mod generated;
mod gzip;
pub mod idx;
mod inspect;
mod labels;
mod load;
mod network;
mod npm;
pub mod own;
#[cfg(feature = "pictures")]
pub mod pictures;
mod places;
mod program;
mod request;
mod sample;
pub mod samples;
pub mod sets;
mod store;
mod text;

pub use characters::text;
pub use dataset::{Dataset, Images};
pub use error::{Error, Kind};
pub use event::Event;
pub use fault::{GzipFault, IdxFault};
pub use fetch::fetch;
pub use files::atomic_write;
pub use folder::Evidence;
pub use idx::{Idx, IdxData};
pub use inspect::{Checked, Found, FoundFile, Verified, is_foreign, locate, verify, verify_all};
pub use load::load;
pub use network::{Cancel, Network};
pub use places::{Origin, Places};
pub use request::Request;
pub use samples::{Inputs, Samples, Splits, Targets};
pub use sets::{SETS, Set, set};

/// The README's program, as a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
