//! Files written whole or not at all, tried before work begins, and read within bounds.
//!
//! - [`atomic_write`]: all bytes under the name, or the file that was there before.
//! - [`Output`]: a file that will be written at the end, tried at the start.
//! - [`open`], [`read`]: regular files only, so that no pipe hangs and no device never ends.
//! - [`Lock`]: held by one process at a time, freed by the system however it ends.
//! - [`text`]: names from outside made fit for a terminal.
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
pub mod text;

pub use atomic::{atomic_write, sweep};
pub use error::{Error, Kind};
pub use lock::Lock;
pub use output::{Output, claim_folder};
pub use read::{open, read};
