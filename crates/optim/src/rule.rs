//! Update rules and wrappers: what an author writes, and what a step hands to them.

mod memory_traffic;
mod objective;
mod update;
mod wrapper;

use std::fmt;

use crate::error::Error;
use crate::hyper::{Hyperparameters, Value};
use crate::state::{ScalarSlot, Slot};

pub use memory_traffic::MemoryTraffic;
pub use objective::Evaluate;
pub(crate) use objective::Objective;
pub use update::{Parameter, Update};
pub(crate) use wrapper::whole;
pub use wrapper::{Changes, Wrapper, WrapperCtx};
pub(crate) use wrapper::{Inner, StepInput};

/// An update rule: hyperparameters, state arrays and the update of one weight.
///
/// To add one, declare its struct with [`hyperparameters!`](crate::hyperparameters), implement
/// this trait in the same file, and add a line to [`rules::all`](crate::rules::all).
///
/// ```
/// use optim::{Info, Update, Optimizer, Rule, Slot, hyperparameters};
///
/// hyperparameters! {
///     /// Steps of one size, whatever the gradient's.
///     pub struct Sign {
///         /// Step size.
///         lr: f64 = 1e-3 in 0.0..,
///     }
/// }
///
/// impl Rule for Sign {
///     fn info(&self) -> &'static Info {
///         &Info {
///             name: "sign",
///             title: "Sign descent",
///             family: "sign",
///             problem: "the size of a gradient says little about the size of a good step",
///             formula: "w ← w − lr·sign(g)",
///             good_when: "gradients are noisy in size",
///             bad_when: "near a minimum, round which it hops",
///             relatives: "it is signum without momentum",
///             source: "Bernstein et al. 2018",
///         }
///     }
///
///     fn state(&self) -> Vec<Slot> {
///         vec![]
///     }
///
///     fn update(&self, _t: u64, update: Update<'_>) {
///         let lr = self.lr as f32;
///         update.each_weight(move |w, g, []| (w - lr * if g == 0.0 { 0.0 } else { g.signum() }, []));
///     }
///
///     fn boxed(&self) -> Box<dyn Rule> {
///         Box::new(*self)
///     }
/// }
///
/// let mut w = [1.0];
/// Optimizer::new(Sign { lr: 0.25 }, 1)?.step(&mut w, &[7.0]);
/// assert_eq!(w, [0.75]);
/// # Ok::<(), optim::Error>(())
/// ```
pub trait Rule: Hyperparameters + fmt::Debug + Send + Sync {
    /// What a person wants to know about it.
    fn info(&self) -> &'static Info;

    /// The arrays that it keeps between steps with these settings, each as long as the weights.
    fn state(&self) -> Vec<Slot>;

    /// The numbers beside the arrays that it keeps between steps; few rules have any, since what
    /// depends on the step alone can be computed from it.
    fn scalars(&self) -> Vec<ScalarSlot> {
        vec![]
    }

    /// What the update of a weight depends on.
    fn tier(&self) -> Tier {
        Tier::Elementwise
    }

    /// What it asks for at each step.
    fn requires(&self) -> Requires {
        Requires::Gradient
    }

    /// The name of the state array that holds the weights to evaluate at, if those are not the
    /// ones that are stepped on.
    fn eval_weights(&self) -> Option<&'static str> {
        None
    }

    /// What a step costs in passes over memory with these settings. An elementwise rule is one loop; one
    /// of another tier says what it does.
    fn passes(&self) -> MemoryTraffic {
        MemoryTraffic::fused(&self.state())
    }

    /// Whether values that are each in range go together.
    fn check(&self) -> Result<(), Error> {
        Ok(())
    }

    /// The update of all weights at step `t`, counted from 1.
    fn update(&self, t: u64, update: Update<'_>);

    /// A copy behind a pointer.
    fn boxed(&self) -> Box<dyn Rule>;
}

/// What a person wants to know about a rule.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Info {
    /// The name in recipes: `adam`.
    pub name: &'static str,
    /// Its name in full.
    pub title: &'static str,
    /// What it is a kind of: `gradient descent`, `adaptive`, …
    pub family: &'static str,
    /// The problem that it answers.
    pub problem: &'static str,
    /// The update, as the source writes it; one line a step.
    pub formula: &'static str,
    /// When it is a good choice.
    pub good_when: &'static str,
    /// When it is not.
    pub bad_when: &'static str,
    /// What it is a special case of, has as one, or differs from in one thing, by their names.
    pub relatives: &'static str,
    /// Where it was published.
    pub source: &'static str,
}

/// What the update of a weight depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tier {
    /// Its own gradients alone, so a slice can be cut anywhere.
    Elementwise,
    /// All of the parameter that it is part of: its shape, norms or rows.
    Tensor,
    /// All weights and gradients: one number measured on them all sets the size of every step.
    Vector,
}

/// What a method asks for at each step, from the least to the most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Requires {
    /// The gradient at the weights.
    Gradient,
    /// The gradient and the loss.
    Loss,
    /// Both, and both once more at other weights.
    Closure,
}

impl dyn Rule + '_ {
    /// Sets a hyperparameter by name.
    ///
    /// # Errors
    /// If there is no such name, the value is of the wrong kind, or it is out of range.
    pub fn set(&mut self, name: &str, value: Value) -> Result<(), Error> {
        let of = self.info().name;
        (self as &mut dyn Hyperparameters).set(of, name, value)
    }

    /// Sets a hyperparameter by name to what the text says.
    ///
    /// # Errors
    /// As `set`.
    pub fn set_text(&mut self, name: &str, text: &str) -> Result<(), Error> {
        let of = self.info().name;
        (self as &mut dyn Hyperparameters).set_text(of, name, text)
    }

    /// Whether all values are in range and go together.
    ///
    /// # Errors
    /// The first that is not, and why.
    pub fn validate(&self) -> Result<(), Error> {
        (self as &dyn Hyperparameters).validate(self.info().name)?;
        self.check()
    }
}

/// The canonical spelling: the name, the learning rate, and what differs from the defaults.
impl fmt::Display for dyn Rule + '_ {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.info().name)?;
        (self as &dyn Hyperparameters).print(f, "lr")
    }
}

impl Clone for Box<dyn Rule> {
    fn clone(&self) -> Box<dyn Rule> {
        self.boxed()
    }
}

/// Two of one name with the same settings.
impl PartialEq for dyn Rule {
    fn eq(&self, other: &dyn Rule) -> bool {
        self.to_string() == other.to_string()
    }
}
