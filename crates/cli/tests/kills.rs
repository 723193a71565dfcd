//! Processes that are killed at any moment: the same command goes on, to the same results.
#![cfg(unix)]

mod common;

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

const COMPARE: &str =
    "compare --optimizers sgd,adam --epochs 1 --seeds 4 --threads 1 --untuned --offline --out here";

fn descent(folder: &Path, arguments: &str) -> Command {
    let mut command = common::descent(folder);
    command.args(arguments.split_whitespace());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// The records without what differs between two runs of the same thing: the time.
fn timeless(folder: &Path) -> Vec<train::Record> {
    let text = fs::read_to_string(folder.join("here/results.jsonl")).unwrap();
    let mut records = report::parse_jsonl(&text).unwrap();
    for record in &mut records {
        record.curves.values_mut().flatten().for_each(|point| point.seconds = 0.0);
    }
    records
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Waits until a file has `lines` whole lines, or the process is over.
fn wait_for(child: &mut Child, path: &Path, lines: usize) {
    let count = || fs::read(path).map_or(0, |bytes| bytes.iter().filter(|byte| **byte == b'\n').count());
    while count() < lines && child.try_wait().unwrap().is_none() {
        std::thread::sleep(Duration::from_millis(2));
    }
}

#[test]
fn a_comparison_that_is_killed_goes_on_to_the_same_results() {
    let (whole, killed) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    assert!(descent(whole.path(), COMPARE).output().unwrap().status.success());
    let records = killed.path().join("here/results.jsonl");
    for finished in 0..6 {
        let mut child = descent(killed.path(), COMPARE).spawn().unwrap();
        wait_for(&mut child, &records, finished);
        child.kill().unwrap();
        child.wait().unwrap();
    }
    let before = fs::read_to_string(&records).unwrap();
    let output = descent(killed.path(), COMPARE).output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
    assert!(said(&output).contains("of 8 runs are there"), "{}", said(&output));
    assert_eq!(timeless(killed.path()), timeless(whole.path()));
    // What was finished before is there as it was, times and all.
    let after = fs::read_to_string(&records).unwrap();
    let finished: Vec<&str> = before.split_inclusive('\n').filter(|line| line.ends_with('\n')).collect();
    assert!(finished.len() >= 5);
    assert!(finished.iter().all(|line| after.contains(line)));

    // Asked again, it trains nothing and changes nothing.
    let files = ["report.html", "curves.svg", "results.csv", "results.jsonl", "comparison.json"];
    let read = || files.map(|name| fs::read(killed.path().join("here").join(name)).unwrap());
    let (before, again) = (read(), descent(killed.path(), COMPARE).output().unwrap());
    assert!(again.status.success() && said(&again).contains("8 of 8 runs are there"), "{}", said(&again));
    assert!(read() == before);
    assert_eq!(again.stdout, output.stdout);

    // Another comparison is told what differs, and changes nothing either.
    let other = descent(killed.path(), &COMPARE.replace("--epochs 1", "--epochs 2")).output().unwrap();
    assert_eq!(other.status.code(), Some(2));
    assert!(said(&other).contains("epochs: 1 in the folder, 2 now"), "{}", said(&other));
    assert!(read() == before);
}

#[test]
fn a_tuning_that_is_killed_ends_with_the_same_bytes() {
    const TUNED: &str = "compare --optimizers sgd,adam --epochs 2 --seeds 2 --trials 3 --layers 784,8,10 --batch-size 100 \
                         --threads 2 --offline --out here";
    let (whole, killed) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    assert!(descent(whole.path(), TUNED).output().unwrap().status.success());
    for finished in [0, 2, 5, 9] {
        let mut child = descent(killed.path(), TUNED).spawn().unwrap();
        wait_for(&mut child, &killed.path().join("here/tuning.jsonl"), finished);
        child.kill().unwrap();
        child.wait().unwrap();
    }
    let output = descent(killed.path(), TUNED).output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
    let read = |folder: &Path| fs::read(folder.join("here/tuned.json")).unwrap();
    assert!(read(killed.path()) == read(whole.path()));
    assert_eq!(timeless(killed.path()), timeless(whole.path()));
    let again = descent(killed.path(), TUNED).output().unwrap();
    assert_eq!(again.stdout, output.stdout);
    let other = descent(killed.path(), &TUNED.replace("--trials 3", "--trials 4")).output().unwrap();
    assert_eq!(other.status.code(), Some(2));
    assert!(said(&other).contains("tuning: 3 learning rates each"), "{}", said(&other));
}

#[test]
fn a_comparison_without_a_folder_goes_on_in_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let command = COMPARE.replace(" --out here", "");
    let other = command.replace("sgd,adam", "adamw").replace("--seeds 4", "--seeds 1");
    assert!(descent(folder.path(), &other).output().unwrap().status.success());
    let mut child = descent(folder.path(), &command).spawn().unwrap();
    let results = folder.path().join("results");
    wait_for(&mut child, &results.join("compare-mnist-2/results.jsonl"), 2);
    let signaled = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(signaled.unwrap().success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{}", said(&output));
    assert!(said(&output).contains("the same command goes on with them"), "{}", said(&output));
    assert!(String::from_utf8_lossy(&output.stdout).contains("sgd"), "what was finished is shown");
    let output = descent(folder.path(), &command).output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
    assert!(said(&output).contains("going on with results/compare-mnist-2: "), "{}", said(&output));
    assert_eq!(fs::read_dir(&results).unwrap().count(), 2);
}

#[test]
fn looks_of_a_comparison_that_is_killed_end_with_the_same_bytes() {
    const LOOKS: &str = "compare --task mnist1d-logreg --optimizers sgd,adam --epochs 2 --trials 3 --threads 2 --offline \
                         --until-ci 0.01 --most-seeds 8 --out here";
    let (whole, killed) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    assert!(descent(whole.path(), LOOKS).output().unwrap().status.success());
    for finished in [3, 10, 12] {
        let mut child = descent(killed.path(), LOOKS).spawn().unwrap();
        wait_for(&mut child, &killed.path().join("here/results.jsonl"), finished);
        child.kill().unwrap();
        child.wait().unwrap();
    }
    let output = descent(killed.path(), &LOOKS.replace("--threads 2", "--threads 1")).output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
    let read = |folder: &Path| fs::read(folder.join("here/tuned.json")).unwrap();
    assert!(read(killed.path()) == read(whole.path()));
    assert_eq!(timeless(killed.path()).len(), 16);
    let [whole, killed] = [&whole, &killed].map(|folder| {
        let mut records = timeless(folder.path());
        records.iter_mut().for_each(|record| record.environment.threads = 1);
        records
    });
    assert_eq!(killed, whole);
}
