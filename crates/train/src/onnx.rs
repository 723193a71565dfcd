//! Trained networks as ONNX files.

use data::samples::Standardization;
use nn::{Activation, Layer, Model};
use tensor::conv::Padding;
use tensor::{Layout, ParamId, ParamVec};

use crate::protobuf::Message;

/// A trained network.
#[derive(Debug, Clone, Copy)]
pub struct Network<'n> {
    /// The network.
    pub model: &'n Model,
    /// Its weights.
    pub weights: &'n ParamVec,
    /// Running statistics of batch norm.
    pub buffers: &'n ParamVec,
    /// Mean that was taken from the inputs: one number, or one for each.
    pub mean: &'n [f64],
    /// Number by which they were divided.
    pub std: &'n [f64],
    /// Normalization of targets that are numbers: the file's outputs are in the units of the targets.
    pub targets: Option<&'n Standardization>,
}

/// A network with a layer that has no form in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected dense, convolutional, pooling, batch norm and residual layers, found another")]
pub struct UnknownLayer;

/// The network as ONNX, operators of version 20. Its input `input` is [batch, inputs] before normalization: pixels
/// from 0 to 1, row by row; its output `output` is [batch, outputs], of a classifier before the softmax, of numbers in
/// the units of the targets.
///
/// ```
/// use nn::{Activation, Model};
/// use tensor::ParamVec;
/// use train::onnx::{self, Network};
/// let model = Model::mlp(&[4, 3, 2], Activation::Relu);
/// let (weights, buffers): (_, ParamVec) = (model.init(0), model.buffers());
/// let (mean, std) = (&[0.5][..], &[0.5][..]);
/// let network = Network { model: &model, weights: &weights, buffers: &buffers, mean, std, targets: None };
/// let file = onnx::model(&network)?;
/// assert!(file.windows(4).any(|part| part == b"Gemm"));
/// # Ok::<(), onnx::UnknownLayer>(())
/// ```
///
/// # Errors
/// If the network has other layers than dense ones, convolutions, pooling, batch norm, residual blocks and
/// activations.
pub fn model(network: &Network<'_>) -> Result<Vec<u8>, UnknownLayer> {
    let layers = network.model.layers().ok_or(UnknownLayer)?;
    let inputs = inputs(network, &layers).ok_or(UnknownLayer)?;
    let mut graph = Graph { network, nodes: Vec::new(), initializers: Vec::new(), outputs: 0 };
    let input = graph.normalized();
    let (last, _) = graph.layers(&layers, (input, Form::Flat))?;
    let answers = graph.answers(last);
    graph.nodes.push(node("Identity", &[&answers], "output", vec![]));
    let Graph { nodes, initializers, outputs, .. } = graph;
    let fill = |message: Message, field: u32, parts: Vec<Message>| {
        parts.into_iter().fold(message, |message, part| message.message(field, part))
    };
    let graph = fill(Message::default(), GRAPH_NODE, nodes).text(GRAPH_NAME, "network");
    let graph = fill(graph, GRAPH_INITIALIZER, initializers)
        .message(GRAPH_INPUT, value("input", inputs))
        .message(GRAPH_OUTPUT, value("output", outputs));
    let version = Message::default().text(1, "").varint(2, OPERATORS);
    // Fields of `ModelProto`: version of the format, producer, graph, versions of operators.
    Ok(Message::default()
        .varint(1, FORMAT)
        .text(2, "descent")
        .message(7, graph)
        .message(8, version)
        .into_bytes())
}

/// Numbers of an example, by the first layer.
fn inputs(network: &Network<'_>, layers: &[Layer]) -> Option<usize> {
    match layers.first()? {
        Layer::Unflatten(shape) => Some(shape.iter().product()),
        Layer::Linear { weight, .. } => network.weights.layout().entry(*weight).shape.get(1).copied(),
        _ => None,
    }
}

/// Version of the file format, and of the operators.
const FORMAT: u64 = 9;
const OPERATORS: u64 = 20;

// Fields of `GraphProto` in onnx.proto.
const GRAPH_NODE: u32 = 1;
const GRAPH_NAME: u32 = 2;
const GRAPH_INITIALIZER: u32 = 5;
const GRAPH_INPUT: u32 = 11;
const GRAPH_OUTPUT: u32 = 12;
/// `TensorProto.FLOAT` and `TensorProto.INT64`.
const FLOAT: u64 = 1;
const INT64: u64 = 7;

/// Order of the dimensions of a value: [n, features], [n, channels, height, width], [n, channels, length].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Flat,
    Images,
    Rows,
}

/// Nodes and constants so far.
struct Graph<'n> {
    network: &'n Network<'n>,
    nodes: Vec<Message>,
    initializers: Vec<Message>,
    /// Outputs of the last dense layer.
    outputs: usize,
}

