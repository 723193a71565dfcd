//! Costs of rules and wrappers, as their declarations say: bytes of state, memory traffic, gradients.
//!
//! ```
//! use optim::cost::{self, Cost};
//!
//! let adam = optim::rules::by_name("adam")?;
//! let cost = Cost::of_rule(&*adam)?;
//! assert_eq!((cost.state_bytes, cost.memory_traffic.total(), cost.gradients), (8, 7.0, Some(1.0)));
//! let amsgrad = cost::increases(&*adam)?.remove(0);
//! assert_eq!((amsgrad.setting, amsgrad.state_bytes, amsgrad.memory_traffic), ("amsgrad", 4, 2.0));
//! # Ok::<(), optim::Error>(())
//! ```

use std::borrow::Cow;

use tensor::{Layout, ParamInfo, Role, simd};

use crate::engine::Optimizer;
use crate::error::Error;
use crate::hyper::{Hyper, Value};
use crate::recipe::OptimizerSpec;
use crate::rule::{DynRule, DynWrapper, Inner, MemoryTraffic, Objective, Requires, StepInput, WrapperCtx};
use crate::state::OptState;

/// Cost of a rule or a wrapper with its settings.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cost {
    /// Bytes of state for each weight of a matrix, not counting arrays with one number a row or column.
    pub state_bytes: usize,
    /// Bytes of state for each weight of a vector.
    pub state_bytes_of_vectors: usize,
    /// Memory traffic of a step.
    pub memory_traffic: MemoryTraffic,
    /// Gradients for each update; `None` for a rule that takes as many as it needs.
    pub gradients: Option<f64>,
}

/// Increase of the cost by a setting that is off by default.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Increase {
    /// Name of the hyperparameter.
    pub setting: &'static str,
    /// Additional bytes of state for each weight.
    pub state_bytes: usize,
    /// Additional passes over memory.
    pub memory_traffic: f64,
}

impl Cost {
    /// Cost of a rule.
    ///
    /// # Errors
    /// If its settings are out of range or do not go together.
    pub fn of_rule(rule: &dyn DynRule) -> Result<Cost, Error> {
        let bytes = |shape: &[usize], role| -> Result<usize, Error> {
            let mut layout = Layout::new();
            layout.push("weight", shape, role);
            Ok(Optimizer::of(OptimizerSpec::new(rule.boxed()), layout)?.state_bytes_per_weight())
        };
        Ok(Cost {
            state_bytes: bytes(&[1, 1], Role::Matrix)?,
            state_bytes_of_vectors: bytes(&[1], Role::Bias)?,
            memory_traffic: rule.memory_traffic(),
            gradients: (rule.requires() != Requires::Closure).then_some(1.0),
        })
    }

    /// Cost of a wrapper, without the inner optimizer's; its gradients are those of both.
    ///
    /// # Errors
    /// If its settings are out of range or do not go together.
    pub fn of_wrapper(wrapper: &dyn DynWrapper) -> Result<Cost, Error> {
        wrapper.validate()?;
        let state_bytes = (wrapper.state().len() + wrapper.scratch()) * size_of::<f32>();
        Ok(Cost {
            state_bytes,
            state_bytes_of_vectors: state_bytes,
            memory_traffic: wrapper.memory_traffic(),
            gradients: Some(gradients(wrapper)),
        })
    }
}

/// Settings of a rule that raise its cost, each alone; those that are only allowed with others are left out.
///
/// # Errors
/// If the rule's settings are out of range or do not go together.
pub fn increases(rule: &dyn DynRule) -> Result<Vec<Increase>, Error> {
    let plain = Cost::of_rule(rule)?;
    let increase = |hyper: Hyper| {
        let on = match hyper.default {
            Value::Flag(false) => Value::Flag(true),
            Value::Number(0.0) => Value::Number(0.5),
            _ => return None,
        };
        let mut changed = rule.boxed();
        changed.set(hyper.name, on).ok()?;
        let cost = Cost::of_rule(&*changed).ok()?;
        let state_bytes = cost.state_bytes.saturating_sub(plain.state_bytes);
        let memory_traffic = cost.memory_traffic.total() - plain.memory_traffic.total();
        let is_more = state_bytes > 0 || memory_traffic > 0.0;
        is_more.then_some(Increase { setting: hyper.name, state_bytes, memory_traffic })
    };
    Ok(rule.hypers().into_iter().filter_map(increase).collect())
}

