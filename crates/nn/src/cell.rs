//! Recurrent cells, by name.

/// Type of a recurrent cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cell {
    /// `tanh` of a sum: see [`autograd::Var::rnn`].
    Rnn,
    /// Long short-term memory: see [`autograd::Var::lstm`].
    Lstm,
    /// The gated recurrent unit: see [`autograd::Var::gru`].
    Gru,
}

impl Cell {
    /// Number of gates: rows of a weight per hidden unit.
    pub(crate) fn gates(self) -> usize {
        match self {
            Cell::Rnn => 1,
            Cell::Lstm => 4,
            Cell::Gru => 3,
        }
    }
}
