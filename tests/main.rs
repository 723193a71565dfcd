//! Whole-program tests: the structure of the workspace.

mod structure;
