//! A run's turn in a store, from the claim to the record.

use std::ops::ControlFlow;
use std::time::Instant;

use train::{Record, Training};

use super::{BEAT, Claim, Error, Holder, Running, Store};

/// Next action for a run.
#[derive(Debug)]
pub enum Turn<'s> {
    /// Nothing: it is done.
    Done(Box<Record>),
    /// Nothing: another process has it.
    Held(Holder),
    /// It is this worker's to do.
    Ours(Work<'s>),
}

/// Asks for the run with this key, and claims it if it is neither done nor under way.
///
/// # Errors
/// If the store cannot be read or written, or is damaged.
pub fn take<'s>(store: &'s dyn Store, key: &str) -> Result<Turn<'s>, Error> {
    let holder = Holder::new();
    Ok(match store.claim(key, &holder)? {
        Claim::Done(record) => Turn::Done(record),
        Claim::Held(holder) => Turn::Held(holder),
        Claim::Ours => {
            let (key, beat) = (key.to_string(), Instant::now());
            Turn::Ours(Work { store, key, holder, beat, error: None })
        }
    })
}

/// Gives a sign of life for all claims of this process, whose runs are paused: otherwise others would take them over
/// after [`EXPIRES`](super::EXPIRES).
///
/// # Errors
/// If the store cannot be read or written, or is damaged.
pub fn keep_claims(store: &dyn Store) -> Result<(), Error> {
    let ours = |running: &Running| running.holder.is_of_this_process();
    store.running()?.iter().filter(|running| ours(running)).try_for_each(|Running { key, holder, .. }| {
        // A claim that has gone to another is noticed by the run when it goes on.
        store.beat(key, holder, None).map(|_| ())
    })
}

/// A claimed run. Dropped, as when the run is stopped, it gives the claim back.
#[derive(Debug)]
pub struct Work<'s> {
    store: &'s dyn Store,
    key: String,
    holder: Holder,
    /// The last sign of life.
    beat: Instant,
    error: Option<Error>,
}

impl Work<'_> {
    /// The worker that has the claim.
    pub fn holder(&self) -> &Holder {
        &self.holder
    }

    /// Gives a sign of life every few seconds, with the curves so far; to be called after every step. Says stop
    /// where the store fails, or where another worker has taken the run over because this one was suspended.
    pub fn keep(&mut self, training: &Training<'_>) -> ControlFlow<()> {
        if self.beat.elapsed() < BEAT {
            return ControlFlow::Continue(());
        }
        self.beat = Instant::now();
        match self.store.beat(&self.key, &self.holder, Some(&training.record())) {
            Ok(true) => ControlFlow::Continue(()),
            Ok(false) => ControlFlow::Break(()),
            Err(error) => {
                self.error = Some(error);
                ControlFlow::Break(())
            }
        }
    }

    /// Keeps the record of a run that is over and returns it; `None` if the run was stopped before its end.
    ///
    /// # Errors
    /// If the store failed, now or on the way.
    pub fn finish(mut self, training: &Training<'_>) -> Result<Option<Record>, Error> {
        if let Some(error) = self.error.take() {
            return Err(error);
        }
        if !training.is_over() {
            return Ok(None);
        }
        let record = training.record();
        self.store.put(&record)?;
        Ok(Some(record))
    }
}

impl Drop for Work<'_> {
    fn drop(&mut self) {
        // Where it fails, the claim ends with the process or with its signs of life.
        let _ = self.store.release(&self.key, &self.holder);
    }
}
