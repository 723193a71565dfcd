//! Character-level RNN.

use tensor::Role;

use crate::info::{Build, Info, Kind};
use crate::init::Init;
use crate::layers::{Cell, Embedding, Linear, Recurrent, Sequential};
use crate::model::{Builder, Model};

/// Width of a character's vector, and number of units.
pub(super) const HIDDEN: usize = 128;

pub(super) const INFO: Info = Info {
    name: "char-rnn",
    about: "a plain recurrent layer of 128 over characters",
    kind: Kind::Text,
    build: Build::For(|_, vocabulary| char_rnn(vocabulary)),
};

/// Plain RNN of 128 units over characters [n, steps] to scores of the next one [n, steps, vocabulary]:
/// `embedding`, `rnn`, `linear`. The recurrent weights are initialized orthogonal (Saxe 2014), so that gradients
/// initially neither vanish nor explode.
pub fn char_rnn(vocabulary: usize) -> Model {
    recurrent("rnn", Cell::Rnn, vocabulary).with_init(|param, usual| match param.role {
        Role::Matrix if param.name.contains("weight_hh") => Init::Orthogonal(1.0),
        _ => usual,
    })
}

/// An embedding, a recurrent layer and a dense one.
pub(super) fn recurrent(name: &str, cell: Cell, vocabulary: usize) -> Model {
    let mut builder = Builder::new();
    let net = Sequential::new()
        .then(Embedding::new(&mut builder, "embedding", vocabulary, HIDDEN))
        .then(Recurrent::new(&mut builder, name, cell, HIDDEN, HIDDEN, 1))
        .then(Linear::new(&mut builder, "linear", HIDDEN, vocabulary));
    Model::new(builder, net)
}
