//! Pure functions from records to tables, SVG, CSV, JSON lines and one HTML page.
//!
//! Nothing here trains, reads a clock or computes a result: the numbers come from [`lab`], and this
//! crate formats them and scales them to pixels. The same input gives the same bytes.
//!
//! | function | what it gives |
//! |---|---|
//! | [`table()`] | the comparison as text, at most 80 columns |
//! | [`page()`] | the comparison as one HTML file that makes no request |
//! | [`curves_svg`] | loss and accuracy over epochs, one line an optimizer |
//! | [`schedule_svg`] | the factor of the learning rate over steps |
//! | [`range_test_svg`], [`range_test_csv`] | the loss over learning rates, and the rates read from it |
//! | [`csv()`] | one row a run and epoch |
//! | [`jsonl()`], [`parse_jsonl`] | whole records, one a line, and back |
//!
//! ```
//! use train::record::{EpochRecord, Evaluation, RunRecord, SCHEMA, Status};
//!
//! let run = RunRecord {
//!     schema: SCHEMA,
//!     dataset: "mnist".into(),
//!     origin: "a folder".into(),
//!     sample: false,
//!     train_images: 60_000,
//!     test_images: 10_000,
//!     model: "784-128-64-10".into(),
//!     weights: 109_386,
//!     optimizer: "adam".into(),
//!     recipe: "adam lr=0.001, batch=64".into(),
//!     seed: 1,
//!     batch: 64,
//!     state_bytes_per_weight: 8,
//!     threads: 1,
//!     kernel: "avx2".into(),
//!     gradient_calls: Some(938),
//!     status: Status::Finished,
//!     epochs: vec![EpochRecord { epoch: 1, steps: 938, train_loss: 0.4, seconds: 0.6 }],
//!     train_curve: vec![],
//!     evaluations: vec![Evaluation {
//!         epoch: 1.0,
//!         seconds: 0.6,
//!         test_loss: f64::NAN, // JSON has no NaN; it survives all the same
//!         test_accuracy: 0.94,
//!     }],
//! };
//!
//! let lines = report::jsonl(&[run]);
//! let back = report::parse_jsonl(&lines)?;
//! assert_eq!(back[0].optimizer, "adam");
//! assert!(back[0].evaluations[0].test_loss.is_nan());
//!
//! assert!(report::csv(&back).contains(",0.94,938\r\n"));
//! # Ok::<(), report::Error>(())
//! ```

mod axis;
mod csv;
mod curves;
mod heading;
mod hover;
mod jsonl;
mod labels;
mod look;
mod number;
mod page;
mod panel;
mod range_test;
mod ranking;
mod schedule;
mod table;
mod text;

pub use csv::csv;
pub use curves::curves_svg;
pub use jsonl::{Error, jsonl, parse_jsonl};
pub use page::page;
pub use range_test::{range_test_csv, range_test_svg};
pub use schedule::schedule_svg;
pub use table::{Style, table};
