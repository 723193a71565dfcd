//! Tasks of the registry on the command line: listed, trained, resumed, evaluated, compared.

mod common;

use std::path::Path;
use std::process::Output;

use common::descent;

fn run(folder: &Path, arguments: &[&str]) -> Output {
    descent(folder).args(arguments).env("COLUMNS", "80").output().expect("the program starts")
}

#[track_caller]
fn says(folder: &Path, arguments: &str) -> String {
    let output = run(folder, &arguments.split_whitespace().collect::<Vec<_>>());
    assert!(output.status.success(), "{arguments}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[track_caller]
fn fails(folder: &Path, arguments: &str, code: i32, words: &[&str]) {
    let output = run(folder, &arguments.split_whitespace().collect::<Vec<_>>());
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(code), "{arguments}: {told}");
    for word in words {
        assert!(told.contains(word), "{arguments}: expected {word:?} in {told}");
    }
}

#[track_caller]
fn json(folder: &Path, arguments: &str) -> serde_json::Value {
    serde_json::from_str(&says(folder, arguments)).unwrap()
}

#[test]
fn every_task_is_listed_and_told() {
    let folder = tempfile::tempdir().unwrap();
    let page = says(folder.path(), "tasks");
    let lines = says(folder.path(), "tasks --json");
    for info in lab::tasks::all() {
        assert!(page.contains(info.name), "{}", info.name);
        assert!(lines.contains(&format!("\"name\":\"{}\"", info.name)), "{}", info.name);
    }
    assert!(page.lines().all(|line| line.chars().count() <= 80), "{page}");
    let one = says(folder.path(), "tasks rosenbrock");
    assert!(one.contains("(1 − x)² + 100(y − x²)²") && one.contains("1000 updates"), "{one}");
    let error = "unknown task `rosenbrok`; did you mean `rosenbrock`?";
    fails(folder.path(), "tasks rosenbrok", 2, &[error, "hint: "]);
    fails(folder.path(), "train --task rosenbrok", 2, &[error, "`descent tasks` lists them"]);
    fails(folder.path(), "train --task char-lstm --dataset mnist", 2, &["conflicts with --task", "hint: "]);
    fails(folder.path(), "train --task vae --layers 784,10", 2, &["--layers"]);
}

#[test]
fn weights_of_any_task_are_evaluated_as_they_were_trained() {
    let folder = tempfile::tempdir().unwrap();
    for (task, recipe) in [("friedman1", "adam"), ("quadratic-deep", "sgd lr=0.01"), ("booth", "sgd lr=0.01")]
    {
        let name = format!("{task}.safetensors");
        let arguments =
            ["train", "--task", task, "--epochs", "2", "--recipe", recipe, "--save", &name, "--json"];
        let trained: serde_json::Value =
            serde_json::from_slice(&run(folder.path(), &arguments).stdout).unwrap();
        let evaluated = json(folder.path(), &format!("evaluate --model {name} --json"));
        let last = trained["curves"]["test_loss"].as_array().and_then(|curve| curve.last()).unwrap();
        assert_eq!(evaluated["loss"], last["value"], "{task}: {trained}");
        assert_eq!(evaluated["task"], task);
        fails(
            folder.path(),
            &format!("predict --model {name} --index 0"),
            65,
            &[&format!("found weights of the task `{task}`"), "hint: "],
        );
    }
}

#[test]
fn a_run_of_a_task_goes_on_where_it_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let whole = "train --task mnist1d-conv --epochs 2 --save whole.safetensors";
    says(folder.path(), whole);
    says(folder.path(), "train --task mnist1d-conv --epochs 2 --checkpoint-every 30 --save kept.safetensors");
    says(folder.path(), "train --task mnist1d-conv --epochs 2 --resume --save resumed.safetensors");
    let bytes = |name: &str| std::fs::read(folder.path().join(name)).unwrap();
    assert_eq!(bytes("whole.safetensors"), bytes("kept.safetensors"));
    assert_eq!(bytes("whole.safetensors"), bytes("resumed.safetensors"));
    fails(folder.path(), "train --task friedman1 --epochs 2 --resume", 2, &["another"]);
}

#[test]
fn recipes_are_compared_on_a_task_without_images() {
    let folder = tempfile::tempdir().unwrap();
    let compare = [
        "compare",
        "--task",
        "friedman1",
        "--epochs",
        "1",
        "--seeds",
        "2",
        "--optimizers",
        "sgd, adam",
        "--out",
        "out",
    ];
    let output = run(folder.path(), &compare);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let page = std::fs::read_to_string(folder.path().join("out/report.html")).unwrap();
    assert!(page.contains("friedman1") && !page.contains("NaN"));
}
