//! `cargo xtask torture`: kills, faults of the system, full disks and odd files, against every command that
//! writes. Prints a table of what was tried and what held, by the rows of the project's list of fault tests.

mod disks;
mod faults;
pub(crate) mod fetch;
mod jobs;
mod kills;
mod outputs;
mod power;
mod program;
mod soak;
mod suites;

use std::ffi::OsString;
use std::process::ExitCode;

const HELP: &str = "\
cargo xtask torture [--short] [ROW…]

  C3   an error or a kill at every n-th write, fsync, rename, open, … (needs strace, and installs it by apt-get)
  C4   full disks, limits on files, read-only folders (some need root)
  C5   a power loss at any call: every file is synced before it takes its name, and its folder after
  C6   folders, pipes, sockets, devices and links as outputs
  D1   kills at random moments: the same command goes on, to the same results
  D4   Ctrl-C and SIGTERM: 130 and 143, with everything finished kept
  D6   threads that cannot be started, and the same results on any number
  D9   500 runs in one process: memory and open files
  F2   closed and full standard output
  A, B the suites for parsers and downloads, as tests (not with --short)
  D2   kills, damages and eight processes on a store, as tests (not with --short)

  --short      fewer moments and points, and without the commands of stores: seconds instead of an hour
  --every N    every N-th point of a fault only
";

/// Everything that was tried for a row, and what did not hold.
struct Row {
    /// The row of the list.
    id: &'static str,
    what: String,
    tried: usize,
    failures: Vec<String>,
    /// Set if nothing could be tried here.
    skipped: Option<String>,
}

impl Row {
    fn new(id: &'static str, what: impl Into<String>) -> Row {
        Row { id, what: what.into(), tried: 0, failures: Vec::new(), skipped: None }
    }

    fn skipped(mut self, why: impl Into<String>) -> Row {
        self.skipped = Some(why.into());
        self
    }

    /// Counts one trial.
    fn count(&mut self, place: impl std::fmt::Display, held: Result<(), String>) {
        self.tried += 1;
        if let Err(why) = held {
            self.failures.push(format!("{place}: {why}"));
        }
    }
}

/// Extent of the trials.
#[derive(Clone, Copy)]
struct Effort {
    /// Kills, and signals of a kind.
    moments: usize,
    /// Distance between two points of a fault that are tried.
    stride: usize,
    /// If the suites are run too.
    suites: bool,
}

/// Tries the rows of an id.
type Family = fn(Effort) -> Vec<Row>;

const FAMILIES: [(&str, Family); 10] = [
    ("C3", faults::rows),
    ("C4", disks::rows),
    ("C5", power::rows),
    ("C6", outputs::special_files),
    ("D1", kills::killed),
    ("D4", kills::signaled),
    ("D6", kills::threads),
    ("D9", soak::rows),
    ("F2", outputs::standard_output),
    ("A, B, D2", suites::rows),
];

pub(crate) fn run(arguments: &[OsString]) -> ExitCode {
    let words: Vec<String> = arguments.iter().map(|word| word.to_string_lossy().into_owned()).collect();
    let (words, stride) = match every(words) {
        Ok(read) => read,
        Err(why) => {
            eprintln!("error: {why}");
            return ExitCode::from(2);
        }
    };
    let (flags, wanted): (Vec<&String>, Vec<&String>) = words.iter().partition(|word| word.starts_with('-'));
    let unknown = wanted.iter().find(|row| !FAMILIES.iter().any(|(ids, _)| ids.contains(row.as_str())));
    if flags.iter().any(|flag| *flag != "--short") || unknown.is_some() {
        eprint!("{HELP}");
        return ExitCode::from(if flags.iter().any(|flag| ["--help", "-h"].contains(&flag.as_str())) {
            0
        } else {
            2
        });
    }
    let effort = match flags.is_empty() {
        true => Effort { moments: 40, stride: 1, suites: true },
        false => Effort { moments: 3, stride: 48, suites: false },
    };
    let effort = Effort { stride: stride.unwrap_or(effort.stride), ..effort };
    if effort.suites
        && let Err(why) = program::build()
    {
        eprintln!("error: {why}");
        return ExitCode::FAILURE;
    }
    let mut rows = Vec::new();
    for (ids, family) in FAMILIES {
        if wanted.is_empty() || wanted.iter().any(|row| ids.contains(row.as_str())) {
            eprintln!("── {ids}");
            rows.extend(family(effort));
        }
    }
    print!("{}", table(&rows));
    match rows.iter().all(|row| row.failures.is_empty()) {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}

/// The words without `--every N`, and N.
fn every(mut words: Vec<String>) -> Result<(Vec<String>, Option<usize>), String> {
    let Some(place) = words.iter().position(|word| word == "--every") else { return Ok((words, None)) };
    let number = words.get(place + 1).map_or("nothing", String::as_str);
    let stride = number.parse().ok().filter(|&stride| stride > 0);
    let stride = stride.ok_or_else(|| format!("--every: expected a number above 0, found {number}"))?;
    words.drain(place..=place + 1);
    Ok((words, Some(stride)))
}

fn table(rows: &[Row]) -> String {
    let width = rows.iter().map(|row| row.what.chars().count()).max().unwrap_or(0);
    let mut text = format!("{:<4} {:<width$} {:>6} {:>6}\n", "row", "what", "tried", "held");
    for row in rows {
        let held = row.tried - row.failures.len();
        text += &format!("{:<4} {:<width$} {:>6} {:>6}", row.id, row.what, row.tried, held);
        text += &row.skipped.as_ref().map_or(String::new(), |why| format!("  not tried: {why}"));
        text.push('\n');
    }
    for row in rows.iter().filter(|row| !row.failures.is_empty()) {
        text += &format!("\n{} {}:\n", row.id, row.what);
        for failure in row.failures.iter().take(20) {
            text += &format!("  {failure}\n");
        }
    }
    text
}
