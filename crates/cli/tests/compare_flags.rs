//! `compare` on several tasks and within a time, and studies from flags.
#![cfg(unix)]

mod common;

use std::fs;
use std::path::Path;
use std::process::Output;

use serde_json::{Value, json};

fn descent(folder: &Path, arguments: &str) -> Output {
    let mut command = common::descent(folder);
    command.args(arguments.split_whitespace()).env("COLUMNS", "80").output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn printed(folder: &Path, arguments: &str) -> String {
    let output = descent(folder, arguments);
    assert!(output.status.success(), "{arguments}: {}", said(&output));
    String::from_utf8(output.stdout).unwrap()
}

fn refused(folder: &Path, arguments: &str, code: i32, words: &[&str]) {
    let output = descent(folder, arguments);
    assert_eq!(output.status.code(), Some(code), "{arguments}: {}", said(&output));
    for word in words {
        assert!(said(&output).contains(word), "{arguments}: {word}: {}", said(&output));
    }
}

#[test]
fn several_tasks_are_compared_with_ranks_over_all() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let command = "compare --tasks mnist1d-logreg,beale --optimizers sgd;adam --quick --offline --threads 2";
    let shown = printed(path, command);
    for part in ["mnist1d-logreg, nothing tuned", "beale, lr tuned", "All 2 tasks, lr", "mean rank"] {
        assert!(shown.contains(part), "{part}\n{shown}");
    }
    let outcome = fs::read_to_string(path.join("results/compare-tasks-1/study.json")).unwrap();
    assert!(outcome.contains("\"mnist1d-logreg/lr/adam\""), "{outcome}");
    // The same again is in the same folder and trains nothing; other settings have another one.
    assert_eq!(printed(path, command), shown);
    assert!(!path.join("results/compare-tasks-2").exists());
    let named = format!("{command} --seeds 4 --out results/compare-tasks-1");
    refused(path, &named, 2, &["another comparison:\n- seeds = 3\n+ seeds = 4\nhint: ", "--out"]);
    refused(path, "compare --tasks beale --task beale", 2, &["`--tasks` conflicts with `--task`"]);
    refused(path, "compare --tasks beale,bale", 2, &["unknown task `bale`"]);
}

#[test]
fn a_time_chooses_the_trials_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let command =
        "compare --task mnist1d-logreg --optimizers sgd,adam --epochs 1 --seeds 2 --offline --threads 2";
    let budget = format!("{command} --budget 1s --json");
    let first = printed(path, &budget);
    let chosen = fs::read_to_string(path.join("results/compare-mnist1d-logreg-1/budget.json")).unwrap();
    let trials = chosen.rsplit("\"trials\":").next().unwrap().trim_matches(['}', '\n']).to_string();
    assert!((4..=256).contains(&trials.parse().unwrap()), "{chosen}");
    assert!(first.contains(&format!("--trials {trials}")), "{first}");
    // It goes on with those trials in its folder, and the number gives the same results.
    assert_eq!(printed(path, &budget), first);
    assert!(!path.join("results/compare-mnist1d-logreg-2").exists());
    assert_eq!(printed(path, &format!("{command} --trials {trials} --json")), first);
    refused(path, "compare --budget 60", 2, &["expected a time such as 60s"]);
    refused(path, "compare --budget 60s --trials 3", 2, &["`--budget` conflicts with `--trials`"]);
}

#[test]
fn a_time_bounds_the_seeds_that_are_added() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let command = "compare --task mnist1d-logreg --optimizers sgd,adam --epochs 1 --offline --threads 2 \
        --until-ci 0.001 --json";
    let shown = printed(path, &format!("{command} --budget 1s"));
    let file = path.join("results/compare-mnist1d-logreg-1/budget.json");
    let kept: Value = serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap();
    let [trials, most] = ["trials", "most_seeds"].map(|key| kept[key].as_u64().unwrap());
    assert!((4..=12).contains(&trials) && (5..=100).contains(&most), "{kept}");
    let looks = &summary(&shown)["looks"]["seeds"];
    assert_eq!(
        looks.as_array().unwrap().last().unwrap(),
        &json!(most),
        "so narrow an interval is never reached"
    );
    // It goes on with what was chosen, and the numbers give the same results.
    assert_eq!(printed(path, &format!("{command} --budget 1s")), shown);
    assert_eq!(printed(path, &format!("{command} --trials {trials} --most-seeds {most}")), shown);
}

