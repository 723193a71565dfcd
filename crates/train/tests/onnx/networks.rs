//! Networks that are exported: every layer that ONNX has a form for.

use autograd::BufferPool;
use data::samples::{Inputs, Standardization};
use nn::layers::{
    AvgPool1d, AvgPool2d, BatchNorm, Cell, Conv1d, Conv2d, ConvTranspose1d, ConvTranspose2d, Dropout,
    Embedding, Flatten, FlattenRows, GlobalAvgPool, GroupNorm, LayerNorm, LeakyRelu, Linear, MaxPool1d,
    MaxPool2d, MultiHeadAttention, Recurrent, Residual, RmsNorm, Unflatten, Upsample,
};
use nn::{Activation, Builder, Context, Model, Sequential, models};
use tensor::ParamVec;
use tensor::conv::Padding;
use train::loss::{Loss, StandardizedSquaredError};
use train::onnx::{self, Network};

/// Examples in a batch.
pub(crate) const BATCH: usize = 3;

/// A network with made-up weights and a batch for it.
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) model: Model,
    /// Numbers of an example, or the length of its sequence.
    pub(crate) inputs: usize,
    /// Number of tokens, of text.
    pub(crate) vocabulary: Option<usize>,
    /// Mean and standard deviation of the inputs: one, or one for each channel.
    pub(crate) normalize: Standardization,
    /// Normalization of targets that are numbers.
    pub(crate) targets: Option<Standardization>,
}

pub(crate) fn cases() -> Vec<Case> {
    let mut cases: Vec<Case> = Activation::ALL
        .iter()
        .map(|(name, activation)| Case {
            name: format!("mlp-{name}"),
            model: Model::mlp(&[12, 7, 3], *activation),
            inputs: 12,
            vocabulary: None,
            normalize: one_for_all(),
            targets: None,
        })
        .collect();
    let mut add = |name: &str, model: Model, inputs| {
        let (vocabulary, normalize, targets) = (None, one_for_all(), None);
        cases.push(Case { name: name.into(), model, inputs, vocabulary, normalize, targets })
    };
    add("lenet", models::lenet([12, 13], 4), 156);
    add("resnet-mini", models::resnet_mini([9, 7], 3), 63);
    add("mnist1d-conv", models::mnist1d_conv(20, 4), 20);
    add("images", images(), 2 * 9 * 8);
    add("rows", rows(), 2 * 15);
    add("mnist1d-gru", models::mnist1d_gru(11, 4), 11);
    add("vae", models::vae(8, 8), 64);
    add("upsampled", upsampled(), 15);
    add("upsampled-rows", upsampled_rows(), 10);
    add("normalized", normalized(), 4 * 6 * 6);
    add("stacked", stacked(), 7 * 3);
    let texts = [
        ("char-rnn", models::char_rnn(9)),
        ("char-gru", models::char_gru(9)),
        ("char-lstm", models::char_lstm(9)),
        ("char-lstm2", models::char_lstm2(9)),
        ("transformer", models::transformer(20, 9)),
        ("attention", attention()),
    ];
    for (name, model) in texts {
        let (vocabulary, normalize, targets) = (Some(9), one_for_all(), None);
        cases.push(Case { name: name.into(), model, inputs: 13, vocabulary, normalize, targets });
    }
    cases.push(Case {
        name: "targets".to_string(),
        model: Model::mlp(&[12, 7, 2], Activation::Relu),
        inputs: 12,
        vocabulary: None,
        normalize: one_for_all(),
        targets: Some(Standardization { mean: vec![250.0, -3.0], std: vec![80.0, 0.5] }),
    });
    cases.push(Case {
        name: "lenet-color".to_string(),
        model: models::lenet([12, 13, 3], 4),
        inputs: 12 * 13 * 3,
        vocabulary: None,
        normalize: Standardization { mean: vec![0.5, 0.4, 0.3], std: vec![0.25, 0.2, 0.15] },
        targets: None,
    });
    cases
}

