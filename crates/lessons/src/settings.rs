//! Settings of an experiment: its size, its threads, its data, and its reader.

use std::fmt;
use std::ops::ControlFlow;

use data::{Dataset, Request, Set};

use crate::error::Error;

/// Size and surroundings of an experiment.
#[derive(Clone, Copy)]
pub struct Settings<'a> {
    /// True for fewer repetitions and smaller data: seconds for the whole course.
    pub quick: bool,
    /// Threads in all; no number depends on it.
    pub threads: usize,
    /// The lesson, or its counterexample.
    pub case: Case,
    /// Loads a data set.
    pub load: &'a (dyn Fn(&'static Set) -> Result<Dataset, data::Error> + Sync),
    /// Told the finished and the total number of parts of the work; may stop it.
    pub progress: &'a (dyn Fn(usize, usize) -> ControlFlow<()> + Sync),
}

/// The set-up that is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Case {
    /// The set-up of the lesson.
    Lesson,
    /// The same with one thing changed, so that the claim gets another verdict.
    Counterexample,
}

impl fmt::Debug for Settings<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Settings { quick, threads, case, .. } = self;
        f.debug_struct("Settings")
            .field("quick", quick)
            .field("threads", threads)
            .field("case", case)
            .finish_non_exhaustive()
    }
}

impl Settings<'static> {
    /// A quick run on one thread with the embedded sample of MNIST.
    pub fn quick() -> Settings<'static> {
        Settings {
            quick: true,
            threads: 1,
            case: Case::Lesson,
            load: &|set| data::load(&Request::embedded(set), &mut |_| ()),
            progress: &|_, _| ControlFlow::Continue(()),
        }
    }
}

impl Settings<'_> {
    /// The same with the counterexample's set-up.
    #[must_use]
    pub fn counterexample(self) -> Self {
        Settings { case: Case::Counterexample, ..self }
    }

    /// `lesson` or `counterexample`.
    pub(crate) fn case<T>(&self, lesson: T, counterexample: T) -> T {
        match self.case {
            Case::Lesson => lesson,
            Case::Counterexample => counterexample,
        }
    }

    /// `quick` or `full`.
    pub(crate) fn size<T>(&self, quick: T, full: T) -> T {
        if self.quick { quick } else { full }
    }

    /// Results of independent parts of the work, in order, one a core.
    ///
    /// # Errors
    /// The error of a part, or [`Error::Stopped`].
    pub(crate) fn parts<I: Sync, T: Send>(
        &self,
        inputs: &[I],
        work: impl Fn(&I) -> Result<T, lab::Error> + Sync,
    ) -> Result<Vec<T>, Error> {
        let total = inputs.len();
        let results =
            lab::jobs(total, self.threads, &|done| (self.progress)(done, total), |job| work(&inputs[job]))?;
        results.ok_or(Error::Stopped)
    }
}
