//! The live page of `descent serve`: runs under way, stored runs, races and studies in a browser.
//!
//! A [`Server`] is one process with one thread that serves and a thread for each run. Training threads put what they
//! measure into a feed of limited length, at most ten times a second; a page takes from it what it has not seen
//! yet, when it is ready for more. So a slow page skips, and no page makes a run wait.
//!
//! | file | what it is |
//! |---|---|
//! | `server` | the listener, the address with its token, and the end |
//! | `guard` | token, `Host`, `Origin` and the headers of every answer |
//! | `routes` | addresses, and what is answered at each |
//! | `session` | all runs and studies of this process, and the tasks that they are of |
//! | `run`, `training` | a run as pages see and control it; the thread that trains it |
//! | `study`, `study_thread` | the same of a study |
//! | `cores` | the cores, and the line of runs that wait for one |
//! | `saved` | runs that were stopped or changed by hand, as files |
//! | `stream` | events of all runs for one page |
//! | `digit`, `race`, `stored` | what a page asks for apart from training |
//!
//! Nothing here computes a result: numbers come from records, events, and the crates to the left.

mod choices;
mod cores;
mod digit;
mod guard;
mod numbers;
mod problem;
mod race;
mod request;
mod routes;
mod run;
mod saved;
mod server;
mod session;
mod settings;
mod stored;
mod stream;
mod study;
mod study_thread;
mod training;

pub use server::{Ended, Error, Server};
pub use settings::{Load, Settings};

/// Doctest of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
