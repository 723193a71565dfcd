//! D9: hundreds of runs in one process take no more memory and no more open files than the first hundred.

use std::fs;
use std::path::Path;
use std::process::Child;
use std::thread;
use std::time::Duration;

use super::{Effort, Row, program};

/// Runs before the first look, and of the whole comparison.
const BEFORE: usize = 100;
const RUNS: usize = 500;
/// Growth that records of four hundred runs may have, in bytes a run.
const RECORD: u64 = 8 << 10;
/// Growth of everything else, as a fraction.
const GROWTH: f64 = 0.02;

pub(super) fn rows(_: Effort) -> Vec<Row> {
    let mut row = Row::new("D9", format!("{RUNS} runs in one process: its memory and its open files"));
    if !cfg!(target_os = "linux") {
        return vec![row.skipped("needs /proc")];
    }
    let Ok(folder) = tempfile::tempdir() else { return vec![row.skipped("no temporary folder")] };
    let arguments = format!(
        "compare --offline --untuned --optimizers sgd --seeds {RUNS} --epochs 1 --layers 784,4,10 --batch-size 500 \
         --threads 1 --out here"
    );
    let mut command = program::command(folder.path(), &arguments);
    let Ok(mut child) = command.spawn() else { return vec![row.skipped("the program cannot be started")] };
    let records = folder.path().join("here/results.jsonl");
    let looks = [BEFORE, RUNS - 5].map(|runs| look(&mut child, &records, runs));
    let outcome = program::wait(child);
    row.count("the comparison", outcome.ended_with(&[0]));
    match looks {
        [Some((memory, files)), Some((memory_then, files_then))] => {
            let allowed = memory + (GROWTH * memory as f64) as u64 + (RUNS - BEFORE) as u64 * RECORD;
            let grown = format!("{memory} bytes after {BEFORE} runs, {memory_then} near the end");
            row.count("memory", if memory_then <= allowed { Ok(()) } else { Err(grown) });
            let opened = format!("{files} open files after {BEFORE} runs, {files_then} near the end");
            row.count("open files", if files_then <= files { Ok(()) } else { Err(opened) });
        }
        _ => row.count("looks", Err("the comparison ended before it was looked at".to_string())),
    }
    vec![row]
}

/// Resident bytes and open files of a process once this number of records is there; `None` if it ends before.
fn look(child: &mut Child, records: &Path, runs: usize) -> Option<(u64, usize)> {
    let count = || fs::read(records).map_or(0, |text| text.iter().filter(|&&byte| byte == b'\n').count());
    while count() < runs {
        if child.try_wait().ok()?.is_some() {
            return None;
        }
        thread::sleep(Duration::from_millis(1));
    }
    let process = Path::new("/proc").join(child.id().to_string());
    let pages = fs::read_to_string(process.join("statm")).ok()?;
    let pages: u64 = pages.split(' ').nth(1)?.parse().ok()?;
    let files = fs::read_dir(process.join("fd")).ok()?.count();
    Some((pages * 4096, files))
}
