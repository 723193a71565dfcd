//! The pages in a real Chromium, clicked as a person does.
//!
//! `cargo xtask test-browser` installs Chromium and its driver, builds the program and starts these.

mod book;
mod browser;
mod play;
mod program;
mod race;
mod report;
mod serve;
