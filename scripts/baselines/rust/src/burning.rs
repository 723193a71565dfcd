//! burn: a module of convolutions and linear layers, its loss and optimizers, on its fastest CPU backend.

use std::time::Instant;

use burn::module::{Module, Param};
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::nn::loss::{CrossEntropyLoss, CrossEntropyLossConfig};
use burn::nn::pool::MaxPool2dConfig;
use burn::nn::{Linear, LinearConfig, PaddingConfig2d};
use burn::optim::{AdamConfig, GradientsParams, ModuleOptimizer, RmsPropConfig, SgdConfig};
use burn::tensor::activation::relu;
use burn::tensor::{Device, Int, Tensor, TensorData};

use crate::Repetition;
use crate::training::{Layer, Net, PIXELS, Training};

#[derive(Module, Debug)]
struct Model {
    convolutions: Vec<Conv2d>,
    dense: Vec<Linear>,
}

impl Model {
    fn new(training: &Training, device: &Device) -> Model {
        let convolutions = match training.net {
            Net::SimpleNn => 0,
            Net::Convolutional => 2,
        };
        let (first, rest) = training.layers.split_at(convolutions);
        Model {
            convolutions: first.iter().map(|layer| convolution(layer, device)).collect(),
            dense: rest.iter().map(|layer| linear(layer, device)).collect(),
        }
    }

    fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        let mut x = x;
        if !self.convolutions.is_empty() {
            let pool = MaxPool2dConfig::new([2, 2]).with_strides([2, 2]).init();
            let mut images = x.reshape([-1, 1, 28, 28]);
            for convolution in &self.convolutions {
                images = pool.forward(relu(convolution.forward(images)));
            }
            x = images.flatten(1, 3);
        }
        let (last, hidden) = self.dense.split_last().expect("both nets have dense layers");
        for linear in hidden {
            x = relu(linear.forward(x));
        }
        last.forward(x)
    }
}

fn convolution(layer: &Layer, device: &Device) -> Conv2d {
    let Layer { outputs, inputs, weight, bias } = layer;
    let config = Conv2dConfig::new([inputs / 25, *outputs], [5, 5]).with_padding(PaddingConfig2d::Same);
    let mut convolution = config.init(device);
    let weight = TensorData::new(weight.clone(), [*outputs, inputs / 25, 5, 5]);
    convolution.weight = Param::from_data(weight, device);
    convolution.bias = Some(Param::from_data(TensorData::new(bias.clone(), [*outputs]), device));
    convolution
}

/// burn keeps a row for each input.
fn linear(layer: &Layer, device: &Device) -> Linear {
    let Layer { outputs, inputs, weight, bias } = layer;
    let transposed: Vec<f32> =
        (0..inputs * outputs).map(|k| weight[(k % outputs) * inputs + k / outputs]).collect();
    let mut linear = LinearConfig::new(*inputs, *outputs).init(device);
    linear.weight = Param::from_data(TensorData::new(transposed, [*inputs, *outputs]), device);
    linear.bias = Some(Param::from_data(TensorData::new(bias.clone(), [*outputs]), device));
    linear
}

/// The optimizer with PyTorch's settings, which are not burn's.
fn optimizer(name: &str) -> Option<ModuleOptimizer> {
    Some(match name {
        "sgd" => SgdConfig::new().init(),
        "adam" => AdamConfig::new().with_epsilon(1e-8).init(),
        "rmsprop" => RmsPropConfig::new().with_momentum(0.0).with_epsilon(1e-8).init(),
        _ => return None,
    })
}

/// `None` if the optimizer is unknown.
pub fn repetition(training: Training) -> Option<Repetition> {
    optimizer(&training.optimizer)?;
    let plain = Device::flex();
    let device = plain.clone().autodiff();
    let count = training.labels.len();
    let x = Tensor::<2>::from_data(TensorData::new(training.pixels.clone(), [count, PIXELS]), &plain);
    let labels: Vec<i32> = training.labels.iter().map(|&label| label.into()).collect();
    let y = Tensor::<1, Int>::from_data(TensorData::new(labels, [count]), &plain);
    let batches: Vec<Tensor<1, Int>> = training
        .batches
        .iter()
        .map(|batch| {
            let indices: Vec<i32> = batch.iter().map(|&i| i as i32).collect();
            Tensor::from_data(TensorData::new(indices, [batch.len()]), &plain)
        })
        .collect();
    let criterion: CrossEntropyLoss = CrossEntropyLossConfig::new().init(&device);

    let repetition = move |batches: &[Tensor<1, Int>]| {
        let mut model = Model::new(&training, &device);
        let mut optimizer = optimizer(&training.optimizer).expect("it was there a moment ago");
        let (start, mut total) = (Instant::now(), 0.0);
        for batch in batches {
            let (x, y) = match training.is_full() {
                true => (x.clone(), y.clone()),
                false => (x.clone().select(0, batch.clone()), y.clone().select(0, batch.clone())),
            };
            let output = model.forward(x.autodiff());
            let loss = criterion.forward(output, y.autodiff());
            total += f64::from(loss.clone().into_scalar::<f32>());
            let gradients = GradientsParams::from_grads(loss.backward(), &model);
            model = optimizer.step(training.learning_rate, model, gradients);
        }
        (start.elapsed().as_secs_f64(), total / batches.len() as f64)
    };
    repetition(&batches[..batches.len().min(3)]);
    Some(Box::new(move || Ok(repetition(&batches))))
}
