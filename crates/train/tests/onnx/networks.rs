//! Networks that are exported: every layer that ONNX has a form for.

use autograd::BufferPool;
use data::samples::Standardization;
use nn::layers::{
    AvgPool1d, AvgPool2d, BatchNorm, Conv1d, Conv2d, Dropout, Flatten, FlattenRows, LeakyRelu, Linear,
    MaxPool1d, MaxPool2d, Unflatten,
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
    pub(crate) inputs: usize,
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
            targets: None,
        })
        .collect();
    let mut add = |name: &str, model: Model, inputs| {
        cases.push(Case { name: name.into(), model, inputs, targets: None })
    };
    add("lenet", models::lenet(12, 13, 4), 156);
    add("resnet-mini", models::resnet_mini(9, 7, 3), 63);
    add("mnist1d-conv", models::mnist1d_conv(20, 4), 20);
    add("images", images(), 2 * 9 * 8);
    add("rows", rows(), 2 * 15);
    cases.push(Case {
        name: "targets".to_string(),
        model: Model::mlp(&[12, 7, 2], Activation::Relu),
        inputs: 12,
        targets: Some(Standardization { mean: vec![250.0, -3.0], std: vec![80.0, 0.5] }),
    });
    cases
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

impl Case {
    pub(crate) fn weights(&self) -> ParamVec {
        self.model.init(1)
    }

    /// Running statistics that are not those at the start.
    pub(crate) fn buffers(&self) -> ParamVec {
        let mut buffers: ParamVec = self.model.buffers();
        for (i, value) in buffers.as_mut_slice().iter_mut().enumerate() {
            *value += 0.03 * (i % 11) as f32;
        }
        buffers
    }

    /// Numbers from 0 to 1.
    pub(crate) fn input(&self) -> Vec<f32> {
        (0..BATCH * self.inputs).map(|i| (i * 37 % 101) as f32 / 100.0).collect()
    }

    pub(crate) fn onnx(&self) -> Vec<u8> {
        let (weights, buffers) = (&self.weights(), &self.buffers());
        let (mean, std) = (&[0.5][..], &[0.25][..]);
        let targets = self.targets.as_ref();
        let network = Network { model: &self.model, weights, buffers, mean, std, targets };
        onnx::model(&network).expect("known layers")
    }

    /// Outputs of the batch here.
    pub(crate) fn output(&self) -> Vec<f32> {
        let (weights, buffers, pool) = (self.weights(), self.buffers(), BufferPool::new());
        let tape = pool.tape(&weights);
        let input: Vec<f32> = self.input().iter().map(|x| (x - 0.5) / 0.25).collect();
        let x = tape.input([BATCH, self.inputs], &input);
        let outputs = self.model.forward_in(x, Context::Evaluate { buffers: &buffers });
        let mut answers: Vec<f64> = outputs.values().iter().map(|x| f64::from(*x)).collect();
        if let Some(targets) = &self.targets {
            StandardizedSquaredError::new(targets.clone()).answers(&mut answers);
        }
        answers.into_iter().map(|x| x as f32).collect()
    }
}
