//! Completions of shells, man pages, and runs and models for other programs.

use std::fs;
use std::process::{Command, Output};

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
