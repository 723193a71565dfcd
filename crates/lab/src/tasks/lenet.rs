//! LeNet-5.

use data::batches::Normalize;
use nn::Architecture;
use train::{Budget, Metric};

use super::{Data, Info};

pub(super) const INFO: Info = Info {
    name: "lenet",
    why: "a small convolutional net with saturating or rectified units",
    data: Data::Images("mnist"),
    model: "lenet",
    loss: "cross-entropy",
    metric: Metric::Accuracy,
    target: Some(0.97),
    budget: Budget { epochs: 3, evaluations: 4 },
    batch: 64,
    source: "LeCun 1998",
    build: |_, setup| {
        let architecture = Architecture::by_name("lenet").expect("it is listed");
        setup.image_classifier(&architecture, Normalize::HALF)
    },
};
