//! The file of figures as a table for each size and number of threads.

use std::path::Path;

use optim::{DynRule, rules};
use serde_json::Value;

use crate::baselines::{Baseline, Target, busy, machines, read};

/// Prints a row for each rule that has been measured.
pub(super) fn show(path: &Path, baselines: &[Baseline]) -> Result<(), String> {
    let report = read(path);
    let text = text(&report, baselines) + &super::matrix::table(&report);
    if text.is_empty() {
        return Err(format!("{} has no figures\nhint: ask for fewer words, or more rounds", path.display()));
    }
    print!("{text}");
    Ok(())
}

fn text(report: &Value, baselines: &[Baseline]) -> String {
    let mut text = String::new();
    for threads in [1, 2] {
        for weights in super::SIZES {
            let rows: String = rules::all()
                .iter()
                .filter_map(|rule| {
                    let name = format!("update {rule} weights={weights} threads={threads}");
                    let work = report["workloads"].get(&name)?;
                    Some(row(&**rule, weights, &super::targets(&name), work, baselines))
                })
                .collect();
            if rows.is_empty() {
                continue;
            }
            let plural = if threads == 1 { "" } else { "s" };
            text += &format!("{weights} weights, {threads} thread{plural}\n");
            text += &format!("{:<20}{:>7}{:>8}{:>8}{:>6}", "", "arrays", "ns/w", "stream", "share");
            text.extend(baselines[2..].iter().map(|baseline| format!("{:>7}", baseline.short)));
            text += "\n";
            text += &rows;
            text += "\n";
        }
    }
    if !text.is_empty() {
        text += "stream: ns a weight of a loop that reads and writes as many arrays; share: of\n";
        text += "its speed. PyTorch's and optax's: how many times as long as Descent, with ! if\n";
        text += "the target is higher, and ≠ if the weights end elsewhere.\n";
        if let Some(line) = busy(workloads(report)) {
            text += &(line + "\n");
        }
        text += "\n";
        text += &machines(workloads(report));
    }
    text
}

fn workloads(report: &Value) -> impl Iterator<Item = &Value> {
    report["workloads"].as_object().into_iter().flatten().map(|(_, work)| work)
}

fn row(
    rule: &dyn DynRule,
    weights: usize,
    targets: &[Target],
    work: &Value,
    baselines: &[Baseline],
) -> String {
    let (name, arrays) = (rule.info().name, super::arrays(rule));
    let median = |baseline: &Baseline| work["baselines"][baseline.name]["median"].as_f64();
    let updates = work["updates"].as_f64().unwrap_or(f64::NAN);
    let per_weight =
        |baseline: &Baseline| median(baseline).map(|seconds| 1e9 * seconds / updates / weights as f64);
    let number = |x: Option<f64>, digits: usize| x.map_or("–".to_string(), |x| format!("{x:.digits$}"));
    let share =
        per_weight(&baselines[1]).zip(per_weight(&baselines[0])).map(|(stream, ours)| 100.0 * stream / ours);
    let mut row = format!(
        "{name:<20}{:>7}{:>8}{:>8}{:>6}",
        format!("{}+{arrays}", arrays + 1),
        number(per_weight(&baselines[0]), 3),
        number(per_weight(&baselines[1]), 3),
        share.map_or("–".to_string(), |share| format!("{share:.0}%")),
    );
    for baseline in &baselines[2..] {
        let ratio = median(baseline).zip(median(&baselines[0])).map(|(theirs, ours)| theirs / ours);
        let differs = work["baselines"][baseline.name]["agrees"] == false;
        let target = targets.iter().find(|target| target.baselines == [baseline.name]);
        let missed = target.and_then(|target| target.outcome(work)).is_some_and(|outcome| !outcome.met);
        let marks = [if differs { "≠" } else { "" }, if missed { "!" } else { "" }].concat();
        row += &format!("{:>7}", number(ratio, 1) + &marks);
    }
    row + "\n"
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::BASELINES;
    use super::*;

    #[test]
    fn the_table_fits_the_terminal() {
        let row = |median: f64| json!({"seconds": [median], "median": median, "agrees": median < 0.5});
        let work = json!({
            "updates": 3, "threads": 1, "cpu": "A processor", "kernel": "avx512",
            "baselines": {"Descent": row(0.03), "stream": row(0.024), "PyTorch fused": row(0.045), "optax, one jit": row(0.6), "PyTorch foreach": row(0.12)},
        });
        let report = json!({"workloads": {"update adam lr=0.001 weights=10000000 threads=1": work}});
        let text = text(&report, &BASELINES);
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
        let row = text.lines().find(|line| line.starts_with("adam")).expect("a row");
        assert_eq!(
            row.split_whitespace().collect::<Vec<_>>(),
            ["adam", "4+3", "1.000", "0.800", "80%", "1.5", "4.0!", "–", "20.0≠"]
        );
    }
}
