//! The program as a user starts it, in a separate folder.
#![allow(dead_code, reason = "each test uses a part of this")]

use std::path::Path;
use std::process::{Command, Output, Stdio};

/// The program in a folder that is home and cache too, without settings of this machine.
pub(crate) fn descent(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_descent"));
    command.current_dir(folder).stdin(Stdio::null());
    command.env("HOME", folder).env("XDG_CACHE_HOME", folder);
    for name in ["DESCENT_DATA", "DESCENT_STORE", "XDG_STATE_HOME", "COLUMNS"] {
        command.env_remove(name);
    }
    command
}

/// Output of a command line, words apart by spaces.
pub(crate) fn run(folder: &Path, arguments: &str) -> Output {
    descent(folder).args(arguments.split_whitespace()).output().expect("the program starts")
}

/// Standard output of a command line that does its work.
#[track_caller]
pub(crate) fn says(folder: &Path, arguments: &str) -> String {
    let output = run(folder, arguments);
    assert!(output.status.success(), "{arguments}: {}", text(&output.stderr));
    text(&output.stdout)
}

/// Standard output as JSON.
#[track_caller]
pub(crate) fn json(folder: &Path, arguments: &str) -> serde_json::Value {
    serde_json::from_str(&says(folder, arguments)).expect("the program prints JSON")
}

/// Runs a command line that must end with this code and say these words, and a hint.
#[track_caller]
pub(crate) fn fails(folder: &Path, arguments: &str, code: i32, words: &[&str]) {
    let output = run(folder, arguments);
    let told = text(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{arguments}: {told}");
    for word in words.iter().chain(&["hint: "]) {
        assert!(told.contains(word), "{arguments}: expected {word:?} in {told}");
    }
}

/// Bytes that the program printed, as text.
pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("the program prints UTF-8")
}
