//! The kernels of pages against the crates whose twins they are: natively, and in the file that browsers run.

mod file;
mod functions;
mod net;
mod race;
mod rules;
