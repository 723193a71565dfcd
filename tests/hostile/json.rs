//! Changes of a JSON value that leave it JSON.

use serde_json::{Value, json};

use crate::rng::Rng;

/// One change somewhere in a value. A text that is itself JSON is changed inside now and then.
pub(crate) fn change(value: &mut Value, rng: &mut Rng) {
    // Go down, or change what is here.
    match value {
        Value::Array(items) if !items.is_empty() && !rng.one_in(4) => {
            let place = rng.below(items.len());
            match rng.below(12) {
                0 => drop(items.remove(place)),
                1 => items.insert(place, items[place].clone()),
                2 => items.reverse(),
                _ => change(&mut items[place], rng),
            }
        }
        Value::Object(fields) if !fields.is_empty() && !rng.one_in(12) => {
            let names: Vec<String> = fields.keys().cloned().collect();
            let name = rng.pick(&names);
            match rng.below(12) {
                0 => drop(fields.remove(name)),
                1 => {
                    let taken = fields.remove(name).expect("a key of this object");
                    fields.insert(text(name, rng), taken);
                }
                2 => {
                    let copy = fields[name].clone();
                    fields.insert(rng.pick(&names).clone(), copy);
                }
                _ => change(&mut fields[name], rng),
            }
        }
        Value::String(words) => match serde_json::from_str::<Value>(words) {
            Ok(mut inner @ (Value::Array(_) | Value::Object(_))) if !rng.one_in(5) => {
                change(&mut inner, rng);
                *words = inner.to_string();
            }
            _ => *value = if rng.one_in(2) { json!(text(words, rng)) } else { odd(rng) },
        },
        _ => *value = odd(rng),
    }
}

/// Another text of the same kind, or one that is hard to print.
fn text(words: &str, rng: &mut Rng) -> String {
    match rng.below(7) {
        0 => String::new(),
        1 => "\u{1b}[2J\u{1b}]0;owned\u{7}\n\u{202e}".to_string(),
        2 => words.repeat(200),
        3 => "n".repeat(5000),
        4 => format!("{words}x"),
        5 => words.chars().rev().collect(),
        _ => words.chars().skip(1).collect(),
    }
}

/// A value that a reader may not expect.
fn odd(rng: &mut Rng) -> Value {
    match rng.below(18) {
        0 => json!(0),
        1 => json!(1),
        2 => json!(-1),
        3 => json!(2),
        4 => json!(u64::MAX),
        5 => json!(i64::MIN),
        6 => json!(1_u64 << 40),
        7 => json!(1_u64 << 53),
        8 => json!(0.5),
        9 => json!(1e308),
        10 => json!(-0.0),
        11 => json!("NaN"),
        12 => json!("Infinity"),
        13 => json!([]),
        14 => json!({}),
        15 => (0..100).fold(json!(0), |inner, _| json!([inner])),
        16 => json!(vec![0; 1000]),
        _ => Value::Null,
    }
}
