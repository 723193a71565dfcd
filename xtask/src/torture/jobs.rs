//! The commands that write, with what must be true of their files whatever happened.

use std::path::Path;
use std::sync::LazyLock;
use std::{fs, io};

use super::fetch;
use super::program::{self, Outcome};

/// A command that writes.
#[derive(Clone, Copy)]
pub(super) struct Job {
    pub(super) name: &'static str,
    pub(super) arguments: &'static str,
    /// Files that it writes.
    pub(super) files: &'static [&'static str],
    /// Of these, files that are there from a run before.
    pub(super) old: &'static [&'static str],
    /// Files that it reads: `runs.jsonl`, `all.db`.
    pub(super) given: &'static [&'static str],
}

/// Small enough for hundreds of runs; one thread, so that strace counts what this one does.
pub(super) const JOBS: [Job; 7] = [
    Job {
        name: "train --save",
        arguments: "train --offline --layers 784,4,10 --batch-size 500 --epochs 1 --threads 1 --save model.st",
        files: &["model.st"],
        old: &["model.st"],
        given: &[],
    },
    Job {
        name: "train --checkpoint-every",
        arguments: "train --offline --layers 784,4,10 --batch-size 500 --epochs 2 --threads 1 \
            --checkpoint c.st --checkpoint-every 7 --resume --save model.st",
        files: &["model.st"],
        old: &[],
        given: &[],
    },
    Job {
        name: "compare",
        arguments: "compare --offline --optimizers sgd,adam --epochs 1 --seeds 2 --batch-size 500 --threads 1 \
            --out here",
        files: &["here/report.html", "here/curves.svg", "here/results.csv", "here/results.jsonl"],
        old: &[],
        given: &[],
    },
    Job {
        name: "find-lr --svg",
        arguments: "find-lr --offline --seeds 1 --steps 50 --threads 1 --svg range.svg",
        files: &["range.svg", "range.csv", "range.json"],
        old: &["range.svg"],
        given: &[],
    },
    Job {
        name: "study run",
        arguments: "study run study.toml --offline --threads 1 --store study.db --json",
        files: &["study.db"],
        old: &[],
        given: &["study.toml"],
    },
    Job {
        name: "runs import",
        arguments: "runs import runs.jsonl --store new.db",
        files: &["new.db"],
        old: &[],
        given: &["runs.jsonl"],
    },
    Job {
        name: "runs export --out",
        arguments: "runs export jsonl --store all.db --out out.jsonl",
        files: &["out.jsonl"],
        old: &["out.jsonl"],
        given: &["all.db"],
    },
];

/// Files of an undisturbed run.
pub(super) struct Reference {
    job: Job,
    texts: Vec<Vec<u8>>,
}

/// Contents of a file of an earlier run.
const OLD: &[u8] = b"as it was before\n";

/// The commands that the program has here.
pub(super) fn all() -> Vec<Job> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let has_runs = program::finish(program::command(folder.path(), "runs --help")).succeeded();
    let there = JOBS.into_iter().filter(|job| {
        has_runs || !["runs", "study"].contains(&job.name.split(' ').next().unwrap_or_default())
    });
    let fetch =
        Job { name: "data fetch", arguments: fetch::arguments(), files: &fetch::FILES, old: &[], given: &[] };
    there.chain([fetch]).collect()
}

impl Job {
    /// Runs it undisturbed.
    pub(super) fn reference(self) -> Result<Reference, String> {
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        self.give(folder.path()).map_err(|error| error.to_string())?;
        let outcome = program::finish(program::command(folder.path(), self.arguments));
        if !outcome.succeeded() {
            return Err(format!("{}: {}", self.name, outcome.stderr));
        }
        let texts = self.files.iter().map(|name| contents(&folder.path().join(name)));
        let texts = texts.collect::<Option<_>>().ok_or(format!("{}: a file is missing", self.name))?;
        Ok(Reference { job: self, texts })
    }

    /// Prepares a folder as another run may have left it.
    pub(super) fn prepare(self, folder: &Path) -> io::Result<()> {
        self.old.iter().try_for_each(|name| fs::write(folder.join(name), OLD))?;
        self.give(folder)
    }

    /// Puts the files there that it reads.
    fn give(self, folder: &Path) -> io::Result<()> {
        for name in self.given {
            let given = match *name {
                "study.toml" => STUDY.as_bytes(),
                "all.db" => &GIVEN.1,
                _ => &GIVEN.0,
            };
            fs::write(folder.join(name), given)?;
        }
        Ok(())
    }
}

/// A study of runs of milliseconds, two of whose recipes are tuned.
const STUDY: &str = r#"
name = "valley"
tasks = ["beale"]
rulesets = ["default", "lr"]
trials = 3
epochs = 1
entries = [{ name = "sgd", recipe = "sgd" }, { name = "adam", recipe = "adam" }]
"#;

