//! MNIST-1D with convolutions, which its rotations ask for.

use nn::models;
use train::{Budget, Metric};

use super::{Data, Info, mnist1d};

pub(super) const INFO: Info = Info {
    name: "mnist1d-conv",
    why: "MNIST-1D with convolutions, which its rotations ask for: 94% published",
    data: Data::Generated("MNIST-1D: 4,000 signals of 40 numbers"),
    model: "three convolutions and a dense layer",
    loss: "cross-entropy",
    metric: Metric::Accuracy,
    target: Some(0.85),
    budget: Budget { epochs: 150, evaluations: 1 },
    batch: 100,
    source: "Greydanus & Kobak 2024",
    build: |info, setup| mnist1d::task(info, setup, models::mnist1d_conv),
};
