//! Targets: the time that other libraries should take, as multiples of Descent's.

use serde_json::{Value, json};

/// One target in one workload.
pub(crate) struct Target {
    /// Name of the opponent in tables.
    pub(crate) against: &'static str,
    /// Of these baselines the fastest counts.
    pub(crate) baselines: &'static [&'static str],
    /// Times as long as Descent.
    pub(crate) times: f64,
}

/// Measured result of a target.
pub(crate) struct Outcome {
    /// The fastest of those that it is against.
    pub(crate) baseline: &'static str,
    /// Times as long as Descent.
    pub(crate) times: f64,
    /// True if `times` reaches the target.
    pub(crate) met: bool,
}

const LOADER: &[&str] = &["PyTorch, DataLoader"];
const EAGER: &[&str] = &["PyTorch eager"];
const JAX: &[&str] = &["JAX, one jit"];
const CANDLE: &[&str] = &["candle"];
const BURN: &[&str] = &["burn, flex"];
const PYTORCH: &[&str] = &["PyTorch eager", "PyTorch eager, fused", "PyTorch compiled"];
const ANYBODY: &[&str] = &[
    "PyTorch, DataLoader",
    "PyTorch eager",
    "PyTorch eager, fused",
    "PyTorch compiled",
    "JAX, one jit",
    "candle",
    "burn, flex",
];

/// The targets of training, that against the fastest of many first.
pub(super) fn training(workload: &str) -> Vec<Target> {
    let has = |word: &str| workload.split(' ').any(|other| other == word);
    let target = |against, baselines, times| Target { against, baselines, times };
    if !has("2c2d") && !has("simplenn") {
        return vec![target("fastest baseline", ANYBODY, 1.0)];
    }
    if has("2c2d") {
        return vec![target("fastest PyTorch", PYTORCH, 1.2)];
    }
    let first = match (has("batch=1"), has("batch=64"), has("threads=1")) {
        (true, ..) => target("JAX", JAX, 1.3),
        (_, true, true) => target("fastest baseline", ANYBODY, 1.5),
        (_, true, false) => target("fastest baseline", ANYBODY, 2.0),
        _ => target("fastest baseline", ANYBODY, 1.3),
    };
    let mut targets =
        vec![first, target("eager", EAGER, 2.5), target("burn", BURN, 2.5), target("candle", CANDLE, 3.0)];
    if has("batch=64") {
        // The notebook's own batch.
        targets.push(target("DataLoader", LOADER, 50.0));
    }
    targets
}

impl Target {
    /// Outcome, or `None` if no opponent was measured.
    pub(crate) fn outcome(&self, work: &Value) -> Option<Outcome> {
        let median = |baseline: &str| work["baselines"][baseline]["median"].as_f64();
        let ours = median("Descent")?;
        let theirs = self.baselines.iter().filter_map(|&baseline| Some((baseline, median(baseline)?)));
        let (baseline, seconds) = theirs.min_by(|a, b| a.1.total_cmp(&b.1))?;
        let times = seconds / ours;
        Some(Outcome { baseline, times, met: times >= self.times })
    }
}

/// Outcomes of a workload's targets, for the file of figures.
pub(super) fn outcomes(targets: &[Target], work: &Value) -> Value {
    let rows = targets.iter().filter_map(|target| {
        let Outcome { baseline, times, met } = target.outcome(work)?;
        Some(json!({"against": target.against, "target": target.times, "baseline": baseline, "times": times, "met": met}))
    });
    rows.collect()
}

#[cfg(test)]
mod tests {
    use super::super::BASELINES;
    use super::*;

    #[test]
    fn targets_name_known_baselines() {
        let names: Vec<&str> = BASELINES[1..].iter().map(|baseline| baseline.name).collect();
        assert_eq!(names, ANYBODY);
        for workload in ["simplenn adam batch=64 threads=1", "simplenn sgd batch=1 threads=2", "2c2d"] {
            assert!(
                training(workload)
                    .iter()
                    .flat_map(|target| target.baselines)
                    .all(|baseline| names.contains(baseline))
            );
        }
    }

    #[test]
    fn the_fastest_counts_and_who_is_missing_does_not() {
        let row = |median: f64| json!({"median": median});
        let work = json!({"baselines": {
            "Descent": row(2.0), "JAX, one jit": row(3.5), "PyTorch compiled": row(3.0), "candle": row(6.0),
        }});
        let of = |workload: &str| outcomes(&training(workload), &work);
        assert_eq!(
            of("simplenn adam batch=64 threads=1"),
            json!([
                {"against": "fastest baseline", "target": 1.5, "baseline": "PyTorch compiled", "times": 1.5, "met": true},
                {"against": "candle", "target": 3.0, "baseline": "candle", "times": 3.0, "met": true},
            ])
        );
        let two_threads = of("simplenn adam batch=64 threads=2");
        assert_eq!((&two_threads[0]["target"], &two_threads[0]["met"]), (&json!(2.0), &json!(false)));
        assert_eq!(of("simplenn sgd batch=1 threads=1")[0]["against"], "JAX");
        assert_eq!(of("simplenn sgd batch=512 threads=2")[0]["target"], 1.3);
        assert_eq!(of("2c2d adam batch=128 threads=1")[0]["target"], 1.2);
        assert_eq!(outcomes(&training("2c2d"), &json!({"baselines": {}})), json!([]));
    }
}
