//! A gated recurrent network over characters.

use super::char_rnn::recurrent;
use crate::architecture::{Build, Info, Kind};
use crate::layers::Cell;
use crate::model::Model;

pub(super) const INFO: Info = Info {
    name: "char-gru",
    about: "a gated recurrent layer of 128 over characters",
    kind: Kind::Text,
    build: Build::For(|_, vocabulary| char_gru(vocabulary)),
};

/// A gated recurrent layer of 128 over characters [n, steps], to scores of the next one [n, steps,
/// vocabulary]: `embedding`, `gru`, `linear`, starting as in PyTorch.
pub fn char_gru(vocabulary: usize) -> Model {
    recurrent("gru", Cell::Gru, vocabulary)
}
