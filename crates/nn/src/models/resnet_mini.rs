//! A small residual network.

use crate::layers::{Activation, BatchNorm, Conv2d, Layer, Linear, Residual};
use crate::model::{Builder, Model};

/// ResNet-8: the network for small images of He 2016 (section 4.2) with one block a stage, the
/// projection shortcuts of its option B, and torchvision's names.
///
/// ```text
/// conv1   3×3, 1 → 16     bn1  ReLU
/// layer1  one block of 16
/// layer2  one block of 32, at half the height and width
/// layer3  one block of 64, at half again
/// fc      the mean over all pixels, 64 → 10
/// ```
///
/// A block is 3×3 – batch norm – ReLU – 3×3 – batch norm, plus its input, then ReLU; where the sizes
/// change, the input goes through a 1×1 convolution with batch norm (`downsample`). 77,754 weights for
/// 10 classes.
pub fn resnet_mini(height: usize, width: usize, classes: usize) -> Model {
    let mut builder = Builder::new();
    let relu = Layer::Activation(Activation::Relu);
    let mut layers = vec![
        Layer::Unflatten([height, width, 1].into()),
        Layer::Conv2d(Conv2d::without_bias(&mut builder, "conv1", 1, 16, 3)),
        Layer::BatchNorm(BatchNorm::new(&mut builder, "bn1", 16)),
        relu.clone(),
    ];
    for (stage, inputs, outputs, stride) in [(1, 16, 16, 1), (2, 16, 32, 2), (3, 32, 64, 2)] {
        layers.push(block(&mut builder, &format!("layer{stage}.0"), inputs, outputs, stride));
        layers.push(relu.clone());
    }
    layers.push(Layer::GlobalAvgPool);
    layers.push(Layer::Linear(Linear::new(&mut builder, "fc", 64, classes)));
    Model::new(builder, layers)
}

fn block(builder: &mut Builder, name: &str, inputs: usize, outputs: usize, stride: usize) -> Layer {
    let mut conv = |part: &str, inputs: usize, kernel: usize, stride: usize| {
        Layer::Conv2d(
            Conv2d::without_bias(builder, &format!("{name}.{part}"), inputs, outputs, kernel).stride(stride),
        )
    };
    let (first, second) = (conv("conv1", inputs, 3, stride), conv("conv2", outputs, 3, 1));
    let projection = (stride != 1).then(|| conv("downsample.0", inputs, 1, stride));
    let mut norm = |part: &str| Layer::BatchNorm(BatchNorm::new(builder, &format!("{name}.{part}"), outputs));
    Layer::Residual(Residual {
        body: vec![first, norm("bn1"), Layer::Activation(Activation::Relu), second, norm("bn2")],
        shortcut: projection.map(|conv| vec![conv, norm("downsample.1")]).unwrap_or_default(),
    })
}
