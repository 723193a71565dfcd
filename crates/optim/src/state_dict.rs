//! All that an optimizer remembers, by name.

use crate::error::Error;

/// All that an optimizer remembers, to be written and read again.
///
/// A rule's arrays and numbers are called as PyTorch calls them, where it has the rule: `exp_avg`. What
/// belongs to a group or a wrapper has that before its name: `bias/exp_avg`, `lookahead/slow`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct StateDict {
    /// Updates made.
    pub steps: u64,
    /// Gradients taken for them.
    pub gradient_calls: u64,
    /// The state arrays by name.
    pub arrays: Vec<(String, Vec<f32>)>,
    /// The numbers beside them by name; most rules have none.
    pub scalars: Vec<(String, f64)>,
}

impl StateDict {
    pub(crate) fn add(&mut self, of: &str, name: &str, x: f64) {
        self.scalars.push((full_name(of, name), x));
    }

    pub(crate) fn add_array(&mut self, of: &str, name: &str, array: &[f32]) {
        self.arrays.push((full_name(of, name), array.to_vec()));
    }

    /// A number that is known to be there.
    pub(crate) fn take(&mut self, of: &str, name: &str) -> f64 {
        let name = full_name(of, name);
        self.scalars.iter().find(|(known, _)| *known == name).expect("names were compared").1
    }

    /// An array that is known to be there.
    pub(crate) fn take_array(&mut self, of: &str, name: &str) -> Vec<f32> {
        let name = full_name(of, name);
        let found = self.arrays.iter_mut().find(|(known, _)| *known == name);
        std::mem::take(&mut found.expect("names were compared").1)
    }

    /// Whether it has the names and lengths of `own`, the state of the optimizer that is to take it.
    pub(crate) fn check(&self, own: &StateDict, of: &str) -> Result<(), Error> {
        let fits = |kind: &str, own: Vec<&str>, found: Vec<&str>| {
            if own == found {
                return Ok(());
            }
            Err(Error::State {
                why: format!("`{of}` keeps the {kind} {own:?}, the saved state has {found:?}"),
            })
        };
        fits("arrays", names(&own.arrays), names(&self.arrays))?;
        fits("scalars", names(&own.scalars), names(&self.scalars))?;
        for ((name, array), (_, own)) in self.arrays.iter().zip(&own.arrays) {
            if array.len() != own.len() {
                return Err(Error::State {
                    why: format!("`{name}` has {} numbers, not {}", array.len(), own.len()),
                });
            }
        }
        Ok(())
    }
}

fn names<T>(named: &[(String, T)]) -> Vec<&str> {
    named.iter().map(|(name, _)| name.as_str()).collect()
}

fn full_name(of: &str, name: &str) -> String {
    if of.is_empty() { name.to_string() } else { format!("{of}/{name}") }
}
