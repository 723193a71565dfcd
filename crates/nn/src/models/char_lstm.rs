//! Long short-term memory over characters.

use super::char_rnn::recurrent;
use crate::architecture::{Build, Info, Kind};
use crate::layers::Cell;
use crate::model::Model;

pub(super) const INFO: Info = Info {
    name: "char-lstm",
    about: "long short-term memory of 128 over characters",
    kind: Kind::Text,
    build: Build::For(|_, vocabulary| char_lstm(vocabulary)),
};

/// Long short-term memory of 128 over characters [n, steps], to scores of the next one [n, steps,
/// vocabulary]: `embedding`, `lstm`, `linear`, starting as in PyTorch.
pub fn char_lstm(vocabulary: usize) -> Model {
    recurrent("lstm", Cell::Lstm, vocabulary)
}
