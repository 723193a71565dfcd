//! The crate from outside: goldens, widths, escaping, well-formedness, round trips.

mod documents;
mod edges;
mod exports;
mod golden;
mod made;
mod page;
mod prose;
mod range_test;
mod records;
mod schedule;
mod table;
