//! Mistakes on the command line: one form of message, with a hint, for all of them.

mod common;
#[path = "common/run.rs"]
mod run;

use run::run;

#[test]
fn each_mistake_is_an_error_with_a_hint() {
    let folder = tempfile::tempdir().unwrap();
    for (arguments, error, hint) in [
        ("trian", "unknown command `trian`; did you mean `train`?", "`descent --help` lists"),
        ("data fetc", "unknown command `fetc`; did you mean `fetch`?", "`descent data --help` lists"),
        (
            "train --epochs -1",
            "`--epochs`: expected a number that is not negative, found `-1`",
            "`descent train --help` says",
        ),
        (
            "compare --seeds -1e3",
            "`--seeds`: expected a number that is not negative, found `-1e3`",
            "`descent compare --help` says",
        ),
        ("train --lrr 1", "unknown option `--lrr`; did you mean `--lr`?", "`descent train --help` lists"),
        ("train fast", "unexpected argument `fast`", "`descent train --help`"),
        ("train --epochs", "missing value of `--epochs <N>`", "`descent train --help`"),
        ("train --model", "missing value of `--model <NAME>`", "its values are mlp, logreg"),
        ("train --epochs 0", "`--epochs <N>`: expected a whole number from 1, found `0`", "--help`"),
        ("train --epochs two", "`--epochs <N>`: expected a whole number, found `two`", "--help`"),
        ("train --threads 9999", "expected a whole number from 1 to 1024, found `9999`", "--help`"),
        ("train --batch-size 0", "expected a whole number from 1, or all", "--help`"),
        ("train --model lenett", "found `lenett`; did you mean `lenet`?", "its values are mlp, logreg"),
        ("train --seed 1 --seed 2", "duplicate `--seed`", "give it once"),
        ("train --recipe adam --batch-size 3", "`--recipe` conflicts with `--batch-size`", "leave out"),
        ("train --json=3", "`--json`: unexpected value `3`", "--help`"),
        ("evaluate", "missing `--model <FILE>`", "`descent evaluate --help` shows examples"),
        ("predict --model x", "missing `<IMAGE|--index <N>>`", "`descent predict --help`"),
    ] {
        let output = run(folder.path(), arguments);
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{arguments}: {told}");
        let lines: Vec<&str> = told.lines().collect();
        assert_eq!(lines.len(), 2, "{arguments}: {told}");
        assert!(lines[0].starts_with("error: ") && lines[0].contains(error), "{arguments}: {told}");
        assert!(lines[1].starts_with("hint: ") && lines[1].contains(hint), "{arguments}: {told}");
    }
}

#[test]
fn flags_of_data_of_ones_own_conflict_with_other_data() {
    let folder = tempfile::tempdir().unwrap();
    let flags = [
        "--target a",
        "--targets numbers",
        "--normalize-targets none",
        "--ignore a",
        "--one-hot a",
        "--test 10%",
        "--validation 10%",
    ];
    for flag in flags {
        let name = flag.split(' ').next().unwrap();
        for other in ["--task friedman1", "--dataset mnist"] {
            let output = run(folder.path(), &format!("train --epochs 1 {other} {flag}"));
            let told = String::from_utf8(output.stderr).unwrap();
            assert_eq!(output.status.code(), Some(2), "{told}");
            let other = other.split(' ').next().unwrap();
            assert!(told.contains(&format!("`{other}` conflicts with `{name}`")), "{told}");
        }
    }
    // In a comparison, it is the value of the metric that time is counted to.
    let output =
        run(folder.path(), "compare --task booth --target 0.1 --epochs 1 --optimizers sgd --untuned --out x");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let output = run(folder.path(), "train --data x.csv --target y --data-dir z");
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("`--data` conflicts with `--data-dir`"), "{told}");
}

#[test]
fn help_is_no_mistake_unless_a_command_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    for (arguments, code) in [("--help", 0), ("train --help", 0), ("--version", 0), ("", 2), ("data", 2)] {
        let output = run(folder.path(), arguments);
        assert_eq!(output.status.code(), Some(code), "{arguments}");
        let (told, silent) = match code {
            0 => (output.stdout, output.stderr),
            _ => (output.stderr, output.stdout),
        };
        assert!(!told.is_empty() && silent.is_empty(), "{arguments}");
    }
}

#[test]
fn a_mistake_says_where_the_right_place_is() {
    let folder = tempfile::tempdir().unwrap();
    for (arguments, code, said) in [
        ("train --schedule plateau", 2, "it is a separate part of a recipe, as in `adam, plateau`"),
        ("train --recipe adam,clip=1,clip=2", 2, "recipe: duplicate `clip`"),
        ("data verify --data-dir nowhere", 66, "--data-dir nowhere: no such folder"),
        ("data list --data-dir nowhere", 66, "--data-dir nowhere: no such folder"),
    ] {
        let output = run(folder.path(), arguments);
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), output.stdout.len()), (Some(code), 0), "{arguments}: {told}");
        assert!(told.contains(said), "{arguments}: {told}");
    }
    let [asked, whole] = ["help --help", "--help"].map(|arguments| run(folder.path(), arguments));
    assert_eq!((asked.status.code(), asked.stdout), (Some(0), whole.stdout));
}
