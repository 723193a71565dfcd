//! How many times as long as Descent others are meant to take.

use serde_json::{Value, json};

/// One aim in one workload.
pub(in crate::bench) struct Aim {
    /// Whom it is against, as tables say it.
    pub(in crate::bench) against: &'static str,
    /// Of these peers the fastest counts.
    pub(in crate::bench) peers: &'static [&'static str],
    /// Times as long as Descent.
    pub(in crate::bench) times: f64,
}

/// What came of an aim.
pub(in crate::bench) struct Outcome {
    /// The fastest of those that it is against.
    pub(in crate::bench) peer: &'static str,
    /// Times as long as Descent.
    pub(in crate::bench) times: f64,
    /// Whether that is what was aimed at.
    pub(in crate::bench) met: bool,
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

/// The aims of training, that against the fastest of many first.
pub(super) fn training(workload: &str) -> Vec<Aim> {
    let has = |word: &str| workload.split(' ').any(|other| other == word);
    let aim = |against, peers, times| Aim { against, peers, times };
    if has("2c2d") {
        return vec![aim("fastest PyTorch", PYTORCH, 1.2)];
    }
    let first = match (has("batch=1"), has("batch=64"), has("threads=1")) {
        (true, ..) => aim("JAX", JAX, 1.3),
        (_, true, true) => aim("fastest peer", ANYBODY, 1.5),
        (_, true, false) => aim("fastest peer", ANYBODY, 2.0),
        _ => aim("fastest peer", ANYBODY, 1.3),
    };
    let mut aims = vec![first, aim("eager", EAGER, 2.5), aim("burn", BURN, 2.5), aim("candle", CANDLE, 3.0)];
    if has("batch=64") {
        // The notebook's own batch.
        aims.push(aim("DataLoader", LOADER, 50.0));
    }
    aims
}

impl Aim {
    /// How it went; nothing if those it is against were not measured.
    pub(in crate::bench) fn outcome(&self, work: &Value) -> Option<Outcome> {
        let median = |peer: &str| work["peers"][peer]["median"].as_f64();
        let ours = median("Descent")?;
        let theirs = self.peers.iter().filter_map(|&peer| Some((peer, median(peer)?)));
        let (peer, seconds) = theirs.min_by(|a, b| a.1.total_cmp(&b.1))?;
        let times = seconds / ours;
        Some(Outcome { peer, times, met: times >= self.times })
    }
}

/// What came of a workload's aims, for the file of figures.
pub(super) fn outcomes(aims: &[Aim], work: &Value) -> Value {
    let rows = aims.iter().filter_map(|aim| {
        let Outcome { peer, times, met } = aim.outcome(work)?;
        Some(json!({"against": aim.against, "aim": aim.times, "peer": peer, "times": times, "met": met}))
    });
    rows.collect()
}

#[cfg(test)]
mod tests {
    use super::super::PEERS;
    use super::*;

    #[test]
    fn aims_are_against_peers_that_there_are() {
        let names: Vec<&str> = PEERS[1..].iter().map(|peer| peer.name).collect();
        assert_eq!(names, ANYBODY);
        for workload in ["simplenn adam batch=64 threads=1", "simplenn sgd batch=1 threads=2", "2c2d"] {
            assert!(training(workload).iter().flat_map(|aim| aim.peers).all(|peer| names.contains(peer)));
        }
    }

    #[test]
    fn the_fastest_counts_and_who_is_missing_does_not() {
        let row = |median: f64| json!({"median": median});
        let work = json!({"peers": {
            "Descent": row(2.0), "JAX, one jit": row(3.5), "PyTorch compiled": row(3.0), "candle": row(6.0),
        }});
        let of = |workload: &str| outcomes(&training(workload), &work);
        assert_eq!(
            of("simplenn adam batch=64 threads=1"),
            json!([
                {"against": "fastest peer", "aim": 1.5, "peer": "PyTorch compiled", "times": 1.5, "met": true},
                {"against": "candle", "aim": 3.0, "peer": "candle", "times": 3.0, "met": true},
            ])
        );
        let two_threads = of("simplenn adam batch=64 threads=2");
        assert_eq!((&two_threads[0]["aim"], &two_threads[0]["met"]), (&json!(2.0), &json!(false)));
        assert_eq!(of("simplenn sgd batch=1 threads=1")[0]["against"], "JAX");
        assert_eq!(of("simplenn sgd batch=512 threads=2")[0]["aim"], 1.3);
        assert_eq!(of("2c2d adam batch=128 threads=1")[0]["aim"], 1.2);
        assert_eq!(outcomes(&training("2c2d"), &json!({"peers": {}})), json!([]));
    }
}
