//! Character-level LSTM.

use super::char_rnn::recurrent;
use crate::info::{Build, Info, Kind};
use crate::layers::Cell;
use crate::model::Model;

pub(super) const INFO: Info = Info {
    name: "char-lstm",
    about: "long short-term memory of 128 over characters",
    kind: Kind::Text,
    build: Build::For(|_, vocabulary| char_lstm(vocabulary)),
};

/// LSTM of 128 units over characters [n, steps] to scores of the next one [n, steps, vocabulary]: `embedding`,
/// `lstm`, `linear`, with PyTorch's initializers.
pub fn char_lstm(vocabulary: usize) -> Model {
    recurrent("lstm", Cell::Lstm, vocabulary)
}
