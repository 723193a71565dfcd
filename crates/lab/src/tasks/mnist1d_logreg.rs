//! MNIST-1D without hidden layers.

use nn::{Activation, Model};
use train::{Budget, Metric};

use super::{Data, Info, mnist1d};

pub(super) const INFO: Info = Info {
    name: "mnist1d-logreg",
    why: "MNIST-1D without hidden layers: 32% is all that it can reach",
    data: Data::Generated("MNIST-1D: 4,000 signals of 40 numbers"),
    model: "40-10",
    loss: "cross-entropy",
    metric: Metric::Accuracy,
    target: Some(0.31),
    budget: Budget { epochs: 150, evaluations: 1 },
    batch: 100,
    source: "Greydanus & Kobak 2024",
    build: |info, setup| {
        mnist1d::task(info, setup, |length, classes| Model::mlp(&[length, classes], Activation::Relu))
    },
};
