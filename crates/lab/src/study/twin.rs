//! A/A twins: an entry once more, on seeds that no other entry has.
//!
//! A twin has the recipe, space and batch of the entry that it repeats, and the places of its trials, which all entries
//! of a task share; only its seeds differ. So whatever tells the two apart is chance.

use files::text;

use super::{Entry, Study, fault};
use crate::error::Error;

/// Distance between the seeds of a twin and those of the other entries.
const TWIN_SEEDS: u64 = 10_000_000;

impl Entry {
    /// The same entry once more under another name, for an A/A check.
    pub fn twin(&self, name: &str) -> Entry {
        Entry { name: name.to_string(), aa: Some(self.name.clone()), ..self.clone() }
    }
}

impl Study {
    /// Distance between the seeds of an entry and those of entries that are no twins: a multiple of ten million, another
    /// one for each twin.
    pub(super) fn twin_seeds(&self, entry: usize) -> u64 {
        let twins = self.entries[..=entry].iter().filter(|entry| entry.aa.is_some()).count() as u64;
        if self.entries[entry].aa.is_some() { twins * TWIN_SEEDS } else { 0 }
    }

    /// Places of the twins, each with that of the entry that it repeats.
    pub fn twins(&self) -> impl Iterator<Item = (usize, usize)> {
        let original = |name: &String| self.entries.iter().position(|entry| entry.name == *name);
        let twin = move |(place, entry): (usize, &Entry)| Some((place, original(entry.aa.as_ref()?)?));
        self.entries.iter().enumerate().filter_map(twin)
    }

    /// Checks that a twin repeats an entry of the study.
    pub(super) fn check_twin(&self, entry: &Entry) -> Result<(), Error> {
        let Some(of) = &entry.aa else { return Ok(()) };
        let [name, shown] = [&entry.name, of].map(|name| text::name(name));
        let found = self.entries.iter().find(|other| other.name == *of && other.aa.is_none());
        let Some(found) = found else {
            return Err(fault(
                format!("expected the name of an entry in aa of `{name}`, found `{shown}`"),
                "name an entry of this study that is no twin itself",
            ));
        };
        let is_same =
            (&found.recipe, &found.space, found.batch) == (&entry.recipe, &entry.space, entry.batch);
        is_same.then_some(()).ok_or_else(|| {
            fault(
                format!(
                    "expected the recipe, space and batch of `{shown}` in its twin `{name}`, found others"
                ),
                "a twin repeats an entry as it is: leave them out",
            )
        })
    }
}