/// The stated rates give way to the same search: no run counts twice.
#[test]
fn recipes_that_are_tuned_to_the_same_are_one_row() {
    let folder = tempfile::tempdir().unwrap();
    let words =
        "compare --task mnist1d-logreg --tune lr --trials 3 --epochs 1 --seeds 3 --out made --optimizers";
    let mut command = common::descent(folder.path());
    command.args(words.split(' ')).arg("sgd lr=0.1; sgd lr=0.3; adam");
    let output = command.env("COLUMNS", "100").output().unwrap();
    let shown = String::from_utf8(output.stdout.clone()).unwrap();
    let warned = "Tuned, sgd lr=0.1 and sgd lr=0.3 are the same recipe: one row";
    assert!(output.status.success() && shown.contains(warned), "{shown}{}", said(&output));
    // Each line of the tuning says which trial it is.
    for line in ["adam trial 0, seed 0: ", "sgd lr=0.3 trial 1, seed 0: "] {
        assert!(said(&output).contains(line), "{line}: {}", said(&output));
    }
    let tuned = fs::read_to_string(folder.path().join("made/tuned.csv")).unwrap();
    let of_sgd = tuned.lines().filter(|line| line.contains("\"sgd lr=")).count();
    assert_eq!(of_sgd, 3, "a row an epoch and seed: {tuned}");
    assert!(shown.contains("3 paired seeds") && !shown.contains("6 paired seeds"), "{shown}");
}

/// More seeds of a function that no seed changes would be copies of one run, told apart by their number.
#[test]
fn a_test_function_runs_once_whatever_the_seeds() {
    let folder = tempfile::tempdir().unwrap();
    let words = "compare --task beale --optimizers sgd,adam --epochs 1 --seeds 4 --offline --tune --trials 2";
    let output = descent(folder.path(), words);
    let shown = String::from_utf8(output.stdout.clone()).unwrap();
    assert!(output.status.success(), "{}", said(&output));
    assert!(said(&output).contains("no seed changes a test function"), "{}", said(&output));
    let flat = shown.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        flat.contains("Each tuned alike: 2 learning rates each, a quarter more at the edge of the best; "),
        "{shown}"
    );
    assert!(!flat.contains("paired seeds") && !flat.contains("seeds 0 to"), "{shown}");
    let rows = fs::read_to_string(folder.path().join("results/compare-beale-1/results.csv")).unwrap();
    assert_eq!(rows.lines().count(), 3, "a heading and a row for each: {rows}");
}

/// A ruleset may name a setting that an optimizer lacks: it is not tuned, and nothing says that all were.
#[test]
fn an_optimizer_without_the_tuned_setting_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    refused(path, "compare --task beale --tune default", 2, &["found `default`", "--untuned"]);
    let rest = "--optimizers sgd,adam --tune momentum --trials 2 --epochs 1 --seeds 2 --offline";
    let shown = printed(path, &format!("compare --task mnist1d-logreg {rest} --out made"));
    let flat = shown.split_whitespace().collect::<Vec<_>>().join(" ");
    for part in [
        "adam has no momentum, so it was not tuned and ran as it is set.",
        "those that have momentum tuned alike, ",
        "Those that have momentum tuned alike: 2 values of momentum each",
    ] {
        assert!(flat.contains(part), "{part}: {shown}");
    }
    assert!(!flat.contains("this one task, each tuned alike") && !flat.contains("adam : "), "{shown}");

    let made = printed(path, &format!("study new --tasks mnist1d-logreg {rest}").replace(" --offline", ""));
    fs::write(path.join("study.toml"), made).unwrap();
    let shown = printed(path, "study run study.toml --store runs.db --offline --html page.html");
    for part in ["trials for each that is tuned", "  adam has no momentum, so it was not tuned"] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    let page = fs::read_to_string(path.join("page.html")).unwrap();
    for part in ["adam has no momentum, so it was not tuned", "Each entry that is tuned had 2 trials"] {
        assert!(page.contains(part), "{part}");
    }
}

#[test]
fn flags_make_the_study_that_its_file_makes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let flags =
        ["study", "new", "--tasks", "beale", "--optimizers", "sgd; adam, batch=10", "--tune", "default,lr"];
    let output = common::descent(folder.path()).args(flags).args(["--trials", "3"]).output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
    fs::write(path.join("study.toml"), &output.stdout).unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("rulesets = [\"default\", \"lr\"]") && text.contains("batch=10"), "{text}");
    let shown = printed(path, "study run study.toml --store runs.db --offline");
    assert!(shown.contains("beale, lr tuned"), "{shown}");
    refused(path, "study new --trials 3", 2, &["--tasks"]);
}

