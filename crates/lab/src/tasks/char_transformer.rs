//! 2 layers, 4 heads, width 128: the next character of a novel.

use nn::models;
use train::{Budget, Metric};

use super::{Data, Info, text};

pub(super) const INFO: Info = Info {
    name: "char-transformer",
    why: "attention: where SGD lags Adam in the literature",
    data: Data::Generated(text::NAME),
    model: "2 layers, 4 heads, width 128",
    loss: "cross-entropy",
    metric: Metric::Loss,
    target: Some(2.0),
    budget: Budget { epochs: 3, evaluations: 1 },
    batch: 50,
    source: "Vaswani 2017; sizes of ours",
    build: |info, _| text::task(info, |vocabulary| models::transformer(text::LENGTH, vocabulary)),
};
