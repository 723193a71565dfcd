//! Studies that a program adds by name.

use std::sync::{Mutex, MutexGuard, PoisonError};

use files::text;

use super::{Study, fault};
use crate::error::Error;

/// Adds a study of a program: from then on the command line knows it by its name. The same study may be registered
/// again.
///
/// # Errors
/// If the study cannot be, or another one has the name.
pub fn register(study: Study) -> Result<(), Error> {
    study.check()?;
    study.specs()?;
    let mut all = all();
    match all.iter().find(|known| known.name == study.name) {
        Some(known) if *known == study => Ok(()),
        Some(_) => Err(fault(
            format!("duplicate study `{}`", text::name(&study.name)),
            "give it a name that no other has",
        )),
        None => {
            all.push(study);
            Ok(())
        }
    }
}

/// The study that was registered under a name.
pub fn registered(name: &str) -> Option<Study> {
    all().iter().find(|study| study.name == name).cloned()
}

fn all() -> MutexGuard<'static, Vec<Study>> {
    static ALL: Mutex<Vec<Study>> = Mutex::new(Vec::new());
    // A panic elsewhere leaves a whole list.
    ALL.lock().unwrap_or_else(PoisonError::into_inner)
}