fn one_for_all() -> Standardization {
    Standardization { mean: vec![0.5], std: vec![0.25] }
}

/// Even kernels, dilation, groups, padding, and windows that do not fit.
fn images() -> Model {
    let mut builder = Builder::new();
    let net = Sequential::new()
        .then(Unflatten::new([9, 8, 2]))
        .then(Conv2d::grouped(&mut builder, "conv1", 2, 4, 2, 2))
        .then(BatchNorm::new(&mut builder, "bn1", 4))
        .then(LeakyRelu { slope: 0.2 })
        .then(MaxPool2d { size: 2, stride: 2 })
        .then(Conv2d::new(&mut builder, "conv2", 4, 3, 2).dilation(2).padding(Padding::Zeros(1)))
        .then(AvgPool2d { size: 2, stride: 1 })
        .then(Dropout::new("dropout", 0.5))
        .then(Flatten)
        .then(Linear::new(&mut builder, "fc", 3 * 3 * 3, 5));
    Model::new(builder, net)
}

fn rows() -> Model {
    let mut builder = Builder::new();
    let net = Sequential::new()
        .then(Unflatten::new([15, 2]))
        .then(Conv1d::new(&mut builder, "conv1", 2, 4, 4).stride(2))
        .then(Activation::Tanh)
        .then(MaxPool1d { size: 3, stride: 1 })
        .then(AvgPool1d { size: 2, stride: 2 })
        .then(FlattenRows)
        .then(Linear::new(&mut builder, "fc", 12, 2));
    Model::new(builder, net)
}

/// Strides, paddings and additional pixels of transposed convolutions, and squares of pixels.
fn upsampled() -> Model {
    let mut builder = Builder::new();
    let net = Sequential::new()
        .then(Unflatten::new([5, 3, 1]))
        .then(ConvTranspose2d::new(&mut builder, "deconv1", 1, 4, 3).stride(2))
        .then(Upsample { scale: 2 })
        .then(
            ConvTranspose2d::new(&mut builder, "deconv2", 4, 3, 3)
                .stride(2)
                .padding(Padding::Zeros(1))
                .output_padding(1),
        )
        .then(RmsNorm::new(&mut builder, "norm", 3))
        .then(GlobalAvgPool)
        .then(Linear::new(&mut builder, "fc", 3, 2));
    Model::new(builder, net)
}

/// A stride above the kernel, where the result has places that nothing reaches.
fn upsampled_rows() -> Model {
    let mut builder = Builder::new();
    let net = Sequential::new()
        .then(Unflatten::new([5, 2]))
        .then(ConvTranspose1d::new(&mut builder, "deconv1", 2, 3, 2).stride(3))
        .then(LayerNorm::new(&mut builder, "norm", 3))
        .then(Conv1d::new(&mut builder, "conv", 3, 2, 3))
        .then(FlattenRows)
        .then(Linear::new(&mut builder, "fc", 2 * 15, 2));
    Model::new(builder, net)
}

/// Every normalization of images.
fn normalized() -> Model {
    let mut builder = Builder::new();
    let net = Sequential::new()
        .then(Unflatten::new([6, 6, 4]))
        .then(GroupNorm::new(&mut builder, "group", 2, 4))
        .then(LayerNorm::new(&mut builder, "layer", 4))
        .then(Conv2d::new(&mut builder, "conv", 4, 4, 3))
        .then(GroupNorm::instance(&mut builder, "instance", 4))
        .then(Flatten)
        .then(Linear::new(&mut builder, "fc1", 144, 6))
        .then(GroupNorm::new(&mut builder, "vector", 3, 6))
        .then(RmsNorm::new(&mut builder, "rms", 6))
        .then(Linear::new(&mut builder, "fc2", 6, 3));
    Model::new(builder, net)
}

