//! The short form of `cargo xtask torture`, for the rows that need no other user and no disk.
#![cfg(target_os = "linux")]

use std::process::Command;

#[test]
fn kills_faults_and_odd_outputs_lose_nothing() {
    let rows = ["C3", "C6", "D1", "F2"];
    let output =
        Command::new(env!("CARGO_BIN_EXE_xtask")).args(["torture", "--short"]).args(rows).output().unwrap();
    let table = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{table}");
    for row in rows {
        assert!(table.lines().any(|line| line.starts_with(row)), "no {row} in\n{table}");
    }
    let tried: usize =
        table.lines().filter_map(|line| line.split_whitespace().rev().nth(1)?.parse::<usize>().ok()).sum();
    assert!(tried > 50, "{table}");
}

#[test]
fn an_unknown_row_is_refused() {
    let output = Command::new(env!("CARGO_BIN_EXE_xtask")).args(["torture", "Z9"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("C3   an error or a kill"));
}
