//! Two records of one run, compared by their results.

use serde_json::{Map, Value};
use train::Record;

/// Differences that are listed.
const LISTED: usize = 8;

/// The differences between the results of two runs, a line each: empty if they have the same bits. Seconds,
/// threads, the program's version, the origin of the data and the target are no results; of diagnostics those
/// count that both have.
pub fn differences(old: &Record, new: &Record) -> Vec<String> {
    let [mut old, mut new] = [old, new].map(results);
    for measured in ["diagnostics", "histograms"] {
        keep_common(&mut old, &mut new, measured);
    }
    let mut found = Vec::new();
    compare("", &old, &new, &mut found);
    let more = found.len().saturating_sub(LISTED);
    found.truncate(LISTED);
    if more > 0 {
        found.push(format!("and {more} more"));
    }
    found
}

/// A record as JSON, without all that is no result.
fn results(record: &Record) -> Value {
    let mut value = serde_json::to_value(record).expect("plain data");
    let object = value.as_object_mut().expect("a record is an object");
    object.remove("schema");
    remove(object, "environment", &["threads", "version"]);
    remove(object, "task", &["target"]);
    if let Some(Value::Object(task)) = object.get_mut("task") {
        remove(task, "data", &["origin"]);
    }
    for curves in ["curves", "diagnostics"] {
        let Some(Value::Object(curves)) = object.get_mut(curves) else { continue };
        for point in curves.values_mut().filter_map(Value::as_array_mut).flatten() {
            point.as_object_mut().expect("a point is an object").remove("seconds");
        }
    }
    value
}

fn remove(object: &mut Map<String, Value>, name: &str, fields: &[&str]) {
    if let Some(Value::Object(inner)) = object.get_mut(name) {
        inner.retain(|field, _| !fields.contains(&field.as_str()));
    }
}

fn keep_common(old: &mut Value, new: &mut Value, name: &str) {
    match (old.get_mut(name), new.get_mut(name)) {
        (Some(Value::Object(old)), Some(Value::Object(new))) => {
            old.retain(|curve, _| new.contains_key(curve));
            new.retain(|curve, _| old.contains_key(curve));
        }
        _ => {
            for record in [old, new] {
                record.as_object_mut().expect("a record is an object").remove(name);
            }
        }
    }
}

/// Numbers are compared as text, so that −0 is not 0 and every bit counts.
fn compare(place: &str, old: &Value, new: &Value, found: &mut Vec<String>) {
    match (old, new) {
        (Value::Object(old), Value::Object(new)) => {
            let names = old.keys().chain(new.keys().filter(|name| !old.contains_key(*name)));
            for name in names {
                let inner = if place.is_empty() { name.clone() } else { format!("{place}.{name}") };
                let [old, new] = [old, new].map(|object| object.get(name).unwrap_or(&Value::Null));
                compare(&inner, old, new, found);
            }
        }
        (Value::Array(old), Value::Array(new)) if old.len() == new.len() => {
            for (index, (old, new)) in old.iter().zip(new).enumerate() {
                compare(&format!("{place}[{index}]"), old, new, found);
            }
        }
        (Value::Array(old), Value::Array(new)) => {
            found.push(format!("{place}: {} points and {}", old.len(), new.len()));
        }
        (old, new) => {
            let (old, new) = (old.to_string(), new.to_string());
            if old != new {
                found.push(format!("{place}: {old} and {new}"));
            }
        }
    }
}
