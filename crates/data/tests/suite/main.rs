//! Tests of the public interface. No test uses the network.

mod characters;
#[cfg(feature = "download")]
mod download;
mod faults;
mod fetch;
mod generated;
mod gzip;
mod idx;
mod load;
mod own;
mod sample;
mod samples;
#[cfg(feature = "download")]
mod server;
mod tiny;
