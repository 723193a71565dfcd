//! RNN of 128: the next character of a novel.

use nn::models;
use train::{Budget, Metric};

use super::{Data, Info, text};

pub(super) const INFO: Info = Info {
    name: "char-rnn",
    why: "the plain recurrent net: gradients that vanish and explode",
    data: Data::Generated(text::NAME),
    model: "RNN of 128",
    loss: "cross-entropy",
    metric: Metric::Loss,
    target: Some(2.0),
    budget: Budget { epochs: 3, evaluations: 1 },
    batch: 50,
    source: "Karpathy 2015; DeepOBS (Schneider, Balles & Hennig 2019)",
    build: |info, _| text::task(info, models::char_rnn),
};
