//! Files that the program writes: tried before work begins, and never said to be there when they are not.

mod common;
#[path = "common/text.rs"]
mod text;

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use text::text;

fn descent(folder: &Path, arguments: &str) -> Command {
    let mut command = common::descent(folder);
    command.args(arguments.split_whitespace());
    command
}

fn run(folder: &Path, arguments: &str) -> Output {
    descent(folder, arguments).output().expect("the program starts")
}

fn fails(folder: &Path, arguments: &str, code: i32) -> String {
    let output = run(folder, arguments);
    let errors = text(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{arguments}: {errors}");
    assert!(output.stdout.is_empty(), "{arguments} did something first: {}", text(&output.stdout));
    errors
}

const TRAIN: &str = "train --layers 784,8,10 --epochs 1 --batch-size 100 --offline";

/// Each option that names a file, with the command that writes it.
const OPTIONS: [(&str, &str); 8] = [
    ("--save", TRAIN),
    ("--checkpoint", "train --layers 784,8,10 --epochs 1 --checkpoint-every 5 --offline"),
    ("--svg", "find-lr --optimizer sgd --layers 784,8,10 --steps 50 --seeds 1 --offline"),
    ("--svg", "schedule cosine --steps 10"),
    ("--svg", "race rosenbrock sgd adam"),
    ("--html", "race rosenbrock sgd adam"),
    ("--html", "play --offline"),
    ("--out", "compare --quick --seeds 2 --epochs 1 --optimizers sgd --untuned --offline"),
];

#[test]
fn every_output_is_tried_before_work() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("file"), "a file").unwrap();
    for (option, command) in OPTIONS {
        let below_a_file = fails(folder.path(), &format!("{command} {option} file/below.svg"), 73);
        assert!(below_a_file.contains(&format!("{option} file/below.svg: ")), "{below_a_file}");
        assert!(below_a_file.contains(&format!("with {option}")), "{below_a_file}");
        let long = "n".repeat(300);
        let told = fails(folder.path(), &format!("{command} {option} {long}"), 73);
        assert!(told.contains("too long"), "{told}");
    }
    assert_eq!(fs::read_to_string(folder.path().join("file")).unwrap(), "a file");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[cfg(unix)]
#[test]
fn devices_pipes_and_folders_are_refused_and_links_followed() {
    let folder = tempfile::tempdir().unwrap();
    assert!(Command::new("mkfifo").arg(folder.path().join("pipe")).status().unwrap().success());
    fs::create_dir(folder.path().join("folder")).unwrap();
    for (option, command) in &OPTIONS[..4] {
        for (path, found) in
            [("/dev/null", "a device"), ("/dev/full", "a device"), ("pipe", "a pipe"), ("folder", "a folder")]
        {
            let told = fails(folder.path(), &format!("{command} {option} {path}"), 73);
            assert!(
                told.contains(&format!("{option} {path}: expected a regular file, found {found}")),
                "{told}"
            );
        }
    }
    fs::create_dir(folder.path().join("models")).unwrap();
    std::os::unix::fs::symlink("models/new.st", folder.path().join("link.st")).unwrap();
    let output = run(folder.path(), &format!("{TRAIN} --save link.st"));
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(fs::symlink_metadata(folder.path().join("link.st")).unwrap().is_symlink());
    assert!(train::weights::load(&folder.path().join("models/new.st")).is_ok());
}

#[test]
fn a_run_does_not_write_two_things_into_one_file() {
    let folder = tempfile::tempdir().unwrap();
    for save in ["checkpoint.safetensors", "./checkpoint.safetensors"] {
        let told = fails(folder.path(), &format!("{TRAIN} --checkpoint-every 5 --save {save}"), 2);
        assert!(told.contains("--save conflicts with --checkpoint: both are "), "{told}");
        assert!(told.contains("name another file with --save"), "{told}");
    }
    let told = fails(folder.path(), "find-lr --optimizer sgd --layers 784,8,10 --offline --svg range.csv", 2);
    assert!(told.contains("expected a name for a picture, found one for its table"), "{told}");
}