const UNTIL: &str =
    "compare --task mnist1d-logreg --optimizers sgd,adam --epochs 1 --untuned --offline --threads 2";

/// The summary, which follows the records.
fn summary(shown: &str) -> Value {
    serde_json::from_str(shown.lines().last().unwrap()).unwrap()
}

#[test]
fn seeds_are_added_until_the_interval_is_narrow() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let once = summary(&printed(path, &format!("{UNTIL} --until-ci 99 --json")));
    let half_width = |summary: &Value| {
        let difference = &summary["pairs"][0]["difference"];
        50.0 * (difference["high"].as_f64().unwrap() - difference["low"].as_f64().unwrap())
    };
    assert_eq!(once["looks"]["seeds"], json!([5]));
    let asked = 0.7 * half_width(&once);
    let command = format!("{UNTIL} --until-ci {asked}");
    let shown = printed(path, &format!("{command} --json"));
    let narrow = summary(&shown);
    let looks = narrow["looks"]["seeds"].as_array().unwrap();
    assert!(looks.len() >= 2 && looks.last().unwrap().as_u64() > Some(5), "{narrow}");
    assert!(half_width(&narrow) <= asked && narrow["looks"]["still_wide"] == json!([]), "{narrow}");
    assert_eq!(narrow["pairs"][0]["difference"]["n"], *looks.last().unwrap());
    assert_eq!(shown.lines().count() as u64, 2 * looks.last().unwrap().as_u64().unwrap() + 1);

    // The same on one thread, in the page, and as the command of the page says.
    let single = command.replace("--threads 2", "--threads 1");
    let again = summary(&printed(path, &format!("{single} --json --out one")));
    for part in ["pairs", "looks", "verdict", "command"] {
        assert_eq!(again[part], narrow[part], "{part}");
    }
    let page = fs::read_to_string(path.join("one/report.html")).unwrap();
    let sentence = narrow["looks"]["sentence"].as_str().unwrap();
    assert!(page.contains(sentence) && sentence.contains("All intervals are that narrow."), "{sentence}");
    let text = printed(path, &format!("{command} --out one"));
    assert!(text.split_whitespace().collect::<Vec<_>>().join(" ").contains(sentence), "{text}");
    assert!(narrow["command"].as_str().unwrap().contains(" --until-ci "), "{narrow}");
}

#[test]
fn seeds_that_do_not_suffice_are_no_error_and_name_the_pair() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let tuned = UNTIL.replace("--untuned", "--tune lr --trials 3");
    let command = format!("{tuned} --until-ci 0.01 --most-seeds 7 --json");
    let shown = summary(&printed(path, &command));
    assert_eq!(shown["looks"]["seeds"], json!([5, 7]));
    for part in ["still_wide", "still_wide_tuned"] {
        assert_eq!(shown["looks"][part].as_array().unwrap().len(), 1, "{shown}");
    }
    assert_eq!(shown["tuned"]["pairs"][0]["difference"]["n"], json!(7));
    assert_eq!(shown["tuned"]["study"]["confidence"], json!(1.0 - 0.05 / 6.0));
    assert!(shown["tuned"]["how"].as_str().unwrap().contains("then seeds 0 to 6"), "{shown}");
    assert!(
        shown["looks"]["sentence"].as_str().unwrap().contains("Still wider as they are set: "),
        "{shown}"
    );

    let refusals: [(&str, &[&str]); 6] = [
        ("--until-ci 0", &["expected a number above 0 such as 0.5, found `0`"]),
        ("--until-ci -1", &["expected a number above 0 such as 0.5, found `-1`"]),
        (
            "--until-ci 1 --seeds 3",
            &["expected at least 5 seeds to begin with, found 3", "hint: such as --seeds 5"],
        ),
        ("--until-ci 1 --seeds 9 --most-seeds 8", &["begins with 9 seeds", "8"]),
        ("--most-seeds 8", &["--until-ci"]),
        ("--until-ci 1 --optimizers adam", &["expected at least 2 optimizers, found 1"]),
    ];
    for (flags, words) in refusals {
        let one = flags.contains("--optimizers");
        let command = if one { "compare --task mnist1d-logreg" } else { UNTIL };
        refused(path, &format!("{command} {flags}"), 2, words);
    }
    refused(path, "compare --task beale --until-ci 1", 2, &["no seed changes a test function"]);
}
