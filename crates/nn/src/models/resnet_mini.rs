//! Small residual network.

use tensor::Shape;

use crate::info::{Build, Info, Kind};
use crate::layers::{Activation, BatchNorm, Conv2d, GlobalAvgPool, Linear, Residual, Sequential, Unflatten};
use crate::model::{Builder, Model};
use crate::models::image_sizes;

pub(super) const INFO: Info = Info {
    name: "resnet-mini",
    about: "ResNet-8: three residual blocks with batch norm",
    kind: Kind::Images { least_side: 1 },
    build: Build::For(resnet_mini),
};

/// ResNet-8: the network for small images of He 2016 (section 4.2) with one block per stage, the
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
/// A block is 3×3 – batch norm – ReLU – 3×3 – batch norm, plus its input, then ReLU; if the sizes
/// change, the input goes through a 1×1 convolution with batch norm (`downsample`). 77,754 weights for
/// images `[height, width]` of one channel in 10 classes; `[height, width, 3]` are images in color.
pub fn resnet_mini(image: impl Into<Shape>, classes: usize) -> Model {
    let [height, width, channels] = image_sizes(image.into());
    let mut builder = Builder::new();
    let mut layers = Sequential::new()
        .then(Unflatten::new([height, width, channels]))
        .then(Conv2d::without_bias(&mut builder, "conv1", channels, 16, 3))
        .then(BatchNorm::new(&mut builder, "bn1", 16))
        .then(Activation::Relu);
    for (stage, inputs, outputs, stride) in [(1, 16, 16, 1), (2, 16, 32, 2), (3, 32, 64, 2)] {
        layers.push(block(&mut builder, &format!("layer{stage}.0"), inputs, outputs, stride));
        layers.push(Activation::Relu);
    }
    layers.push(GlobalAvgPool);
    layers.push(Linear::new(&mut builder, "fc", 64, classes));
    Model::new(builder, layers)
}

fn block(builder: &mut Builder, name: &str, inputs: usize, outputs: usize, stride: usize) -> Residual {
    let mut conv = |part: &str, inputs: usize, kernel: usize, stride: usize| {
        Conv2d::without_bias(builder, &format!("{name}.{part}"), inputs, outputs, kernel).stride(stride)
    };
    let (first, second) = (conv("conv1", inputs, 3, stride), conv("conv2", outputs, 3, 1));
    let projection = (stride != 1).then(|| conv("downsample.0", inputs, 1, stride));
    let mut norm = |part: &str| BatchNorm::new(builder, &format!("{name}.{part}"), outputs);
    let body =
        Sequential::new().then(first).then(norm("bn1")).then(Activation::Relu).then(second).then(norm("bn2"));
    let shortcut = match projection {
        Some(conv) => Sequential::new().then(conv).then(norm("downsample.1")),
        None => Sequential::new(),
    };
    Residual { body, shortcut }
}
