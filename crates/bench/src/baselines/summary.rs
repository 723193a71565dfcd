//! Tables of the file of figures, each of at most 80 columns.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

use super::targets::{self, Outcome, Target};
use super::{Baseline, comparison};

/// Cores that others kept busy from which on figures are doubted.
const BUSY: f64 = 0.15;

/// Prints each workload and, below, all of them against the first baseline.
pub(crate) fn show(path: &Path, baselines: &[Baseline]) -> Result<(), String> {
    let report = comparison::read(path);
    let workloads = report["workloads"].as_object().expect("read() sees to it");
    if workloads.is_empty() {
        return Err(format!("{} has no figures\nhint: ask for fewer words, or more rounds", path.display()));
    }
    print!("{}", text(&sorted(&report), baselines));
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

fn text(workloads: &[(&String, &Value)], baselines: &[Baseline]) -> String {
    let mut lines = Vec::new();
    for (name, work) in workloads {
        lines.extend(details(name, work, baselines));
        lines.push(String::new());
    }
    lines.extend(overview(workloads, baselines));
    lines.push(String::new());
    let lines: String = lines.iter().map(|line| line.trim_end().to_string() + "\n").collect();
    lines + &machines(workloads.iter().map(|(_, work)| *work))
}

/// One workload: a row for each baseline that was measured, and why the others were not.
fn details(name: &str, work: &Value, baselines: &[Baseline]) -> Vec<String> {
    let heads = format!(
        "{:>10}{:>8}{:>7}{:>8}{:>11}{:>10}",
        "seconds", "spread", "rounds", "times", "target", "loss"
    );
    let mut lines = vec![format!("{name}, {} updates", work["updates"]), format!("  {:<21}{heads}", "")];
    let targets = targets::training(name);
    for baseline in baselines {
        let row = &work["baselines"][baseline.name];
        let Some(median) = row["median"].as_f64() else { continue };
        let target = targets.iter().find(|target| target.baselines == [baseline.name]);
        lines.push(format!(
            "  {:<21}{:>10}{:>7.0}%{:>7}{:>8}{:>11}{:>10.5}{}",
            baseline.name,
            seconds(median),
            100.0 * row["spread"].as_f64().unwrap_or(0.0),
            row["seconds"].as_array().map_or(0, Vec::len),
            ratio(work, baseline, &baselines[0]),
            target.and_then(|target| verdict(target, work)).unwrap_or_default(),
            row["value"].as_f64().unwrap_or(f64::NAN),
            if row["agrees"] == true { "" } else { "≠" },
        ));
    }
    for target in targets.iter().filter(|target| target.baselines.len() > 1) {
        if let Some((outcome, verdict)) = target.outcome(work).zip(verdict(target, work)) {
            let Outcome { baseline, times, .. } = outcome;
            lines.push(format!("  {}: {baseline}, {times:.2} times; target {verdict}", target.against));
        }
    }
    for (baseline, why) in work["missing"].as_object().into_iter().flatten() {
        lines.extend(wrapped(&format!("{baseline}: {}", why.as_str().unwrap_or_default())));
    }
    if let Some(others) = work["others"].as_f64().filter(|others| *others > BUSY) {
        lines.push(format!("  Other programs kept {others:.1} cores busy meanwhile."));
    }
    lines
}

/// All workloads, and how many targets are met.
fn overview(workloads: &[(&String, &Value)], baselines: &[Baseline]) -> Vec<String> {
    let heads: String = baselines[1..].iter().map(|baseline| format!("{:>7}", baseline.short)).collect();
    let first = baselines[0].name;
    let mut lines = vec![
        format!("Times as long as {first}; with ! where the target is higher. The last column:"),
        "the target against the fastest baseline (one by one: JAX; 2c2d: PyTorch), and".to_string(),
        "the result.".to_string(),
        format!("{:<19}{heads}{:>12}", "", "target"),
    ];
    let (mut met, mut all) = (0, 0);
    for (name, work) in workloads {
        let targets = targets::training(name);
        let outcomes: Vec<Outcome> = targets.iter().filter_map(|target| target.outcome(work)).collect();
        met += outcomes.iter().filter(|outcome| outcome.met).count();
        all += outcomes.len();
        let cells: String = baselines[1..]
            .iter()
            .map(|baseline| {
                let own = targets.iter().find(|target| target.baselines == [baseline.name]);
                let missed = own.and_then(|target| target.outcome(work)).is_some_and(|outcome| !outcome.met);
                format!("{:>7}", ratio(work, baseline, &baselines[0]) + if missed { "!" } else { "" })
            })
            .collect();
        let verdict = targets.first().and_then(|target| verdict(target, work)).unwrap_or_default();
        let short = name.replace("simplenn ", "").replace("batch=", "").replace(" threads=", ", ") + "t";
        lines.push(format!("{short:<19}{cells}{verdict:>12}"));
    }
    lines.push(format!("{met} of {all} targets are met."));
    lines.extend(busy(workloads.iter().map(|(_, work)| *work)));
    lines
}

/// `≥ 1.5 met`; nothing if it was not measured.
fn verdict(target: &Target, work: &Value) -> Option<String> {
    let met = target.outcome(work)?.met;
    Some(format!("≥ {} {}", target.times, if met { "met" } else { "no" }))
}

/// Lines of at most 78 columns, two to the right; no word is longer than that.
fn wrapped(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = vec![];
    for word in text.split_whitespace().map(|word| word.chars().take(74).collect::<String>()) {
        match lines.last_mut() {
            Some(line) if line.chars().count() + word.chars().count() < 78 => {
                *line += " ";
                *line += &word;
            }
            _ => lines.push(format!("{}{word}", if lines.is_empty() { "  " } else { "    " })),
        }
    }
    lines
}

/// Note about other programs at work.
pub(crate) fn busy<'a>(workloads: impl Iterator<Item = &'a Value>) -> Option<String> {
    let disturbed = |work: &&Value| work["others"].as_f64().is_some_and(|cores| cores > BUSY);
    let count = workloads.filter(disturbed).count();
    let times = if count == 1 { "at one workload".to_string() } else { format!("at {count} workloads") };
    (count > 0).then(|| format!("Other programs were at work {times}: close them and measure again."))
}

