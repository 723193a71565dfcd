//! Studies on the command line: killed, shared, divided, stopped, and what is refused.
#![cfg(unix)]

mod common;

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use tempfile::TempDir;

const STUDY: &str = r#"
name = "valleys"
tasks = ["mnist1d-logreg", "beale"]
rulesets = ["default", "lr"]
trials = 3
tuning_seeds = 2
fresh_seeds = 1
seeds = 3
epochs = 2

[[entries]]
name = "sgd"
recipe = "sgd"

[[entries]]
name = "adam"
recipe = "adam"
"#;

/// A folder with a study.
fn folder(study: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("study.toml"), study).unwrap();
    folder
}

fn descent(folder: &Path, arguments: &str) -> Command {
    let mut command = common::descent(folder);
    command.arg("study").args(arguments.split_whitespace()).env("DESCENT_STORE", folder.join("runs.db"));
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn run(folder: &Path, arguments: &str) -> Output {
    descent(folder, arguments).output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Standard output of a command that succeeds.
fn printed(folder: &Path, arguments: &str) -> String {
    let output = run(folder, arguments);
    assert!(output.status.success(), "{arguments}: {}", said(&output));
    String::from_utf8(output.stdout).unwrap()
}

const RUN: &str = "run study.toml --offline --threads 1 --json";

#[test]
fn a_study_that_is_killed_or_shared_or_divided_ends_with_the_same_bytes() {
    let whole = printed(folder(STUDY).path(), RUN);
    assert!(whole.contains(r#""kind":"study""#) && whole.contains(r#""name":"beale/lr/adam""#), "{whole}");

    let killed = folder(STUDY);
    for round in 0..40 {
        let mut child = descent(killed.path(), RUN).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(20 + 37 * round % 200));
        child.kill().unwrap();
        child.wait().unwrap();
    }
    assert_eq!(printed(killed.path(), RUN), whole);
    // Asked again it trains nothing: the store has as many runs, and the same is shown without data.
    let runs = printed(killed.path(), "list --json");
    assert_eq!(printed(killed.path(), RUN), whole);
    assert_eq!(printed(killed.path(), "list --json"), runs);
    assert_eq!(printed(killed.path(), "show valleys --json"), whole);
    assert_eq!(printed(killed.path(), "show study.toml --json"), whole);

    // Asked for JSON it leaves no page; the page and the other forms are made from the store.
    assert!(!killed.path().join("results").exists());
    printed(killed.path(), "show valleys --html page.html");
    let page = fs::read_to_string(killed.path().join("page.html")).unwrap();
    assert_eq!(printed(killed.path(), "show valleys --format html").trim_end(), page.trim_end());
    // It takes the place of neither the study nor its runs.
    for (arguments, other) in [
        ("show study.toml --html study.toml", "FILE"),
        ("run study.toml --offline --html ./study.toml", "FILE"),
        ("show valleys --html runs.db", "--store"),
        ("show valleys --html runs.db-wal", "--store"),
        ("show valleys --html runs.db.lock", "--store"),
        ("show valleys --html ./runs.db-shm", "--store"),
        ("resume valleys --offline --html runs.db", "--store"),
    ] {
        let refused = run(killed.path(), arguments);
        assert_eq!(refused.status.code(), Some(2), "{arguments}: {}", said(&refused));
        assert!(said(&refused).contains(&format!("--html conflicts with {other}")), "{}", said(&refused));
    }
    let csv = printed(killed.path(), "show valleys --format csv");
    assert_eq!(csv.lines().count(), 1 + 8, "{csv}");
    assert!(printed(killed.path(), "show valleys --format latex").contains("\\toprule"));
    fs::write(killed.path().join("mine.txt"), "{{ title }} {{ data.rows|length }}").unwrap();
    assert_eq!(printed(killed.path(), "show valleys --template mine.txt"), "valleys 8\n");
    fs::write(killed.path().join("bad.txt"), "a\n{{ title }").unwrap();
    let bad = run(killed.path(), "run study.toml --offline --template bad.txt");
    assert_eq!(bad.status.code(), Some(65), "{}", said(&bad));
    assert!(said(&bad).contains("bad.txt: line 2"), "{}", said(&bad));
    assert_eq!(printed(killed.path(), "resume valleys --offline --json"), whole);

    // Two processes at once on one store.
    let shared = folder(STUDY);
    let other = descent(shared.path(), RUN).spawn().unwrap();
    assert_eq!(printed(shared.path(), RUN), whole);
    assert_eq!(String::from_utf8(other.wait_with_output().unwrap().stdout).unwrap(), whole);

    // Three parts with a store each, brought together.
    let parts = folder(STUDY);
    for part in 1..=3 {
        let output = run(parts.path(), &format!("{RUN} --shard {part}/3 --store part-{part}.db"));
        assert!(output.status.success() && said(&output).contains("descent runs merge"), "{}", said(&output));
    }
    let merge = common::descent(parts.path())
        .args("runs merge part-1.db part-2.db part-3.db --store runs.db".split(' '))
        .output()
        .unwrap();
    assert!(merge.status.success(), "{}", said(&merge));
    assert_eq!(printed(parts.path(), "show valleys --json"), whole);
}

#[test]
fn a_signal_keeps_what_is_finished_and_says_how_to_go_on() {
    let folder = folder(&STUDY.replace("epochs = 2", "epochs = 200"));
    let child = descent(folder.path(), "run study.toml --offline").spawn().unwrap();
    std::thread::sleep(Duration::from_millis(900));
    let kill = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(kill.success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{}", said(&output));
    assert!(said(&output).contains("`descent study resume valleys` goes on"), "{}", said(&output));
    let shown = run(folder.path(), "show valleys");
    assert!(shown.status.success() && said(&shown).contains("not complete"), "{}", said(&shown));
    assert!(String::from_utf8_lossy(&shown.stdout).contains("8 cells are complete"));
    let shown = run(folder.path(), "show valleys --store runs.db");
    let command = "`descent study resume valleys --store runs.db` goes on";
    assert!(said(&shown).contains(command), "{}", said(&shown));
}

#[test]
fn tables_fit_the_terminal() {
    let folder = folder(STUDY);
    printed(folder.path(), RUN);
    for columns in [50, 80] {
        let output =
            descent(folder.path(), "show valleys").env("COLUMNS", columns.to_string()).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.lines().all(|line| line.chars().count() <= columns), "{columns}\n{text}");
        for part in ["mnist1d-logreg, lr tuned", "beale, nothing tuned", "mean rank", "lr="] {
            assert!(text.contains(part), "{part}\n{text}");
        }
    }
    let list = printed(folder.path(), "list");
    assert!(list.contains("valleys") && list.contains("8 of 8"), "{list}");
}

#[test]
fn what_cannot_be_is_said_with_the_next_step() {
    let folder = folder(STUDY);
    let path = folder.path();
    fs::write(path.join("bad.toml"), STUDY.replace("trials = 3", "trails = 3")).unwrap();
    fs::write(path.join("other.toml"), STUDY.replace("trials = 3", "trials = 4")).unwrap();
    fs::write(path.join("bytes.toml"), b"name = \"\xff\"").unwrap();
    let refused = |arguments: &str, code: i32, words: &[&str]| {
        let output = run(path, arguments);
        assert_eq!(output.status.code(), Some(code), "{arguments}: {}", said(&output));
        for word in words.iter().chain(&["error: ", "hint: "]) {
            assert!(said(&output).contains(word), "{arguments}: {word}: {}", said(&output));
        }
        assert!(output.stdout.is_empty());
    };
    refused("show valleys", 66, &["no store"]);
    refused("run missing.toml", 66, &["missing.toml"]);
    refused("run bad.toml", 65, &["bad.toml: line 5, column 1: unknown key", "did you mean `trials`?"]);
    refused("run bytes.toml", 65, &["expected text in UTF-8"]);
    refused("run study.toml --store bad.toml/runs.db", 73, &["bad.toml"]);
    printed(path, RUN);
    refused("run other.toml --offline", 2, &["- trials = 3", "+ trials = 4"]);
    refused("show other.toml", 2, &["- trials = 3", "+ trials = 4"]);
    refused("show valley", 2, &["unknown study `valley`; did you mean `valleys`?", "descent study list"]);
    refused("resume valley", 2, &["unknown study"]);
    let output = run(path, "run study.toml --shard 3/2");
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    assert!(said(&output).contains("expected I/N with I from 1 to N"), "{}", said(&output));
}

#[test]
fn the_example_is_a_study_that_is_known_to_no_store() {
    let folder = folder(STUDY);
    let example = printed(folder.path(), "new");
    fs::write(folder.path().join("new.toml"), &example).unwrap();
    printed(folder.path(), RUN);
    let output = run(folder.path(), "show new.toml");
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("unknown study `example`"), "{}", said(&output));
}

#[test]
fn settings_that_train_nothing_are_warned_of() {
    let study = "name = 'dead'\ntasks = ['mnist1d-logreg']\nepochs = 1\nseeds = 2\ntrials = 2\nrulesets = ['default']\n\
        [[entries]]\nrecipe = 'sgd lr=0'\n[[entries]]\nname = 'late'\nrecipe = 'adam, constant warmup=4000000000'\n";
    let folder = folder(study);
    let told = said(&run(folder.path(), "run study.toml --store dead.db"));
    assert!(told.contains("warning: mnist1d-logreg, sgd lr=0: sgd: with lr=0, nothing is trained"), "{told}");
    assert!(told.contains("warning: mnist1d-logreg, late: "), "{told}");
}
