//! A small residual net.

use data::batches::Normalize;
use nn::Architecture;
use train::{Budget, Metric};

use super::{Data, Info};

pub(super) const INFO: Info = Info {
    name: "resnet-mini",
    why: "batch norm and shortcuts, where rates may be larger",
    data: Data::Images("mnist"),
    model: "resnet-mini",
    loss: "cross-entropy",
    metric: Metric::Accuracy,
    target: Some(0.97),
    budget: Budget { epochs: 2, evaluations: 4 },
    batch: 128,
    source: "He 2016",
    build: |_, setup| {
        let architecture = Architecture::by_name("resnet-mini").expect("it is listed");
        setup.image_classifier(&architecture, Normalize::HALF)
    },
};
