//! GRU of 128: the next character of a novel.

use nn::models;
use train::{Budget, Metric};

use super::{Data, Info, text};

pub(super) const INFO: Info = Info {
    name: "char-gru",
    why: "gates in two parts: nearly an LSTM for less",
    data: Data::Generated(text::NAME),
    model: "GRU of 128",
    loss: "cross-entropy",
    metric: Metric::Loss,
    target: Some(1.9),
    budget: Budget { epochs: 3, evaluations: 1 },
    batch: 50,
    source: "Karpathy 2015; DeepOBS (Schneider, Balles & Hennig 2019)",
    build: |info, _| text::task(info, models::char_gru),
};
