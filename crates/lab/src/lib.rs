//! Tasks, recipes, the training loop, records, statistics and comparisons.
//!
//! A *run* is task × recipe × seed, and it gives a [`record::RunRecord`]. Everything downstream
//! (tables, pictures, pages) reads records only, so a report can be remade without training.

pub mod compare;
mod json_number;
pub mod record;
