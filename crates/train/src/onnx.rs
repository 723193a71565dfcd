//! Trained networks as ONNX files.

mod attention;
mod convolution;
mod graph;
mod layers;
mod message;
mod normalization;
mod recurrent;

use data::samples::Standardization;
use nn::{Layer, Model};
use tensor::ParamVec;

use crate::protobuf::Message;
use graph::{Form, Graph, Value};
use message::{FLOAT, INT64, Size, node, value};

/// A trained network.
#[derive(Debug, Clone, Copy)]
pub struct Network<'n> {
    /// The network.
    pub model: &'n Model,
    /// Its weights.
    pub weights: &'n ParamVec,
    /// Running statistics of batch norm.
    pub buffers: &'n ParamVec,
    /// Mean that was taken from the inputs: one number, one for each input, or one for each channel of an image.
    pub mean: &'n [f64],
    /// Number by which they were divided, as many as means.
    pub std: &'n [f64],
    /// Normalization of targets that are numbers: the file's outputs are in the units of the targets.
    pub targets: Option<&'n Standardization>,
    /// Entries of the file's metadata, as (name, text).
    pub metadata: &'n [(&'n str, &'n str)],
}

/// A network with a layer that has no form in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected layers that `nn::Layer` lists, the first of them dense, an image, rows or an embedding; found another"
)]
pub struct UnknownLayer;

/// The network as ONNX, operators of version 20. Its input `input` is [batch, inputs] before normalization: pixels
/// from 0 to 1, row by row, the channels of a pixel next to each other; its output `output` is [batch, outputs], of a
/// classifier before the softmax, of numbers in the units of the targets. Of text both have the length of a sequence as a second dimension: 64-bit tokens [batch,
/// length], and the scores [batch, length, tokens] of the next one.
///
/// The code of a variational autoencoder is its mean; here it is the mean with noise. Its outputs are the
/// reconstruction, the means, and the log-variances.
///
/// ```
/// use nn::{Activation, Model};
/// use tensor::ParamVec;
/// use train::onnx::{self, Network};
/// let model = Model::mlp(&[4, 3, 2], Activation::Relu);
/// let (weights, buffers): (_, ParamVec) = (model.init(0), model.buffers());
/// let (mean, std) = (&[0.5][..], &[0.5][..]);
/// let network =
///     Network { model: &model, weights: &weights, buffers: &buffers, mean, std, targets: None, metadata: &[] };
/// let file = onnx::model(&network)?;
/// assert!(file.windows(4).any(|part| part == b"Gemm"));
/// # Ok::<(), onnx::UnknownLayer>(())
/// ```
///
/// # Errors
/// If the network has layers that do not say what they are as an [`nn::Layer`].
pub fn model(network: &Network<'_>) -> Result<Vec<u8>, UnknownLayer> {
    let layers = network.model.layers().ok_or(UnknownLayer)?;
    let input = input(network, &layers).ok_or(UnknownLayer)?;
    let mut graph = Graph::new(network);
    let first = match input {
        Input::Numbers(inputs) => Value { name: graph.normalized(inputs), form: Form::Flat },
        Input::Tokens => Value { name: INPUT.to_string(), form: Form::Tokens },
    };
    let last = graph.layers(&layers, first)?;
    let answers = graph.answers(last.name);
    graph.nodes.push(node("Identity", &[&answers], OUTPUT, vec![]));
    let Graph { nodes, initializers, outputs, .. } = graph;
    let (input, output) = borders(input, outputs, last.form)?;
    let fill = |message: Message, field: u32, parts: Vec<Message>| {
        parts.into_iter().fold(message, |message, part| message.message(field, part))
    };
    let graph = fill(Message::default(), GRAPH_NODE, nodes).text(GRAPH_NAME, "network");
    let graph = fill(graph, GRAPH_INITIALIZER, initializers)
        .message(GRAPH_INPUT, input)
        .message(GRAPH_OUTPUT, output);
    let version = Message::default().text(1, "").varint(2, OPERATORS);
    let entries = network.metadata.iter().map(|(name, text)| Message::default().text(1, name).text(2, text));
    // Fields of `ModelProto`: version of the format, producer, graph, versions of operators, metadata.
    let model = Message::default().varint(1, FORMAT).text(2, "descent").message(7, graph).message(8, version);
    Ok(fill(model, 14, entries.collect()).into_bytes())
}

/// Inputs of a network.
#[derive(Clone, Copy)]
enum Input {
    /// Numbers of an example.
    Numbers(usize),
    /// Sequences of tokens.
    Tokens,
}

fn input(network: &Network<'_>, layers: &[Layer]) -> Option<Input> {
    match layers.first()? {
        Layer::Unflatten(shape) => Some(Input::Numbers(shape.iter().product())),
        Layer::Linear { weight, .. } => {
            network.weights.layout().entry(*weight).shape.get(1).copied().map(Input::Numbers)
        }
        Layer::Embedding(_) => Some(Input::Tokens),
        _ => None,
    }
}

/// Shapes of the input and of the output.
fn borders(input: Input, outputs: usize, form: Form) -> Result<(Message, Message), UnknownLayer> {
    let (batch, length, outputs) = (Size::Named("batch"), Size::Named("length"), Size::Fixed(outputs));
    let from = match input {
        Input::Numbers(numbers) => value(INPUT, FLOAT, &[batch, Size::Fixed(numbers)]),
        Input::Tokens => value(INPUT, INT64, &[batch, length]),
    };
    let to = match form {
        Form::Flat => value(OUTPUT, FLOAT, &[batch, outputs]),
        Form::Sequences => value(OUTPUT, FLOAT, &[batch, length, outputs]),
        Form::Tokens | Form::Images | Form::Rows => return Err(UnknownLayer),
    };
    Ok((from, to))
}

const INPUT: &str = "input";
const OUTPUT: &str = "output";

/// Version of the file format, and of the operators.
const FORMAT: u64 = 9;
const OPERATORS: u64 = 20;

// Fields of `GraphProto` in onnx.proto.
const GRAPH_NODE: u32 = 1;
const GRAPH_NAME: u32 = 2;
const GRAPH_INITIALIZER: u32 = 5;
const GRAPH_INPUT: u32 = 11;
const GRAPH_OUTPUT: u32 = 12;
