//! SimpleNN of the notebook.

use data::batches::Normalize;
use nn::Architecture;
use train::{Budget, Metric};

use super::{Data, Info};

pub(super) const INFO: Info = Info {
    name: "simplenn",
    why: "the notebook's net: small, dense, trained in seconds",
    data: Data::Images("mnist"),
    model: "784-128-64-10",
    loss: "cross-entropy",
    metric: Metric::Accuracy,
    target: Some(0.95),
    budget: Budget { epochs: 3, evaluations: 4 },
    batch: 64,
    source: "the notebook",
    build: |_, setup| {
        let architecture = Architecture::by_name("mlp").expect("it is listed");
        setup.image_classifier(&architecture, Normalize::HALF)
    },
};