/// No output takes the place of the data that the command reads.
#[test]
fn an_output_spares_the_data_that_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let table = "a,y\n1,0\n2,1\n3,0\n4,1\n5,0\n6,1\n7,0\n8,1\n9,0\n";
    let described = "kind = \"csv\"\ntrain = \"x.csv\"\ntarget = \"y\"\n";
    fs::write(folder.path().join("x.csv"), table).unwrap();
    fs::write(folder.path().join("x.toml"), described).unwrap();
    for (command, conflict) in [
        ("train --data x.csv --target y --save x.csv", "--save conflicts with --data: both are x.csv"),
        ("train --data x.csv --target y --checkpoint ./x.csv", "--checkpoint conflicts with --data"),
        ("train --data x.toml --save x.csv", "--save conflicts with --data"),
        ("train --data x.toml --save x.toml", "--save conflicts with --data"),
        ("find-lr --data x.csv --target y --svg x.svg", "--svg conflicts with --data"),
        ("train --data-dir . --save x.csv", "--save conflicts with --data-dir"),
    ] {
        let told = fails(folder.path(), command, 2);
        assert!(told.contains(conflict), "{command}: {told}");
    }
    assert_eq!(fs::read_to_string(folder.path().join("x.csv")).unwrap(), table);
    assert_eq!(fs::read_to_string(folder.path().join("x.toml")).unwrap(), described);
}

#[test]
fn a_checkpoint_is_no_model_and_a_model_no_checkpoint() {
    let folder = tempfile::tempdir().unwrap();
    let output = run(folder.path(), &format!("{TRAIN} --checkpoint-every 5 --save model.st"));
    assert!(output.status.success(), "{}", text(&output.stderr));
    let told = fails(folder.path(), "evaluate --model checkpoint.safetensors --offline", 65);
    assert!(told.contains("expected a model, found a checkpoint of a run"), "{told}");
    let told = fails(folder.path(), &format!("{TRAIN} --resume --checkpoint model.st"), 65);
    assert!(told.contains("expected a checkpoint, found a model"), "{told}");
    let mut bytes = fs::read(folder.path().join("model.st")).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(folder.path().join("model.st"), bytes).unwrap();
    let told = fails(folder.path(), "evaluate --model model.st --offline", 65);
    assert!(told.contains("model.st: is damaged"), "{told}");
}

/// A diverged run leaves model and checkpoint as they were, and the run goes on from there.
#[test]
fn a_diverged_run_can_go_on_with_a_smaller_rate() {
    let folder = tempfile::tempdir().unwrap();
    let command = |schedule: &str, more: &str| {
        let recipe = format!("--recipe sgd,{schedule}");
        format!(
            "train --layers 784,8,10 {recipe} --epochs 2 --checkpoint-every 1 --offline --save m.st {more}"
        )
    };
    // Sound for five updates, then far too high.
    let wild = "piecewise~values=1/1e30~at=5";
    let run = |arguments: &str| {
        let words = arguments.split_whitespace().map(|word| word.replace('~', " "));
        let mut command = descent(folder.path(), "");
        command.args(words).output().expect("the program starts")
    };
    let output = run(&command(wild, ""));
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stdout).contains("diverged at update"), "{}", text(&output.stdout));
    let told = text(&output.stderr);
    assert!(told.contains("--save m.st was not written: the run diverged"), "{told}");
    assert!(
        told.contains("checkpoint.safetensors, with --resume --force and a smaller learning rate"),
        "{told}"
    );
    assert!(!folder.path().join("m.st").exists());
    let output = run(&command("constant", "--resume --force"));
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(text(&output.stderr).contains("going on from checkpoint.safetensors at update 5"));
    assert!(train::weights::load(&folder.path().join("m.st")).is_ok());
}

