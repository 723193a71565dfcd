//! Names and shapes of state arrays and scalars.

use tensor::{ParamInfo, Role};

/// State array of a rule or a wrapper.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Slot {
    /// Name in a state dict, the one in PyTorch where it has the rule: `exp_avg`.
    pub name: &'static str,
    /// Symbol in the formula: `m`.
    pub symbol: &'static str,
    /// Initial value of every number.
    pub start: f32,
    /// Numbers for each parameter.
    pub shape: StateShape,
}

impl Slot {
    /// Array with a number for each weight, 0 at the start.
    pub const fn zeros(name: &'static str, symbol: &'static str) -> Slot {
        Slot { name, symbol, start: 0.0, shape: StateShape::Weights }
    }
}

/// State of a rule or a wrapper that is no array.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ScalarSlot {
    /// Name in a state dict, the one in PyTorch where it has the rule: `mu_product`.
    pub name: &'static str,
    /// Initial value.
    pub start: f64,
    /// Maximum of a count; a saved state with a larger one is refused. `None` for any other number.
    pub max: Option<u64>,
}

impl ScalarSlot {
    /// Number without bounds.
    pub const fn new(name: &'static str, start: f64) -> ScalarSlot {
        ScalarSlot { name, start, max: None }
    }

    /// Count from 0 to `max`, 0 at the start.
    pub const fn count(name: &'static str, max: u64) -> ScalarSlot {
        ScalarSlot { name, start: 0.0, max: Some(max) }
    }
}

/// Shape of a state array: its numbers for each parameter. A *matrix* has two dimensions or more.
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
    /// One for each weight of a parameter that is no matrix.
    Vectors,
    /// One for each weight of a parameter that is no matrix or does not have the role of a weight matrix.
    Rest,
    /// One for each weight of a matrix that is a weight matrix: where [`Rest`](StateShape::Rest) has none.
    Matrices,
    /// A square matrix for each dimension up to this size, and one number for each index of a larger one.
    Squares(usize),
    /// A square matrix for each dimension of a matrix up to this size, and nothing else.
    MatrixSquares(usize),
    /// This many for each weight: the last vectors of a history, one after the other. For rules of the tier
    /// [`Vector`](crate::Tier::Vector).
    History(usize),
}

impl StateShape {
    /// Length of an array for one parameter.
    pub(crate) fn len(self, param: &ParamInfo) -> usize {
        let shape = &param.shape;
        match self {
            StateShape::One => 1,
            StateShape::History(vectors) => vectors * shape.len(),
            StateShape::Squares(max) => shape.iter().map(|&d| if d <= max { d * d } else { d }).sum(),
            StateShape::MatrixSquares(max) if shape.rank() >= 2 => {
                shape.iter().filter(|&&d| d <= max).map(|d| d * d).sum()
            }
            StateShape::Rows if shape.rank() >= 2 => shape.len() / shape[shape.rank() - 1].max(1),
            StateShape::Columns if shape.rank() >= 2 => shape.len() / shape[shape.rank() - 2].max(1),
            _ if self.is_full(std::slice::from_ref(param)) => shape.len(),
            _ => 0,
        }
    }

    /// Tells whether it has a number for each weight of these parameters.
    pub(crate) fn is_full(self, params: &[ParamInfo]) -> bool {
        params.iter().all(|param| match self {
            StateShape::Weights => true,
            StateShape::Vectors => param.shape.rank() < 2,
            StateShape::Rest => param.shape.rank() < 2 || param.role != Role::Matrix,
            StateShape::Matrices => param.shape.rank() >= 2 && param.role == Role::Matrix,
            StateShape::One | StateShape::Rows | StateShape::Columns => false,
            StateShape::History(_) | StateShape::Squares(_) | StateShape::MatrixSquares(_) => false,
        })
    }
}
