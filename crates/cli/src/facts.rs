//! Costs and settings of rules and wrappers, in words and as JSON.

use optim::MemoryTraffic;
use optim::cost::Increase;
use optim::hyper::Value;
use serde_json::json;

/// Bytes that settings add to the state: `+4 with momentum`.
pub(crate) fn bytes_in_words(increases: &[Increase]) -> String {
    let more = increases.iter().filter(|increase| increase.state_bytes > 0);
    more.map(|increase| format!("+{} with {}", increase.state_bytes, increase.setting))
        .collect::<Vec<_>>()
        .join(", ")
}

/// Passes that settings add: `+2 with momentum`.
pub(crate) fn passes_in_words(increases: &[Increase]) -> String {
    let more = increases.iter().filter(|increase| increase.memory_traffic > 0.0);
    more.map(|increase| format!("+{} with {}", increase.memory_traffic, increase.setting))
        .collect::<Vec<_>>()
        .join(", ")
}

/// Increases by settings, as JSON.
pub(crate) fn increases_as_json(increases: &[Increase]) -> serde_json::Value {
    let object = |increase: &Increase| {
        let Increase { setting, state_bytes, memory_traffic } = increase;
        json!({ "setting": setting, "bytes": state_bytes, "passes": memory_traffic })
    };
    increases.iter().map(object).collect()
}

/// Passes over memory as JSON.
pub(crate) fn passes_as_json(passes: MemoryTraffic) -> serde_json::Value {
    json!({ "read": passes.read, "written": passes.written, "loops": passes.loops })
}

/// A setting's value as JSON.
pub(crate) fn as_json(value: Value) -> serde_json::Value {
    match value {
        Value::Number(x) => json!(x),
        Value::Flag(x) => json!(x),
        Value::Numbers(list) => json!(&list[..]),
        Value::Word(_) | Value::Time(_) | Value::Times(_) => json!(value.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use optim::{cost, rules};

    use super::*;

    #[test]
    fn increases_are_said_with_their_settings() {
        let increases = |name| cost::increases(&*rules::by_name(name).unwrap()).unwrap();
        assert_eq!(["sgd", "adagrad"].map(|name| bytes_in_words(&increases(name))), ["+4 with momentum", ""]);
        assert_eq!(bytes_in_words(&increases("rmsprop")), "+4 with momentum, +4 with centered");
        assert_eq!(passes_in_words(&increases("adam")), "+2 with amsgrad");
    }
}
