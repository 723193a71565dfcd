//! Counterparts of rules in `torch.optim`.

/// An optimizer of `torch.optim` with the same update and the same state as a rule, so that its exported
/// state can be loaded.
///
/// Hyperparameters and state arrays have PyTorch's names, or are translated by `Optimizer::load_pytorch`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PyTorch {
    /// Classes of `torch.optim`, each with the value of `decoupled_weight_decay` at which it is this rule, or
    /// `None` for any: Adam with a decoupled decay is AdamW.
    pub classes: &'static [(&'static str, Option<bool>)],
    /// Settings of PyTorch's that are constants here, with the only value that they may have.
    pub fixed: &'static [(&'static str, Fixed)],
}

/// Value of a setting of PyTorch's that is a constant here.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Fixed {
    /// A flag.
    Flag(bool),
    /// Several numbers.
    Numbers(&'static [f64]),
}

impl PyTorch {
    /// Class with the same settings as the rule.
    pub const fn class(class: &'static [(&'static str, Option<bool>)]) -> PyTorch {
        PyTorch { classes: class, fixed: &[] }
    }
}