impl Graph<'_> {
    /// The input without its mean, divided by its standard deviation.
    fn normalized(&mut self) -> String {
        let Network { mean, std, .. } = *self.network;
        if mean.iter().all(|x| *x == 0.0) && std.iter().all(|x| *x == 1.0) {
            return "input".to_string();
        }
        self.numbers("mean", mean);
        self.numbers("std", std);
        let centered = self.push("Sub", &["input", "mean"], vec![]);
        self.push("Div", &[&centered, "std"], vec![])
    }

    /// Outputs in the units of targets that were normalized.
    fn answers(&mut self, outputs: String) -> String {
        let Some(targets) = self.network.targets.filter(|targets| !targets.is_identity()) else {
            return outputs;
        };
        self.numbers("target_mean", &targets.mean);
        self.numbers("target_std", &targets.std);
        let scaled = self.push("Mul", &[&outputs, "target_std"], vec![]);
        self.push("Add", &[&scaled, "target_mean"], vec![])
    }

    fn layers(&mut self, layers: &[Layer], from: (String, Form)) -> Result<(String, Form), UnknownLayer> {
        layers.iter().try_fold(from, |(x, form), layer| self.layer(layer, &x, form))
    }

    fn layer(&mut self, layer: &Layer, x: &str, form: Form) -> Result<(String, Form), UnknownLayer> {
        Ok(match layer {
            Layer::Linear { .. } if form != Form::Flat => return Err(UnknownLayer),
            Layer::Linear { weight, bias } => {
                self.outputs = self.network.weights.layout().entry(*bias).shape[0];
                let (weight, bias) = (self.weight(*weight), self.weight(*bias));
                (self.push("Gemm", &[x, &weight, &bias], vec![int("transB", 1)]), form)
            }
            Layer::Conv { .. } => (self.convolution(layer, x, form)?, form),
            Layer::Activation(activation) => (self.activation(*activation, x), form),
            Layer::LeakyRelu(slope) => (self.push("LeakyRelu", &[x], vec![float("alpha", *slope)]), form),
            Layer::MaxPool(size, stride) => (self.pool("MaxPool", x, form, *size, *stride)?, form),
            Layer::AvgPool(size, stride) => (self.pool("AveragePool", x, form, *size, *stride)?, form),
            Layer::GlobalAvgPool if form == Form::Flat => return Err(UnknownLayer),
            Layer::GlobalAvgPool => {
                let mean = self.push("GlobalAveragePool", &[x], vec![]);
                (self.push("Flatten", &[&mean], vec![]), Form::Flat)
            }
            Layer::Flatten if form == Form::Rows => {
                let rows = self.push("Transpose", &[x], vec![ints("perm", &[0, 2, 1])]);
                (self.push("Flatten", &[&rows], vec![]), Form::Flat)
            }
            Layer::Flatten | Layer::FlattenRows => (self.push("Flatten", &[x], vec![]), Form::Flat),
            Layer::Unflatten(shape) => self.unflatten(shape, x)?,
            Layer::BatchNorm { weight, bias, mean, variance, eps } => {
                let (weight, bias) = (self.weight(*weight), self.weight(*bias));
                let (mean, variance) = (self.buffer(*mean), self.buffer(*variance));
                let inputs = [x, &weight, &bias, &mean, &variance];
                (self.push("BatchNormalization", &inputs, vec![float("epsilon", *eps)]), form)
            }
            Layer::Residual { body, shortcut } => {
                let (body, to) = self.layers(body, (x.to_string(), form))?;
                let (shortcut, _) = self.layers(shortcut, (x.to_string(), form))?;
                (self.push("Add", &[&body, &shortcut], vec![]), to)
            }
        })
    }

    fn convolution(&mut self, layer: &Layer, x: &str, form: Form) -> Result<String, UnknownLayer> {
        let Layer::Conv { weight, bias, options } = layer else { return Err(UnknownLayer) };
        let shape = self.network.weights.layout().entry(*weight).shape;
        let kernel: Vec<usize> = shape.iter().skip(2).copied().collect();
        // Rows have the options of columns.
        let axes: &[usize] = match (form, kernel.len()) {
            (Form::Images, 2) => &[0, 1],
            (Form::Rows, 1) => &[1],
            _ => return Err(UnknownLayer),
        };
        let of = |values: [usize; 2]| axes.iter().map(|&axis| values[axis]).collect::<Vec<usize>>();
        let sides = axes.iter().zip(&kernel).map(|(&axis, &size)| {
            let all = options.dilation[axis] * (size - 1);
            match options.padding[axis] {
                Padding::Zeros(zeros) => (zeros, zeros),
                Padding::Same => (all / 2, all - all / 2),
            }
        });
        let (before, after): (Vec<usize>, Vec<usize>) = sides.unzip();
        let attributes = vec![
            ints("kernel_shape", &kernel),
            ints("strides", &of(options.stride)),
            ints("dilations", &of(options.dilation)),
            ints("pads", &[before, after].concat()),
            int("group", options.groups),
        ];
        let weight = self.weight(*weight);
        let bias = bias.map(|bias| self.weight(bias));
        let inputs: Vec<&str> = [Some(x), Some(&*weight), bias.as_deref()].into_iter().flatten().collect();
        Ok(self.push("Conv", &inputs, attributes))
    }

    fn pool(
        &mut self,
        op: &str,
        x: &str,
        form: Form,
        size: usize,
        stride: usize,
    ) -> Result<String, UnknownLayer> {
        let axes = match form {
            Form::Flat => return Err(UnknownLayer),
            Form::Images => 2,
            Form::Rows => 1,
        };
        let attributes = vec![ints("kernel_shape", &vec![size; axes]), ints("strides", &vec![stride; axes])];
        Ok(self.push(op, &[x], attributes))
    }

    fn activation(&mut self, activation: Activation, x: &str) -> String {
        match activation {
            Activation::Relu => self.push("Relu", &[x], vec![]),
            Activation::LeakyRelu => self.push("LeakyRelu", &[x], vec![float("alpha", 0.01)]),
            Activation::Elu => self.push("Elu", &[x], vec![]),
            Activation::Gelu => self.push("Gelu", &[x], vec![text("approximate", Activation::Tanh.name())]),
            Activation::Silu => {
                let gate = self.push("Sigmoid", &[x], vec![]);
                self.push("Mul", &[x, &gate], vec![])
            }
            Activation::Sigmoid => self.push("Sigmoid", &[x], vec![]),
            Activation::Tanh => self.push("Tanh", &[x], vec![]),
            Activation::Identity => x.to_string(),
        }
    }

    /// Channels come first in the file.
    fn unflatten(&mut self, shape: &[usize], x: &str) -> Result<(String, Form), UnknownLayer> {
        let (form, order): (Form, &[usize]) = match shape.len() {
            2 => (Form::Rows, &[0, 2, 1]),
            3 => (Form::Images, &[0, 3, 1, 2]),
            _ => return Err(UnknownLayer),
        };
        let name = format!("shape{}", self.nodes.len());
        let sizes: Vec<i64> = std::iter::once(-1).chain(shape.iter().map(|&size| size as i64)).collect();
        let bytes: Vec<u8> = sizes.iter().flat_map(|size| size.to_le_bytes()).collect();
        self.initializers.push(tensor(&name, &[sizes.len()], INT64, &bytes));
        let image = self.push("Reshape", &[x, &name], vec![]);
        Ok((self.push("Transpose", &[&image], vec![ints("perm", order)]), form))
    }

    fn weight(&mut self, id: ParamId) -> String {
        let weights = self.network.weights;
        self.parameter(weights.layout(), id, weights.get(id))
    }

    fn buffer(&mut self, id: ParamId) -> String {
        let buffers = self.network.buffers;
        self.parameter(buffers.layout(), id, buffers.get(id))
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

    fn constant(&mut self, name: &str, shape: &[usize], values: &[f32]) {
        let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.initializers.push(tensor(name, shape, FLOAT, &bytes));
    }

    /// Appends a node and returns the name of its output.
    fn push(&mut self, op: &str, inputs: &[&str], attributes: Vec<Message>) -> String {
        let output = format!("value{}", self.nodes.len());
        self.nodes.push(node(op, inputs, &output, attributes));
        output
    }
}

