//! The deep autoencoder of images.

use data::batches::Normalize;
use nn::models;
use train::loss::Reconstruction;
use train::{Budget, Metric, Split, Task};

use super::{Data, Info};

pub(super) const INFO: Info = Info {
    name: "autoencoder",
    why: "a deep net of sigmoids, a classic for momentum and second-order methods",
    data: Data::Images("mnist"),
    model: "784-1000-500-250-30 and back",
    loss: "mean squared error of the inputs",
    metric: Metric::Loss,
    target: Some(0.03),
    budget: Budget { epochs: 3, evaluations: 2 },
    batch: 128,
    source: "Hinton & Salakhutdinov 2006; start of Martens 2010",
    build: |info, setup| {
        let examples = setup.images()?;
        let pixels = examples.split(Split::Train).inputs.shape().iter().product();
        let task = info.task(examples, models::autoencoder(pixels), Reconstruction);
        Ok(Task { normalize: Normalize::UNIT, ..task })
    },
};
