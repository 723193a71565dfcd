//! The pilot of a study: the spread of one entry, measured once on many seeds.

use files::text;

use super::{DecidingTest, Study, fault};
use crate::error::Error;

/// The first seed of a pilot; tuning seeds are below, so that no seed is both.
pub const PILOT_SEEDS_FROM: u64 = 2_000_000;

/// Fewest seeds of a pilot: with fewer, its spread is hardly better known than that of the reported runs.
const FEWEST: usize = 20;

/// Most seeds of a pilot.
const MOST: usize = 1_000;

/// Measurement of the spread of an entry's scores on each task.
///
/// The chosen settings of the entry run on further seeds, which give a standard deviation and never a mean. All pairs of
/// the task are then tested with it, see [`Decision::pilot`](super::Decision::pilot).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PilotPlan {
    /// Name of the entry.
    pub entry: String,
    /// Its further seeds.
    pub seeds: usize,
}

impl PilotPlan {
    /// Seeds where a study does not say.
    pub const SEEDS: usize = 50;

    /// A pilot of an entry on [`PilotPlan::SEEDS`] seeds.
    pub fn new(entry: &str) -> PilotPlan {
        PilotPlan { entry: entry.to_string(), seeds: PilotPlan::SEEDS }
    }
}

impl Study {
    /// Checks that the pilot is of an entry, and that its spread is asked for.
    pub(super) fn check_pilot(&self) -> Result<(), Error> {
        let Some(PilotPlan { entry, seeds }) = &self.pilot else { return Ok(()) };
        if !self.entries.iter().any(|other| other.name == *entry) {
            let names: Vec<&str> = self.entries.iter().map(|entry| entry.name.as_str()).collect();
            let near = text::nearest(entry, &names);
            let meant = near.map_or(String::new(), |near| format!("; did you mean `{}`?", text::name(near)));
            return Err(fault(
                format!("unknown entry `{}` of the pilot{meant}", text::name(entry)),
                "name the entry whose spread the others are likely to have",
            ));
        }
        if !(FEWEST..=MOST).contains(seeds) {
            return Err(fault(
                format!("expected {FEWEST} to {MOST} seeds of the pilot, found {seeds}"),
                "50 to 100 are usual",
            ));
        }
        if self.test == DecidingTest::SignFlip {
            return Err(fault(
                "the pilot conflicts with test = \"sign-flip\"".to_string(),
                "leave one of them out: the sign-flip test uses no spread",
            ));
        }
        Ok(())
    }
}
