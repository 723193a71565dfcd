//! A screen of runs under way: curves, a table, the time left, and keys that pause and stop (feature `tui`).
//!
//! | file | what it is |
//! |---|---|
//! | `state` | what is shown, as plain data: runs and curves by the news of the feed, choices by keys |
//! | `view` | the screen, a pure function of state and size |
//! | `keys`, `theme` | keys by name; colors and markers |
//! | `part` | work and runs as those name them who do them |
//! | `feed` | the way between runs and screen: news, pauses, ends |
//! | `screen` | the thread that draws and reads keys |
//! | `terminal` | the terminal, taken and given back |

mod feed;
mod keys;
mod part;
mod screen;
mod state;
mod terminal;
#[cfg(test)]
mod tests;
mod theme;
mod view;

use std::io::{self, IsTerminal};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use lab::Halt;
use train::{Event, RunInfo};

use crate::console;
use crate::failure::Failure;
use crate::stop::Stop;
use feed::Feed;
use state::State;

pub(crate) use part::{Label, Part};

/// A screen that shows runs until it is dropped.
#[derive(Debug)]
pub(crate) struct Screen {
    feed: Arc<Feed>,
    stop: Stop,
    thread: Option<JoinHandle<()>>,
}

/// Says if a screen can be shown: keys come from standard input, and it is drawn on standard error.
///
/// # Errors
/// If one of them is no terminal.
pub(crate) fn check() -> Result<(), Failure> {
    let hint = "leave out --tui: progress is then one line at a time";
    let fault = |what: &str| Failure::usage(format!("--tui: {what}"), hint);
    if !io::stdin().is_terminal() {
        return Err(fault("expected a terminal as standard input, for keys"));
    }
    if !console::is_live() {
        return Err(fault("expected a terminal that can move its cursor as standard error"));
    }
    Ok(())
}

impl Screen {
    /// Takes the terminal. `title` names the work, and `single` says that it is one run. Keys that stop everything do so
    /// by the signal of Ctrl-C, which `stop` listens to.
    ///
    /// # Errors
    /// If the terminal cannot be taken; it is as it was then.
    pub(crate) fn open(title: String, single: bool, stop: &Stop) -> Result<Screen, Failure> {
        check()?;
        let display = terminal::take()?;
        console::hold();
        let (feed, state) = (Arc::new(Feed::default()), State::new(title, single));
        let (of_thread, signals) = (feed.clone(), stop.clone());
        let show = move || screen::show(display, state, &of_thread, &signals);
        let thread = thread::Builder::new().name("screen".to_string()).spawn(show).inspect_err(|_| {
            terminal::give_back();
            console::release();
        })?;
        Ok(Screen { feed, stop: stop.clone(), thread: Some(thread) })
    }

    /// Begins a part of the work.
    pub(crate) fn begin(&self, part: Part) {
        self.feed.begin(part);
    }

    /// Reads an event of a worker's run, which it holds while the reader has paused; `meanwhile` is called every few
    /// seconds of a pause. Says if the run is to end. `label` is asked when a run begins.
    pub(crate) fn read(
        &self,
        worker: usize,
        label: &dyn Fn(&RunInfo) -> Label,
        event: &Event,
        meanwhile: &dyn Fn(),
    ) -> ControlFlow<Halt> {
        self.feed.read(worker, label, event, (&self.stop, meanwhile))
    }

    /// Gives the terminal back, and returns the names of the runs that the reader has ended.
    pub(crate) fn finish(mut self) -> Vec<String> {
        self.close();
        self.feed.ended()
    }

    /// Gives the terminal back and prints the notes that were held.
    fn close(&mut self) {
        if let Some(thread) = self.thread.take() {
            self.feed.close();
            // Its panic has been printed.
            let _ = thread.join();
            console::release();
        }
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        self.close();
    }
}
