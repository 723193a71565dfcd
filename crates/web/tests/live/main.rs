//! The live page over HTTP.

mod browser;
mod guard;
mod others;
mod runs;
