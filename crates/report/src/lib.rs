//! Pure functions from records to tables, SVG, CSV, JSON lines and one HTML page.
//!
//! Nothing here trains, reads a clock or computes a result: the numbers come from [`lab`], and this
//! crate formats them and scales them to pixels. The same input gives the same bytes.
//!
//! | function | what it gives |
//! |---|---|
//! | [`table()`] | the comparison as text for a width |
//! | [`page()`] | the comparison as one HTML file that makes no request |
//! | [`comparison_document`], [`study_document`] | a report as a [`document::Document`], in six forms |
//! | [`curves_svg`] | loss and accuracy over epochs, one line an optimizer |
//! | [`schedule_svg`] | the factor of the learning rate over steps |
//! | [`range_test_svg`], [`range_test_csv`], [`range_test_json`] | the loss over learning rates, and the rates read from it |
//! | [`plot::Plot`], [`color`] | axes and colors for curves that are drawn elsewhere while they grow |
//! | [`chart::Chart`] | measured numbers with the prediction over them |
//! | [`race::Race`] | paths of optimizers over contours, and a page that plays them |
//! | [`plane_document`], [`line_document`] | the loss around networks as a document |
//! | [`browser`] | the kernels of pages that compute |
//! | [`play::Play`] | a page that trains a network |
//! | [`prose`] | sentences about a comparison and a range test |
//! | [`study_table`] | the outcome of a study as text |
//! | [`csv()`] | one row a run and epoch |
//! | [`points_csv`], [`points_jsonl`] | one row, or one line, a measurement |
//! | [`tensorboard()`], [`EventFile`] | the event file of a run, whole or as it grows |
//! | [`mlflow()`] | a run in the terms of MLflow's REST interface |
//! | [`runs_document`], [`run_document`] | stored runs as a document |
//! | [`jsonl()`], [`parse_jsonl`] | whole records, one a line, and back |
//!
//! ```
//! // A line of an older version: what JSON has no word for is a string.
//! let line = r#"{"schema":1,"dataset":"mnist","origin":"a folder","sample":false,
//!     "train_images":60000,"test_images":10000,"model":"784-128-64-10","weights":109386,
//!     "optimizer":"adam","recipe":"adam lr=0.001, batch=64","seed":1,"batch":64,
//!     "state_bytes_per_weight":8,"threads":1,"kernel":"avx2","gradient_calls":938,
//!     "status":{"is":"finished"},
//!     "epochs":[{"epoch":1,"steps":938,"train_loss":0.4,"seconds":0.6}],"train_curve":[],
//!     "evaluations":[{"epoch":1,"seconds":0.6,"test_loss":"NaN","test_accuracy":0.94}]}"#;
//! let runs = report::parse_jsonl(&line.replace("\n", " "))?;
//! assert_eq!(runs[0].final_metric(), Some(0.94));
//!
//! let back = report::parse_jsonl(&report::jsonl(&runs))?;
//! assert_eq!(back[0].optimizer, "adam");
//! assert!(back[0].loss_curve(train::Split::Test)[0].value.is_nan());
//! assert!(report::csv(&back).contains(",accuracy,0.94,938\r\n"));
//! # Ok::<(), report::Error>(())
//! ```

mod axis;
pub mod browser;
pub mod chart;
mod csv;
mod curves;
pub mod document;
mod heading;
mod jsonl;
mod labels;
mod landscape;
mod look;
mod measure;
mod mlflow;
mod number;
mod page;
mod panel;
pub mod play;
pub mod plot;
mod points;
pub mod prose;
pub mod race;
mod range_test;
mod ranking;
mod runs;
mod schedule;
mod study;
mod table;
mod tensorboard;
mod text;

pub use csv::csv;
pub use curves::curves_svg;
pub use document::{looks, style};
pub use jsonl::{Error, jsonl, parse_jsonl};
pub use landscape::{line_document, plane_document};
pub use look::{Ground, color, escape};
pub use mlflow::{MLFLOW_KEY, MlflowRun, mlflow};
pub use number::decimals;
pub use page::{StudyParts, comparison_document, page, study_document, tuned_page};
pub use points::{points_csv, points_jsonl};
pub use range_test::{range_test_csv, range_test_json, range_test_svg};
pub use runs::{run_document, runs_document};
pub use schedule::schedule_svg;
pub use study::study_table;
pub use table::{Style, table, tuned_table};
pub use tensorboard::{EventFile, tensorboard};

/// Doctest of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
