//! Arrays and numbers that are kept between steps: their names and sizes.

use tensor::{ParamInfo, Role};

/// An array that a rule keeps between steps.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Slot {
    /// Its name in a state dict, PyTorch's where there is one: `exp_avg`.
    pub name: &'static str,
    /// The symbol in the formula: `m`.
    pub symbol: &'static str,
    /// The number that it is filled with at the start.
    pub start: f32,
    /// How many numbers it has.
    pub extent: StateShape,
}

impl Slot {
    /// An array of zeros at the start.
    pub const fn zeros(name: &'static str, symbol: &'static str) -> Slot {
        Slot { name, symbol, start: 0.0, extent: StateShape::Weights }
    }
}

/// A number that a rule keeps between steps.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ScalarSlot {
    /// Its name in a state dict, PyTorch's where there is one: `mu_product`.
    pub name: &'static str,
    /// Its value at the start.
    pub start: f64,
    /// For one that counts something: the most that there can be. A saved state with more is refused.
    pub most: Option<u64>,
}

impl ScalarSlot {
    /// Any number.
    pub const fn new(name: &'static str, start: f64) -> ScalarSlot {
        ScalarSlot { name, start, most: None }
    }

    /// A whole number from 0 to `most`, 0 at the start.
    pub const fn count(name: &'static str, most: u64) -> ScalarSlot {
        ScalarSlot { name, start: 0.0, most: Some(most) }
    }
}

/// How many numbers a state array has for each parameter. A *matrix* is whatever has two
/// dimensions or more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StateShape {
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
    /// One for each weight of a matrix that is a weight matrix: where [`Rest`](StateShape::Rest) has none.
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

impl StateShape {
    /// Numbers for this parameter.
    pub(crate) fn numbers(self, entry: &ParamInfo) -> usize {
        let shape = &entry.shape;
        match self {
            StateShape::One => 1,
            StateShape::History(vectors) => vectors * shape.len(),
            StateShape::Squares(most) => shape.iter().map(|&d| if d <= most { d * d } else { d }).sum(),
            StateShape::MatrixSquares(most) if shape.rank() >= 2 => {
                shape.iter().filter(|&&d| d <= most).map(|d| d * d).sum()
            }
            StateShape::Rows if shape.rank() >= 2 => shape.len() / shape[shape.rank() - 1].max(1),
            StateShape::Columns if shape.rank() >= 2 => shape.len() / shape[shape.rank() - 2].max(1),
            _ if self.is_full(std::slice::from_ref(entry)) => shape.len(),
            _ => 0,
        }
    }

    /// Whether there is one for each weight of these parameters.
    pub(crate) fn is_full(self, entries: &[ParamInfo]) -> bool {
        entries.iter().all(|entry| match self {
            StateShape::Weights => true,
            StateShape::Vectors => entry.shape.rank() < 2,
            StateShape::Rest => entry.shape.rank() < 2 || entry.role != Role::Matrix,
            StateShape::Matrices => entry.shape.rank() >= 2 && entry.role == Role::Matrix,
            StateShape::One | StateShape::Rows | StateShape::Columns => false,
            StateShape::History(_) | StateShape::Squares(_) | StateShape::MatrixSquares(_) => false,
        })
    }
}
