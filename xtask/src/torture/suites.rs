//! Rows that are tests of the workspace: parsers, downloads, the store.

use crate::cargo::cargo;

use super::{Effort, Row};

/// Rows, what they are, and the arguments of `cargo test`.
const SUITES: [(&str, &str, &[&str]); 4] = [
    (
        "A",
        "hostile files, a hundred times as many as in a test",
        &["-p", "whole-program-tests", "--test", "hostile"],
    ),
    ("B", "downloads from a server with faults", &["-p", "data"]),
    ("C", "files, locks and sweeps", &["-p", "files"]),
    (
        "D2",
        "the store, with kills, damages and processes twenty times as often as in a test",
        &["-p", "store", "--test", "store"],
    ),
];

pub(super) fn rows(effort: Effort) -> Vec<Row> {
    if !effort.suites {
        return Vec::new();
    }
    SUITES.iter().map(|(id, what, arguments)| suite(id, what, arguments)).collect()
}

fn suite(id: &'static str, what: &str, arguments: &[&str]) -> Row {
    let mut row = Row::new(id, format!("{what}: tests"));
    let efforts = [("DESCENT_HOSTILE", "100"), ("DESCENT_TORTURE", "20")];
    let output = cargo().arg("test").args(arguments).envs(efforts).output();
    let Ok(output) = output else { return row.skipped("cargo cannot be started") };
    let text = String::from_utf8_lossy(&output.stdout);
    for line in text.lines().filter(|line| line.starts_with("test ") && line.contains(" ... ")) {
        let (name, result) = line.split_once(" ... ").unwrap_or((line, ""));
        if result != "ignored" {
            row.count(name, if result.starts_with("ok") { Ok(()) } else { Err(result.to_string()) });
        }
    }
    if !output.status.success() && row.failures.is_empty() {
        row.count("cargo test", Err("failed".to_string()));
    }
    row
}
