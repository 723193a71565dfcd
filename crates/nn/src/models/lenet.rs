//! LeNet-5.

use tensor::Shape;
use tensor::conv::Padding;

use crate::info::{Build, Info, Kind};
use crate::layers::{Activation, Conv2d, Flatten, Linear, MaxPool2d, Sequential, Unflatten};
use crate::model::{Builder, Model};
use crate::models::image_sizes;

pub(super) const INFO: Info = Info {
    name: "lenet",
    about: "LeNet-5 with ReLU and max pooling",
    kind: Kind::Images { least_side: 12 },
    build: Build::For(lenet),
};

/// Modern LeNet-5 (LeCun 1998): ReLU instead of the scaled tanh, max pooling instead of trained averages, every
/// map of the second convolution connected to all of the first, and logits instead of distances to prototypes.
///
/// ```text
/// conv1  5×5, 1 → 6, same    ReLU   max-pool 2×2
/// conv2  5×5, 6 → 16         ReLU   max-pool 2×2
/// fc1    400 → 120           ReLU
/// fc2    120 → 84            ReLU
/// fc3    84 → 10
/// ```
///
/// 61,706 weights for images `[28, 28]` of one channel in 10 classes; `[height, width, 3]` are images in color, which
/// go into `conv1` as three channels.
pub fn lenet(image: impl Into<Shape>, classes: usize) -> Model {
    let [height, width, channels] = image_sizes(image.into());
    let mut builder = Builder::new();
    let (pool, relu) = (MaxPool2d { size: 2, stride: 2 }, Activation::Relu);
    let [rows, columns] = [height, width].map(|size| (size / 2 - 4) / 2);
    let layers = Sequential::new()
        .then(Unflatten::new([height, width, channels]))
        // Pooled before ReLU, as in `two_c_two_d`.
        .then(Conv2d::new(&mut builder, "conv1", channels, 6, 5))
        .then(pool)
        .then(relu)
        .then(Conv2d::new(&mut builder, "conv2", 6, 16, 5).padding(Padding::Zeros(0)))
        .then(pool)
        .then(relu)
        .then(Flatten)
        .then(Linear::new(&mut builder, "fc1", rows * columns * 16, 120))
        .then(relu)
        .then(Linear::new(&mut builder, "fc2", 120, 84))
        .then(relu)
        .then(Linear::new(&mut builder, "fc3", 84, classes));
    Model::new(builder, layers)
}
