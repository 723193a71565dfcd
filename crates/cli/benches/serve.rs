//! Processor time for a batch of a run without a page and with ten, in turns, within one run, for two minutes:
//! `cargo bench -p cli --bench serve --profile dev`.
#![allow(clippy::print_stdout, reason = "a measurement is for a person")]

#[path = "../tests/serve/live.rs"]
mod live;

use std::fs;
use std::io::BufRead;
use std::time::Duration;

use serde_json::json;

use live::Live;

/// Nanoseconds on a processor of the thread that trains, and of all threads, from Linux's `schedstat`.
fn nanoseconds(process: u32) -> (u64, u64) {
    let (mut training, mut all) = (0, 0);
    for task in fs::read_dir(format!("/proc/{process}/task")).unwrap().flatten() {
        let read = |name: &str| fs::read_to_string(task.path().join(name)).unwrap_or_default();
        let time = read("schedstat").split(' ').next().and_then(|time| time.parse::<u64>().ok()).unwrap_or(0);
        all += time;
        training += if read("comm").starts_with("run-") { time } else { 0 };
    }
    (training, all)
}

fn main() {
    let folder = tempfile::tempdir().unwrap();
    let live = Live::start(folder.path(), "");
    live.post("runs", &json!({ "task": "simplenn", "recipes": "adam", "epochs": 100_000, "evaluations": 1 }));
    std::thread::sleep(Duration::from_secs(3));
    let process = live.child.id();
    // Nanoseconds a batch over half a second: of training, and of all.
    let window = |pages: usize| {
        let streams: Vec<_> = (0..pages)
            .map(|_| {
                let reader = live.send("GET", "events", "");
                let close = reader.get_ref().try_clone().unwrap();
                (
                    close,
                    std::thread::spawn(move || {
                        reader.lines().map_while(Result::ok).filter(|line| line.starts_with("data: ")).count()
                    }),
                )
            })
            .collect();
        std::thread::sleep(Duration::from_millis(150));
        let (batches, (training, all)) = (live.batches(), nanoseconds(process));
        std::thread::sleep(Duration::from_millis(500));
        let (later, (training_later, all_later)) = (live.batches(), nanoseconds(process));
        let events: usize = streams
            .into_iter()
            .map(|(close, thread)| {
                close.shutdown(std::net::Shutdown::Both).unwrap();
                thread.join().unwrap()
            })
            .sum();
        assert!(pages == 0 || events > 10, "pages were told something");
        let batches = (later - batches) as f64;
        [(training_later - training) as f64 / batches, (all_later - all) as f64 / batches]
    };
    let pairs: Vec<[f64; 2]> = (0..100)
        .map(|pair| {
            // Each goes first in every other pair.
            let (without, with) = if pair % 2 == 0 {
                let without = window(0);
                (without, window(10))
            } else {
                let with = window(10);
                (window(0), with)
            };
            std::array::from_fn(|kind| with[kind] / without[kind] - 1.0)
        })
        .collect();
    for (kind, name) in ["the thread that trains", "all threads, the server's too"].iter().enumerate() {
        let mut costs: Vec<f64> = pairs.iter().map(|pair| 100.0 * pair[kind]).collect();
        costs.sort_by(f64::total_cmp);
        println!(
            "ten pages cost {name} {:.2}% (median of {}; {:.2}% to {:.2}%)",
            costs[costs.len() / 2],
            costs.len(),
            costs[0],
            costs[costs.len() - 1]
        );
    }
}
