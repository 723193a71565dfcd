//! Rounds over all baselines, one workload after another, and the file that their times go to.

use std::collections::BTreeMap;
use std::fs;
use std::io::IsTerminal;
use std::path::Path;
use std::thread;
use std::time::Duration;

use serde_json::{Map, Value, json};
use tensor::simd;

use super::load::Load;
use super::targets::{self, Target};
use super::worker::{Answer, Worker};
use super::{Baseline, Tools, install};
use crate::workload::Workload;
use crate::write_json;

/// Who is compared, and how long.
pub(crate) struct Comparison<'a> {
    /// The first is the one that all others are compared with.
    pub(crate) baselines: &'a [Baseline],
    /// Interpreter, program and data folder.
    pub(crate) tools: &'a Tools,
    /// Repetitions of each baseline.
    pub(crate) rounds: u32,
    /// A baseline that has taken longer at a workload sits out its further rounds.
    pub(crate) seconds: f64,
    /// Maximum relative difference of a baseline's value from that of the first.
    pub(crate) tolerance: f64,
    /// Targets of the workload with this name.
    pub(crate) targets: fn(&str) -> Vec<Target>,
}

/// Repetitions of one baseline at one workload.
#[derive(Default)]
struct Row {
    seconds: Vec<f64>,
    value: Option<f64>,
    /// Why there is nothing, or nothing more.
    failure: Option<String>,
}

/// Rows of all baselines at one workload, in their order.
struct Measured {
    rows: Vec<Row>,
    /// Cores that other programs kept busy, where the system tells it.
    others: Option<f64>,
}

/// The processes at work, by the place of the baseline and its threads; or why one is not.
type Workers = BTreeMap<(usize, usize), Result<Worker, String>>;

impl Comparison<'_> {
    /// Measures each workload and writes it to the file as soon as it is done; what the file has of
    /// other workloads stays.
    pub(crate) fn run(&self, workloads: &[Workload], path: &Path) -> Result<(), String> {
        let mut report = read(path);
        let mut workers = Workers::new();
        self.clear_logs(workloads)?;
        for (number, work) in workloads.iter().enumerate() {
            eprintln!("{} ({} of {})", work.name(), number + 1, workloads.len());
            let measured = self.measure(work, &mut workers);
            let versions = self.baselines.iter().enumerate().filter_map(|(place, baseline)| {
                let worker = workers.get(&(place, work.threads))?.as_ref().ok()?;
                Some((baseline.name.to_string(), Value::from(worker.version.clone())))
            });
            let versions: Map<_, _> = versions.collect();
            let mut figures = self.report(work, &measured);
            figures["versions"] = versions.into();
            report["workloads"][work.name()] = figures;
            write_json(path, &report)?;
        }
        Ok(())
    }

    fn measure(&self, work: &Workload, workers: &mut Workers) -> Measured {
        let line = work.line();
        let mut rows: Vec<Row> = self.baselines.iter().map(|_| Row::default()).collect();
        let mut prepared = None;
        for round in 0..self.rounds {
            for (place, (baseline, row)) in self.baselines.iter().zip(&mut rows).enumerate() {
                if row.failure.is_some() || row.seconds.iter().sum::<f64>() > self.seconds {
                    continue;
                }
                progress(&format!("  round {} of {}: {}", round + 1, self.rounds, baseline.name));
                let seat = (place, work.threads);
                let worker = workers.entry(seat).or_insert_with(|| self.start(baseline, work.threads));
                // The threads of the one before may still be spinning.
                thread::sleep(Duration::from_millis(30));
                match worker.as_mut().map_err(|why| why.clone()).map(|worker| worker.run(&line)) {
                    Ok(Answer::Done { seconds, value }) => {
                        row.seconds.push(seconds);
                        row.value = value;
                    }
                    Ok(Answer::Skipped(why)) | Err(why) => row.failure = Some(why),
                    Ok(Answer::Failed(why)) => {
                        row.failure = Some(format!("{why}; see {}", baseline.log(work.threads)));
                        // Another workload may go well in a new process.
                        workers.remove(&seat);
                    }
                }
            }
            if round == 0 {
                // From here on nobody compiles or reads: other busy processes are foreign.
                prepared = load(workers);
            }
        }
        progress("");
        let others = prepared.filter(|_| self.rounds > 1).zip(load(workers));
        let cores = thread::available_parallelism().map_or(1, |n| n.get());
        Measured { rows, others: others.map(|(before, after)| after.others_since(&before, cores)) }
    }

    /// Empties the logs: from here on output is appended, also that of a second process.
    fn clear_logs(&self, workloads: &[Workload]) -> Result<(), String> {
        let folder = install::folder();
        fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        for baseline in self.baselines {
            for work in workloads {
                let _ = fs::remove_file(install::root().join(baseline.log(work.threads)));
            }
        }
        Ok(())
    }

    fn start(&self, baseline: &Baseline, threads: usize) -> Result<Worker, String> {
        let log = baseline.log(threads);
        let started = Worker::start(baseline.command(self.tools, threads)?, &install::root().join(&log));
        started.map_err(|why| format!("{why}; see {log}"))
    }

    fn report(&self, work: &Workload, measured: &Measured) -> Value {
        let Measured { rows, others } = measured;
        let first = &rows[0];
        let mut times = Map::new();
        let mut missing = Map::new();
        for (baseline, row) in self.baselines.iter().zip(rows) {
            if let Some(why) = &row.failure {
                eprintln!("  without {}: {why}", baseline.name);
                missing.insert(baseline.name.to_string(), why.clone().into());
            }
            if row.seconds.is_empty() {
                continue;
            }
            let agrees = match (first.value, row.value) {
                (Some(ours), Some(theirs)) if !self.agree(ours, theirs) => {
                    eprintln!("  {} comes to {theirs}, {} to {ours}", baseline.name, self.baselines[0].name);
                    false
                }
                _ => true,
            };
            let mut sorted = row.seconds.clone();
            sorted.sort_by(f64::total_cmp);
            let median = median(&sorted);
            times.insert(
                baseline.name.to_string(),
                json!({
                    "seconds": row.seconds, "median": median,
                    "spread": (sorted[sorted.len() - 1] - sorted[0]) / median,
                    "value": row.value, "agrees": agrees,
                }),
            );
        }
        let mut report = json!({
            "updates": work.updates, "threads": work.threads, "kernel": simd::path().name(),
            "cpu": cpu(), "rounds": self.rounds, "others": others, "baselines": times, "missing": missing,
        });
        report["targets"] = targets::outcomes(&(self.targets)(&work.name()), &report);
        report
    }

    fn agree(&self, ours: f64, theirs: f64) -> bool {
        (ours - theirs).abs() <= self.tolerance * ours.abs()
    }
}

