//! Attention, and positions of a sequence.

use nn::Layer;
use tensor::ParamId;

use super::UnknownLayer;
use super::graph::{Form, Graph, Value};
use super::message::int;

impl Graph<'_> {
    /// The sequence plus the first rows of a table.
    pub(super) fn positions(&mut self, table: ParamId, x: Value) -> Result<Value, UnknownLayer> {
        let x = self.sequences(x)?;
        let table = self.weight(table);
        let length = self.sizes(&x.name, 1, 2);
        let start = self.integers(&[0]);
        let rows = self.push("Slice", &[&table, &start, &length, &start], vec![]);
        Ok(Value { name: self.push("Add", &[&x.name, &rows], vec![]), form: x.form })
    }

    /// `softmax(Q·Kᵀ/√d)·V` of each head.
    pub(super) fn attention(&mut self, layer: &Layer, x: Value) -> Result<Value, UnknownLayer> {
        let Layer::Attention { weight, bias, heads, causal } = layer else { return Err(UnknownLayer) };
        let x = self.sequences(x)?;
        let width = self.shape(*weight)[1];
        let size = width / heads;
        let (weight, bias) = (self.weight(*weight), self.weight(*bias));
        let all = self.affine(&x.name, &weight, &bias);
        let thirds: [String; 3] =
            self.push_all("Split", &[&all], vec![int("axis", 2), int("num_outputs", 3)]);
        let by_head = [0, 0, *heads as i64, size as i64];
        let [q, k, v] = thirds.map(|third| self.reshape(&third, &by_head));
        let (q, v) = (self.transpose(&q, &[0, 2, 1, 3]), self.transpose(&v, &[0, 2, 1, 3]));
        let k = self.transpose(&k, &[0, 2, 3, 1]);
        let scale = self.number((size as f64).sqrt().recip());
        let q = self.push("Mul", &[&q, &scale], vec![]);
        let mut scores = self.push("MatMul", &[&q, &k], vec![]);
        if *causal {
            let mask = self.causal_mask(&x.name);
            scores = self.push("Add", &[&scores, &mask], vec![]);
        }
        let attended = self.push("Softmax", &[&scores], vec![int("axis", -1)]);
        let mixed = self.push("MatMul", &[&attended, &v], vec![]);
        let mixed = self.transpose(&mixed, &[0, 2, 1, 3]);
        Ok(Value { name: self.reshape(&mixed, &[0, 0, width as i64]), form: x.form })
    }

    /// [length, length]: −∞ where a position is later, else 0.
    fn causal_mask(&mut self, x: &str) -> String {
        let length = self.sizes(x, 1, 2);
        let square = self.push("Concat", &[&length, &length], vec![int("axis", 0)]);
        let never = self.number(f64::NEG_INFINITY);
        let full = self.push("Expand", &[&never, &square], vec![]);
        let one = self.integer(1);
        self.push("Trilu", &[&full, &one], vec![int("upper", 1)])
    }

    pub(super) fn sequences(&mut self, x: Value) -> Result<Value, UnknownLayer> {
        let x = self.in_form(x, Form::Sequences);
        match x.form {
            Form::Sequences => Ok(x),
            Form::Flat | Form::Images | Form::Rows | Form::Tokens => Err(UnknownLayer),
        }
    }
}
