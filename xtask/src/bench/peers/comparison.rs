//! Rounds over all peers, one workload after another, and the file that their times go to.

use std::collections::BTreeMap;
use std::fs;
use std::io::IsTerminal;
use std::path::Path;
use std::thread;
use std::time::Duration;

use serde_json::{Map, Value, json};
use tensor::simd;

use super::worker::{Answer, Worker};
use super::{Peer, Tools, install};
use crate::bench::write_json;

/// One thing that everybody does.
pub(in crate::bench) struct Workload {
    /// What it is, in the words that the peers read: `simplenn adam batch=64`.
    pub(in crate::bench) words: String,
    /// Updates in one repetition.
    pub(in crate::bench) updates: usize,
    /// Threads that each peer may use.
    pub(in crate::bench) threads: usize,
}

impl Workload {
    /// Its name in tables and files.
    pub(in crate::bench) fn name(&self) -> String {
        format!("{} threads={}", self.words, self.threads)
    }
}

/// Who is compared, and how long.
pub(in crate::bench) struct Comparison<'a> {
    /// The first is the one that all others are compared with.
    pub(in crate::bench) peers: &'a [Peer],
    /// What they are started with.
    pub(in crate::bench) tools: &'a Tools,
    /// Repetitions of each peer.
    pub(in crate::bench) rounds: u32,
    /// A peer that has taken longer at a workload sits out its further rounds.
    pub(in crate::bench) seconds: f64,
    /// How far a peer's value may be from the first one's, as a share of it.
    pub(in crate::bench) tolerance: f64,
}

/// What one peer did at one workload.
#[derive(Default)]
struct Row {
    seconds: Vec<f64>,
    value: Option<f64>,
    /// Why there is nothing, or nothing more.
    failure: Option<String>,
}

impl Comparison<'_> {
    /// Measures each workload and writes it to the file as soon as it is done; what the file has of
    /// other workloads stays.
    pub(in crate::bench) fn run(&self, workloads: &[Workload], path: &Path) -> Result<(), String> {
        let mut report = read(path);
        let mut workers: BTreeMap<(usize, usize), Result<Worker, String>> = BTreeMap::new();
        for (number, work) in workloads.iter().enumerate() {
            eprintln!("{} ({} of {})", work.name(), number + 1, workloads.len());
            let rows = self.measure(work, &mut workers);
            let versions = self.peers.iter().enumerate().filter_map(|(place, peer)| {
                let worker = workers.get(&(place, work.threads))?.as_ref().ok()?;
                Some((peer.name.to_string(), Value::from(worker.version.clone())))
            });
            let mut measured = self.report(work, &rows);
            measured["versions"] = versions.collect::<Map<_, _>>().into();
            report["workloads"][work.name()] = measured;
            write_json(path, &report)?;
        }
        Ok(())
    }

    fn measure(
        &self,
        work: &Workload,
        workers: &mut BTreeMap<(usize, usize), Result<Worker, String>>,
    ) -> Vec<Row> {
        let line = format!("{} updates={}", work.words, work.updates);
        let mut rows: Vec<Row> = self.peers.iter().map(|_| Row::default()).collect();
        for round in 0..self.rounds {
            for (place, (peer, row)) in self.peers.iter().zip(&mut rows).enumerate() {
                if row.failure.is_some() || row.seconds.iter().sum::<f64>() > self.seconds {
                    continue;
                }
                progress(&format!("  round {} of {}: {}", round + 1, self.rounds, peer.name));
                let worker =
                    workers.entry((place, work.threads)).or_insert_with(|| self.start(peer, work.threads));
                // The threads of the one before may still be spinning.
                thread::sleep(Duration::from_millis(30));
                match worker.as_mut().map_err(|why| why.clone()).map(|worker| worker.run(&line)) {
                    Ok(Answer::Done { seconds, value }) => {
                        row.seconds.push(seconds);
                        row.value = value;
                    }
                    Ok(Answer::Skipped(why) | Answer::Failed(why)) | Err(why) => row.failure = Some(why),
                }
            }
        }
        progress("");
        rows
    }

    fn start(&self, peer: &Peer, threads: usize) -> Result<Worker, String> {
        let log = install::folder().join(format!("{}-{threads}.log", peer.name.replace([' ', ','], "-")));
        peer.command(self.tools, threads).and_then(|command| Worker::start(command, &log))
    }

    fn report(&self, work: &Workload, rows: &[Row]) -> Value {
        let first = &rows[0];
        let mut times = Map::new();
        let mut missing = Map::new();
        for (peer, row) in self.peers.iter().zip(rows) {
            if let Some(why) = &row.failure {
                eprintln!("  without {}: {why}", peer.name);
                missing.insert(peer.name.to_string(), why.clone().into());
            }
            if row.seconds.is_empty() {
                continue;
            }
            let agrees = match (first.value, row.value) {
                (Some(ours), Some(theirs)) if !self.agree(ours, theirs) => {
                    eprintln!("  {} comes to {theirs}, {} to {ours}", peer.name, self.peers[0].name);
                    false
                }
                _ => true,
            };
            let mut sorted = row.seconds.clone();
            sorted.sort_by(f64::total_cmp);
            let median = median(&sorted);
            times.insert(
                peer.name.to_string(),
                json!({
                    "seconds": row.seconds, "median": median,
                    "spread": (sorted[sorted.len() - 1] - sorted[0]) / median,
                    "value": row.value, "agrees": agrees,
                }),
            );
        }
        json!({
            "updates": work.updates, "threads": work.threads, "kernel": simd::path().name(),
            "cpu": cpu(), "rounds": self.rounds, "peers": times, "missing": missing,
        })
    }

    fn agree(&self, ours: f64, theirs: f64) -> bool {
        (ours - theirs).abs() <= self.tolerance * ours.abs()
    }
}

