//! `descent race`: paths in the terminal, as a picture and as a page.

mod common;

use std::process::Output;

use common::descent;

fn run(folder: &std::path::Path, arguments: &[&str], columns: &str) -> Output {
    descent(folder).args(arguments).env("COLUMNS", columns).output().expect("the program starts")
}

#[test]
fn a_race_is_drawn_in_the_terminal_and_written() {
    let folder = tempfile::tempdir().unwrap();
    let arguments = "race rosenbrock sgd momentum adam --svg a.svg --html a.html --trials 5 --steps 60";
    let arguments: Vec<&str> = arguments.split(' ').collect();
    for columns in ["50", "80"] {
        let output = run(folder.path(), &arguments, columns);
        let page = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let limit = columns.parse::<usize>().unwrap();
        assert!(page.lines().all(|line| line.chars().count() <= limit), "{page}");
        for part in ["rates: each tuned alike, 5 trials", "● sgd lr=", "■ sgd", "▲ adam", "✕"] {
            assert!(page.contains(part), "expected {part} in {page}");
        }
    }
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    assert!(read("a.svg").starts_with("<svg"));
    let page = read("a.html");
    for part in ["the same rate, ", "each tuned alike, 5 trials", "exp_avg", "id=\"scrub\""] {
        assert!(page.contains(part), "expected {part}");
    }
}

#[test]
fn the_start_and_the_rate_are_those_that_were_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let arguments = ["race", "booth", "sgd", "--start", "-2,3", "--lr", "0.01", "--steps", "3", "--json"];
    let output = run(folder.path(), &arguments, "80");
    let race: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let lane = &race["heats"][0]["lanes"][0];
    assert_eq!(
        (&lane["recipe"], &lane["steps"][0]["at"]),
        (&"sgd lr=0.01".into(), &serde_json::json!([-2.0, 3.0]))
    );
    assert_eq!(lane["steps"].as_array().unwrap().len(), 4);
}

#[test]
fn presets_are_listed_and_drawn_with_their_prediction() {
    let folder = tempfile::tempdir().unwrap();
    let help = String::from_utf8(run(folder.path(), &["race", "--help"], "80").stdout).unwrap();
    for preset in lessons::race::PRESETS {
        assert!(help.contains(preset.name), "{}", preset.name);
    }
    let arguments = ["race", "--preset", "saddle", "--svg", "a.svg", "--html", "a.html"];
    let page = String::from_utf8(run(folder.path(), &arguments, "50").stdout).unwrap();
    assert!(
        page.contains("+ prediction: SGD") && page.lines().all(|line| line.chars().count() <= 50),
        "{page}"
    );
    for name in ["a.svg", "a.html"] {
        let written = std::fs::read_to_string(folder.path().join(name)).unwrap();
        assert!(written.contains("stroke-dasharray=\"5 4\""), "{name}");
    }
}

#[test]
fn a_stated_rate_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let output = run(folder.path(), &["race", "booth", "sgd lr=0.003", "adam", "--steps", "20"], "80");
    let page = String::from_utf8(output.stdout).unwrap();
    assert!(page.contains("sgd lr=0.003:") && page.contains("stated rates stay"), "{page}");
}

#[test]
fn wrong_words_are_named() {
    let folder = tempfile::tempdir().unwrap();
    for (arguments, code, words) in [
        ("race rosenbrok sgd", 2, "unknown function `rosenbrok`; did you mean `rosenbrock`?"),
        ("race rosenbrock", 2, "<RECIPE>"),
        ("race --preset overshot", 2, "unknown preset `overshot`; did you mean `overshoot`?"),
        ("race booth sgd --preset cliff", 2, "conflicts with"),
        ("race rosenbrock adan2", 2, "adan2"),
        ("race booth sgd --start 1", 2, "expected two numbers such as `-1.2,1`"),
        ("race booth sgd --noise -1", 2, "--noise"),
        ("race booth sgd --svg none/a.svg", 73, "none"),
        ("race booth sgd --svg a --html a", 2, "--html conflicts with --svg: both are a"),
    ] {
        let output = run(folder.path(), &arguments.split(' ').collect::<Vec<_>>(), "80");
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{arguments}: {told}");
        assert!(told.contains(words), "{arguments}: {told}");
    }
}
