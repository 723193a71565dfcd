//! Instructions of a training step and of each rule's update, counted by valgrind: the same on a busy
//! machine as on a quiet one, so that a change of one percent is seen.
//!
//! This program runs itself under callgrind, which counts within `counted::stretch` only and writes a
//! file each time that it is left. (The harnesses for this require an installed runner of the same version, or
//! valgrind's headers to mark a stretch from within.)

mod counted;

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use tensor::simd;

pub(super) use self::counted::{WORD, run as run_counted};
use super::options::Options;
use super::write_json;

/// Counts, prints, and keeps the figures; without valgrind it says so, and all is well.
pub(super) fn run(options: &Options) -> Result<(), String> {
    let Some(valgrind) = version() else {
        println!("No instructions are counted: valgrind is not installed.");
        return Ok(());
    };
    let path = options.json_or("results/bench-instructions.json");
    let earlier = fs::read(&path).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
    let folder = path.with_extension("callgrind");
    let report = count(&folder)?;
    println!(
        "instructions by {valgrind}, kernels {}, one thread\n",
        report["kernel"].as_str().unwrap_or("?")
    );
    print!("{}", table(&report, &earlier.unwrap_or_default()));
    write_json(&path, &report)?;
    eprintln!("\nfigures: {}", path.display());
    Ok(())
}

/// Version of valgrind, if it can be run and has callgrind.
fn version() -> Option<String> {
    let output = Command::new("valgrind").args(["--tool=callgrind", "--version"]).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    (output.status.success() && text.starts_with("valgrind")).then(|| text.trim().to_string())
}

/// Runs this program under callgrind, which writes to a folder that is gone afterwards.
fn count(folder: &Path) -> Result<Value, String> {
    let failure = |error: std::io::Error| format!("{}: {error}", folder.display());
    if folder.exists() {
        fs::remove_dir_all(folder).map_err(failure)?;
    }
    fs::create_dir_all(folder).map_err(failure)?;
    let program = std::env::current_exe().map_err(|error| format!("this program: {error}"))?;
    let mut command = Command::new("valgrind");
    command
        .args(["--tool=callgrind", "--quiet"])
        // Of two options with one and the same pattern, callgrind takes only the first.
        .args([
            format!("--toggle-collect=*{}*", counted::STRETCH),
            format!("--dump-after=*::{}*", counted::STRETCH),
        ])
        .arg(format!("--callgrind-out-file={}", folder.join("out").display()))
        .arg(program)
        .arg(WORD);
    if simd::Path::Avx2.is_available() {
        // Valgrind knows nothing wider.
        command.env(simd::VARIABLE, simd::Path::Avx2.name());
    }
    let output = command.output().map_err(|error| format!("valgrind: {error}"))?;
    if !output.status.success() {
        return Err(format!("valgrind failed:\n{}", String::from_utf8_lossy(&output.stderr).trim()));
    }
    let said: Value =
        serde_json::from_slice(&output.stdout).map_err(|error| format!("its program: {error}"))?;
    let rows: Result<Vec<Value>, String> = said["cases"]
        .as_array()
        .into_iter()
        .flatten()
        .zip(1..)
        .map(|(case, number)| {
            let dump = folder.join(format!("out.{number}"));
            let text = fs::read_to_string(&dump).map_err(|error| format!("{}: {error}", dump.display()))?;
            let instructions = total(&text).ok_or_else(|| format!("{} has no total", dump.display()))?;
            let per_unit = instructions / case["units"].as_f64().unwrap_or(f64::NAN);
            Ok(json!({"name": case["name"], "unit": case["unit"], "instructions": per_unit}))
        })
        .collect();
    fs::remove_dir_all(folder).map_err(failure)?;
    Ok(json!({"schema": 1, "kernel": said["kernel"], "rows": rows?}))
}

/// The instructions in one of callgrind's files; nothing if it counted none.
fn total(dump: &str) -> Option<f64> {
    let line = dump.lines().find_map(|line| line.strip_prefix("summary:"))?;
    line.trim().parse().ok().filter(|count| *count > 0.0)
}

/// A line for each row, and how it has changed since the file was last written with the same kernels.
fn table(report: &Value, earlier: &Value) -> String {
    let rows = |report: &Value| report["rows"].as_array().cloned().unwrap_or_default();
    let before = if earlier["kernel"] == report["kernel"] { rows(earlier) } else { vec![] };
    let mut text = String::new();
    for row in rows(report) {
        let count = row["instructions"].as_f64().unwrap_or(f64::NAN);
        let same = before.iter().find(|other| other["name"] == row["name"]);
        let change = match same.and_then(|other| other["instructions"].as_f64()) {
            Some(other) => format!("{:>+10.1}%", 100.0 * (count / other - 1.0)),
            None => String::new(),
        };
        let digits = if count < 1000.0 { 2 } else { 0 };
        let (name, unit) = (row["name"].as_str().unwrap_or("?"), row["unit"].as_str().unwrap_or("?"));
        let line = format!("{name:<30}{count:>14.digits$} a {unit:<6}{change}");
        text += line.trim_end();
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_total_is_read_and_nothing_counted_is_no_total() {
        assert_eq!(total("version: 1\nevents: Ir\nsummary: 65536\n\nfn=(1)\n1 2\n"), Some(65536.0));
        assert_eq!(total("events: Ir\nsummary: 0\n"), None);
        assert_eq!(total("events: Ir\n"), None);
    }

    #[test]
    fn changes_are_since_the_same_kernels() {
        let report = |kernel: &str, count: f64| json!({"kernel": kernel, "rows": [{"name": "adam", "unit": "weight", "instructions": count}]});
        let now = report("avx2", 2.5);
        assert_eq!(
            table(&now, &report("avx2", 2.0)),
            "adam                                    2.50 a weight     +25.0%\n"
        );
        assert_eq!(
            table(&now, &report("portable", 2.0)),
            "adam                                    2.50 a weight\n"
        );
        assert_eq!(table(&now, &Value::Null), "adam                                    2.50 a weight\n");
    }
}
