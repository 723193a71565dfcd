//! Small character-level transformer.

use tensor::Role;

use crate::info::{Build, Info, Kind};
use crate::init::Init;
use crate::layers::{
    Activation, Embedding, LayerNorm, Linear, MultiHeadAttention, PositionalEmbedding, Residual, Sequential,
};
use crate::model::{Builder, Model};

const LAYERS: usize = 2;
const HEADS: usize = 4;
const WIDTH: usize = 128;

pub(super) const INFO: Info = Info {
    name: "transformer",
    about: "a decoder of 2 layers, 4 heads and width 128 over characters",
    kind: Kind::Text,
    build: Build::For(|input, vocabulary| transformer(input.len(), vocabulary)),
};

/// Decoder of 2 layers, 4 heads and width 128 over characters [n, length] to scores of the next one [n, length,
/// vocabulary], with pre-norm (Xiong 2020) and the names and initializers of GPT-2 (Radford 2019):
///
/// ```text
/// wte + wpe                             tokens and learned positions
/// h.0, h.1: x + attn(ln_1(x))           causal attention
///           x + mlp(ln_2(x))            128 → 512, GELU, 512 → 128
/// ln_f      lm_head                     weights not shared with wte
/// ```
///
/// Weights are initialized normal with standard deviation 0.02, divided by √(2·layers) at the end of a branch;
/// biases are 0.
pub fn transformer(length: usize, vocabulary: usize) -> Model {
    let mut builder = Builder::new();
    let mut net = Sequential::new()
        .then(Embedding::new(&mut builder, "wte", vocabulary, WIDTH))
        .then(PositionalEmbedding::new(&mut builder, "wpe", length, WIDTH));
    for layer in 0..LAYERS {
        let name = |part: &str| format!("h.{layer}.{part}");
        let attention = Sequential::new()
            .then(LayerNorm::new(&mut builder, &name("ln_1"), WIDTH))
            .then(MultiHeadAttention::new(&mut builder, &name("attn"), WIDTH, HEADS).causal());
        let mlp = Sequential::new()
            .then(LayerNorm::new(&mut builder, &name("ln_2"), WIDTH))
            .then(Linear::new(&mut builder, &name("mlp.c_fc"), WIDTH, 4 * WIDTH))
            .then(Activation::Gelu)
            .then(Linear::new(&mut builder, &name("mlp.c_proj"), 4 * WIDTH, WIDTH));
        for body in [attention, mlp] {
            net.push(Residual { body, shortcut: Sequential::new() });
        }
    }
    let net = net.then(LayerNorm::new(&mut builder, "ln_f", WIDTH)).then(Linear::new(
        &mut builder,
        "lm_head",
        WIDTH,
        vocabulary,
    ));
    let branch = 0.02 / (2.0 * LAYERS as f32).sqrt();
    Model::new(builder, net).with_init(|param, usual| match param.role {
        Role::Matrix if param.name.ends_with("proj.weight") => Init::Normal(branch),
        Role::Matrix | Role::Embedding => Init::Normal(0.02),
        Role::Bias => Init::Constant(0.0),
        Role::Norm => usual,
    })
}
