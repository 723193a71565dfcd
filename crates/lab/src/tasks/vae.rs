//! The variational autoencoder of images.

use data::batches::Normalize;
use nn::models;
use train::loss::Elbo;
use train::{Budget, Error, Metric, Split, Task};

use super::{Data, Info};

pub(super) const INFO: Info = Info {
    name: "vae",
    why: "a noisy loss with two terms: some runs stay where the code is not used",
    data: Data::Images("mnist"),
    model: "convolutions to a code of 8 and back",
    loss: "negative ELBO",
    metric: Metric::Loss,
    target: Some(35.0),
    budget: Budget { epochs: 1, evaluations: 2 },
    batch: 64,
    source: "Kingma & Welling 2014, as DeepOBS has it (Schneider, Balles & Hennig 2019)",
    build: |info, setup| {
        let examples = setup.images()?;
        let &[rows, cols, ..] = examples.split(Split::Train).inputs.shape() else {
            unreachable!("images have rows and columns");
        };
        if !rows.is_multiple_of(4) || !cols.is_multiple_of(4) {
            let (dataset, model) = (setup.dataset_name().to_string(), info.name.to_string());
            return Err(Error::Images { dataset, model, rows, cols, least: 4 });
        }
        let task = info.task(examples, models::vae(rows, cols), Elbo);
        Ok(Task { normalize: Normalize::UNIT, ..task })
    },
};
