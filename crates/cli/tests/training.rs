//! `train` and `compare` as a user runs them, interruptions included.

mod common;
#[path = "common/text.rs"]
mod text;

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use text::text;

/// The program with nothing but the embedded sample in reach.
fn descent(folder: &Path, arguments: &str) -> Command {
    let mut command = common::descent(folder);
    command.args(arguments.split_whitespace()).arg("--offline");
    command
}

fn run(folder: &Path, arguments: &str) -> Output {
    descent(folder, arguments).output().expect("the program starts")
}

/// Checks the exit code and gives what was printed on standard error.
fn fails(folder: &Path, arguments: &str, code: i32) -> String {
    let output = run(folder, arguments);
    let errors = text(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{arguments}: {errors}");
    errors
}

const RUN: &str = "train --layers 784,16,10 --optimizer adam --epochs 3 --batch-size 100 --threads 2";

#[cfg(unix)]
fn signal(child: &Child, name: &str) {
    let status = Command::new("kill").args([name, &child.id().to_string()]).status().expect("kill is there");
    assert!(status.success());
}

#[cfg(unix)]
#[test]
fn killed_and_resumed_is_uninterrupted_byte_for_byte() {
    let folder = tempfile::tempdir().unwrap();
    let whole = run(folder.path(), &format!("{RUN} --save whole.safetensors"));
    assert!(whole.status.success(), "{}", text(&whole.stderr));

    let resumed = format!("{RUN} --save killed.safetensors --checkpoint-every 7 --resume");
    let mut kills = 0;
    // At growing moments, so that one of them must let it finish.
    for round in 1..200 {
        let mut child =
            descent(folder.path(), &resumed).stderr(Stdio::null()).stdout(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(60 + 7 * round));
        match child.try_wait().unwrap() {
            Some(status) => {
                assert!(status.success());
                break;
            }
            None => {
                child.kill().unwrap();
                child.wait().unwrap();
                kills += 1;
            }
        }
    }
    assert!(kills > 0, "the run was never interrupted");
    let file = |name| fs::read(folder.path().join(name)).unwrap();
    assert!(file("whole.safetensors") == file("killed.safetensors"), "after {kills} kills");
    let left = fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap());
    assert!(left.filter(|name| name.contains("checkpoint")).count() == 1);
}

