//! A deep and narrow net of sigmoids.

use data::batches::Normalize;
use nn::models;
use train::loss::CrossEntropy;
use train::{Budget, Metric, Split, Task};

use super::{Data, Info};

pub(super) const INFO: Info = Info {
    name: "deep-sigmoid",
    why: "gradients fade through eight layers of sigmoids: plain SGD stays where it is",
    data: Data::Images("mnist"),
    model: "784-32×8-10, sigmoid",
    loss: "cross-entropy",
    metric: Metric::Accuracy,
    target: Some(0.9),
    budget: Budget { epochs: 10, evaluations: 1 },
    batch: 64,
    source: "Glorot & Bengio 2010",
    build: |info, setup| {
        let examples = setup.images()?;
        let train = examples.split(Split::Train);
        let pixels = train.inputs.shape().iter().product();
        let model = models::deep_sigmoid(pixels, train.targets.classes().unwrap_or(0));
        let task = info.task(examples, model, CrossEntropy);
        Ok(Task { normalize: Normalize::HALF, ..task })
    },
};