/// Records of a comparison, and a store that has them.
static GIVEN: LazyLock<(Vec<u8>, Vec<u8>)> = LazyLock::new(|| {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for arguments in [JOBS[2].arguments, "runs import here/results.jsonl --store all.db"] {
        let outcome = program::finish(program::command(folder.path(), arguments));
        assert!(outcome.succeeded(), "{arguments}: {}", outcome.stderr);
    }
    let read = |name: &str| fs::read(folder.path().join(name)).expect("it was just written");
    (read("here/results.jsonl"), read("all.db"))
});

impl Reference {
    /// After a disturbed run: no panic, every file as before, whole or absent, and after code 0 all of them whole.
    /// `killed` says that a signal is no fault.
    pub(super) fn check(&self, folder: &Path, outcome: &Outcome, killed: bool) -> Result<(), String> {
        if !(killed && outcome.code().is_none()) {
            outcome.is_orderly()?;
        }
        for (name, whole) in self.job.files.iter().zip(&self.texts) {
            match contents(&folder.join(name)) {
                Some(found) if found == *whole => {}
                Some(found) if !outcome.succeeded() && (found == OLD || self.is_part(name, &found)) => {}
                // What a study has so far is a document too.
                Some(found) if !outcome.succeeded() && *name == "study.db" && found.starts_with(b"{") => {}
                Some(found) => {
                    return Err(format!("{name} is torn: {} of {} bytes", found.len(), whole.len()));
                }
                None if outcome.succeeded() => return Err(format!("code 0 without {name}")),
                None => {}
            }
        }
        Ok(())
    }

    /// The same command again, undisturbed: everything is there, and nothing else.
    pub(super) fn heal(&self, folder: &Path) -> Result<(), String> {
        let outcome = program::finish(program::command(folder, self.job.arguments));
        if !outcome.succeeded() {
            return Err(format!("the rerun failed: {}", outcome.last_line()));
        }
        self.check(folder, &outcome, false).map_err(|why| format!("after the rerun {why}"))?;
        let places = [folder.to_path_buf(), folder.join("here")];
        let left = places.iter().filter_map(|place| fs::read_dir(place).ok()).flatten().flatten();
        let left = left.map(|entry| entry.file_name().to_string_lossy().into_owned());
        match left.into_iter().find(|name| name.starts_with(".tmp-descent")) {
            Some(name) => Err(format!("{name} is left after the rerun")),
            None => Ok(()),
        }
    }

    /// If a file has whole records of some runs, in any order; a last line that was torn is cut off by the rerun.
    fn is_part(&self, name: &str, found: &[u8]) -> bool {
        let text = String::from_utf8_lossy(found);
        let whole = text.rfind('\n').map_or("", |end| &text[..end]);
        name.ends_with(".jsonl") && whole.lines().all(|line| train::Record::parse(line).is_ok())
    }
}

/// A file without what differs between two runs of the same thing, the time: of records the rest, and of the
/// documents made from them only if they are whole.
fn contents(path: &Path) -> Option<Vec<u8>> {
    let bytes = fs::read(path).ok()?;
    let text = String::from_utf8_lossy(&bytes);
    let whole = |is_whole: bool| if is_whole { b"whole".to_vec() } else { bytes.clone() };
    Some(match path.file_name()?.to_str()? {
        "results.jsonl" => timeless(&bytes),
        "report.html" => whole(text.trim_end().ends_with("</html>")),
        "curves.svg" => whole(text.trim_end().ends_with("</svg>")),
        "results.csv" => whole(text.ends_with('\n')),
        // The runs that a store gives; one that was only begun has none.
        "new.db" => {
            let export = "runs export jsonl --store new.db";
            let outcome = program::finish(program::command(path.parent()?, export));
            if outcome.stdout.is_empty() { OLD.to_vec() } else { outcome.stdout.into_bytes() }
        }
        // What a study says; one that was only begun says nothing.
        "study.db" => {
            let show = "study show valley --store study.db --json";
            let outcome = program::finish(program::command(path.parent()?, show));
            if outcome.stdout.is_empty() { OLD.to_vec() } else { outcome.stdout.into_bytes() }
        }
        _ => bytes,
    })
}

/// Records with seconds set to 0; a line that is none stays as it is.
pub(super) fn timeless(bytes: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(bytes);
    let line = |line: &str| match serde_json::from_str::<train::Record>(line) {
        Ok(mut record) => {
            record.curves.values_mut().flatten().for_each(|point| point.seconds = 0.0);
            serde_json::to_string(&record).expect("plain data") + "\n"
        }
        Err(_) => line.to_string(),
    };
    text.split_inclusive('\n').map(line).collect::<String>().into_bytes()
}
