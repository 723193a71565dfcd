//! The live page as a program: its address, signals and refusals.
#![cfg(unix)]

mod live;

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::process::Command;
use std::thread;
use std::time::Duration;

use serde_json::json;

use live::{Live, descent};

/// Ends it by a signal; returns its exit code and what it said.
fn end(mut live: Live, signal: &str) -> (Option<i32>, String) {
    assert!(Command::new("kill").args([signal, &live.child.id().to_string()]).status().unwrap().success());
    let mut said = String::new();
    live.child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    (live.child.wait().unwrap().code(), said)
}

/// Waits until the first run has trained on three batches more.
fn trains_on(live: &Live) {
    let before = live.batches();
    for _ in 0..LOOKS {
        if live.batches() >= before + 3 {
            return;
        }
        thread::sleep(Duration::from_millis(20));
    }
    panic!("the run does not go on");
}

/// Looks at a run before a test gives up, so that one that hangs ends.
const LOOKS: usize = 10_000;

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
        trains_on(&live);
        let (ended, said) = end(live, signal);
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
    let (_, said) = end(open, "-INT");
    assert!(said.contains("WARNING: this listens on 0.0.0.0") && said.contains("not encrypted"), "{said}");
    let (code, said) = end(live, "-INT");
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
