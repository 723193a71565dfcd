//! Parts of an ONNX file: nodes, constants, values and attributes.

use crate::protobuf::Message;

/// `TensorProto.FLOAT` and `TensorProto.INT64`.
pub(super) const FLOAT: u64 = 1;
pub(super) const INT64: u64 = 7;

pub(super) fn node(op: &str, inputs: &[&str], output: &str, attributes: Vec<Message>) -> Message {
    outputs_node(op, inputs, &[output], attributes)
}

/// A node with several outputs.
pub(super) fn outputs_node(op: &str, inputs: &[&str], outputs: &[&str], attributes: Vec<Message>) -> Message {
    let node = inputs.iter().fold(Message::default(), |node, input| node.text(1, input));
    let node = outputs.iter().fold(node, |node, output| node.text(2, output)).text(4, op);
    attributes.into_iter().fold(node, |node, attribute| node.message(5, attribute))
}

pub(super) fn tensor(name: &str, shape: &[usize], data_type: u64, bytes: &[u8]) -> Message {
    let tensor = shape.iter().fold(Message::default(), |tensor, size| tensor.varint(1, *size as u64));
    tensor.varint(2, data_type).text(8, name).bytes(9, bytes)
}

/// Size of a dimension at the graph's border.
#[derive(Clone, Copy)]
pub(super) enum Size {
    Fixed(usize),
    /// Any size, the same wherever the name is.
    Named(&'static str),
}

/// A value of the graph's border.
pub(super) fn value(name: &str, data_type: u64, sizes: &[Size]) -> Message {
    let dimension = |size: &Size| {
        let size = match size {
            Size::Fixed(size) => Message::default().varint(1, *size as u64),
            Size::Named(name) => Message::default().text(2, name),
        };
        Message::default().message(1, size)
    };
    // Fields of the same number are one list.
    let shape = Message::concat(sizes.iter().map(dimension));
    let kind = Message::default().varint(1, data_type).message(2, shape);
    Message::default().text(1, name).message(2, Message::default().message(1, kind))
}

// Attributes: name, value, and the kind of the value.

/// An integer; a negative one has all 64 bits.
pub(super) fn int(name: &str, value: i64) -> Message {
    Message::default().text(1, name).varint(3, value as u64).varint(20, 2)
}

pub(super) fn ints(name: &str, values: &[usize]) -> Message {
    let attribute = Message::default().text(1, name);
    values.iter().fold(attribute, |attribute, value| attribute.varint(8, *value as u64)).varint(20, 7)
}

pub(super) fn float(name: &str, value: f64) -> Message {
    Message::default().text(1, name).float(2, value as f32).varint(20, 1)
}

pub(super) fn text(name: &str, value: &str) -> Message {
    Message::default().text(1, name).text(4, value).varint(20, 3)
}
