//! MNIST-1D with dense layers.

use nn::models;
use train::{Budget, Metric};

use super::{Data, Info, mnist1d};

pub(super) const INFO: Info = Info {
    name: "mnist1d-mlp",
    why: "MNIST-1D with dense layers: a sanity task of seconds, 68% published",
    data: Data::Generated("MNIST-1D: 4,000 signals of 40 numbers"),
    model: "40-100-100-10",
    loss: "cross-entropy",
    metric: Metric::Accuracy,
    target: Some(0.6),
    budget: Budget { epochs: 150, evaluations: 1 },
    batch: 100,
    source: "Greydanus & Kobak 2024",
    build: |info, setup| mnist1d::task(info, setup, models::mnist1d_mlp),
};
