//! Threads that cannot be started: said before work, with the number and the limit.
#![cfg(target_os = "linux")]

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Output};

/// Runs the program as an ordinary user who may have one process.
fn limited(folder: &Path, arguments: &str) -> Output {
    let script = format!("ulimit -u 1; RAYON_NUM_THREADS=64 exec ./descent {arguments}");
    let mut command = Command::new("bash");
    command
        .args(["-c", &script])
        .current_dir(folder)
        .env_remove("DESCENT_DATA")
        .env("XDG_CACHE_HOME", folder);
    if fs::metadata("/proc/self").unwrap().uid() == 0 {
        // The limit does not bind root.
        command.uid(65534).gid(65534);
    }
    command.output().unwrap()
}

#[test]
fn a_thread_that_cannot_be_started_is_an_error_before_work() {
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), Permissions::from_mode(0o777)).unwrap();
    // By another process: a file that a thread of this one writes may be inherited by what another starts.
    let copied = Command::new("cp").arg(env!("CARGO_BIN_EXE_descent")).arg(folder.path()).status();
    assert!(copied.unwrap().success());
    const TRAIN: &str = "train --offline --layers 784,8,10 --epochs 1 --save model.safetensors";
    let alone = limited(folder.path(), &format!("{TRAIN} --threads 1"));
    assert!(alone.status.success(), "{alone:?}");
    assert!(folder.path().join("model.safetensors").exists());
    let evaluated = limited(folder.path(), "evaluate --offline --model model.safetensors");
    assert!(evaluated.status.success(), "{evaluated:?}");
    if tensor::parallel::cores() == 1 {
        return;
    }
    fs::remove_file(folder.path().join("model.safetensors")).unwrap();
    for command in [TRAIN, "compare --offline --quick --untuned --out here", "find-lr --offline"] {
        let refused = limited(folder.path(), command);
        let said = String::from_utf8(refused.stderr).unwrap();
        assert_eq!(refused.status.code(), Some(1), "{command}: {said}");
        let cores = tensor::parallel::cores();
        assert!(said.contains(&format!("error: cannot start {cores} threads: ")), "{said}");
        assert!(said.contains("the limit of this user is 1 processes and threads"), "{said}");
        assert!(said.contains("hint: use fewer threads"), "{said}");
    }
    assert!(!folder.path().join("model.safetensors").exists());
}

#[test]
fn more_threads_than_there_can_be_are_refused_with_both_numbers() {
    let descent = env!("CARGO_BIN_EXE_descent");
    for command in ["train", "compare", "find-lr"] {
        let refused = Command::new(descent).args([command, "--threads", "65536"]).output().unwrap();
        let said = String::from_utf8(refused.stderr).unwrap();
        assert_eq!(refused.status.code(), Some(2), "{said}");
        assert!(said.contains("expected a whole number from 1 to 1024, found `65536`"), "{said}");
    }
    let refused = Command::new(descent).args(["compare", "--seeds", "4294967295"]).output().unwrap();
    let said = String::from_utf8(refused.stderr).unwrap();
    assert_eq!(refused.status.code(), Some(2), "{said}");
    assert!(said.contains("expected at most 100000 seeds, found 4294967295"), "{said}");
}
