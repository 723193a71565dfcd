//! Character-level LSTM of two layers, from DeepOBS.

use tensor::Role;

use super::char_rnn::HIDDEN;
use crate::info::{Build, Info, Kind};
use crate::init::Init;
use crate::layers::{Cell, Dropout, Embedding, Linear, Recurrent, Sequential};
use crate::model::{Builder, Model};

/// Probability of a 0 before and after each layer.
const DROPOUT: f64 = 0.2;

pub(super) const INFO: Info = Info {
    name: "char-lstm2",
    about: "two layers of long short-term memory with dropout, as in DeepOBS",
    kind: Kind::Text,
    build: Build::For(|_, vocabulary| char_lstm2(vocabulary)),
};

/// Network of DeepOBS's `tolstoi_char_rnn` (Schneider 2019): `embedding`, `lstm1` and `lstm2` of 128 with dropout
/// of 0.2 before and after each, `linear`. Initialized as in TensorFlow: normalized uniform, with one matrix for
/// the inputs and the hidden state of a cell, biases 0, forget gates 1.
///
/// Each sequence starts from states of 0, whereas DeepOBS carries the states of the previous batch over.
pub fn char_lstm2(vocabulary: usize) -> Model {
    let mut builder = Builder::new();
    let mut net = Sequential::new().then(Embedding::new(&mut builder, "embedding", vocabulary, HIDDEN));
    for name in ["lstm1", "lstm2"] {
        net = net
            .then(Dropout::new(&format!("{name} in"), DROPOUT))
            .then(Recurrent::new(&mut builder, name, Cell::Lstm, HIDDEN, HIDDEN, 1))
            .then(Dropout::new(&format!("{name} out"), DROPOUT));
    }
    let net = net.then(Linear::new(&mut builder, "linear", HIDDEN, vocabulary));
    let of_a_cell = (6.0 / (HIDDEN + HIDDEN + 4 * HIDDEN) as f64).sqrt() as f32;
    Model::new(builder, net).with_init(|param, _| match param.role {
        Role::Matrix if param.name.starts_with("lstm") => Init::Uniform(of_a_cell),
        Role::Bias if param.name.contains("bias_ih") => Init::ForgetGate(1.0),
        Role::Bias => Init::Constant(0.0),
        _ => Init::XavierUniform,
    })
}
