//! Layers as nodes.

use nn::{Activation, Layer};

use super::UnknownLayer;
use super::graph::{Form, Graph, Value};
use super::message::{float, int, ints, text};

impl Graph<'_> {
    pub(super) fn layers(&mut self, layers: &[Layer], from: Value) -> Result<Value, UnknownLayer> {
        layers.iter().try_fold(from, |x, layer| self.layer(layer, x))
    }

    fn layer(&mut self, layer: &Layer, x: Value) -> Result<Value, UnknownLayer> {
        let form = x.form;
        let same = |name: String| Value { name, form };
        Ok(match layer {
            Layer::Linear { .. } => self.linear(layer, x)?,
            Layer::Activation(activation) => same(self.activation(*activation, &x.name)),
            Layer::LeakyRelu(slope) => same(self.push("LeakyRelu", &[&x.name], vec![float("alpha", *slope)])),
            Layer::Conv { .. } | Layer::ConvTranspose { .. } => self.convolution(layer, x)?,
            Layer::MaxPool(size, stride) => self.pool("MaxPool", x, *size, *stride)?,
            Layer::AvgPool(size, stride) => self.pool("AveragePool", x, *size, *stride)?,
            Layer::GlobalAvgPool => {
                let x = self.channels_first(x)?;
                let mean = self.push("GlobalAveragePool", &[&x.name], vec![]);
                self.flat(&mean)
            }
            Layer::Upsample(scale) => self.upsample(x, *scale)?,
            Layer::Flatten => {
                let x = self.in_form(x, Form::Sequences);
                self.flat(&x.name)
            }
            Layer::FlattenRows => {
                let x = self.in_form(x, Form::Rows);
                self.flat(&x.name)
            }
            Layer::Unflatten(shape) => self.unflatten(shape, &x)?,
            Layer::Embedding(table) if form == Form::Tokens => {
                let table = self.weight(*table);
                Value { name: self.push("Gather", &[&table, &x.name], vec![]), form: Form::Sequences }
            }
            Layer::Embedding(_) => return Err(UnknownLayer),
            Layer::PositionalEmbedding(table) => self.positions(*table, x)?,
            Layer::Attention { .. } => self.attention(layer, x)?,
            Layer::Recurrent { cell, directions } => self.recurrent(*cell, directions, x)?,
            Layer::BatchNorm { .. }
            | Layer::LayerNorm { .. }
            | Layer::RmsNorm { .. }
            | Layer::GroupNorm { .. } => self.normalization(layer, x)?,
            Layer::Residual { body, shortcut } => {
                let (body, shortcut) = (self.layers(body, x.clone())?, self.layers(shortcut, x)?);
                let shortcut = self.in_form(shortcut, body.form);
                Value { name: self.push("Add", &[&body.name, &shortcut.name], vec![]), form: body.form }
            }
            Layer::Code { mean, log_variance, decoder } => self.code([mean, log_variance, decoder], x)?,
        })
    }

    /// Of sequences a product with each vector.
    fn linear(&mut self, layer: &Layer, x: Value) -> Result<Value, UnknownLayer> {
        let Layer::Linear { weight, bias } = layer else { return Err(UnknownLayer) };
        let outputs = self.shape(*bias)[0];
        let (weight, bias) = (self.weight(*weight), self.weight(*bias));
        let x = self.in_form(x, Form::Sequences);
        let name = match x.form {
            Form::Flat => self.push("Gemm", &[&x.name, &weight, &bias], vec![int("transB", 1)]),
            Form::Sequences => self.affine(&x.name, &weight, &bias),
            Form::Images | Form::Rows | Form::Tokens => return Err(UnknownLayer),
        };
        self.outputs = outputs;
        Ok(Value { name, form: x.form })
    }

    /// `x·Wᵀ + b` of sequences.
    pub(super) fn affine(&mut self, x: &str, weight: &str, bias: &str) -> String {
        let transposed = self.transpose(weight, &[1, 0]);
        let product = self.push("MatMul", &[x, &transposed], vec![]);
        self.push("Add", &[&product, bias], vec![])
    }

    fn flat(&mut self, x: &str) -> Value {
        Value { name: self.push("Flatten", &[x], vec![]), form: Form::Flat }
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

    /// Images and rows; channels come first in the file.
    fn unflatten(&mut self, shape: &[usize], x: &Value) -> Result<Value, UnknownLayer> {
        let (form, order): (Form, &[usize]) = match shape.len() {
            2 => (Form::Rows, &[0, 2, 1]),
            3 => (Form::Images, &[0, 3, 1, 2]),
            _ => return Err(UnknownLayer),
        };
        let sizes: Vec<i64> = std::iter::once(-1).chain(shape.iter().map(|&size| size as i64)).collect();
        let image = self.reshape(&x.name, &sizes);
        Ok(Value { name: self.transpose(&image, order), form })
    }

    /// Reconstructions from the means of the code, the means, and the log-variances.
    fn code(
        &mut self,
        [mean, log_variance, decoder]: [&[Layer]; 3],
        x: Value,
    ) -> Result<Value, UnknownLayer> {
        let mut widths = 0;
        let mut branch = |graph: &mut Self, layers: &[Layer], x: Value| {
            let value = graph.layers(layers, x)?;
            widths += graph.outputs;
            Ok(value)
        };
        let mean = branch(self, mean, x.clone())?;
        let log_variance = branch(self, log_variance, x)?;
        let decoded = branch(self, decoder, mean.clone())?;
        self.outputs = widths;
        let parts = [&*decoded.name, &mean.name, &log_variance.name];
        Ok(Value { name: self.push("Concat", &parts, vec![int("axis", 1)]), form: Form::Flat })
    }

    /// Images or rows.
    pub(super) fn channels_first(&mut self, x: Value) -> Result<Value, UnknownLayer> {
        let x = self.in_form(x, Form::Rows);
        match x.form {
            Form::Images | Form::Rows => Ok(x),
            Form::Flat | Form::Sequences | Form::Tokens => Err(UnknownLayer),
        }
    }

    fn pool(&mut self, op: &str, x: Value, size: usize, stride: usize) -> Result<Value, UnknownLayer> {
        let x = self.channels_first(x)?;
        let axes = if x.form == Form::Images { 2 } else { 1 };
        let attributes = vec![ints("kernel_shape", &vec![size; axes]), ints("strides", &vec![stride; axes])];
        Ok(Value { name: self.push(op, &[&x.name], attributes), form: x.form })
    }

    /// Each pixel as a square.
    fn upsample(&mut self, x: Value, scale: usize) -> Result<Value, UnknownLayer> {
        if x.form != Form::Images {
            return Err(UnknownLayer);
        }
        let scales = format!("scales{}", self.nodes.len());
        self.constant(&scales, &[4], &[1.0, 1.0, scale as f32, scale as f32]);
        let attributes = vec![
            text("mode", "nearest"),
            text("coordinate_transformation_mode", "asymmetric"),
            text("nearest_mode", "floor"),
        ];
        Ok(Value { name: self.push("Resize", &[&x.name, "", &scales], attributes), form: x.form })
    }
}
