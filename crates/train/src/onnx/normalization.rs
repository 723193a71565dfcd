//! Normalization layers.

use nn::Layer;

use super::UnknownLayer;
use super::graph::{Form, Graph, Value};
use super::message::{float, int};

impl Graph<'_> {
    pub(super) fn normalization(&mut self, layer: &Layer, x: Value) -> Result<Value, UnknownLayer> {
        match layer {
            Layer::BatchNorm { weight, bias, mean, variance, eps } => {
                let x = self.in_form(x, Form::Rows);
                let (weight, bias) = (self.weight(*weight), self.weight(*bias));
                let (mean, variance) = (self.buffer(*mean), self.buffer(*variance));
                let inputs = [&*x.name, &weight, &bias, &mean, &variance];
                let name = self.push("BatchNormalization", &inputs, vec![float("epsilon", *eps)]);
                Ok(Value { name, form: x.form })
            }
            Layer::LayerNorm { weight, bias, eps } => {
                let (weight, bias) = (self.weight(*weight), self.weight(*bias));
                Ok(self.over_features(x, |graph, x| {
                    let attributes = vec![int("axis", -1), float("epsilon", *eps)];
                    graph.push("LayerNormalization", &[x, &weight, &bias], attributes)
                }))
            }
            Layer::RmsNorm { weight, eps } => {
                let weight = self.weight(*weight);
                Ok(self.over_features(x, |graph, x| graph.root_mean_square(x, &weight, *eps)))
            }
            Layer::GroupNorm { .. } => self.groups(layer, x),
            _ => Err(UnknownLayer),
        }
    }

    /// An operation on the last dimension, which has the features.
    fn over_features(&mut self, x: Value, op: impl FnOnce(&mut Self, &str) -> String) -> Value {
        let x = self.in_form(x, Form::Sequences);
        if x.form != Form::Images {
            return Value { name: op(self, &x.name), form: x.form };
        }
        let last = self.transpose(&x.name, &[0, 2, 3, 1]);
        let y = op(self, &last);
        Value { name: self.transpose(&y, &[0, 3, 1, 2]), form: x.form }
    }

    fn root_mean_square(&mut self, x: &str, weight: &str, eps: f64) -> String {
        let squares = self.push("Mul", &[x, x], vec![]);
        let last = self.integers(&[-1]);
        let mean = self.push("ReduceMean", &[&squares, &last], vec![int("keepdims", 1)]);
        let eps = self.number(eps);
        let sum = self.push("Add", &[&mean, &eps], vec![]);
        let root = self.push("Sqrt", &[&sum], vec![]);
        let divided = self.push("Div", &[x, &root], vec![]);
        self.push("Mul", &[&divided, weight], vec![])
    }

    /// Each group normalized as one channel, and a factor and a summand for each channel.
    fn groups(&mut self, layer: &Layer, x: Value) -> Result<Value, UnknownLayer> {
        let Layer::GroupNorm { weight, bias, groups, eps } = layer else { return Err(UnknownLayer) };
        let x = self.in_form(x, Form::Rows);
        let by_channel: &[i64] = match x.form {
            Form::Flat => &[-1],
            Form::Rows => &[-1, 1],
            Form::Images => &[-1, 1, 1],
            Form::Sequences | Form::Tokens => return Err(UnknownLayer),
        };
        let shape = self.push("Shape", &[&x.name], vec![]);
        let grouped = self.reshape(&x.name, &[0, *groups as i64, -1]);
        let [ones, zeros] = [1.0, 0.0].map(|value| {
            let name = format!("groups{}", self.initializers.len());
            self.constant(&name, &[*groups], &vec![value; *groups]);
            name
        });
        let inputs = [&*grouped, &ones, &zeros];
        let normal = self.push("InstanceNormalization", &inputs, vec![float("epsilon", *eps)]);
        let normal = self.push("Reshape", &[&normal, &shape], vec![]);
        let [weight, bias] = [weight, bias].map(|id| {
            let parameter = self.weight(*id);
            self.reshape(&parameter, by_channel)
        });
        let scaled = self.push("Mul", &[&normal, &weight], vec![]);
        Ok(Value { name: self.push("Add", &[&scaled, &bias], vec![]), form: x.form })
    }
}