#[cfg(unix)]
#[test]
fn a_signal_ends_the_run_in_order_and_it_can_go_on() {
    for (name, code) in [("-INT", 130), ("-TERM", 143), ("-HUP", 129)] {
        let folder = tempfile::tempdir().unwrap();
        let long = "train --layers 784,16,10 --epochs 2000 --batch-size 100 --checkpoint-every 100000";
        let child =
            descent(folder.path(), long).stderr(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(700));
        signal(&child, name);
        let output = child.wait_with_output().unwrap();
        let errors = text(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{errors}");
        assert!(errors.contains("checkpoint.safetensors is written: go on with --resume"), "{errors}");
        assert!(folder.path().join("checkpoint.safetensors").exists());
    }
}

#[cfg(unix)]
#[test]
fn a_comparison_that_is_stopped_while_it_tunes_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let many = "compare --optimizers sgd --layers 784,8,10 --epochs 1 --seeds 1 --trials 10000 --threads 1 --out here";
    let child = descent(folder.path(), many).stderr(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let tuning = folder.path().join("here/tuning.jsonl");
    while fs::read_to_string(&tuning).unwrap_or_default().lines().count() < 3 {
        std::thread::sleep(Duration::from_millis(20));
    }
    signal(&child, "-INT");
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{}", text(&output.stderr));
    assert!(text(&output.stderr).contains("stopped while tuning"), "{}", text(&output.stderr));
    assert!(text(&output.stdout).contains("sgd"), "what was finished is shown");
}

#[cfg(unix)]
#[test]
fn nohup_outlives_its_terminal() {
    let folder = tempfile::tempdir().unwrap();
    let short = "train --layers 784,16,10 --epochs 60 --batch-size 100 --offline";
    let mut nohup = Command::new("nohup");
    nohup.arg(env!("CARGO_BIN_EXE_descent")).args(short.split_whitespace()).current_dir(folder.path());
    nohup.env("XDG_CACHE_HOME", folder.path()).env("HOME", folder.path()).env_remove("DESCENT_DATA");
    let child = nohup.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    std::thread::sleep(Duration::from_millis(300));
    signal(&child, "-HUP");
    assert_eq!(child.wait_with_output().unwrap().status.code(), Some(0));
}

#[cfg(unix)]
#[test]
fn a_stopped_comparison_keeps_the_runs_that_were_finished() {
    let folder = tempfile::tempdir().unwrap();
    let many = "compare --optimizers sgd --epochs 1 --seeds 4000 --threads 1 --untuned --out here";
    let child = descent(folder.path(), many).stderr(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    std::thread::sleep(Duration::from_millis(2500));
    signal(&child, "-INT");
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{}", text(&output.stderr));
    assert!(text(&output.stderr).contains("of 4000 runs were finished and are kept"));
    let records = fs::read_to_string(folder.path().join("here/results.jsonl")).unwrap();
    assert!(!report::parse_jsonl(&records).unwrap().is_empty());
}

#[test]
fn a_quick_comparison_leaves_everything_that_it_names() {
    let folder = tempfile::tempdir().unwrap();
    let output = run(folder.path(), "compare --quick");
    let (said, told) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success(), "{told}");
    assert!(told.contains("NOTE: this runs on the embedded sample"), "{told}");
    assert!(told.contains("rmsprop seed 2: training loss"), "{told}");
    assert!(said.contains("SAMPLE") && said.contains("As they are set"), "{said}");
    let flat = said.split_whitespace().collect::<Vec<_>>().join(" ");
    let tuned = flat.split("Each tuned alike: 8 learning rates each").nth(1).expect("a second table");
    for name in ["sgd lr=", "adam lr=", "rmsprop lr="] {
        assert!(tuned.contains(name), "{name} in {said}");
    }
    assert!(tuned.contains("On this one task, each tuned alike, "), "{said}");
    assert!(said.lines().all(|line| line.chars().count() <= 80), "{said}");
    for name in ["report.html", "curves.svg", "results.csv", "results.jsonl"] {
        assert!(said.contains(name), "{name} is not named in\n{said}");
        assert!(folder.path().join("results/compare-mnist-1").join(name).exists(), "{name}");
    }
    let page = fs::read_to_string(folder.path().join("results/compare-mnist-1/report.html")).unwrap();
    assert!(page.contains("The same, each tuned alike") && page.contains("What was chosen"));
    // The next one does not replace it.
    assert!(run(folder.path(), "compare --quick --seeds 2 --optimizers adam --untuned").status.success());
    assert!(folder.path().join("results/compare-mnist-2/report.html").exists());
}

#[test]
fn json_is_all_that_standard_output_holds() {
    let folder = tempfile::tempdir().unwrap();
    let lines = |arguments: &str| {
        let output = run(folder.path(), arguments);
        assert!(output.status.success(), "{}", text(&output.stderr));
        let parsed = text(&output.stdout);
        parsed
            .lines()
            .map(|line| serde_json::from_str(line).expect("JSON"))
            .collect::<Vec<serde_json::Value>>()
    };
    let compared = lines("compare --epochs 1 --seeds 2 --optimizers sgd,adam --untuned --json --out out");
    assert_eq!(compared.len(), 5);
    assert!(compared[..4].iter().all(|line| line["schema"] == 2) && compared[4]["schema"] == 1);
    assert!(compared[4]["verdict"].as_str().unwrap().contains("paired seeds"));
    let trained = lines("train --layers 784,8,10 --epochs 1 --json");
    assert_eq!((trained.len(), &trained[0]["optimizer"]), (1, &"adam".into()));
}

#[test]
fn what_is_tuned_is_what_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let small = "compare --layers 784,8,10 --batch-size 500 --epochs 1 --trials 2 --json";
    let summary = |arguments: &str| -> serde_json::Value {
        let output = run(folder.path(), arguments);
        assert!(output.status.success(), "{}", text(&output.stderr));
        serde_json::from_str(text(&output.stdout).lines().last().unwrap()).unwrap()
    };
    let tuned = summary(&format!("{small} --optimizers sgd,adam --seeds 3..5 --out a"));
    assert_eq!(tuned["tuned"]["study"]["cells"].as_array().unwrap().len(), 2);
    assert_eq!(tuned["tuned"]["study"]["cells"][0]["runs"][0]["seed"], 3);
    assert_eq!(tuned["tuned"]["study"]["rulesets"][0], "lr");
    let full = summary(&format!("{small} --optimizers adamw,lion --seeds 2 --tune full --out b"));
    assert!(full["tuned"]["study"]["cells"][0]["settings"].as_str().unwrap().contains("weight_decay="));
    // A rate that is stated is not tuned away.
    let stated = [
        "compare",
        "--layers=784,8,10",
        "--epochs=1",
        "--seeds=2",
        "--json",
        "--out=c",
        "--optimizers=sgd lr=0.5",
    ];
    let output = common::descent(folder.path()).args(stated).arg("--offline").output().unwrap();
    let last: serde_json::Value = serde_json::from_str(text(&output.stdout).lines().last().unwrap()).unwrap();
    assert!(last["tuned"].is_null() && text(&output.stderr).contains("--tune"), "{}", text(&output.stderr));
    assert!(
        fails(folder.path(), "compare --untuned --tune lr", 2)
            .contains("`--untuned` conflicts with `--tune`")
    );
    assert!(fails(folder.path(), "compare --seeds 5..5", 2).contains("FROM..TO"));
    assert!(fails(folder.path(), "compare --seeds 0..1000001", 2).contains("expected"));
    assert!(fails(folder.path(), "compare --tune momentun", 2).contains("momentum"));
}

