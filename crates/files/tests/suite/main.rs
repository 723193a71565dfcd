//! The public interface on working and on failing disks.

mod atomic;
mod child;
mod faults;
mod output;
mod read;