/// Processor time until now.
fn load(workers: &Workers) -> Option<Load> {
    Load::now(workers.values().filter_map(|worker| worker.as_ref().ok()?.process()))
}

/// The figures of earlier calls, if there are any that can be read.
pub(crate) fn read(path: &Path) -> Value {
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

    const BASELINES: [Baseline; 3] = [
        Baseline::new("ours", "ours", super::super::Program::Descent, "a"),
        Baseline::new("slow", "slow", super::super::Program::Rust, "b"),
        Baseline::new("other", "other", super::super::Program::Rust, "c"),
    ];

    fn tools() -> Tools {
        Tools { data: "nowhere".into(), python: Err("no python".into()), rust: Err("no cargo".into()) }
    }

    fn comparison<'a>(baselines: &'a [Baseline], tools: &'a Tools) -> Comparison<'a> {
        let targets =
            |_: &str| vec![Target { against: "anybody", baselines: &["slow", "other"], times: 2.0 }];
        Comparison { baselines, tools, rounds: 3, seconds: 5.0, tolerance: 0.02, targets }
    }

    /// Rounds go round; a slow baseline sits out; a wrong value and a failure are seen.
    #[test]
    fn baselines_take_turns() {
        let hello = "{\"version\": \"1\"}\n";
        let done = |seconds: f64, value: f64| format!("{{\"seconds\": {seconds}, \"value\": {value}}}\n");
        let (ours, asked) = fake(&(hello.to_string() + &done(0.2, 1.0) + &done(0.1, 1.0) + &done(0.3, 1.0)));
        let (slow, slow_asked) = fake(&(hello.to_string() + &done(9.0, 1.01)));
        let (other, _) = fake(&(hello.to_string() + &done(0.4, 1.5) + "{\"error\": \"full\"}\n"));
        let tools = tools();
        let comparison = comparison(&BASELINES, &tools);
        let work = Workload { words: "simplenn sgd batch=64".into(), updates: 7, warm: 0, threads: 2 };
        let mut workers = Workers::from([((0, 2), ours), ((1, 2), slow), ((2, 2), other)]);
        let measured = comparison.measure(&work, &mut workers);
        assert_eq!(asked.borrow().iter().filter(|&&byte| byte == b'\n').count(), 3);
        assert_eq!(*slow_asked.borrow(), b"run simplenn sgd batch=64 updates=7\n");

        let seats: Vec<_> = workers.keys().copied().collect();
        assert_eq!(seats, [(0, 2), (1, 2)], "who failed gets a new process");

        let report = comparison.report(&work, &measured);
        assert_eq!(report["baselines"]["ours"]["median"], 0.2);
        assert_eq!(report["baselines"]["ours"]["seconds"], json!([0.2, 0.1, 0.3]));
        assert_eq!(report["baselines"]["slow"]["agrees"], true);
        assert_eq!(report["baselines"]["other"]["agrees"], false);
        assert_eq!(report["missing"], json!({"other": "full; see target/baselines/other-2.log"}));
    }

    #[test]
    fn a_baseline_that_cannot_be_had_is_named_with_the_reason() {
        let tools = tools();
        let comparison = comparison(&BASELINES[1..], &tools);
        let work = Workload { words: "simplenn sgd batch=64".into(), updates: 1, warm: 0, threads: 1 };
        let report = comparison.report(&work, &comparison.measure(&work, &mut Workers::new()));
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