#[test]
fn threads_change_no_number_of_a_comparison() {
    let folder = tempfile::tempdir().unwrap();
    let records = [1, 2].map(|threads| {
        let arguments = format!("compare --quick --seeds 2 --threads {threads} --out t{threads}");
        assert!(run(folder.path(), &arguments).status.success());
        let path = folder.path().join(format!("t{threads}/results.jsonl"));
        let mut records = report::parse_jsonl(&fs::read_to_string(path).unwrap()).unwrap();
        for record in &mut records {
            record.curves.values_mut().flatten().for_each(|point| point.seconds = 0.0);
        }
        records
    });
    assert_eq!(records[0], records[1]);
}

#[test]
fn a_diverged_run_is_a_result() {
    let folder = tempfile::tempdir().unwrap();
    let output = run(folder.path(), "train --layers 784,8,10 --optimizer sgd --lr 1e10 --epochs 1");
    assert!(output.status.success());
    assert!(text(&output.stdout).contains("diverged at update"), "{}", text(&output.stdout));

    // A file that was asked for and is not written is not exit 0, and an old one stays.
    fs::write(folder.path().join("m.st"), "old").unwrap();
    let output = run(
        folder.path(),
        "train --layers 784,8,10 --optimizer sgd --lr 1e10 --epochs 1 --save m.st --threads 1 --json",
    );
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("m.st was not written"), "{}", text(&output.stderr));
    assert!(text(&output.stdout).contains("\"threads\":1"), "{}", text(&output.stdout));
    assert_eq!(fs::read_to_string(folder.path().join("m.st")).unwrap(), "old");
}

#[test]
fn mistakes_are_answered_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let cases = [
        ("train --optimizer adm", 2, "did you mean `adam`?"),
        (
            "train --optimizer sgd --beta1 0.9",
            2,
            "expected one of: lr, momentum, dampening, nesterov, weight_decay",
        ),
        ("train --lr=-1", 2, "expected lr to be a finite number, 0 or more, found -1"),
        ("train --lr NaN", 2, "expected lr to be a finite number, 0 or more, found NaN"),
        ("train --lr fast", 2, "expected lr to be a finite number, 0 or more, found fast"),
        ("train --optimizer sgd --nesterov", 2, "nesterov=true conflicts with momentum=0"),
        ("train --batch-size 0", 2, "a whole number from 1, or all"),
        ("train --batch-size many", 2, "a whole number from 1, or all"),
        ("train --schedule cosin", 2, "did you mean `cosine`?"),
        ("train --clip-norm 0", 2, "a finite number above 0"),
        ("train --layers 784,128", 2, "the last 10 (outputs)"),
        ("train --layers 100,10", 2, "the first must be 784 (inputs)"),
        ("train --epochs 0", 2, "--epochs"),
        ("train --dataset minst", 2, "mnist"),
        ("train --data-dir /nowhere", 66, "/nowhere"),
        (
            "train --epochs 1 --layers 784,4,10 --save /nowhere/model.safetensors",
            73,
            "/nowhere/model.safetensors",
        ),
        ("compare --optimizers sgd,sgd", 2, "duplicate `sgd lr=0.01`"),
        ("compare --optimizers ,", 2, "names none"),
        ("compare --seeds 0", 2, "--seeds"),
        ("compare --quick --out /dev/null/x", 73, "/dev/null/x"),
        ("resume", 2, "unknown command `resume`"),
    ];
    for (arguments, code, words) in cases {
        let told = fails(folder.path(), arguments, code);
        assert!(told.contains(words), "{arguments}: {told}");
        assert!(!told.contains("panicked"), "{arguments}: {told}");
    }
}

