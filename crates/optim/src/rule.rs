//! Traits of update rules and wrappers, and the arguments of their steps.

mod memory_traffic;
mod objective;
mod pytorch;
mod update;
mod wrapper;

use std::fmt;

use crate::error::Error;
use crate::hyper::Hyperparameters;
use crate::state::{ScalarSlot, Slot};

pub use memory_traffic::MemoryTraffic;
pub use objective::Evaluate;
pub(crate) use objective::Objective;
pub use pytorch::{Fixed, PyTorch};
pub use update::{Parameter, Update};
pub(crate) use wrapper::whole;
pub use wrapper::{Changes, DynWrapper, Wrapper, WrapperCtx};
pub(crate) use wrapper::{Inner, StepInput};

/// Update rule: hyperparameters, state arrays and the update of one weight.
///
/// A new rule is a file with a struct declared by [`hyperparameters!`](crate::hyperparameters) and an
/// implementation of this trait, and a line in [`rules`](crate::rules). `Box<dyn DynRule>` holds any.
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
///     const INFO: Info = Info {
///         name: "sign",
///         title: "Sign descent",
///         family: "sign",
///         problem: "the size of a gradient says little about the size of a good step",
///         formula: "w ← w − lr·sign(g)",
///         good_when: "gradients are noisy in size",
///         bad_when: "the minimum is near: every step is as long as the first",
///         relatives: "it is signum without momentum",
///         source: "Bernstein et al. 2018",
///     };
///
///     fn state(&self) -> Vec<Slot> {
///         vec![]
///     }
///
///     fn update(&self, _t: u64, update: Update<'_>) {
///         let lr = self.lr as f32;
///         update.each_weight(move |w, g, []| (w - lr * if g == 0.0 { 0.0 } else { g.signum() }, []));
///     }
/// }
///
/// let mut w = [1.0];
/// Optimizer::new(Sign { lr: 0.25 }, 1)?.step(&mut w, &[7.0]);
/// assert_eq!(w, [0.75]);
/// # Ok::<(), optim::Error>(())
/// ```
pub trait Rule: Hyperparameters + fmt::Debug + Clone + Send + Sync + 'static {
    /// Name, formula and advice.
    const INFO: Info;

    /// Numbers on which the update of a weight depends.
    const TIER: Tier = Tier::Elementwise;

    /// Inputs of a step.
    const REQUIRES: Requires = Requires::Gradient;

    /// Name of the state array that holds the weights to evaluate at, if those are not the trained ones.
    const EVAL_WEIGHTS: Option<&'static str> = None;

    /// Optimizer of PyTorch's with the same update and the same state.
    const PYTORCH: Option<PyTorch> = None;

    /// State arrays with these settings, each as long as the weights unless its shape says otherwise.
    fn state(&self) -> Vec<Slot>;

    /// State that is no array. Few rules have any: a function of the step alone is computed from it.
    fn scalars(&self) -> Vec<ScalarSlot> {
        vec![]
    }

    /// Memory traffic of a step with these settings. An elementwise rule is one fused loop; one of another
    /// tier says what it does.
    fn memory_traffic(&self) -> MemoryTraffic {
        MemoryTraffic::fused(&self.state())
    }

    /// Checks that values that are each in range go together.
    fn check(&self) -> Result<(), Error> {
        Ok(())
    }

    /// Updates all weights at step `t`, counted from 1.
    fn update(&self, t: u64, update: Update<'_>);
}

/// Object-safe twin of [`Rule`], which every rule has.
pub trait DynRule: Hyperparameters + fmt::Debug + Send + Sync {
    /// See [`Rule::INFO`].
    fn info(&self) -> &'static Info;

    /// See [`Rule::TIER`].
    fn tier(&self) -> Tier;

    /// See [`Rule::REQUIRES`].
    fn requires(&self) -> Requires;

    /// See [`Rule::EVAL_WEIGHTS`].
    fn eval_weights(&self) -> Option<&'static str>;

    /// See [`Rule::PYTORCH`].
    fn pytorch(&self) -> Option<&'static PyTorch>;

    /// See [`Rule::state`].
    fn state(&self) -> Vec<Slot>;

    /// See [`Rule::scalars`].
    fn scalars(&self) -> Vec<ScalarSlot>;

    /// See [`Rule::memory_traffic`].
    fn memory_traffic(&self) -> MemoryTraffic;

    /// See [`Rule::check`].
    fn check(&self) -> Result<(), Error>;

    /// See [`Rule::update`].
    fn update(&self, t: u64, update: Update<'_>);

    /// A copy.
    fn boxed(&self) -> Box<dyn DynRule>;
}

impl<R: Rule> DynRule for R {
    fn info(&self) -> &'static Info {
        const { &R::INFO }
    }

    fn tier(&self) -> Tier {
        R::TIER
    }

    fn requires(&self) -> Requires {
        R::REQUIRES
    }

    fn eval_weights(&self) -> Option<&'static str> {
        R::EVAL_WEIGHTS
    }

    fn pytorch(&self) -> Option<&'static PyTorch> {
        const { R::PYTORCH.as_ref() }
    }

    fn state(&self) -> Vec<Slot> {
        Rule::state(self)
    }

    fn scalars(&self) -> Vec<ScalarSlot> {
        Rule::scalars(self)
    }

    fn memory_traffic(&self) -> MemoryTraffic {
        Rule::memory_traffic(self)
    }

    fn check(&self) -> Result<(), Error> {
        Rule::check(self)
    }

    fn update(&self, t: u64, update: Update<'_>) {
        Rule::update(self, t, update);
    }

    fn boxed(&self) -> Box<dyn DynRule> {
        Box::new(self.clone())
    }
}

settings_by_name!(DynRule, shown: "lr");

/// Hyperparameter that schedules, plateaus and learning rate finders change.
pub(crate) const LR: &str = "lr";

/// Description of a rule, a wrapper or a way of clipping, for its page.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Info {
    /// Name in recipes: `adam`.
    pub name: &'static str,
    /// Full name.
    pub title: &'static str,
    /// Heading in lists: `gradient descent`, `adaptive`, …
    pub family: &'static str,
    /// Problem that it solves.
    pub problem: &'static str,
    /// Update as in the source, one equation a line.
    pub formula: &'static str,
    /// Circumstances in which it is a good choice.
    pub good_when: &'static str,
    /// Circumstances in which it is not.
    pub bad_when: &'static str,
    /// Relatives by name: special cases, generalizations, and those that differ in one thing.
    pub relatives: &'static str,
    /// Publication.
    pub source: &'static str,
}

impl Info {
    /// Facts of a rule of one's own, with what it need not say empty; `..Info::own(name, title)` completes others.
    pub const fn own(name: &'static str, title: &'static str) -> Info {
        Info {
            name,
            title,
            family: "own",
            problem: "",
            formula: "",
            good_when: "",
            bad_when: "",
            relatives: "",
            source: "",
        }
    }
}

/// Numbers on which the update of a weight depends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tier {
    /// Its own gradients alone, so that a slice can be split anywhere.
    Elementwise,
    /// Those of its whole parameter: its shape, norms or rows.
    Tensor,
    /// All weights and gradients, for example one number that sets the size of every step.
    Vector,
}

/// Inputs of a step, in ascending order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Requires {
    /// The gradient at the weights.
    Gradient,
    /// The gradient and the loss.
    Loss,
    /// The gradient, the loss, and a closure that evaluates both at other weights.
    Closure,
}
