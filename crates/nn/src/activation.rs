//! Nonlinearities, by name.

/// Elementwise nonlinearity.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Activation {
    /// `max(0, x)`.
    Relu,
    /// `x` where positive, else 0.01·x.
    LeakyRelu,
    /// `x` where positive, else `eˣ − 1`.
    Elu,
    /// `x·Φ(x)`, tanh form.
    Gelu,
    /// `x·σ(x)`.
    Silu,
    /// `1/(1 + e⁻ˣ)`.
    Sigmoid,
    /// The hyperbolic tangent.
    Tanh,
    /// The identity, for a linear network.
    Identity,
}

impl Activation {
    /// All activations by name.
    pub const ALL: [(&'static str, Activation); 8] = [
        ("relu", Activation::Relu),
        ("leaky_relu", Activation::LeakyRelu),
        ("elu", Activation::Elu),
        ("gelu", Activation::Gelu),
        ("silu", Activation::Silu),
        ("sigmoid", Activation::Sigmoid),
        ("tanh", Activation::Tanh),
        ("identity", Activation::Identity),
    ];

    /// Activation with this name.
    pub fn by_name(name: &str) -> Option<Activation> {
        Activation::ALL.iter().find(|(known, _)| *known == name).map(|(_, activation)| *activation)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        let known = Activation::ALL.iter().find(|(_, activation)| *activation == self);
        known.expect("every activation is listed").0
    }
}
