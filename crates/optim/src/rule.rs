//! What an update rule is.

use std::fmt;

use tensor::{ParamInfo, Role};

use crate::each::Each;
use crate::error::Error;
use crate::hyper::{Hyperparameters, Value};
use crate::passes::Passes;

/// An update rule: hyperparameters, state arrays and the update of one weight.
///
/// To add one, declare its struct with [`hyperparameters!`](crate::hyperparameters), implement
/// this trait in the same file, and add a line to [`rules::all`](crate::rules::all).
///
/// ```
/// use optim::{Card, Each, Optimizer, Rule, State, hyperparameters};
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
///     fn card(&self) -> &'static Card {
///         &Card {
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
///     fn state(&self) -> Vec<State> {
///         vec![]
///     }
///
///     fn update(&self, _t: u64, each: Each<'_>) {
///         let lr = self.lr as f32;
///         each.weight(move |w, g, []| (w - lr * if g == 0.0 { 0.0 } else { g.signum() }, []));
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
    fn card(&self) -> &'static Card;

    /// The arrays that it keeps between steps with these settings, each as long as the weights.
    fn state(&self) -> Vec<State>;

    /// The numbers beside the arrays that it keeps between steps; few rules have any, since what
    /// depends on the step alone can be computed from it.
    fn scalars(&self) -> Vec<Scalar> {
        vec![]
    }

    /// What the update of a weight depends on.
    fn tier(&self) -> Tier {
        Tier::Elementwise
    }

    /// What it asks for at each step.
    fn needs(&self) -> Needs {
        Needs::Gradient
    }

    /// The name of the state array that holds the weights to evaluate at, if those are not the
    /// ones that are stepped on.
    fn evaluated(&self) -> Option<&'static str> {
        None
    }

    /// What a step costs in passes over memory with these settings. An elementwise rule is one loop; one
    /// of another tier says what it does.
    fn passes(&self) -> Passes {
        Passes::fused(&self.state())
    }

    /// Whether values that are each in range go together.
    fn check(&self) -> Result<(), Error> {
        Ok(())
    }

    /// The update of all weights at step `t`, counted from 1.
    fn update(&self, t: u64, each: Each<'_>);

    /// A copy behind a pointer.
    fn boxed(&self) -> Box<dyn Rule>;
}

/// What a person wants to know about a rule.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Card {
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

/// An array that a rule keeps between steps.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct State {
    /// Its name in a state dict, PyTorch's where there is one: `exp_avg`.
    pub name: &'static str,
    /// The symbol in the formula: `m`.
    pub symbol: &'static str,
    /// The number that it is filled with at the start.
    pub start: f32,
    /// How many numbers it has.
    pub extent: Extent,
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
pub enum Needs {
    /// The gradient at the weights.
    Gradient,
    /// The gradient and the loss.
    Loss,
    /// Both, and both once more at other weights.
    Objective,
}

/// How many numbers a state array has for each parameter. A *matrix* is whatever has two
/// dimensions or more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// One for each weight.
    Weights,
    /// One for the whole parameter.
    One,
    /// One for each row of a matrix: for each index but the last.
    Rows,
    /// One for each column of a matrix, and of each matrix of a stack of them.
    Columns,
    /// One for each weight of what is no matrix.
    Vectors,
    /// One for each weight of what is no matrix or has another role than a weight matrix.
    Rest,
    /// One for each weight of a matrix that is a weight matrix: where [`Rest`](Extent::Rest) has none.
    Matrices,
    /// A square matrix for each dimension that has at most so many indexes, and one for each index of a
    /// longer one.
    Squares(usize),
    /// The same for a matrix; none for a longer dimension, nor for what is no matrix.
    MatrixSquares(usize),
    /// So many for each weight: the last vectors of a history, one after the other. For rules that look
    /// at all weights at once.
    History(usize),
}

impl Extent {
    /// Numbers for this parameter.
    pub(crate) fn numbers(self, entry: &ParamInfo) -> usize {
        let shape = &entry.shape;
        match self {
            Extent::One => 1,
            Extent::History(vectors) => vectors * shape.len(),
            Extent::Squares(most) => shape.iter().map(|&d| if d <= most { d * d } else { d }).sum(),
            Extent::MatrixSquares(most) if shape.rank() >= 2 => {
                shape.iter().filter(|&&d| d <= most).map(|d| d * d).sum()
            }
            Extent::Rows if shape.rank() >= 2 => shape.len() / shape[shape.rank() - 1].max(1),
            Extent::Columns if shape.rank() >= 2 => shape.len() / shape[shape.rank() - 2].max(1),
            _ if self.is_full(std::slice::from_ref(entry)) => shape.len(),
            _ => 0,
        }
    }

    /// Whether there is one for each weight of these parameters.
    pub(crate) fn is_full(self, entries: &[ParamInfo]) -> bool {
        entries.iter().all(|entry| match self {
            Extent::Weights => true,
            Extent::Vectors => entry.shape.rank() < 2,
            Extent::Rest => entry.shape.rank() < 2 || entry.role != Role::Matrix,
            Extent::Matrices => entry.shape.rank() >= 2 && entry.role == Role::Matrix,
            Extent::One | Extent::Rows | Extent::Columns => false,
            Extent::History(_) | Extent::Squares(_) | Extent::MatrixSquares(_) => false,
        })
    }
}

/// A number that a rule keeps between steps.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scalar {
    /// Its name in a state dict, PyTorch's where there is one: `mu_product`.
    pub name: &'static str,
    /// Its value at the start.
    pub start: f64,
    /// For one that counts something: the most that there can be. A saved state with more is refused.
    pub most: Option<u64>,
}

impl Scalar {
    /// Any number.
    pub const fn new(name: &'static str, start: f64) -> Scalar {
        Scalar { name, start, most: None }
    }

    /// A whole number from 0 to `most`, 0 at the start.
    pub const fn count(name: &'static str, most: u64) -> Scalar {
        Scalar { name, start: 0.0, most: Some(most) }
    }
}

impl State {
    /// An array of zeros at the start.
    pub const fn zeros(name: &'static str, symbol: &'static str) -> State {
        State { name, symbol, start: 0.0, extent: Extent::Weights }
    }
}

impl dyn Rule + '_ {
    /// Sets a hyperparameter by name.
    ///
    /// # Errors
    /// If there is no such name, the value is of the wrong kind, or it is out of range.
    pub fn set(&mut self, name: &str, value: Value) -> Result<(), Error> {
        let of = self.card().name;
        (self as &mut dyn Hyperparameters).set(of, name, value)
    }

    /// Sets a hyperparameter by name to what the text says.
    ///
    /// # Errors
    /// As `set`.
    pub fn set_text(&mut self, name: &str, text: &str) -> Result<(), Error> {
        let of = self.card().name;
        (self as &mut dyn Hyperparameters).set_text(of, name, text)
    }

    /// Whether all values are in range and go together.
    ///
    /// # Errors
    /// The first that is not, and why.
    pub fn validate(&self) -> Result<(), Error> {
        (self as &dyn Hyperparameters).validate(self.card().name)?;
        self.check()
    }
}

/// The canonical spelling: the name, the learning rate, and what differs from the defaults.
impl fmt::Display for dyn Rule + '_ {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.card().name)?;
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