/// Versions of the baselines in their own words, and the machines.
pub(crate) fn machines<'a>(workloads: impl Iterator<Item = &'a Value>) -> String {
    let mut lines = BTreeSet::new();
    for work in workloads {
        let versions = work["versions"].as_object().into_iter().flatten();
        lines.extend(versions.filter_map(|(_, version)| Some(version.as_str()?.to_string())));
        let field = |name: &str| work[name].as_str().unwrap_or("unknown").to_string();
        lines.insert(format!("{}, kernels {}", field("cpu"), field("kernel")));
    }
    lines.into_iter().map(|line| line + "\n").collect()
}

/// Time as a multiple of the first baseline's; a dash if either is missing.
fn ratio(work: &Value, baseline: &Baseline, first: &Baseline) -> String {
    let median = |baseline: &Baseline| work["baselines"][baseline.name]["median"].as_f64();
    match (median(baseline), median(first)) {
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

    use super::super::BASELINES;
    use super::*;

    fn report() -> Value {
        let row = |median: f64, agrees: bool| json!({"seconds": [median], "median": median, "spread": 0.1, "value": 0.39, "agrees": agrees});
        let work = json!({
            "updates": 938, "threads": 1, "cpu": "A processor", "kernel": "avx512", "rounds": 1, "others": 0.9,
            "baselines": {"Descent": row(0.199_999, true), "JAX, one jit": row(0.3, true), "PyTorch eager": row(0.4, true), "candle": row(30.0, false)},
            "missing": {"burn, flex": "it has stopped; see a.log", "PyTorch compiled": "word ".repeat(60) + &"x".repeat(99)},
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
        let text = text(&sorted(&report), &BASELINES);
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
        let row = text.lines().find(|line| line.trim_start().starts_with("candle ")).expect("a row");
        assert_eq!(
            row.split_whitespace().collect::<Vec<_>>(),
            ["candle", "30.00", "s", "10%", "1", "150", "≥", "3", "met", "0.39000≠"]
        );
        assert!(text.contains("  fastest baseline: JAX, one jit, 1.50 times; target ≥ 1.5 met\n"), "{text}");
        assert!(text.contains("  burn, flex: it has stopped; see a.log\n"), "{text}");
        let row = text.lines().find(|line| line.starts_with("adam 64, 1t")).expect("a row");
        assert_eq!(
            row.split_whitespace().skip(3).collect::<Vec<_>>(),
            ["–", "2.00!", "–", "–", "1.50", "150", "–", "≥", "1.5", "met"]
        );
        assert!(
            text.contains("\n7 of 10 targets are met.\nOther programs were at work at 4 workloads"),
            "{text}"
        );
        assert!(text.contains("A processor, kernels avx512") && text.contains("candle 0.1"));
    }

    #[test]
    fn workloads_are_in_the_order_of_measuring() {
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
