//! Whole-program tests: the structure of the workspace, the words of its text, and the kernels of its pages.

mod kernels;
mod structure;
mod words;
