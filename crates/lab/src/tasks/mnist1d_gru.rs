//! MNIST-1D read number by number.

use nn::models;
use train::{Budget, Metric};

use super::{Data, Info, mnist1d};

pub(super) const INFO: Info = Info {
    name: "mnist1d-gru",
    why: "MNIST-1D read number by number: 91% published",
    data: Data::Generated("MNIST-1D: 4,000 signals of 40 numbers"),
    model: "GRU both ways",
    loss: "cross-entropy",
    metric: Metric::Accuracy,
    target: Some(0.8),
    budget: Budget { epochs: 150, evaluations: 1 },
    batch: 100,
    source: "Greydanus & Kobak 2024",
    build: |info, setup| mnist1d::task(info, setup, models::mnist1d_gru),
};
