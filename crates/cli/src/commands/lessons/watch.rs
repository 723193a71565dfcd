use std::ops::ControlFlow;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use data::{Dataset, Set};
use indicatif::{ProgressBar, ProgressStyle};

use crate::args::PlaceArgs;
use crate::console;
use crate::failure::Failure;
use crate::stop::Stop;

/// Time between two plain lines.
const QUIET: Duration = Duration::from_secs(5);

/// Progress of a lesson, or of another experiment, and the data that it loads, each set once.
pub(in crate::commands) struct Watch<'p> {
    place: &'p PlaceArgs,
    stop: Stop,
    title: Mutex<String>,
    bar: Option<ProgressBar>,
    told: Mutex<Instant>,
    loaded: Mutex<Vec<(&'static str, Dataset)>>,
}

impl Watch<'_> {
    pub(in crate::commands) fn new(place: &PlaceArgs) -> Result<Watch<'_>, Failure> {
        let style = ProgressStyle::with_template("  {bar:24} {msg}").expect("the template is right");
        let bar = console::is_live().then(|| ProgressBar::no_length().with_style(style));
        let (told, loaded) = (Mutex::new(Instant::now()), Mutex::new(vec![]));
        Ok(Watch { place, stop: Stop::listen()?, title: Mutex::default(), bar, told, loaded })
    }

    /// Begins another lesson.
    pub(in crate::commands) fn begin(&self, title: &str) {
        *self.title.lock().expect("no thread panicked") = title.to_string();
        if let Some(bar) = &self.bar {
            bar.set_message(title.to_string());
            bar.set_position(0);
        }
    }

    /// Shows the finished parts of all; says to stop after a signal.
    pub(in crate::commands) fn progress(&self, done: usize, total: usize) -> ControlFlow<()> {
        let mut told = self.told.lock().expect("no thread panicked");
        match &self.bar {
            Some(bar) => {
                bar.set_length(total as u64);
                bar.set_position(done as u64);
            }
            None if told.elapsed() >= QUIET => {
                *told = Instant::now();
                let title = self.title.lock().expect("no thread panicked");
                console::note(&format!("{title}: {done} of {total}"));
            }
            None => {}
        }
        if self.stop.asked() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    /// The data set, read once.
    pub(in crate::commands) fn load(&self, set: &'static Set) -> Result<Dataset, data::Error> {
        let mut loaded = self.loaded.lock().expect("no thread panicked");
        if let Some((_, dataset)) = loaded.iter().find(|(name, _)| *name == set.name) {
            return Ok(dataset.clone());
        }
        let dataset = self.place.load(set)?;
        loaded.push((set.name, dataset.clone()));
        Ok(dataset)
    }

    /// Takes the bar away.
    pub(in crate::commands) fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    /// The failure of a lesson: after a signal, its exit code.
    pub(in crate::commands) fn failure(&self, error: lessons::Error) -> Failure {
        self.finish();
        match (&error, self.stop.code()) {
            (lessons::Error::Stopped, Some(code)) => Failure::signal(code, "stopped before the end"),
            _ => error.into(),
        }
    }
}
