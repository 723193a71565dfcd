//! The Rust baselines of `cargo xtask bench --baselines`: candle and burn, each with the loop as
//! their users would write it, over tensors in memory.
//!
//! The lines that are spoken are described in `scripts/baselines/protocol.py`.

mod burning;
mod candles;
mod training;

use std::error::Error;
use std::io::{BufRead, Write};

use serde_json::{Value, json};

use training::Training;

/// Seconds and mean loss of one repetition; or, as text, why there is none.
pub type Repetition = Box<dyn FnMut() -> Result<(f64, f64), Box<dyn Error>>>;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let argument = |name: &str| {
        let place = arguments.iter().position(|word| word == name);
        place.and_then(|i| arguments.get(i + 1)).ok_or(format!("{name} is missing"))
    };
    let (folder, variant, threads) = (argument("--data")?, argument("--variant")?, argument("--threads")?);
    rayon::ThreadPoolBuilder::new().num_threads(threads.parse()?).build_global()?;

    let (baseline, version) = match variant.as_str() {
        // As pinned in Cargo.toml.
        "candle" => ("candle", "candle 0.11.1"),
        "flex" => ("burn, flex", "burn 0.22.1"),
        other => return Err(format!("no variant {other}").into()),
    };
    say(&json!({"baseline": baseline, "version": version}))?;
    let mut ready: Option<(String, Repetition)> = None;
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let workload = line.trim_start_matches("run ").trim();
        if ready.as_ref().is_none_or(|(name, _)| name != workload) {
            // The old one's memory is freed before the new one is made.
            drop(ready.take());
            let Some(training) = Training::new(workload, folder.as_ref())? else {
                say(&json!({"skip": "it has no such model"}))?;
                continue;
            };
            let made = match variant.as_str() {
                "candle" => candles::repetition(training)?,
                _ => burning::repetition(training),
            };
            match made {
                Some(repetition) => ready = Some((workload.to_string(), repetition)),
                None => {
                    say(&json!({"skip": "candle-nn has no RMSprop"}))?;
                    continue;
                }
            }
        }
        let (_, repetition) = ready.as_mut().expect("it was just made");
        match repetition() {
            Ok((seconds, value)) => say(&json!({"seconds": seconds, "value": value}))?,
            Err(why) => say(&json!({"error": why.to_string()}))?,
        }
    }
    Ok(())
}

fn say(line: &Value) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}
