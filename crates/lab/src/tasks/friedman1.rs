//! Regression on a table.

use data::generated::friedman::Friedman1;
use nn::models;
use train::loss::MeanSquaredError;
use train::{Budget, DataInfo, Metric};

use super::{Data, Info};

/// Rows to train on, of 6,000.
const TRAIN: u32 = 5000;
const ROWS: u32 = 6000;

pub(super) const INFO: Info = Info {
    name: "friedman1",
    why: "regression on a table of 10 columns; the noise alone has a mean squared error of 1",
    data: Data::Generated("Friedman's first problem: 5,000 rows of 10 columns"),
    model: "10-64-64-1",
    loss: "mean squared error",
    metric: Metric::Loss,
    target: Some(1.3),
    budget: Budget { epochs: 200, evaluations: 1 },
    batch: 64,
    source: "Friedman 1991; generated as scikit-learn's make_friedman1 does",
    build: |info, setup| {
        let table = Friedman1 { rows: ROWS as usize, ..Friedman1::default() }.samples();
        let [train, test] = [0..TRAIN, TRAIN..ROWS].map(|rows| table.select(&rows.collect::<Vec<_>>()));
        let columns = table.inputs.shape()[0];
        let data =
            DataInfo { name: "friedman1".into(), origin: "generated from a formula".into(), sample: false };
        let examples = setup.in_memory(data, train, test);
        Ok(info.task(examples, models::table_mlp(columns, 1), MeanSquaredError))
    },
};
