//! Stores of runs in files.

mod damage;
mod laws;
mod made;
mod merge;
mod processes;
mod schema;