fn node(op: &str, inputs: &[&str], output: &str, attributes: Vec<Message>) -> Message {
    let node = inputs.iter().fold(Message::default(), |node, input| node.text(1, input));
    let node = node.text(2, output).text(4, op);
    attributes.into_iter().fold(node, |node, attribute| node.message(5, attribute))
}

fn tensor(name: &str, shape: &[usize], data_type: u64, bytes: &[u8]) -> Message {
    let tensor = shape.iter().fold(Message::default(), |tensor, size| tensor.varint(1, *size as u64));
    tensor.varint(2, data_type).text(8, name).bytes(9, bytes)
}

/// A value [batch, width] of the graph's border.
fn value(name: &str, width: usize) -> Message {
    let dimension = |size: Message| Message::default().message(1, size);
    let batch = dimension(Message::default().text(2, "batch"));
    let shape = dimension(Message::default().varint(1, width as u64));
    // Two fields of the same number are one list.
    let shape = Message::concat([batch, shape]);
    let kind = Message::default().varint(1, FLOAT).message(2, shape);
    Message::default().text(1, name).message(2, Message::default().message(1, kind))
}

// Attributes: name, value, and the kind of the value.

fn int(name: &str, value: usize) -> Message {
    Message::default().text(1, name).varint(3, value as u64).varint(20, 2)
}

fn ints(name: &str, values: &[usize]) -> Message {
    let attribute = Message::default().text(1, name);
    values.iter().fold(attribute, |attribute, value| attribute.varint(8, *value as u64)).varint(20, 7)
}

fn float(name: &str, value: f64) -> Message {
    Message::default().text(1, name).float(2, value as f32).varint(20, 1)
}

fn text(name: &str, value: &str) -> Message {
    Message::default().text(1, name).text(4, value).varint(20, 3)
}
