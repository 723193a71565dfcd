//! Convolutions and transposed convolutions.

use nn::Layer;
use tensor::ParamId;
use tensor::conv::{ConvOptions, Padding};

use super::UnknownLayer;
use super::graph::{Form, Graph, Value};
use super::message::{int, ints};
use crate::protobuf::Message;

impl Graph<'_> {
    pub(super) fn convolution(&mut self, layer: &Layer, x: Value) -> Result<Value, UnknownLayer> {
        let x = self.channels_first(x)?;
        let (op, weight, bias, attributes) = match layer {
            Layer::Conv { weight, bias, options } => {
                let sides = |axis: usize, extent: usize| match options.padding[axis] {
                    Padding::Zeros(zeros) => [zeros, zeros, 0],
                    Padding::Same => [(extent - 1) / 2, extent / 2, 0],
                };
                ("Conv", weight, *bias, self.options(*weight, options, x.form, sides)?)
            }
            Layer::ConvTranspose { weight, bias, options, output_padding } => {
                let sides = |axis: usize, extent: usize| {
                    let (stride, extra) = (options.stride[axis], output_padding[axis]);
                    match options.padding[axis] {
                        Padding::Zeros(zeros) => [zeros, zeros, extra],
                        // The result is `stride` times as large: what is missing at the end is added, what is too much removed.
                        Padding::Same => {
                            let before = (extent - 1) / 2;
                            let (has, wants) = (extent, stride + extra + before);
                            [before, has.saturating_sub(wants), wants.saturating_sub(has)]
                        }
                    }
                };
                let attributes = self.options(*weight, options, x.form, sides)?;
                ("ConvTranspose", weight, Some(*bias), attributes)
            }
            _ => return Err(UnknownLayer),
        };
        let weight = self.weight(*weight);
        let bias = bias.map(|bias| self.weight(bias));
        let inputs: Vec<&str> =
            [Some(&*x.name), Some(&*weight), bias.as_deref()].into_iter().flatten().collect();
        Ok(Value { name: self.push(op, &inputs, attributes), form: x.form })
    }

    /// Attributes; `sides` tells of an axis and the extent of its kernel the padding before, after, and of the output.
    fn options(
        &self,
        weight: ParamId,
        options: &ConvOptions,
        form: Form,
        sides: impl Fn(usize, usize) -> [usize; 3],
    ) -> Result<Vec<Message>, UnknownLayer> {
        let kernel: Vec<usize> = self.shape(weight).iter().skip(2).copied().collect();
        // Rows have the options of columns.
        let axes: &[usize] = match (form, kernel.len()) {
            (Form::Images, 2) => &[0, 1],
            (Form::Rows, 1) => &[1],
            _ => return Err(UnknownLayer),
        };
        let of = |values: [usize; 2]| axes.iter().map(|&axis| values[axis]).collect::<Vec<usize>>();
        let sides: Vec<[usize; 3]> = axes
            .iter()
            .zip(&kernel)
            .map(|(&axis, &size)| sides(axis, options.dilation[axis] * (size - 1) + 1))
            .collect();
        let side = |part: usize| sides.iter().map(|side| side[part]).collect::<Vec<usize>>();
        let mut attributes = vec![
            ints("kernel_shape", &kernel),
            ints("strides", &of(options.stride)),
            ints("dilations", &of(options.dilation)),
            ints("pads", &[side(0), side(1)].concat()),
            int("group", options.groups as i64),
        ];
        let extra = side(2);
        if extra.iter().any(|extra| *extra > 0) {
            attributes.push(ints("output_padding", &extra));
        }
        Ok(attributes)
    }
}