/// Two layers in both directions, over rows that a convolution gave.
fn stacked() -> Model {
    let mut builder = Builder::new();
    let net = Sequential::new()
        .then(Unflatten::new([7, 3]))
        .then(Conv1d::new(&mut builder, "conv", 3, 4, 3))
        .then(Recurrent::bidirectional(&mut builder, "lstm", Cell::Lstm, 4, 5, 2))
        .then(Recurrent::new(&mut builder, "rnn", Cell::Rnn, 10, 6, 1))
        .then(RmsNorm::new(&mut builder, "norm", 6))
        .then(Linear::new(&mut builder, "fc1", 6, 3))
        .then(FlattenRows)
        .then(Linear::new(&mut builder, "fc2", 21, 2));
    Model::new(builder, net)
}

/// Attention to all places.
fn attention() -> Model {
    let mut builder = Builder::new();
    let body = Sequential::new().then(MultiHeadAttention::new(&mut builder, "attn", 12, 3));
    let net = Sequential::new()
        .then(Embedding::new(&mut builder, "embedding", 9, 12))
        .then(Residual { body, shortcut: Sequential::new() })
        .then(Linear::new(&mut builder, "fc", 12, 9));
    Model::new(builder, net)
}

impl Case {
    /// Initial weights, with biases and factors that differ. The noise of a code is too small to be seen, since the
    /// file has none.
    pub(crate) fn weights(&self) -> ParamVec {
        let mut weights = self.model.init(1);
        let layout = weights.layout().clone();
        for (id, info) in layout.ids().zip(layout.entries()).filter(|(_, info)| info.shape.rank() == 1) {
            let of_code = self.name == "vae" && info.name == "dense2.bias";
            for (i, value) in weights.get_mut(id).iter_mut().enumerate() {
                *value += if of_code { -60.0 } else { 0.02 * (i % 7) as f32 };
            }
        }
        weights
    }

    /// Running statistics that are not those at the start.
    pub(crate) fn buffers(&self) -> ParamVec {
        let mut buffers: ParamVec = self.model.buffers();
        for (i, value) in buffers.as_mut_slice().iter_mut().enumerate() {
            *value += 0.03 * (i % 11) as f32;
        }
        buffers
    }

    /// Numbers from 0 to 1, or tokens.
    pub(crate) fn input(&self) -> Vec<f32> {
        let number = |i: usize| match self.vocabulary {
            Some(vocabulary) => (i * 37 % 101 % vocabulary) as f32,
            None => (i * 37 % 101) as f32 / 100.0,
        };
        (0..BATCH * self.inputs).map(number).collect()
    }

    fn normalized(&self) -> Vec<f32> {
        let (shape, values) = (vec![self.normalize.mean.len()], self.input());
        let mut inputs = Inputs::Numbers { shape, values };
        self.normalize.apply(&mut inputs);
        let Inputs::Numbers { values, .. } = inputs else { unreachable!("numbers stay numbers") };
        values
    }

    pub(crate) fn onnx(&self) -> Vec<u8> {
        let (weights, buffers) = (&self.weights(), &self.buffers());
        let Standardization { mean, std } = &self.normalize;
        let targets = self.targets.as_ref();
        let metadata = &[("case", &*self.name)][..];
        let network = Network { model: &self.model, weights, buffers, mean, std, targets, metadata };
        onnx::model(&network).expect("known layers")
    }

    /// Outputs of the batch here.
    pub(crate) fn output(&self) -> Vec<f32> {
        let (weights, buffers, pool) = (self.weights(), self.buffers(), BufferPool::new());
        let tape = pool.tape(&weights);
        let input: Vec<f32> = match self.vocabulary {
            Some(_) => self.input(),
            None => self.normalized(),
        };
        let x = tape.input([BATCH, self.inputs], &input);
        let outputs = self.model.forward_in(x, Context::Evaluate { buffers: &buffers });
        let mut answers: Vec<f64> = outputs.values().iter().map(|x| f64::from(*x)).collect();
        if let Some(targets) = &self.targets {
            StandardizedSquaredError::new(targets.clone()).answers(&mut answers);
        }
        answers.into_iter().map(|x| x as f32).collect()
    }
}
