//! Two convolutions and two dense layers.

use data::batches::Normalize;
use nn::Architecture;
use train::{Budget, Metric};

use super::{Data, Info};

pub(super) const INFO: Info = Info {
    name: "2c2d",
    why: "the convolutional net of published optimizer benchmarks",
    data: Data::Images("mnist"),
    model: "2c2d",
    loss: "cross-entropy",
    metric: Metric::Accuracy,
    target: Some(0.98),
    budget: Budget { epochs: 2, evaluations: 4 },
    batch: 128,
    source: "DeepOBS (Schneider, Balles & Hennig 2019)",
    build: |_, setup| {
        let architecture = Architecture::by_name("2c2d").expect("it is listed");
        setup.image_classifier(&architecture, Normalize::HALF)
    },
};
