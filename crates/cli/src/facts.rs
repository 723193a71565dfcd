//! Facts about rules and wrappers that follow from their declarations.

use optim::hyper::{Hyper, Value};
use optim::{Error, MemoryTraffic, Optimizer, OptimizerSpec, Requires, Rule, Wrapper, rules};
use serde_json::json;
use tensor::{Layout, Role};

/// What a rule or a wrapper costs with its settings.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Cost {
    /// Bytes of state for each weight of a matrix, beside what there is for each row or column.
    pub(crate) bytes: usize,
    /// Bytes of state for each weight of a vector.
    pub(crate) bytes_of_vectors: usize,
    /// What a step moves through memory.
    pub(crate) passes: MemoryTraffic,
}

/// A setting that is off by default and costs something when it is on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Raise {
    pub(crate) setting: &'static str,
    /// More bytes of state for each weight.
    pub(crate) bytes: usize,
    /// More passes over memory.
    pub(crate) passes: f64,
}

/// What a rule costs.
pub(crate) fn of_rule(rule: &dyn Rule) -> Result<Cost, Error> {
    let bytes = |layout: Layout| -> Result<usize, Error> {
        Ok(Optimizer::of(OptimizerSpec::new(rule.boxed()), layout)?.state_bytes_per_weight())
    };
    let [mut matrix, mut vector] = [Layout::new(), Layout::new()];
    matrix.push("weight", [1, 1], Role::Matrix);
    vector.push("bias", [1], Role::Bias);
    Ok(Cost { bytes: bytes(matrix)?, bytes_of_vectors: bytes(vector)?, passes: rule.passes() })
}

/// What a wrapper costs beside the rule inside.
pub(crate) fn of_wrapper(wrapper: &dyn Wrapper) -> Result<Cost, Error> {
    let bytes = |wrappers: Vec<Box<dyn Wrapper>>| -> Result<usize, Error> {
        let method = OptimizerSpec { wrappers, ..OptimizerSpec::new(rules::parse("sgd")?) };
        Ok(Optimizer::of_slice(method, 1)?.state_bytes_per_weight())
    };
    let bytes = bytes(vec![wrapper.boxed()])? - bytes(vec![])?;
    Ok(Cost { bytes, bytes_of_vectors: bytes, passes: wrapper.passes() })
}

/// The settings of a rule that raise its cost. Those that only go together with others are not tried.
pub(crate) fn raised_by_rule(rule: &dyn Rule) -> Result<Vec<Raise>, Error> {
    let with = |name: &str, value: Value| {
        let mut changed = rule.boxed();
        changed.set(name, value).ok()?;
        of_rule(&*changed).ok()
    };
    Ok(raised_by(of_rule(rule)?, rule.hypers(), with))
}

fn raised_by(plain: Cost, hypers: Vec<Hyper>, with: impl Fn(&str, Value) -> Option<Cost>) -> Vec<Raise> {
    let raise = |hyper: Hyper| {
        let on = match hyper.default {
            Value::Flag(false) => Value::Flag(true),
            Value::Number(0.0) => Value::Number(0.5),
            _ => return None,
        };
        let dearer = with(hyper.name, on)?;
        let bytes = dearer.bytes.saturating_sub(plain.bytes);
        let passes = dearer.passes.total() - plain.passes.total();
        (bytes > 0 || passes > 0.0).then_some(Raise { setting: hyper.name, bytes, passes })
    };
    hypers.into_iter().filter_map(raise).collect()
}

/// What settings add to the state: `+4 with momentum`.
pub(crate) fn bytes_in_words(raises: &[Raise]) -> String {
    let more = raises.iter().filter(|raise| raise.bytes > 0);
    more.map(|raise| format!("+{} with {}", raise.bytes, raise.setting)).collect::<Vec<_>>().join(", ")
}

/// What settings add to the passes: `+2 with momentum`.
pub(crate) fn passes_in_words(raises: &[Raise]) -> String {
    let more = raises.iter().filter(|raise| raise.passes > 0.0);
    more.map(|raise| format!("+{} with {}", raise.passes, raise.setting)).collect::<Vec<_>>().join(", ")
}

/// What settings add, as JSON.
pub(crate) fn raises_as_json(raises: &[Raise]) -> serde_json::Value {
    let object =
        |raise: &Raise| json!({ "setting": raise.setting, "bytes": raise.bytes, "passes": raise.passes });
    raises.iter().map(object).collect()
}

/// Passes over memory as JSON.
pub(crate) fn passes_as_json(passes: MemoryTraffic) -> serde_json::Value {
    json!({ "read": passes.read, "written": passes.written, "loops": passes.loops })
}

/// Gradients that a rule takes for each update; `None` if it depends on where it is.
pub(crate) fn gradients_of_rule(rule: &dyn Rule) -> Option<f64> {
    (rule.requires() != Requires::Closure).then_some(1.0)
}

/// Gradients that a rule in this wrapper takes for each update: counted, on a parabola.
pub(crate) fn gradients_of_wrapper(wrapper: &dyn Wrapper) -> Result<f64, Error> {
    let calls = wrapper.calls_per_update().max(1) * 12;
    let method =
        OptimizerSpec { wrappers: vec![wrapper.boxed()], ..OptimizerSpec::new(rules::parse("sgd lr=0.1")?) };
    let mut optimizer = Optimizer::of_slice(method, 2)?.with_total_steps(calls);
    let mut weights = [1.0, -2.0];
    let mut objective = |w: &[f32], gradient: &mut [f32]| {
        gradient.copy_from_slice(w);
        w.iter().map(|w| 0.5 * f64::from(w * w)).sum()
    };
    for _ in 0..calls {
        optimizer.step_on(&mut weights, &mut objective);
    }
    Ok(optimizer.gradient_calls() as f64 / optimizer.steps().max(1) as f64)
}

/// A setting's value as JSON.
pub(crate) fn as_json(value: Value) -> serde_json::Value {
    match value {
        Value::Number(x) => json!(x),
        Value::Flag(x) => json!(x),
        Value::Numbers(list) => json!(&list[..]),
        Value::Word(_) | Value::Span(_) | Value::Spans(_) => json!(value.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use optim::wrappers;

    use super::*;

    #[test]
    fn memory_follows_from_the_declaration() {
        let rule = |name| rules::by_name(name).unwrap();
        let bytes = |name| {
            let Cost { bytes, bytes_of_vectors, .. } = of_rule(&*rule(name)).unwrap();
            [bytes, bytes_of_vectors]
        };
        assert_eq!(["sgd", "adam", "adafactor", "muon"].map(bytes), [[0, 0], [8, 8], [0, 4], [4, 8]]);
        let more = |name| bytes_in_words(&raised_by_rule(&*rule(name)).unwrap());
        assert_eq!(["sgd", "adagrad"].map(more), ["+4 with momentum", ""]);
        assert_eq!(more("rmsprop"), "+4 with momentum, +4 with centered");
    }

    #[test]
    fn passes_rise_with_the_state() {
        let raises = raised_by_rule(&*rules::by_name("adam").unwrap()).unwrap();
        assert_eq!(passes_in_words(&raises), "+2 with amsgrad");
    }

    #[test]
    fn gradients_are_counted() {
        let gradients = |name| gradients_of_wrapper(&*wrappers::by_name(name).unwrap()).unwrap();
        assert_eq!(["sam", "lookahead", "ema"].map(gradients), [2.0, 1.0, 1.0]);
    }
}
