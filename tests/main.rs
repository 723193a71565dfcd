//! Whole-program tests: the structure of the workspace and the words of its text.

mod structure;
mod words;
