//! Facts about update rules that follow from their declarations.

use optim::hyper::Value;
use optim::{Optimizer, Rule};
use serde_json::json;

use crate::failure::Failure;

/// Bytes of state for each weight with a rule's settings.
pub(crate) fn state_bytes(rule: &dyn Rule) -> Result<usize, Failure> {
    Ok(Optimizer::from_boxed(rule.boxed(), 0)?.state_bytes_per_weight())
}

/// The settings that are off by default and cost memory when on, with the bytes for each weight
/// that each adds. Those that only go together with others are not tried.
pub(crate) fn raised_by(rule: &dyn Rule) -> Result<Vec<(&'static str, usize)>, Failure> {
    let plain = state_bytes(rule)?;
    let added = |hyper: optim::hyper::Hyper| {
        let on = match hyper.default {
            Value::Flag(false) => Value::Flag(true),
            Value::Number(0.0) => Value::Number(0.5),
            _ => return None,
        };
        let mut changed = rule.boxed();
        changed.set(hyper.name, on).ok()?;
        let bytes = Optimizer::from_boxed(changed, 0).ok()?.state_bytes_per_weight();
        (bytes > plain).then(|| (hyper.name, bytes - plain))
    };
    Ok(rule.hypers().into_iter().filter_map(added).collect())
}

/// [`raised_by`] in words: `+4 with momentum`.
pub(crate) fn raised_by_in_words(rule: &dyn Rule) -> Result<String, Failure> {
    let words = raised_by(rule)?.into_iter().map(|(name, bytes)| format!("+{bytes} with {name}"));
    Ok(words.collect::<Vec<_>>().join(", "))
}

/// The same as JSON.
pub(crate) fn raised_by_as_json(rule: &dyn Rule) -> Result<serde_json::Value, Failure> {
    let objects =
        raised_by(rule)?.into_iter().map(|(name, bytes)| json!({ "setting": name, "bytes": bytes }));
    Ok(objects.collect())
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
    use super::*;

    #[test]
    fn memory_follows_from_the_declaration() {
        let rule = |name| optim::rules::by_name(name).unwrap();
        assert_eq!(state_bytes(&*rule("sgd")).unwrap(), 0);
        assert_eq!(raised_by_in_words(&*rule("sgd")).unwrap(), "+4 with momentum");
        assert_eq!(raised_by_in_words(&*rule("rmsprop")).unwrap(), "+4 with momentum, +4 with centered");
        assert_eq!(raised_by(&*rule("adagrad")).unwrap(), []);
    }
}