#[test]
fn resuming_with_other_settings_shows_the_difference() {
    let folder = tempfile::tempdir().unwrap();
    let small = "train --layers 784,8,10 --epochs 1 --checkpoint-every 10";
    assert!(run(folder.path(), small).status.success());
    let told = fails(folder.path(), &format!("{small} --resume --lr 0.01"), 2);
    assert!(told.contains("adam lr=0.001, batch=64 in the checkpoint, adam lr=0.01, batch=64 now"), "{told}");
    assert!(told.contains("--force"), "{told}");
    assert!(run(folder.path(), &format!("{small} --resume --lr 0.01 --force")).status.success());
}

/// Products add in another order without a fused multiply-add, so the last bits may differ;
/// what is learnt does not.
#[test]
fn every_instruction_set_learns_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let losses: Vec<f64> = ["avx512", "avx2", "portable"]
        .into_iter()
        .filter_map(|kernel| {
            let arguments = "train --layers 784,16,10 --optimizer sgd --lr 0.1 --epochs 1 --json";
            let output = descent(folder.path(), arguments).env("DESCENT_KERNEL", kernel).output().unwrap();
            // A machine without these instructions says so and trains nothing.
            if output.status.code() == Some(2) {
                assert!(text(&output.stderr).contains(&format!("this machine does not support `{kernel}`")));
                return None;
            }
            let record = report::parse_jsonl(&text(&output.stdout)).unwrap().remove(0);
            assert_eq!(record.environment.kernel, kernel);
            Some(record.final_train_loss().unwrap())
        })
        .collect();
    assert!(!losses.is_empty());
    assert!(losses.iter().all(|loss| (loss - losses[0]).abs() < 1e-4), "{losses:?}");
}

#[test]
fn diagnostics_are_shown_and_in_the_record() {
    let folder = tempfile::tempdir().unwrap();
    let arguments = "train --task mnist1d-logreg --recipe sgd,batch=100 --epochs 1 --curvature 1";
    let shown = text(&run(folder.path(), arguments).stdout);
    for name in ["curve ", "gradient_norm ", "update_ratio ", "effective_lr ", "sharpness "] {
        assert!(shown.lines().any(|line| line.starts_with(name)), "{name} in {shown}");
    }
    let json = text(&run(folder.path(), &format!("{arguments} --json")).stdout);
    let record: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(record["diagnostics"]["sharpness"].as_array().unwrap().len(), 2);
    let of_bias = record["histograms"]["fc1.bias"]["counts"].as_array().expect("counts");
    assert_eq!(of_bias.iter().map(|count| count.as_u64().unwrap()).sum::<u64>(), 10);
    run(folder.path(), &format!("{arguments} --html run.html"));
    let page = std::fs::read_to_string(folder.path().join("run.html")).unwrap();
    assert!(page.contains("Weights at the end") && page.contains("data-figure=\"weights1\""));
    let taken = format!("{arguments} --save a --html a");
    assert!(fails(folder.path(), &taken, 2).contains("--html conflicts with --save: both are a"));
    let plain = text(&run(folder.path(), arguments.trim_end_matches(" --curvature 1")).stdout);
    assert!(!plain.contains("gradient_norm"));
    assert!(fails(folder.path(), "train --curvature 0", 2).contains("--curvature"));
}

#[test]
fn a_setting_that_divides_by_zero_is_named_where_the_run_ends() {
    let folder = tempfile::tempdir().unwrap();
    let output = run(folder.path(), "train --task mnist1d-mlp --optimizer adam --eps 0 --epochs 1");
    let ended = text(&output.stdout).replace('\n', " ");
    assert!(
        ended.contains("diverged at update") && ended.contains("with eps=0, 0 is divided by 0"),
        "{ended}"
    );
}

#[test]
fn a_run_whose_end_is_its_start_says_so() {
    let folder = tempfile::tempdir().unwrap();
    for (settings, said) in [
        ("--lr 1e-30", Some("no weight has changed: nothing was trained")),
        ("--lr 1e-11", Some("no weight has changed by more than")),
        ("--optimizer sgd --clip-norm 1e-30", Some("no weight has changed: nothing was trained")),
        ("--recipe adamw,matrix:lr=0,bias:lr=0", Some("no weight has changed: nothing was trained")),
        ("--lr 1e-3", None),
    ] {
        let output = run(folder.path(), &format!("train --layers 784,16,10 --epochs 1 {settings}"));
        let notes = text(&output.stderr);
        assert!(output.status.success(), "{settings}: {notes}");
        assert_eq!(notes.contains("no weight has changed"), said.is_some(), "{settings}: {notes}");
        assert!(said.is_none_or(|said| notes.contains(said)), "{settings}: {notes}");
    }
}
