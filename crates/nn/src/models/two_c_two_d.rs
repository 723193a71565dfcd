//! Two convolutions and two dense layers.

use tensor::Shape;

use crate::info::{Build, Info, Kind};
use crate::layers::{Activation, Conv2d, Flatten, Linear, MaxPool2d, Sequential, Unflatten};
use crate::model::{Builder, Model};
use crate::models::image_sizes;

pub(super) const INFO: Info = Info {
    name: "2c2d",
    about: "two convolutions and two dense layers, as in DeepOBS",
    kind: Kind::Images { least_side: 4 },
    build: Build::For(two_c_two_d),
};

/// Network `2c2d` of DeepOBS (Schneider 2019), with PyTorch's initializers:
///
/// ```text
/// conv1  5×5, 1 → 32, same   ReLU   max-pool 2×2
/// conv2  5×5, 32 → 64, same  ReLU   max-pool 2×2
/// fc1    3136 → 1024         ReLU
/// fc2    1024 → 10
/// ```
///
/// 3,274,634 weights for images `[28, 28]` of one channel in 10 classes; `[height, width, 3]` are images in color.
pub fn two_c_two_d(image: impl Into<Shape>, classes: usize) -> Model {
    let [height, width, channels] = image_sizes(image.into());
    let mut builder = Builder::new();
    let (pool, relu) = (MaxPool2d { size: 2, stride: 2 }, Activation::Relu);
    let layers = Sequential::new()
        .then(Unflatten::new([height, width, channels]))
        // ReLU and max pooling commute: pooling first leaves ReLU a quarter of the work.
        .then(Conv2d::new(&mut builder, "conv1", channels, 32, 5))
        .then(pool)
        .then(relu)
        .then(Conv2d::new(&mut builder, "conv2", 32, 64, 5))
        .then(pool)
        .then(relu)
        .then(Flatten)
        .then(Linear::new(&mut builder, "fc1", (height / 4) * (width / 4) * 64, 1024))
        .then(relu)
        .then(Linear::new(&mut builder, "fc2", 1024, classes));
    Model::new(builder, layers)
}
