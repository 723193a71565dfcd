//! A course on optimizers: each claim is an experiment with a prediction, a measurement and a verdict.
//!
//! A lesson is a file in `lessons/` and a line of the registry. It measures first, into plain numbers
//! ([`Measured`]), and then judges them: [`Lesson::judge`] reads nothing else, so the verdict follows from the
//! numbers on the page. Every lesson also has a [counterexample](Case::Counterexample), in which its claim gets
//! another verdict.
//!
//! ```
//! use lessons::{Settings, Verdict};
//!
//! let lesson = lessons::by_name("adam-diverges")?;
//! let measured = (lesson.measure)(&Settings::quick())?;
//! assert!(matches!((lesson.judge)(&measured), Verdict::Holds(_)));
//! # Ok::<(), lessons::Error>(())
//! ```

pub mod book;
pub mod browser;
mod digits;
mod error;
pub mod landscape;
mod lesson;
mod lessons;
pub mod math;
mod measured;
mod nets;
pub mod race;
mod settings;
mod sharpness;
mod suite;
pub mod theory;
mod tuned;
mod walk;

pub use error::Error;
pub use lesson::{Answer, Chapter, Lesson, Question, Verdict};
pub use lessons::{ALL, by_name};
pub use measured::{Measured, Number, Table};
pub use settings::{Case, Settings};

/// Doctest of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