/// Weights whose loss has exploded are finite and of no use: they take no file's place.
#[test]
fn exploded_weights_are_not_saved() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("m.st"), "old").unwrap();
    // The last update alone is far too high, which the test loss shows.
    let last = ["--batch-size", "all", "--optimizer", "sgd", "--lr", "1e10"];
    for more in [&["--lr", "1e10"][..], &last] {
        let mut command = descent(folder.path(), "train --layers 784,8,10 --epochs 1 --offline --save m.st");
        let output = command.args(["--checkpoint", "c.st"]).args(more).output().unwrap();
        let told = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{more:?}: {told}");
        assert!(
            told.contains("--save m.st was not written: the run exploded: its loss went from 2."),
            "{told}"
        );
        let shown = text(&output.stdout);
        let losses = shown.lines().filter(|line| line.starts_with("epoch")).flat_map(|line| line.split(", "));
        assert!(losses.filter(|part| part.contains("loss")).all(|part| part.len() < 40), "{shown}");
        assert_eq!(fs::read_to_string(folder.path().join("m.st")).unwrap(), "old");
        let path = folder.path().join("c.st");
        assert!(!path.exists(), "{more:?}");
    }
    // A checkpoint that is asked for and is not of the end is said to be so.
    let sound = run(folder.path(), &format!("{TRAIN} --optimizer sgd --checkpoint c.st"));
    assert!(sound.status.success());
    let wild = "--epochs 2 --optimizer sgd --lr 1e10 --checkpoint c.st --resume --force";
    let output = run(folder.path(), &format!("{} {wild}", TRAIN.replace(" --epochs 1", "")));
    let told = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(told.contains("--checkpoint c.st was not written"), "{told}");
    assert!(told.contains("go on from the last good checkpoint, c.st"), "{told}");
}

/// Each file, given where another is expected, is named as what it is.
#[test]
fn a_file_of_another_kind_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let made = run(folder.path(), &format!("{TRAIN} --save model.st"));
    assert!(made.status.success(), "{}", text(&made.stderr));
    fs::write(folder.path().join("empty"), "").unwrap();
    fs::write(folder.path().join("lines.jsonl"), "\n").unwrap();
    assert!(run(folder.path(), "runs import lines.jsonl --store runs.db").status.success());
    for (name, bytes) in [
        ("x.npz", &b"PK\x03\x04\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x05\0\0\0a.npy"[..]),
        ("x.gz", b"\x1f\x8b\x08\0\0\0\0\0\0\x03"),
        ("x.pdf", b"%PDF-1.4\n"),
        ("x.pt", b"PK\x03\x04\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x0a\0\0\0m/data.pkl"),
    ] {
        fs::write(folder.path().join(name), bytes).unwrap();
    }
    let kinds = [
        ("x.npz", "an .npz archive"),
        ("x.gz", "a gzip file"),
        ("x.pdf", "a PDF"),
        ("x.pt", "file of torch.save"),
        ("empty", "an empty file"),
        ("model.st", "a safetensors file"),
        ("runs.db", "an SQLite database"),
    ];
    let commands = [
        "evaluate --offline --model FILE",
        "train --offline --resume --checkpoint FILE",
        "runs list --store FILE",
        "runs import FILE --store other.db",
        "predict --offline --model model.st FILE",
        "train --data FILE --target y",
    ];
    for (file, kind) in kinds {
        for command in commands {
            // What a command takes, and files whose kind is in the name or which are said more exactly.
            let takes = match file {
                "model.st" => command.contains("--model FILE") || command.contains("--checkpoint"),
                "runs.db" => command.contains("--store FILE"),
                "empty" => command.contains("import"),
                "x.gz" => command.contains("--data"),
                _ => false,
            };
            if !takes {
                let told = fails(folder.path(), &command.replace("FILE", file), 65);
                assert!(told.contains(kind), "{command}: {told}");
            }
        }
    }
}