/// The figures of earlier calls, if there are any that can be read.
pub(in crate::bench) fn read(path: &Path) -> Value {
    let read = fs::read(path).ok().and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok());
    read.filter(|report| report["schema"] == 1 && report["workloads"].is_object())
        .unwrap_or_else(|| json!({"schema": 1, "workloads": {}}))
}

/// The middle of sorted values.
fn median(sorted: &[f64]) -> f64 {
    let half = sorted.len() / 2;
    if sorted.len() % 2 == 1 { sorted[half] } else { (sorted[half - 1] + sorted[half]) / 2.0 }
}

/// The processor's name, where the system tells it.
fn cpu() -> String {
    let text = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let field = |name: &str| {
        let line = text.lines().find(|line| line.starts_with(name))?;
        Some(line.split_once(':')?.1.trim().to_string())
    };
    let name = field("model name").unwrap_or_else(|| std::env::consts::ARCH.to_string());
    match (field("cpu family"), field("model\t")) {
        (Some(family), Some(model)) => format!("{name} (family {family}, model {model})"),
        _ => name,
    }
}

/// One line on a terminal, written over by the next.
fn progress(text: &str) {
    if std::io::stderr().is_terminal() {
        eprint!("\r{text:<60}\r");
    }
}

#[cfg(test)]
mod tests {
    use super::super::worker::tests::fake;
    use super::*;

    const PEERS: [Peer; 3] = [
        Peer::new("ours", "ours", super::super::Program::Descent, "a"),
        Peer::new("slow", "slow", super::super::Program::Rust, "b"),
        Peer::new("other", "other", super::super::Program::Rust, "c"),
    ];

    fn tools() -> Tools {
        Tools { data: "nowhere".into(), python: Err("no python".into()), rust: Err("no cargo".into()) }
    }

    /// Rounds go round; a slow peer sits out; a wrong value and a failure are seen.
    #[test]
    fn peers_take_turns() {
        let hello = "{\"version\": \"1\"}\n";
        let done = |seconds: f64, value: f64| format!("{{\"seconds\": {seconds}, \"value\": {value}}}\n");
        let (ours, asked) = fake(&(hello.to_string() + &done(0.2, 1.0) + &done(0.1, 1.0) + &done(0.3, 1.0)));
        let (slow, slow_asked) = fake(&(hello.to_string() + &done(9.0, 1.01)));
        let (other, _) = fake(&(hello.to_string() + &done(0.4, 1.5) + "{\"error\": \"full\"}\n"));
        let tools = tools();
        let comparison =
            Comparison { peers: &PEERS, tools: &tools, rounds: 3, seconds: 5.0, tolerance: 0.02 };
        let work = Workload { words: "simplenn sgd batch=64".into(), updates: 7, threads: 2 };
        let mut workers = BTreeMap::from([((0, 2), ours), ((1, 2), slow), ((2, 2), other)]);
        let rows = comparison.measure(&work, &mut workers);
        assert_eq!(asked.borrow().iter().filter(|&&byte| byte == b'\n').count(), 3);
        assert_eq!(*slow_asked.borrow(), b"run simplenn sgd batch=64 updates=7\n");

        let report = comparison.report(&work, &rows);
        assert_eq!(report["peers"]["ours"]["median"], 0.2);
        assert_eq!(report["peers"]["ours"]["seconds"], json!([0.2, 0.1, 0.3]));
        assert_eq!(report["peers"]["slow"]["agrees"], true);
        assert_eq!(report["peers"]["other"]["agrees"], false);
        assert_eq!(report["missing"], json!({"other": "full"}));
    }

    #[test]
    fn a_peer_that_cannot_be_had_is_named_with_the_reason() {
        let tools = tools();
        let comparison =
            Comparison { peers: &PEERS[1..], tools: &tools, rounds: 2, seconds: 5.0, tolerance: 0.02 };
        let work = Workload { words: "simplenn sgd batch=64".into(), updates: 1, threads: 1 };
        let rows = comparison.measure(&work, &mut BTreeMap::new());
        let report = comparison.report(&work, &rows);
        assert_eq!(report["missing"], json!({"slow": "no cargo", "other": "no cargo"}));
    }

    #[test]
    fn a_file_of_something_else_is_not_added_to() {
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        for text in ["", "not JSON", "{\"schema\": 2}", "[]"] {
            fs::write(file.path(), text).expect("it can be written");
            assert_eq!(read(file.path()), json!({"schema": 1, "workloads": {}}), "{text}");
        }
    }

    #[test]
    fn the_median_is_in_the_middle() {
        assert_eq!(median(&[1.0, 2.0, 9.0]), 2.0);
        assert_eq!(median(&[1.0, 2.0, 4.0, 9.0]), 3.0);
    }
}