/// Gradients that are taken for each update inside of a wrapper: counted, on f(w) = Σ w²/2.
fn gradients(wrapper: &dyn DynWrapper) -> f64 {
    let mut weights = vec![1.0, -2.0];
    let mut layout = Layout::new();
    layout.push("weights", [weights.len()], Role::Matrix);
    let calls = wrapper.calls_per_update().max(1) * 12;
    let mut inner = Descent { params: layout.entries(), updates: 0, total_updates: calls };
    let state = OptState::new(String::new(), wrapper.state(), wrapper.scalars(), |_| weights.len());
    let mut state = state.with_scratch(wrapper.scratch(), weights.len());
    let mut taken = 0;
    let mut evaluate = |w: &[f32], gradient: &mut [f32]| {
        taken += 1;
        gradient.copy_from_slice(w);
        w.iter().map(|w| 0.5 * f64::from(w * w)).sum()
    };
    for call in 1..=calls {
        let mut gradients = vec![0.0; weights.len()];
        let loss = evaluate(&weights, &mut gradients);
        let input = StepInput {
            weights: &mut weights,
            gradients: &gradients,
            scratch: &mut vec![],
            changed: &mut false,
            objective: Objective { loss: Some(loss), evaluate: Some(&mut evaluate) },
            path: simd::path(),
        };
        wrapper.step(WrapperCtx { input, state: &mut state, calls: call, inner: &mut inner });
    }
    f64::from(taken) / inner.updates.max(1) as f64
}

/// Gradient descent as the inner optimizer of a wrapper.
#[derive(Debug)]
struct Descent<'a> {
    params: &'a [ParamInfo],
    updates: u64,
    total_updates: u64,
}

impl Inner for Descent<'_> {
    fn step(&mut self, input: StepInput<'_>) {
        self.updates += 1;
        let gradients = input.gradients().to_vec();
        input.weights.iter_mut().zip(gradients).for_each(|(w, g)| *w -= 0.1 * g);
    }

    fn updates(&self) -> u64 {
        self.updates
    }

    fn total_updates(&self) -> u64 {
        self.total_updates
    }

    fn params(&self) -> &[ParamInfo] {
        self.params
    }

    fn eval_weights<'w>(&self, weights: &'w [f32]) -> Cow<'w, [f32]> {
        Cow::Borrowed(weights)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{rules, wrappers};

    #[test]
    fn memory_follows_from_the_declaration() {
        let rule = |name| rules::by_name(name).expect("a rule");
        let bytes = |name| {
            let Cost { state_bytes, state_bytes_of_vectors, .. } =
                Cost::of_rule(&*rule(name)).expect("valid");
            [state_bytes, state_bytes_of_vectors]
        };
        assert_eq!(["sgd", "adam", "adafactor", "muon"].map(bytes), [[0, 0], [8, 8], [0, 4], [4, 8]]);
        let more = |name| -> Vec<(&str, usize)> {
            let increases = increases(&*rule(name)).expect("valid");
            increases.iter().map(|increase| (increase.setting, increase.state_bytes)).collect()
        };
        assert_eq!(more("sgd"), [("momentum", 4)]);
        assert_eq!(more("adagrad"), []);
        assert_eq!(more("rmsprop"), [("momentum", 4), ("centered", 4)]);
    }

    #[test]
    fn memory_traffic_rises_with_the_state() {
        let increases = increases(&*rules::by_name("adam").expect("a rule")).expect("valid");
        assert_eq!(increases, [Increase { setting: "amsgrad", state_bytes: 4, memory_traffic: 2.0 }]);
    }

    #[test]
    fn gradients_are_counted() {
        let cost = |name| Cost::of_wrapper(&*wrappers::by_name(name).expect("a wrapper")).expect("valid");
        let gradients = |name| cost(name).gradients.expect("counted");
        assert_eq!(["sam", "lookahead", "ema", "accumulate"].map(gradients), [2.0, 1.0, 1.0, 4.0]);
    }
}