/// A checkpoint that was asked for is there after the run, however rarely one was due; a run that has none to
/// give says so.
#[test]
fn a_checkpoint_that_was_asked_for_is_written() {
    let folder = tempfile::tempdir().unwrap();
    for asked in ["--checkpoint c.st", "--checkpoint c.st --checkpoint-every 1000000"] {
        let output = run(folder.path(), &format!("{TRAIN} {asked}"));
        assert!(output.status.success(), "{}", text(&output.stderr));
        let path = folder.path().join("c.st");
        assert!(path.exists(), "{asked}");
        let told = text(&run(folder.path(), &format!("{TRAIN} {asked} --resume")).stderr);
        assert!(told.contains("going on from c.st"), "{told}");
        fs::remove_file(path).unwrap();
        let output = run(folder.path(), &format!("{TRAIN} --optimizer sgd --lr 1e30 {asked}"));
        assert_eq!(output.status.code(), Some(1), "{asked}");
        assert!(text(&output.stdout).contains("diverged at update"));
        let told = text(&output.stderr);
        assert!(told.contains("--checkpoint c.st was not written: the run diverged"), "{told}");
    }
}

/// Where nothing more fits, what was found is printed, and the old file is there.
#[cfg(target_os = "linux")]
#[test]
fn what_cannot_be_written_in_the_end_is_said_after_what_was_found() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("m.st"), "old").unwrap();
    let limited = |arguments: &str| {
        let mut command = Command::new("sh");
        let program = env!("CARGO_BIN_EXE_descent");
        let line = format!("ulimit -f 1; exec {program} {arguments}");
        command.args(["-c", &line]).current_dir(folder.path()).stdin(Stdio::null());
        command.env("XDG_CACHE_HOME", folder.path()).env("HOME", folder.path()).env_remove("DESCENT_DATA");
        let output = command.output().unwrap();
        let told = text(&output.stderr);
        assert_eq!(output.status.code(), Some(74), "{arguments}: {told}");
        assert!(told.contains("File too large (os error 27)"), "{told}");
        (text(&output.stdout), told)
    };
    let (found, told) = limited(&format!("{TRAIN} --save m.st"));
    assert!(found.contains("test accuracy") && !found.contains("weights: "), "{found}");
    assert!(told.contains("cannot write --save m.st"), "{told}");
    assert_eq!(fs::read_to_string(folder.path().join("m.st")).unwrap(), "old");
    let (found, told) =
        limited("compare --quick --seeds 2 --epochs 1 --optimizers sgd --untuned --offline --out results");
    assert!(found.contains("sgd"), "{found}");
    assert!(told.contains("cannot write --out results/"), "{told}");
    let (found, _) =
        limited("find-lr --optimizer sgd --layers 784,8,10 --steps 50 --seeds 1 --offline --svg range.svg");
    assert!(found.contains("Train with it") || found.contains("sgd"), "{found}");
    assert!(
        fs::read_dir(folder.path())
            .unwrap()
            .all(|entry| { !entry.unwrap().file_name().to_string_lossy().starts_with(".tmp-") })
    );
}

#[cfg(target_os = "linux")]
#[test]
fn names_that_are_not_unicode_or_steer_a_terminal_are_written_out() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let folder = tempfile::tempdir().unwrap();
    let odd = OsStr::from_bytes(b"o\xff\x1b[31m");
    let mut compare = descent(
        folder.path(),
        "compare --quick --seeds 2 --epochs 1 --optimizers sgd --untuned --offline --json --out",
    );
    let output = compare.arg(odd).output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(folder.path().join(odd).join("report.html").exists());
    let mut evaluate = descent(folder.path(), "evaluate --offline --model");
    let told = text(&evaluate.arg(odd).output().unwrap().stderr);
    assert!(told.contains("o\u{fffd}\\u{1b}[31m"), "{told}");
    assert!(!told.contains('\u{1b}'), "{told}");
}

