//! Nodes and constants of a graph, as they are appended.

use tensor::{Layout, ParamId};

use super::message::{FLOAT, INT64, int, ints, node, outputs_node, tensor};
use super::{INPUT, Network};
use crate::protobuf::Message;

/// Order of the dimensions of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// [n, features].
    Flat,
    /// [n, channels, height, width].
    Images,
    /// [n, channels, length].
    Rows,
    /// [n, length, features].
    Sequences,
    /// [n, length], of integers.
    Tokens,
}

/// A value of the graph.
#[derive(Debug, Clone)]
pub(super) struct Value {
    pub(super) name: String,
    pub(super) form: Form,
}

/// Nodes and constants so far.
pub(super) struct Graph<'n> {
    pub(super) network: &'n Network<'n>,
    pub(super) nodes: Vec<Message>,
    pub(super) initializers: Vec<Message>,
    /// Width of the last dense layer.
    pub(super) outputs: usize,
}

impl<'n> Graph<'n> {
    pub(super) fn new(network: &'n Network<'n>) -> Graph<'n> {
        Graph { network, nodes: Vec::new(), initializers: Vec::new(), outputs: 0 }
    }

    /// The input, of this many numbers, without its mean, divided by its standard deviation.
    pub(super) fn normalized(&mut self, inputs: usize) -> String {
        let Network { mean, std, .. } = *self.network;
        if mean.iter().all(|x| *x == 0.0) && std.iter().all(|x| *x == 1.0) {
            return INPUT.to_string();
        }
        // Those of channels are repeated for each pixel.
        let times = if mean.len() > 1 { inputs / mean.len() } else { 1 };
        self.numbers("mean", &mean.repeat(times));
        self.numbers("std", &std.repeat(times));
        let centered = self.push("Sub", &[INPUT, "mean"], vec![]);
        self.push("Div", &[&centered, "std"], vec![])
    }

    /// Outputs in the units of targets that were normalized.
    pub(super) fn answers(&mut self, outputs: String) -> String {
        let Some(targets) = self.network.targets.filter(|targets| !targets.is_identity()) else {
            return outputs;
        };
        self.numbers("target_mean", &targets.mean);
        self.numbers("target_std", &targets.std);
        let scaled = self.push("Mul", &[&outputs, "target_std"], vec![]);
        self.push("Add", &[&scaled, "target_mean"], vec![])
    }

    /// The value with its dimensions in another order: rows as sequences, or sequences as rows.
    pub(super) fn in_form(&mut self, x: Value, form: Form) -> Value {
        match (x.form, form) {
            (Form::Rows, Form::Sequences) | (Form::Sequences, Form::Rows) => {
                Value { name: self.transpose(&x.name, &[0, 2, 1]), form }
            }
            _ => x,
        }
    }

    pub(super) fn weight(&mut self, id: ParamId) -> String {
        let weights = self.network.weights;
        self.parameter(weights.layout(), id, weights.get(id))
    }

    pub(super) fn buffer(&mut self, id: ParamId) -> String {
        let buffers = self.network.buffers;
        self.parameter(buffers.layout(), id, buffers.get(id))
    }

    /// Shape of a parameter.
    pub(super) fn shape(&self, id: ParamId) -> &'n [usize] {
        &self.network.weights.layout().entry(id).shape
    }

    fn parameter(&mut self, layout: &Layout, id: ParamId, values: &[f32]) -> String {
        let info = layout.entry(id);
        self.constant(&info.name, &info.shape, values);
        info.name.clone()
    }

    fn numbers(&mut self, name: &str, values: &[f64]) {
        let single: Vec<f32> = values.iter().map(|x| *x as f32).collect();
        self.constant(name, &[values.len()], &single);
    }

    pub(super) fn constant(&mut self, name: &str, shape: &[usize], values: &[f32]) {
        let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.initializers.push(tensor(name, shape, FLOAT, &bytes));
    }

    /// A single number, under a name that is returned.
    pub(super) fn number(&mut self, value: f64) -> String {
        let name = format!("number{}", self.initializers.len());
        self.constant(&name, &[], &[value as f32]);
        name
    }

    /// A list of integers, under a name that is returned.
    pub(super) fn integers(&mut self, values: &[i64]) -> String {
        let name = format!("integers{}", self.initializers.len());
        let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.initializers.push(tensor(&name, &[values.len()], INT64, &bytes));
        name
    }

    /// A single integer, under a name that is returned.
    pub(super) fn integer(&mut self, value: i64) -> String {
        let name = format!("integer{}", self.initializers.len());
        self.initializers.push(tensor(&name, &[], INT64, &value.to_le_bytes()));
        name
    }

    /// Other sizes for the same numbers: 0 keeps a size, −1 is what remains.
    pub(super) fn reshape(&mut self, x: &str, sizes: &[i64]) -> String {
        let sizes = self.integers(sizes);
        self.push("Reshape", &[x, &sizes], vec![])
    }

    pub(super) fn transpose(&mut self, x: &str, order: &[usize]) -> String {
        self.push("Transpose", &[x], vec![ints("perm", order)])
    }

    /// Sizes of the dimensions from `start` to `end`, a list.
    pub(super) fn sizes(&mut self, x: &str, start: usize, end: usize) -> String {
        self.push("Shape", &[x], vec![int("start", start as i64), int("end", end as i64)])
    }

    /// Appends a node and returns the name of its output.
    pub(super) fn push(&mut self, op: &str, inputs: &[&str], attributes: Vec<Message>) -> String {
        let output = format!("value{}", self.nodes.len());
        self.nodes.push(node(op, inputs, &output, attributes));
        output
    }

    /// Appends a node and returns the names of its outputs.
    pub(super) fn push_all<const N: usize>(
        &mut self,
        op: &str,
        inputs: &[&str],
        attributes: Vec<Message>,
    ) -> [String; N] {
        let outputs = std::array::from_fn(|i| format!("value{}.{i}", self.nodes.len()));
        self.nodes.push(outputs_node(op, inputs, &outputs.each_ref().map(String::as_str), attributes));
        outputs
    }
}
