//! Files through the public interface, on a disk that works and on one that does not.

mod atomic;
mod child;
mod faults;
mod output;
mod read;