#[test]
fn arguments_that_steer_a_terminal_are_written_out() {
    let folder = tempfile::tempdir().unwrap();
    for words in [
        &["tr\u{1b}[2Jain"][..],
        &["train", "--activation", "\u{1b}]0;owned\u{7}"],
        &["train", "--optimizer", "ad\u{1b}[31mam"],
        &["explain", "\u{9b}2J"],
    ] {
        let output = descent(folder.path(), "").args(words).output().unwrap();
        let told = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{told}");
        assert!(!told.contains(|c: char| c.is_control() && c != '\n'), "{told:?}");
        assert!([r"\u{1b}", r"\u{9b}", "\u{fffd}"].iter().any(|shown| told.contains(shown)), "{told:?}");
    }
}

#[cfg(unix)]
#[test]
fn pipes_where_a_file_is_expected_do_not_hang() {
    let folder = tempfile::tempdir().unwrap();
    assert!(Command::new("mkfifo").arg(folder.path().join("pipe")).status().unwrap().success());
    for (arguments, code) in [
        ("evaluate --model pipe --offline".to_string(), 65),
        ("predict --model pipe --offline --index 0".to_string(), 65),
        ("find-lr --optimizer sgd --weights pipe --offline".to_string(), 65),
        (format!("{TRAIN} --resume --checkpoint pipe"), 73),
    ] {
        let told = fails(folder.path(), &arguments, code);
        assert!(told.contains("pipe: expected a regular file, found a pipe"), "{arguments}: {told}");
    }
}

#[test]
fn an_unknown_kernel_is_refused_with_those_that_there_are() {
    let folder = tempfile::tempdir().unwrap();
    let output = descent(folder.path(), "schedule cosine").env("DESCENT_KERNEL", "avx1024").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let told = text(&output.stderr);
    assert!(
        told.contains("DESCENT_KERNEL: unknown path `avx1024`; known are avx512, avx2, portable"),
        "{told}"
    );
}

#[test]
fn another_kernel_or_batch_size_is_shown_as_a_difference() {
    let folder = tempfile::tempdir().unwrap();
    let small = "train --layers 784,8,10 --epochs 1 --batch-size 100 --checkpoint-every 3 --offline";
    let portable = |arguments: &str| {
        descent(folder.path(), arguments).env("DESCENT_KERNEL", "portable").output().unwrap()
    };
    assert!(portable(small).status.success());
    let other = tensor::simd::Path::ALL.into_iter().find(|path| path.is_available()).unwrap();
    if other != tensor::simd::Path::Portable {
        let told = fails(folder.path(), &format!("{small} --resume"), 2);
        assert!(
            told.contains(&format!("kernel: portable in the checkpoint, {} now", other.name())),
            "{told}"
        );
    }
    let output =
        portable(&format!("{small} --resume --force --batch-size 50").replacen("--batch-size 100", "", 1));
    assert!(output.status.success(), "{}", text(&output.stderr));
    let epochs = text(&output.stdout).lines().filter(|line| line.starts_with("epoch   1")).count();
    assert_eq!(epochs, 1, "{}", text(&output.stdout));
}

#[cfg(unix)]
#[test]
fn what_is_printed_is_not_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let printed = folder.path().join("printed");
    for (option, command) in [("--save", TRAIN), ("--svg", "schedule cosine --steps 10")] {
        for path in ["/dev/stdout", "printed"] {
            let file = fs::File::create(&printed).unwrap();
            let child = descent(folder.path(), &format!("{command} {option} {path}"))
                .stdout(file)
                .stderr(Stdio::piped())
                .spawn()
                .unwrap();
            let output = child.wait_with_output().unwrap();
            let told = text(&output.stderr);
            assert_eq!(output.status.code(), Some(2), "{told}");
            let said = format!("{option} conflicts with standard output: both are {path}");
            assert!(told.contains(&said), "{told}");
            assert_eq!(fs::read_to_string(&printed).unwrap(), "");
        }
    }
    let file = fs::File::create(&printed).unwrap();
    let status = descent(folder.path(), &format!("{TRAIN} --save printed")).stderr(file).status().unwrap();
    assert_eq!(status.code(), Some(2));
    let told = fs::read_to_string(&printed).unwrap();
    assert!(told.contains("--save conflicts with standard error: both are printed"), "{told}");
}
