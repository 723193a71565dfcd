//! What the file of figures says, as tables of at most 80 columns.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

use super::{Peer, comparison};

/// Prints each workload and, below, all of them against the first peer.
pub(in crate::bench) fn show(path: &Path, peers: &[Peer]) -> Result<(), String> {
    let report = comparison::read(path);
    let workloads = report["workloads"].as_object().expect("read() sees to it");
    if workloads.is_empty() {
        return Err(format!("{} has no figures\nhint: ask for fewer words, or more rounds", path.display()));
    }
    print!("{}", text(&sorted(&report), peers));
    Ok(())
}

/// The workloads as they are measured, not by the alphabet: threads, then model, then batch.
fn sorted(report: &Value) -> Vec<(&String, &Value)> {
    let mut workloads: Vec<_> = report["workloads"].as_object().into_iter().flatten().collect();
    let number = |name: &str, of: &str| -> u64 {
        let word = name.split(' ').find_map(|word| word.strip_prefix(of)?.strip_prefix('='));
        word.and_then(|digits| digits.parse().ok()).unwrap_or(0)
    };
    workloads.sort_by_key(|(name, _)| {
        let model = name.split(' ').next();
        (number(name, "threads"), model != Some("simplenn"), number(name, "batch"), name.to_string())
    });
    workloads
}

fn text(workloads: &[(&String, &Value)], peers: &[Peer]) -> String {
    let mut text = String::new();
    let mut line = |parts: String| {
        text.push_str(parts.trim_end());
        text.push('\n');
    };
    for (name, work) in workloads {
        line(format!("{name}, {} updates", work["updates"]));
        line(format!(
            "  {:<24}{:>11}{:>8}{:>8}{:>9}{:>13}",
            "", "seconds", "spread", "rounds", "times", "loss"
        ));
        for peer in peers {
            let row = &work["peers"][peer.name];
            let Some(median) = row["median"].as_f64() else { continue };
            let rounds = row["seconds"].as_array().map_or(0, Vec::len);
            line(format!(
                "  {:<24}{:>11}{:>7.0}%{:>8}{:>9}{:>12.5}{}",
                peer.name,
                seconds(median),
                100.0 * row["spread"].as_f64().unwrap_or(0.0),
                rounds,
                ratio(work, peer, &peers[0]),
                row["value"].as_f64().unwrap_or(f64::NAN),
                if row["agrees"] == true { " " } else { "≠" },
            ));
        }
        for (peer, why) in work["missing"].as_object().into_iter().flatten() {
            let why: String = why.as_str().unwrap_or_default().chars().take(72 - peer.len()).collect();
            line(format!("  {peer}: {why}"));
        }
        line(String::new());
    }
    line(format!("Times as long as {}:", peers[0].name));
    let heads: String = peers[1..].iter().map(|peer| format!("{:>7}", peer.short)).collect();
    line(format!("{:<27}", "") + &heads);
    for (name, work) in workloads {
        let ratios: String =
            peers[1..].iter().map(|peer| format!("{:>7}", ratio(work, peer, &peers[0]))).collect();
        let short = name.replace("batch=", "").replace(" threads=", ", ") + "t";
        line(format!("{short:<27}{ratios}"));
    }
    line(String::new());
    text + &machines(workloads.iter().map(|(_, work)| *work))
}

/// What was measured, in its own words, and on which machines.
pub(in crate::bench) fn machines<'a>(workloads: impl Iterator<Item = &'a Value>) -> String {
    let mut lines = BTreeSet::new();
    for work in workloads {
        let versions = work["versions"].as_object().into_iter().flatten();
        lines.extend(versions.filter_map(|(_, version)| Some(version.as_str()?.to_string())));
        let field = |name: &str| work[name].as_str().unwrap_or("unknown").to_string();
        lines.insert(format!("{}, kernels {}", field("cpu"), field("kernel")));
    }
    lines.into_iter().map(|line| line + "\n").collect()
}

/// How many times as long as the first peer it takes; nothing if either is missing.
fn ratio(work: &Value, peer: &Peer, first: &Peer) -> String {
    let median = |peer: &Peer| work["peers"][peer.name]["median"].as_f64();
    match (median(peer), median(first)) {
        (Some(theirs), Some(ours)) if theirs / ours < 99.95 => format!("{:.2}", theirs / ours),
        (Some(theirs), Some(ours)) => format!("{:.0}", theirs / ours),
        _ => "–".to_string(),
    }
}

fn seconds(seconds: f64) -> String {
    match seconds {
        s if s < 1e-3 => format!("{:.1} µs", 1e6 * s),
        s if s < 1.0 => format!("{:.2} ms", 1e3 * s),
        s => format!("{s:.2} s"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::PEERS;
    use super::*;

    fn report() -> Value {
        let row = |median: f64, agrees: bool| json!({"seconds": [median], "median": median, "spread": 0.1, "value": 0.39, "agrees": agrees});
        let work = json!({
            "updates": 938, "threads": 1, "cpu": "A processor", "kernel": "avx512", "rounds": 1,
            "peers": {"Descent": row(0.2, true), "JAX, one jit": row(0.3, true), "candle": row(30.0, false)},
            "missing": {"burn, flex": "x".repeat(300)},
            "versions": {"candle": "candle 0.1"},
        });
        json!({"schema": 1, "workloads": {
            "simplenn rmsprop batch=60000 threads=2": work, "simplenn adam batch=64 threads=1": work,
            "2c2d adam batch=128 threads=1": work, "simplenn adam batch=512 threads=1": work,
        }})
    }

    #[test]
    fn tables_fit_the_terminal_and_say_who_takes_how_long() {
        let report = report();
        let text = text(&sorted(&report), &PEERS);
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
        let row = text.lines().find(|line| line.trim_start().starts_with("candle ")).expect("a row");
        assert_eq!(
            row.split_whitespace().collect::<Vec<_>>(),
            ["candle", "30.00", "s", "10%", "1", "150", "0.39000≠"]
        );
        assert!(text.contains("simplenn adam 64, 1t"));
        assert!(text.contains("A processor, kernels avx512") && text.contains("candle 0.1"));
    }

    #[test]
    fn workloads_stand_in_the_order_of_measuring() {
        let report = report();
        let names: Vec<&str> = sorted(&report).iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(
            names,
            [
                "simplenn adam batch=64 threads=1",
                "simplenn adam batch=512 threads=1",
                "2c2d adam batch=128 threads=1",
                "simplenn rmsprop batch=60000 threads=2"
            ]
        );
    }
}
