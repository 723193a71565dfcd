//! All that an optimizer remembers, by name.

use crate::error::Error;

/// More steps than anybody makes, and few enough that every number of them is exact in double precision.
pub(crate) const MOST_STEPS: u64 = 1 << 53;

/// All that an optimizer remembers, to be written and read again.
///
/// A rule's arrays and numbers are called as PyTorch calls them, where it has the rule: `exp_avg`. What
/// belongs to a group or a wrapper has that before its name: `bias/exp_avg`, `lookahead/slow`.
///
/// ```
/// use optim::{Optimizer, StateDict, rules};
///
/// let adam = || Optimizer::from_boxed(rules::parse("adam lr=0.1")?, 2);
/// let (mut w, mut first) = ([1.0, 2.0], adam()?);
/// first.step(&mut w, &[0.5, -0.5]);
/// let file: Vec<u8> = first.state_dict().to_safetensors();
///
/// let mut second = adam()?;
/// second.load_state_dict(StateDict::from_safetensors(&file)?)?;
/// assert_eq!(second.state_dict(), first.state_dict());
///
/// let mut other = Optimizer::from_boxed(rules::parse("adam lr=0.2")?, 2)?;
/// let refused = other.load_state_dict(StateDict::from_safetensors(&file)?).unwrap_err();
/// assert!(refused.to_string().contains("lr=0.1"));
/// # Ok::<(), optim::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct StateDict {
    /// The method that it is of, as it is spelt.
    pub method: String,
    /// Updates over which its schedules run; 0 if nobody has said.
    pub total_steps: u64,
    /// Updates of one epoch, for lengths in epochs; 0 if nobody has said.
    pub steps_per_epoch: u64,
    /// The parameters that it was made for: names and sizes.
    pub parameters: Vec<(String, Vec<usize>)>,
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
    pub(crate) fn number(&self, of: &str, name: &str) -> f64 {
        let name = full_name(of, name);
        self.scalars.iter().find(|(known, _)| *known == name).expect("names were compared").1
    }

    /// Whether a number that is known to be there is a whole one up to `most`.
    pub(crate) fn check_count(&self, of: &str, name: &str, most: u64) -> Result<(), Error> {
        let x = self.number(of, name);
        if x.fract() == 0.0 && (0.0..=most as f64).contains(&x) {
            return Ok(());
        }
        let why = format!("`{}` is {x:?}, not a whole number from 0 to {most}", full_name(of, name));
        Err(Error::State { why })
    }

    /// An array that is known to be there.
    pub(crate) fn take_array(&mut self, of: &str, name: &str) -> Vec<f32> {
        let name = full_name(of, name);
        let found = self.arrays.iter_mut().find(|(known, _)| *known == name);
        std::mem::take(&mut found.expect("names were compared").1)
    }

    /// Whether it is of the method, parameters and lengths of `own`, the state of the optimizer that is to
    /// take it.
    pub(crate) fn check(&self, own: &StateDict) -> Result<(), Error> {
        let refused = |why: String| Err(Error::State { why });
        if self.method != own.method {
            let [theirs, ours] = difference(&self.method, &own.method);
            return refused(format!(
                "it was saved by `{}`, this is `{}` (`{theirs}` there, `{ours}` here)",
                self.method, own.method
            ));
        }
        if self.total_steps != own.total_steps {
            return refused(format!(
                "its schedules run over {} updates, these over {}",
                self.total_steps, own.total_steps
            ));
        }
        if own.steps_per_epoch > 0 && self.steps_per_epoch > 0 && self.steps_per_epoch != own.steps_per_epoch
        {
            return refused(format!(
                "its epochs have {} updates, these {}",
                self.steps_per_epoch, own.steps_per_epoch
            ));
        }
        if self.parameters.len() != own.parameters.len() {
            let [theirs, ours] = [self, own].map(|state| state.parameters.len());
            return refused(format!("it was saved for {theirs} parameters, these are {ours}"));
        }
        for ((their_name, theirs), (name, ours)) in self.parameters.iter().zip(&own.parameters) {
            if (their_name, theirs) != (name, ours) {
                return refused(format!("its parameter `{their_name}` {theirs:?} is `{name}` {ours:?} here"));
            }
        }
        for (kind, theirs, ours) in [
            ("arrays", names(&self.arrays), names(&own.arrays)),
            ("scalars", names(&self.scalars), names(&own.scalars)),
        ] {
            if theirs != ours {
                return refused(format!(
                    "`{}` keeps the {kind} {ours:?}, the saved state has {theirs:?}",
                    own.method
                ));
            }
        }
        for ((name, array), (_, own)) in self.arrays.iter().zip(&own.arrays) {
            if array.len() != own.len() {
                return refused(format!("`{name}` has {} numbers, not {}", array.len(), own.len()));
            }
        }
        Ok(())
    }
}

/// What is different in two spellings: the words between those that they begin and end with alike.
fn difference(theirs: &str, ours: &str) -> [String; 2] {
    let [theirs, ours] = [theirs, ours].map(|text| text.split(' ').collect::<Vec<_>>());
    let alike = |a: &mut dyn Iterator<Item = (&&str, &&str)>| a.take_while(|(a, b)| a == b).count();
    let start = alike(&mut theirs.iter().zip(&ours));
    let end = alike(&mut theirs[start..].iter().rev().zip(ours[start..].iter().rev()));
    [theirs, ours].map(|words| words[start..words.len() - end].join(" "))
}

fn names<T>(named: &[(String, T)]) -> Vec<&str> {
    named.iter().map(|(name, _)| name.as_str()).collect()
}

fn full_name(of: &str, name: &str) -> String {
    if of.is_empty() { name.to_string() } else { format!("{of}/{name}") }
}
