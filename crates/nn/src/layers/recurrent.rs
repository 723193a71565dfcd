//! Recurrent layers.

use autograd::{Direction, RecurrentWeights, Var};
use tensor::{Kernels, ParamId, Role};

use crate::context::Context;
use crate::init::Init;
use crate::layer::Layer;
use crate::model::Builder;
use crate::module::Module;

pub use crate::cell::Cell;

/// One or more stacked recurrent layers over sequences [n, steps, inputs], from states of 0: PyTorch's `RNN`,
/// `LSTM` and `GRU` with `batch_first`.
///
/// ```
/// use nn::layers::{Cell, Recurrent};
/// let mut builder = nn::Builder::new();
/// let lstm = Recurrent::new(&mut builder, "lstm", Cell::Lstm, 128, 128, 2);
/// let gru = Recurrent::bidirectional(&mut builder, "gru", Cell::Gru, 1, 6, 1);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Recurrent {
    cell: Cell,
    /// Directions of each layer.
    layers: Vec<Vec<Way>>,
}

/// Parameters of a layer in one direction.
#[derive(Debug, Clone, PartialEq)]
struct Way {
    direction: Direction,
    weight_ih: ParamId,
    weight_hh: ParamId,
    bias_ih: ParamId,
    bias_hh: ParamId,
}

impl Recurrent {
    /// Adds `NAME.weight_ih_l0` of `gates·hidden × inputs`, `NAME.weight_hh_l0` of `gates·hidden × hidden`,
    /// `NAME.bias_ih_l0` and `NAME.bias_hh_l0`, and the same for each further layer, all initialized uniform in
    /// ±1/√hidden.
    ///
    /// # Panics
    /// If the number of layers or of hidden states is 0.
    #[track_caller]
    pub fn new(
        builder: &mut Builder,
        name: &str,
        cell: Cell,
        inputs: usize,
        hidden: usize,
        layers: usize,
    ) -> Recurrent {
        Recurrent::with_directions(builder, name, cell, [inputs, hidden, layers], &[Direction::Forward])
    }

    /// [`Recurrent::new`] in both directions, with results [n, steps, 2·hidden]: forward, then reverse, whose
    /// names end in `_reverse`.
    ///
    /// # Panics
    /// As [`new`](Recurrent::new).
    #[track_caller]
    pub fn bidirectional(
        builder: &mut Builder,
        name: &str,
        cell: Cell,
        inputs: usize,
        hidden: usize,
        layers: usize,
    ) -> Recurrent {
        let directions = [Direction::Forward, Direction::Reverse];
        Recurrent::with_directions(builder, name, cell, [inputs, hidden, layers], &directions)
    }

    #[track_caller]
    fn with_directions(
        builder: &mut Builder,
        name: &str,
        cell: Cell,
        [inputs, hidden, layers]: [usize; 3],
        directions: &[Direction],
    ) -> Recurrent {
        assert!(
            layers > 0 && hidden > 0,
            "expected at least 1 layer of at least 1 hidden state, found {layers} of {hidden}"
        );
        let rows = cell.gates() * hidden;
        let start = Init::Uniform((hidden as f64).sqrt().recip() as f32);
        let mut way = |layer: usize, direction: Direction| {
            let inputs = if layer == 0 { inputs } else { hidden * directions.len() };
            let mut param = |part: &str, shape: &[usize], role: Role| {
                let end = if direction == Direction::Reverse { "_reverse" } else { "" };
                let fans = (shape.get(1).copied().unwrap_or(hidden), rows);
                builder.param(format!("{name}.{part}_l{layer}{end}"), shape, role, start, fans)
            };
            Way {
                direction,
                weight_ih: param("weight_ih", &[rows, inputs], Role::Matrix),
                weight_hh: param("weight_hh", &[rows, hidden], Role::Matrix),
                bias_ih: param("bias_ih", &[rows], Role::Bias),
                bias_hh: param("bias_hh", &[rows], Role::Bias),
            }
        };
        let mut layer = |layer: usize| directions.iter().map(|&d| way(layer, d)).collect();
        Recurrent { cell, layers: (0..layers).map(&mut layer).collect() }
    }
}

impl Module for Recurrent {
    /// Hidden states of the last layer, [n, steps, hidden].
    #[track_caller]
    fn forward<'t, T: Kernels>(&self, x: Var<'t, T>, _: &mut Context<'_, T>) -> Var<'t, T> {
        let tape = x.tape();
        let run = |x: Var<'t, T>, way: &Way| {
            let weights = RecurrentWeights {
                input: tape.param(way.weight_ih),
                hidden: tape.param(way.weight_hh),
                input_bias: tape.param(way.bias_ih),
                hidden_bias: tape.param(way.bias_hh),
            };
            match self.cell {
                Cell::Rnn => x.rnn(weights, way.direction),
                Cell::Lstm => x.lstm(weights, way.direction),
                Cell::Gru => x.gru(weights, way.direction),
            }
        };
        self.layers.iter().fold(x, |x, ways| match ways.as_slice() {
            [way] => run(x, way),
            ways => Var::concat(&ways.iter().map(|way| run(x, way)).collect::<Vec<_>>(), 2),
        })
    }

    fn layers(&self) -> Option<Vec<Layer>> {
        let params = |way: &Way| [way.weight_ih, way.weight_hh, way.bias_ih, way.bias_hh];
        let layers = self
            .layers
            .iter()
            .map(|ways| Layer::Recurrent { cell: self.cell, directions: ways.iter().map(params).collect() });
        Some(layers.collect())
    }
}
