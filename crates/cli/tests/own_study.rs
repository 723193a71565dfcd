//! An example's rule and task are treated as built-in ones are, by every command.

use std::path::Path;
use std::process::{Command, Output};
use std::{env, fs};

#[path = "../examples/own_study.rs"]
mod own_study;

/// Arguments of the program, between line ends, for a process that is to be it.
const ARGUMENTS: &str = "OWN_STUDY_ARGUMENTS";

/// Runs the example's program if this process was started for that.
#[test]
fn program() {
    // Cargo starts this one.
    let _: fn() -> Result<std::process::ExitCode, Box<dyn std::error::Error>> = own_study::main;
    if let Ok(arguments) = env::var(ARGUMENTS) {
        let code = own_study::program(arguments.lines().map(Into::into)).expect("new names");
        assert_eq!(code, std::process::ExitCode::SUCCESS);
    }
}

/// The example's program in a folder, as a process of its kind.
fn run(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["--exact", "program", "--nocapture", "--quiet"]).current_dir(folder);
    command
        .env(ARGUMENTS, format!("descent\n{}", arguments.join("\n")))
        .env_remove("DESCENT_DATA")
        .env("XDG_CACHE_HOME", folder);
    command.env_remove("DESCENT_STORE").output().unwrap()
}

fn shown(folder: &Path, arguments: &[&str]) -> String {
    let output = run(folder, arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn every_command_knows_what_is_registered() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    for (arguments, part) in [
        (&["explain", "signed"][..], "Sign of the mean gradient"),
        (&["optimizers"], "signed"),
        (&["tasks", "cubic"], "made by this program"),
        (&["find-lr", "--task", "cubic", "--optimizer", "signed"], "lr"),
        (&["train", "--task", "cubic", "--recipe", "signed lr=0.003, cosine"], "loss"),
    ] {
        let text = shown(folder, arguments);
        assert!(text.contains(part), "{arguments:?}: {part}\n{text}");
    }
    let compare =
        ["compare", "--task", "cubic", "--optimizers", "signed; sgd momentum=0.9", "--quick", "--json"];
    let compared = shown(folder, &compare);
    assert!(compared.contains("\"verdict\"") && compared.contains("signed lr="), "{compared}");
    let page = fs::read_to_string(folder.join("results/compare-cubic-1/report.html")).unwrap();
    assert!(page.contains("signed"));
}

#[test]
fn its_study_tunes_in_the_declared_space() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let flags =
        ["--tasks", "cubic", "--optimizers", "signed; sgd momentum=0.9", "--trials", "4", "--seeds", "4"];
    let study = shown(folder, &[&["study", "new"][..], &flags].concat());
    let study = &study[study.find("name = ").unwrap()..study.rfind('"').unwrap() + 1];
    fs::write(folder.join("own.toml"), study).unwrap();
    let text = shown(folder, &["study", "run", "own.toml", "--store", "runs.db", "--json"]);
    assert!(text.contains("\"space\":\"lr=0.0001..0.1 log\""), "{text}");
    assert!(text.contains("\"recipe\":\"signed lr="), "{text}");
    let table = shown(folder, &["study", "show", "own.toml", "--store", "runs.db"]);
    assert!(table.contains("cubic, lr tuned: 20 epochs"), "{table}");
}

#[test]
fn its_registered_study_runs_by_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let run = ["study", "run", "own", "--store", "runs.db", "--threads", "2"];
    let table = shown(folder, &run);
    assert!(table.contains("cubic, lr tuned: 20 epochs") && table.contains("sgd momentum=0.9"), "{table}");
    let page = fs::read_to_string(folder.join("results/study-own.html")).unwrap();
    assert!(
        page.contains("Sign of the mean gradient") && page.contains("sign(m)"),
        "the rule as it is declared"
    );
    let again = shown(folder, &["study", "show", "own", "--store", "runs.db", "--json"]);
    assert!(again.contains("\"study\":\"own\""), "{again}");
    // A file of the name comes first.
    fs::write(folder.join("own"), "name = 3").unwrap();
    let output = self::run(folder, &run);
    assert_eq!(output.status.code(), Some(101), "the test that is the program fails");
    assert!(String::from_utf8_lossy(&output.stderr).contains("expected a string"), "{output:?}");
}

#[test]
fn the_example_is_a_program_of_sixty_lines() {
    assert!(include_str!("../examples/own_study.rs").lines().count() <= 60);
}

#[test]
fn names_that_are_taken_are_refused() {
    let error = optim::wrappers::register(optim::wrappers::Ema::default()).unwrap_err();
    assert_eq!(error.to_string(), "ema: expected a new name, found that of another wrapper");
    let table = lab::tasks::all().find(|info| info.name == "friedman1").unwrap();
    let twin: &'static lab::tasks::Info = Box::leak(Box::new(*table));
    let error = lab::tasks::register(twin).unwrap_err();
    assert_eq!(error.to_string(), "duplicate task `friedman1`");
    let bad: &'static lab::tasks::Info = Box::leak(Box::new(lab::tasks::Info { name: "a b", ..*table }));
    assert!(lab::tasks::register(bad).unwrap_err().to_string().contains("lower-case letters"));
}
