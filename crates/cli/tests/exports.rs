//! Completions of shells, man pages, and runs and models for other programs.

use std::fs;
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::Duration;

fn descent(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_descent")).args(arguments).output().unwrap()
}

#[test]
fn every_shell_has_completions() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let output = descent(&["completions", shell]);
        let script = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success() && script.contains("find-lr"), "{shell}: {script}");
    }
    assert_eq!(descent(&["completions", "tcsh"]).status.code(), Some(2));
}

#[test]
fn every_command_has_a_man_page() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("man1");
    assert!(descent(&["man", place.to_str().unwrap()]).status.success());
    let page = fs::read_to_string(place.join("descent-compare.1")).unwrap();
    assert!(page.contains(".TH") && page.contains("optimizers"), "{page}");
    let help = String::from_utf8(descent(&["--help"]).stdout).unwrap();
    let commands = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let mut pages = 0;
    for line in commands.take_while(|line| !line.is_empty()) {
        let Some(name) = line.strip_prefix("  ").and_then(|line| line.split(' ').next()) else { continue };
        if !name.is_empty() && name != "help" {
            assert!(place.join(format!("descent-{name}.1")).exists(), "{name}");
            pages += 1;
        }
    }
    assert!(pages > 10, "{help}");
    assert_eq!(descent(&["man", "/dev/null/pages"]).status.code(), Some(73));
}

/// Lengths of the events of a file of TensorBoard, which ends after a whole one.
fn event_lengths(mut file: &[u8]) -> Vec<usize> {
    let mut lengths = Vec::new();
    while !file.is_empty() {
        let length = u64::from_le_bytes(file[..8].try_into().unwrap()) as usize;
        lengths.push(length);
        file = &file[12 + length + 4..];
    }
    lengths
}

#[test]
fn an_event_file_can_be_watched_while_its_run_goes_and_outlives_it() {
    let folder = tempfile::tempdir().unwrap();
    let logs = folder.path().join("logs");
    let mut run = Command::new(env!("CARGO_BIN_EXE_descent"))
        .args(["train", "--task", "beale", "--epochs", "1000000", "--json", "--tensorboard"])
        .arg(&logs)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let events = || {
        let run = fs::read_dir(&logs).ok()?.next()?.ok()?.path();
        let file = fs::read_dir(run).ok()?.filter_map(Result::ok).map(|file| file.path());
        fs::read(file.into_iter().find(|file| file.to_string_lossy().contains("tfevents"))?).ok()
    };
    let has_grown = || events().is_some_and(|file| file.len() > 10_000);
    let looks = (0..1200).take_while(|_| !has_grown()).inspect(|_| thread::sleep(Duration::from_millis(50)));
    let looks = looks.count();
    run.kill().unwrap();
    run.wait().unwrap();
    assert!(looks < 1200, "nothing was written while the run went");
    assert!(event_lengths(&events().unwrap()).len() > 100);
}

#[cfg(feature = "store")]
#[test]
fn runs_go_to_tensorboard_and_data_frames() {
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    let train = ["train", "--task", "beale", "--epochs", "1", "--json", "--tensorboard", &place("live")];
    let record = descent(&train);
    assert!(record.status.success(), "{}", String::from_utf8_lossy(&record.stderr));
    fs::write(place("runs.jsonl"), &record.stdout).unwrap();
    let imported = descent(&["runs", "import", &place("runs.jsonl"), "--store", &place("runs.db")]);
    assert!(imported.status.success(), "{}", String::from_utf8_lossy(&imported.stderr));
    let export = |format: &str, out: &str| {
        descent(&["runs", "export", format, "--store", &place("runs.db"), "--out", &place(out)])
    };
    for (format, out) in [("tensorboard", "logs"), ("points", "points.csv"), ("points-jsonl", "points.jsonl")]
    {
        let output = export(format, out);
        assert!(output.status.success(), "{format}: {}", String::from_utf8_lossy(&output.stderr));
    }
    let files = |name: &str| -> Vec<_> {
        let runs = fs::read_dir(place(name)).unwrap().map(|run| run.unwrap().path());
        runs.flat_map(|run| fs::read_dir(run).unwrap().map(|file| file.unwrap().path())).collect()
    };
    assert_eq!((files("live").len(), files("logs").len()), (1, 1));
    // What was written as the run went is what is written of the whole run; only the hour differs.
    let [live, logs] = ["live", "logs"].map(|name| fs::read(&files(name)[0]).unwrap());
    assert_eq!((live.len(), event_lengths(&live)), (logs.len(), event_lengths(&logs)));
    let points = fs::read_to_string(place("points.csv")).unwrap();
    assert_eq!(
        points.lines().count(),
        1 + fs::read_to_string(place("points.jsonl")).unwrap().lines().count()
    );
    assert_eq!(descent(&["runs", "export", "tensorboard"]).status.code(), Some(2));
}

#[test]
fn trained_models_are_exported_and_others_refused() {
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    let said = |output: &Output| String::from_utf8_lossy(&output.stderr).into_owned();
    for (task, layer) in [("mnist1d-conv", "Conv"), ("deep-sigmoid", "Sigmoid"), ("mnist1d-gru", "GRU")] {
        let (model, onnx) = (place(&format!("{task}.safetensors")), place(&format!("{task}.onnx")));
        let train = descent(&["train", "--task", task, "--epochs", "1", "--offline", "--save", &model]);
        assert!(train.status.success(), "{}", said(&train));
        let export = descent(&["export", "--offline", "--model", &model, "--onnx", &onnx]);
        assert!(export.status.success(), "{}", said(&export));
        let bytes = fs::read(&onnx).unwrap();
        let has = |name: &str| bytes.windows(name.len()).any(|part| part == name.as_bytes());
        assert!(has(layer), "{task}");
        // Pixels are normalized in the file, and numbers are as they are.
        assert_eq!(has("Div"), task == "deep-sigmoid", "{task}");
    }
    let missing = descent(&["export", "--model", &place("none.safetensors"), "--onnx", &place("none.onnx")]);
    assert_eq!(missing.status.code(), Some(66), "{}", said(&missing));
    let model = place("mnist1d-conv.safetensors");
    let before = fs::read(&model).unwrap();
    let itself = descent(&["export", "--model", &model, "--onnx", &model]);
    assert_eq!(itself.status.code(), Some(2), "{}", said(&itself));
    assert_eq!(fs::read(&model).unwrap(), before);
}
