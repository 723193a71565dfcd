//! Character-level GRU.

use super::char_rnn::recurrent;
use crate::info::{Build, Info, Kind};
use crate::layers::Cell;
use crate::model::Model;

pub(super) const INFO: Info = Info {
    name: "char-gru",
    about: "a gated recurrent layer of 128 over characters",
    kind: Kind::Text,
    build: Build::For(|_, vocabulary| char_gru(vocabulary)),
};

/// GRU of 128 units over characters [n, steps] to scores of the next one [n, steps, vocabulary]: `embedding`,
/// `gru`, `linear`, with PyTorch's initializers.
pub fn char_gru(vocabulary: usize) -> Model {
    recurrent("gru", Cell::Gru, vocabulary)
}
