//! State of an optimizer by name.

use crate::error::Error;

/// Maximum number of steps: up to here, counts are exact in double precision.
pub(crate) const MAX_STEPS: u64 = 1 << 53;

/// State of an optimizer, to be saved and loaded.
///
/// Arrays and scalars of a rule have the names that PyTorch gives them, where it has the rule: `exp_avg`.
/// Those of a group or a wrapper have its name as a prefix: `bias/exp_avg`, `lookahead/slow`.
///
/// ```
/// use optim::{Optimizer, StateDict, rules};
///
/// let adam = || Optimizer::from_boxed(optim::parse_rule("adam lr=0.1")?, 2);
/// let (mut w, mut first) = ([1.0, 2.0], adam()?);
/// first.step(&mut w, &[0.5, -0.5]);
/// let file: Vec<u8> = first.state_dict().to_safetensors();
///
/// let mut second = adam()?;
/// second.load_state_dict(StateDict::from_safetensors(&file)?)?;
/// assert_eq!(second.state_dict(), first.state_dict());
///
/// let mut other = Optimizer::from_boxed(optim::parse_rule("adam lr=0.2")?, 2)?;
/// let refused = other.load_state_dict(StateDict::from_safetensors(&file)?).unwrap_err();
/// assert!(refused.to_string().contains("lr=0.1"));
/// # Ok::<(), optim::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct StateDict {
    /// Recipe of the optimizer, as printed by [`OptimizerSpec`](crate::OptimizerSpec).
    pub recipe: String,
    /// Number of updates over which schedules run; 0 if it was not set.
    pub total_steps: u64,
    /// Number of updates in an epoch, for lengths in epochs; 0 if it was not set.
    pub steps_per_epoch: u64,
    /// Names and sizes of the parameters.
    pub parameters: Vec<(String, Vec<usize>)>,
    /// Number of updates made.
    pub steps: u64,
    /// Number of gradients taken for them.
    pub gradient_calls: u64,
    /// State arrays by name.
    pub arrays: Vec<(String, Vec<f32>)>,
    /// Scalars by name; most rules have none.
    pub scalars: Vec<(String, f64)>,
}

impl StateDict {
    pub(crate) fn add(&mut self, of: &str, name: &str, x: f64) {
        self.scalars.push((full_name(of, name), x));
    }

    pub(crate) fn add_array(&mut self, of: &str, name: &str, array: &[f32]) {
        self.arrays.push((full_name(of, name), array.to_vec()));
    }

    /// A scalar, whose name was checked.
    pub(crate) fn number(&self, of: &str, name: &str) -> f64 {
        let name = full_name(of, name);
        self.scalars.iter().find(|(known, _)| *known == name).expect("names were compared").1
    }

    /// Checks that a scalar, whose name was checked, is a whole number up to `max`.
    pub(crate) fn check_count(&self, of: &str, name: &str, max: u64) -> Result<(), Error> {
        let x = self.number(of, name);
        if x.fract() == 0.0 && (0.0..=max as f64).contains(&x) {
            return Ok(());
        }
        let why =
            format!("expected `{}` to be a whole number from 0 to {max}, found {x:?}", full_name(of, name));
        Err(Error::State { why })
    }

    /// An array, whose name was checked.
    pub(crate) fn take_array(&mut self, of: &str, name: &str) -> Vec<f32> {
        let name = full_name(of, name);
        let found = self.arrays.iter_mut().find(|(known, _)| *known == name);
        std::mem::take(&mut found.expect("names were compared").1)
    }

    /// Checks that recipe, parameters and lengths are those of `own`, the state of the optimizer that loads
    /// it.
    pub(crate) fn check(&self, own: &StateDict) -> Result<(), Error> {
        let refused = |why: String| Err(Error::State { why });
        if self.recipe != own.recipe {
            let [theirs, ours] = difference(&self.recipe, &own.recipe);
            let whole = [self.recipe.as_str(), &own.recipe];
            let differ = match [theirs.as_str(), &ours] == whole {
                true => String::new(),
                false => format!(" (expected `{ours}`, found `{theirs}`)"),
            };
            return refused(format!(
                "expected the state of `{1}`, found that of `{0}`{differ}",
                self.recipe, own.recipe
            ));
        }
        if self.total_steps != own.total_steps {
            return refused(format!(
                "expected schedules over {} updates, found {}",
                own.total_steps, self.total_steps
            ));
        }
        if own.steps_per_epoch > 0 && self.steps_per_epoch > 0 && self.steps_per_epoch != own.steps_per_epoch
        {
            return refused(format!(
                "expected {} updates in an epoch, found {}",
                own.steps_per_epoch, self.steps_per_epoch
            ));
        }
        if self.parameters.len() != own.parameters.len() {
            let [theirs, ours] = [self, own].map(|state| state.parameters.len());
            return refused(format!("expected {ours} parameters, found {theirs}"));
        }
        for ((their_name, theirs), (name, ours)) in self.parameters.iter().zip(&own.parameters) {
            if (their_name, theirs) != (name, ours) {
                return refused(format!(
                    "expected the parameter `{name}` {ours:?}, found `{their_name}` {theirs:?}"
                ));
            }
        }
        for (kind, theirs, ours) in [
            ("arrays", names(&self.arrays), names(&own.arrays)),
            ("scalars", names(&self.scalars), names(&own.scalars)),
        ] {
            if theirs != ours {
                return refused(format!(
                    "expected the {kind} {ours:?} of `{}`, found {theirs:?}",
                    own.recipe
                ));
            }
        }
        for ((name, array), (_, own)) in self.arrays.iter().zip(&own.arrays) {
            if array.len() != own.len() {
                return refused(format!("expected {} numbers in `{name}`, found {}", own.len(), array.len()));
            }
        }
        Ok(())
    }
}

/// Difference of two recipes: the words between their common start and their common end.
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
