//! Recurrent layers.

use nn::layers::Cell;
use tensor::ParamId;

use super::UnknownLayer;
use super::graph::{Graph, Value};
use super::message::{int, text};

impl Graph<'_> {
    /// One layer in one or both directions.
    pub(super) fn recurrent(
        &mut self,
        cell: Cell,
        directions: &[[ParamId; 4]],
        x: Value,
    ) -> Result<Value, UnknownLayer> {
        // Rows of a weight by gate: PyTorch's i, f, g, o and r, z, n in ONNX's order i, o, f, c and z, r, h.
        let (op, gates): (&str, &[usize]) = match cell {
            Cell::Rnn => ("RNN", &[0]),
            Cell::Lstm => ("LSTM", &[0, 3, 1, 2]),
            Cell::Gru => ("GRU", &[1, 0, 2]),
        };
        let first = directions.first().ok_or(UnknownLayer)?;
        let hidden = self.shape(first[1])[1];
        let x = self.sequences(x)?;
        let [input, recurrent, bias] =
            [&[0][..], &[1], &[2, 3]].map(|parts| self.gates(directions, parts, gates));
        let mut attributes = vec![int("hidden_size", hidden as i64)];
        if directions.len() == 2 {
            attributes.push(text("direction", "bidirectional"));
        }
        if cell == Cell::Gru {
            // The reset gate comes after the product, as in PyTorch.
            attributes.push(int("linear_before_reset", 1));
        }
        let by_step = self.transpose(&x.name, &[1, 0, 2]);
        // [length, directions, n, hidden].
        let y = self.push(op, &[&by_step, &input, &recurrent, &bias], attributes);
        let y = self.transpose(&y, &[2, 0, 1, 3]);
        let width = (directions.len() * hidden) as i64;
        Ok(Value { name: self.reshape(&y, &[0, 0, width]), form: x.form })
    }

    /// Parameters of all directions as one constant [directions, rows, ..], gates in another order; `parts` of a
    /// direction are appended to each other.
    fn gates(&mut self, directions: &[[ParamId; 4]], parts: &[usize], gates: &[usize]) -> String {
        let weights = self.network.weights;
        let mut values = Vec::new();
        for direction in directions {
            for &part in parts {
                let all = weights.get(direction[part]);
                let size = all.len() / gates.len();
                values.extend(gates.iter().flat_map(|gate| &all[gate * size..][..size]));
            }
        }
        let first = weights.layout().entry(directions[0][parts[0]]);
        let rows = parts.len() * first.shape[0];
        let shape = [&[directions.len(), rows], &first.shape[1..]].concat();
        self.constant(&first.name, &shape, &values);
        first.name.clone()
    }
}
