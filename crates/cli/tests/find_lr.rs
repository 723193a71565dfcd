//! `find-lr` as a user runs it.

mod common;
#[path = "common/text.rs"]
mod text;

use std::fs;
use std::path::Path;
use std::process::Output;

use common::descent;
use text::text;

/// Output with nothing but the embedded sample in reach.
fn run(folder: &Path, arguments: &[&str]) -> Output {
    descent(folder).args(arguments).arg("--offline").output().expect("the program starts")
}

const SHORT: [&str; 8] =
    ["find-lr", "--steps", "100", "--seeds", "2", "--layers", "784,16,10", "--optimizer"];

#[test]
fn it_draws_tells_and_leaves_files() {
    let folder = tempfile::tempdir().unwrap();
    let arguments = [&SHORT[..], &["adam, cosine, batch=128", "--svg", "rates.svg"]].concat();
    let output = run(folder.path(), &arguments);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let shown = text(&output.stdout);
    assert!(shown.lines().all(|line| line.chars().count() <= 80), "{shown}");
    for part in [
        "adam lr=0.001, cosine, batch=128",
        "██",
        "1e-7",
        "would choose",
        "median",
        "would be chosen: half way",
        "DOUBT: This ran on a SAMPLE",
        "NOTE: The schedule `cosine` stood aside",
        "descent train --layers 784,16,10 --recipe 'adam lr=",
        "picture: rates.svg",
    ] {
        assert!(shown.contains(part), "no `{part}` in:\n{shown}");
    }
    let file = |name| fs::read_to_string(folder.path().join(name)).unwrap();
    assert!(file("rates.svg").starts_with("<svg") && file("rates.csv").starts_with("dataset,recipe,seed,"));
    let record: serde_json::Value = serde_json::from_str(&file("rates.json")).unwrap();
    assert_eq!(record["sweeps"].as_array().unwrap().len(), 2);

    // The same on another number of threads, and as JSON alone.
    let json = [&SHORT[..], &["adam, cosine, batch=128", "--json", "--threads", "1"]].concat();
    assert_eq!(text(&run(folder.path(), &json).stdout), file("rates.json"));
}

#[test]
fn weights_are_only_read() {
    let folder = tempfile::tempdir().unwrap();
    let train = ["train", "--layers", "784,16,10", "--epochs", "1", "--save", "digits.safetensors"];
    assert!(run(folder.path(), &train).status.success());
    let file = folder.path().join("digits.safetensors");
    let before = fs::read(&file).unwrap();
    let output =
        run(folder.path(), &["find-lr", "--steps", "60", "--seeds", "2", "--weights", "digits.safetensors"]);
    let shown = text(&output.stdout);
    assert!(
        output.status.success() && shown.contains("784-16-10, given weights"),
        "{shown}{}",
        text(&output.stderr)
    );
    assert!(!shown.contains("Train with it"), "`train` does not begin with given weights");
    assert!(fs::read(&file).unwrap() == before);
}

#[test]
fn mistakes_are_answered_before_anything_is_loaded() {
    let folder = tempfile::tempdir().unwrap();
    for (arguments, message, hint) in [
        (&["--from", "1", "--to", "1e-3"][..], "rates from 1 to 0.001 do not rise", "as in 1e-7 to 10"),
        (&["--from", "-1"], "rates from -1 to 10 do not rise", "above 0"),
        (&["--from", "nan"], "do not rise", "above 0"),
        (&["--steps", "3"], "3 steps are no range test", "50 to 100000"),
        (&["--smoothing", "1"], "smoothing of 1", "less than 1"),
        (&["--optimizer", "prodigy"], "finds the size of its steps itself", "as it is"),
        (&["--optimizer", "rprop"], "in the first update only", "descent compare"),
        (&["--optimizer", "adma"], "did you mean `adam`", "expected one of: sgd"),
        (&["--weights", "nothing.safetensors"], "nothing.safetensors", "descent train --save"),
        (&["--svg", "nowhere/rates.svg"], "nowhere/rates.svg", "another place"),
    ] {
        let output = run(folder.path(), &[&["find-lr"], arguments].concat());
        let errors = text(&output.stderr);
        assert!(!output.status.success() && output.stdout.is_empty(), "{arguments:?}");
        assert!(errors.contains(message) && errors.contains("hint: "), "{errors}");
        assert!(errors.contains(hint), "no `{hint}` in {errors}");
    }
    let unknown = run(folder.path(), &["find-lr", "--dataset", "nothing"]);
    assert_eq!(unknown.status.code(), Some(2));
    assert!(text(&unknown.stderr).contains("its values are mnist"));
}
