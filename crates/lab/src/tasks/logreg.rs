//! Logistic regression of images.

use data::batches::Normalize;
use nn::Architecture;
use train::{Budget, Metric};

use super::{Data, Info};

pub(super) const INFO: Info = Info {
    name: "logreg",
    why: "convex: every optimizer finds the same answer in the end",
    data: Data::Images("mnist"),
    model: "784-10",
    loss: "cross-entropy",
    metric: Metric::Accuracy,
    target: Some(0.91),
    budget: Budget { epochs: 3, evaluations: 4 },
    batch: 64,
    source: "LeCun 1998",
    build: |_, setup| {
        let architecture = Architecture::by_name("logreg").expect("it is listed");
        setup.image_classifier(&architecture, Normalize::HALF)
    },
};
