//! The live page as a program: its address, signals, refusals, and what pages cost.
#![cfg(unix)]
#![allow(clippy::print_stdout, reason = "a measurement is for a person")]

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

fn descent(folder: &Path, arguments: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_descent"));
    command.args(["serve", "--offline"]).args(arguments.split_whitespace()).current_dir(folder);
    command
        .env("XDG_CACHE_HOME", folder)
        .env("DESCENT_STORE", folder.join("runs.db"))
        .env_remove("DESCENT_DATA");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// A program that serves.
struct Live {
    child: Child,
    host: String,
    token: String,
}

impl Live {
    fn start(folder: &Path, arguments: &str) -> Live {
        let mut child = descent(folder, arguments).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address =
            line.trim().strip_prefix("http://").unwrap_or_else(|| panic!("expected an address: {line:?}"));
        let (host, rest) = address.split_once('/').unwrap();
        let token = rest.split('/').next().unwrap().to_string();
        Live { host: host.to_string(), token, child }
    }

    fn send(&self, method: &str, path: &str, body: &str) -> BufReader<TcpStream> {
        let mut stream = TcpStream::connect(&self.host).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        let length = body.len();
        let Live { host, token, .. } = self;
        write!(stream, "{method} /{token}/{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}").unwrap();
        BufReader::new(stream)
    }

    fn post(&self, path: &str, body: &Value) -> Value {
        let mut text = String::new();
        self.send("POST", path, &body.to_string()).read_to_string(&mut text).unwrap();
        serde_json::from_str(text.split_once("\r\n\r\n").unwrap().1).unwrap()
    }

    /// The first event of a new page: all that there is.
    fn state(&self) -> Value {
        let lines = self.send("GET", "events", "").lines();
        let text =
            lines.map(|line| line.unwrap()).find_map(|line| line.strip_prefix("data: ").map(str::to_string));
        serde_json::from_str(&text.expect("an event")).unwrap()
    }

    fn batches(&self) -> u64 {
        self.state()["runs"][0]["batches"].as_u64().unwrap()
    }

    /// Ends it by a signal; returns its exit code and what it said.
    fn end(mut self, signal: &str) -> (Option<i32>, String) {
        assert!(
            Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap().success()
        );
        let mut said = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        (self.child.wait().unwrap().code(), said)
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_signal_ends_it_and_keeps_the_run_that_is_under_way() {
    let folder = tempfile::tempdir().unwrap();
    for (signal, code) in [("-INT", 130), ("-TERM", 143)] {
        let live = Live::start(folder.path(), "--out here");
        if signal == "-INT" {
            assert!(live.state()["runs"].is_null());
            live.post("runs", &json!({ "task": "simplenn", "recipes": "sgd", "epochs": 50, "pace": 20 }));
        } else {
            // The one of the program before.
            assert_eq!(live.state()["runs"][0]["head"]["status"], "stopped");
            live.post("runs/1", &json!({ "do": "resume" }));
        }
        let before = live.batches();
        let start = Instant::now();
        while live.batches() < before + 3 {
            assert!(start.elapsed() < Duration::from_secs(60));
            std::thread::sleep(Duration::from_millis(20));
        }
        let (ended, said) = live.end(signal);
        assert_eq!(ended, Some(code), "{said}");
        assert!(said.contains("1 stopped run is kept in here"), "{said}");
    }
    let mut files: Vec<_> =
        fs::read_dir(folder.path().join("here")).unwrap().map(|e| e.unwrap().file_name()).collect();
    files.sort();
    assert_eq!(files, ["run-1.json", "run-1.safetensors"]);
}

#[test]
fn what_cannot_be_served_is_said_before() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("file"), "").unwrap();
    let live = Live::start(folder.path(), "");
    let port = live.host.rsplit_once(':').unwrap().1;
    for (arguments, code, error) in [
        (format!("--port {port}"), 1, "cannot listen on 127.0.0.1"),
        ("--port 70000".to_string(), 2, "--port"),
        ("--host evil.example".to_string(), 2, "--host"),
        ("--out file/here".to_string(), 73, "--out"),
        ("--store file/runs.db".to_string(), 73, "--store"),
    ] {
        let output = descent(folder.path(), &arguments).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{arguments}: {said}");
        assert!(
            said.starts_with("error: ") && said.contains(error) && said.contains("hint: "),
            "{arguments}: {said}"
        );
    }
    let open = Live::start(folder.path(), "--host 0.0.0.0");
    let (_, said) = open.end("-INT");
    assert!(said.contains("WARNING: this listens on 0.0.0.0") && said.contains("not encrypted"), "{said}");
    let (code, said) = live.end("-INT");
    assert!(
        code == Some(130) && said.contains("nothing was under way") && !said.contains("WARNING"),
        "{said}"
    );
}

#[test]
fn a_situation_is_part_of_the_address() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = descent(folder.path(), "--situation task=logreg&recipes=sgd;adam").spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(line.trim_end().ends_with("/#task=logreg&recipes=sgd;adam"), "{line}");
}

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

/// Measures processor time for a batch without a page and with ten, in turns, within one run:
/// `cargo test -p cli --test serve -- --ignored --nocapture`.
#[test]
#[ignore = "a measurement of two minutes, for docs/serve.md"]
fn cost_of_ten_pages() {
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
