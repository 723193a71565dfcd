//! A study on a cluster: one array job, followed and collected.

mod job;
mod slurm;

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use clap::{Args, ValueEnum};
use files::text;
use lab::Store;
use lab::study::{Facts, Outcome, Study};

use crate::args::{OutputArgs, PlaceArgs, ThreadsArgs};
use crate::commands::runs::StoreArgs;
use crate::console;
use crate::failure::Failure;
use crate::stop::Stop;
use job::{Ended, Job};
use slurm::Tasks;

#[derive(Args)]
#[command(
    about = "Runs a study as an array job of a cluster",
    long_about = "Divides a study into parts, submits them as one array job, follows it, and brings the stores of the \
        parts together. The script, the logs and the stores of the parts are in one folder, which all nodes must \
        see. The same command follows a job that runs, collects one that ended, and submits again what is \
        missing: nothing that is finished runs twice.",
    after_help = "Examples:\n  descent study submit study.toml\n  \
        descent study submit study.toml --parts 16 --sbatch=--partition=long --sbatch=--time=8:00:00\n  \
        descent study submit study.toml --dry-run\n  descent study submit study.toml --no-wait\n\n\
        Without a cluster, GNU parallel does the same on the machines of a list:\n  \
        parallel descent study run study.toml --shard {}/4 --store part-{}.db ::: 1 2 3 4\n  \
        descent runs merge part-*.db"
)]
pub(super) struct Submit {
    /// The study, a TOML file
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Program that runs the parts
    #[arg(long, value_enum, default_value_t = Queue::Slurm)]
    engine: Queue,
    /// Number of parts [default: one for each cell, at most 64]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000))]
    parts: Option<u32>,
    /// Folder for script, logs and stores of parts; all nodes must see it [default: NAME-parts]
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// An option for sbatch, such as --sbatch=--partition=long; may be repeated
    #[arg(long, value_name = "OPTION", allow_hyphen_values = true)]
    sbatch: Vec<String>,
    /// Write the script and submit nothing
    #[arg(long)]
    dry_run: bool,
    /// Submit and return; the same command without it follows and collects
    #[arg(long, conflicts_with = "dry_run")]
    no_wait: bool,
    #[command(flatten)]
    place: StoreArgs,
    #[command(flatten)]
    threads: ThreadsArgs,
    #[command(flatten)]
    output: OutputArgs,
    #[command(flatten, next_help_heading = "Data")]
    data: PlaceArgs,
}

/// Programs that run an array job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Queue {
    /// sbatch and squeue of Slurm
    Slurm,
}

/// Parts where nothing is said: more would wait in line on most clusters.
const MOST_PARTS: usize = 64;

/// Times that parts which were killed are submitted.
const ATTEMPTS: usize = 3;

/// Time between two questions to the cluster: short at first, for studies of seconds.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(15);

impl Submit {
    pub(super) fn run(self) -> Result<(), Failure> {
        let Queue::Slurm = self.engine;
        let study = super::open(&self.file)?;
        // An unknown task is said here rather than by every part.
        study.specs()?;
        let job = self.job(&study)?;
        job.prepare(&study)?;
        if self.dry_run {
            let all: Vec<usize> = (1..=job.parts).collect();
            job.write_script(&all)?;
            console::note(&format!("nothing is submitted; {} has", text::path(&job.script())));
            return Ok(console::print(&job.script_text(&all))?);
        }
        let store = self.place.open()?;
        let stop = Stop::listen()?;
        for attempt in 1.. {
            if job.missing().is_empty() {
                break;
            }
            let id = submit(&job)?;
            if self.no_wait {
                console::note(
                    "the same command without --no-wait follows it and brings the results together",
                );
                return Ok(());
            }
            follow(&job, &id, &stop)?;
            job.forget()?;
            may_go_on(&job, attempt)?;
        }
        self.collect(&study, &job, &*store)
    }

    /// The array job that these flags describe.
    fn job(&self, study: &Study) -> Result<Job, Failure> {
        let cells = study.tasks.len() * study.rulesets.len() * study.entries.len();
        let folder = self.dir.clone().unwrap_or_else(|| PathBuf::from(format!("{}-parts", study.name)));
        let threads = self.threads.given().or(study.threads).unwrap_or(1);
        let mut flags = vec!["--threads".to_string(), threads.to_string()];
        if let Some(data) = &self.data.data_dir {
            flags.extend(["--data-dir".to_string(), absolute(data)?]);
        }
        if self.data.offline {
            flags.push("--offline".to_string());
        }
        let program = std::env::current_exe()?;
        Ok(Job {
            name: job::name_in_queue(&study.name),
            folder: PathBuf::from(absolute(&folder)?),
            program: absolute(&program)?,
            parts: self.parts.map_or(cells.clamp(1, MOST_PARTS), |parts| parts as usize),
            threads,
            flags,
            options: self.sbatch.clone(),
        })
    }

    /// Brings the stores of the parts together and shows the outcome.
    fn collect(&self, study: &Study, job: &Job, store: &dyn Store) -> Result<(), Failure> {
        let into = self.place.path();
        for part in 1..=job.parts {
            let path = job.store(part);
            // A part without cells leaves no store.
            if path.exists() {
                let from = store::open_existing(&path)?;
                store::merge((store, &into), (&*from, &path))?;
            }
        }
        let outcome = Outcome::of_store(study, &Facts::of_registry(study)?, store)?;
        super::Shown { place: &self.place, study, outcome: &outcome, store }.print(self.output.json, None)?;
        if outcome.is_complete() {
            return Ok(());
        }
        Err(Failure::failed(
            format!("all parts ended, and {} does not have all runs of the study", text::path(&into)),
            "`descent study resume` goes on with it",
        ))
    }
}

/// The id of the job: of the one that was submitted before and is still there, or of a new one.
fn submit(job: &Job) -> Result<String, Failure> {
    if let Some(id) = job.submitted() {
        // A controller that does not answer may know it: then it is waited for.
        if !matches!(slurm::tasks(&id, &job.name), Tasks::Gone) {
            console::note(&format!("job {id} was submitted before: following it"));
            return Ok(id);
        }
        job.forget()?;
    }
    let missing = job.missing();
    job.write_script(&missing)?;
    let id = slurm::submit(&job.folder, &job.script())?;
    job.remember(&id)?;
    let parts = if missing.len() == 1 { "1 part".to_string() } else { format!("{} parts", missing.len()) };
    console::note(&format!("submitted job {id}: {parts}, in {}", text::path(&job.folder)));
    Ok(id)
}

/// Waits until no task of the job is in the queue.
fn follow(job: &Job, id: &str, stop: &Stop) -> Result<(), Failure> {
    let (mut pause, mut told) = (FIRST_PAUSE, String::new());
    loop {
        let tasks = slurm::tasks(id, &job.name);
        let news = match &tasks {
            Tasks::Gone => return Ok(()),
            Tasks::Unknown(why) => format!("the cluster does not answer ({}); asking again", text::name(why)),
            Tasks::InQueue { running, waiting } => format!(
                "job {id}: {} of {} parts complete, {running} running, {waiting} waiting",
                job.parts - job.missing().len(),
                job.parts
            ),
        };
        if news != told {
            console::note(&news);
            told = news;
        }
        let until = Instant::now() + pause;
        while Instant::now() < until {
            if let Some(code) = stop.code() {
                let message =
                    format!("stopped following; job {id} goes on, and the same command follows it again");
                return Err(Failure::signal(code, message));
            }
            thread::sleep(Duration::from_millis(100));
        }
        pause = (pause * 3 / 2).min(LONGEST_PAUSE);
    }
}

/// Fails if a part refused its work, or was killed too often.
fn may_go_on(job: &Job, attempt: usize) -> Result<(), Failure> {
    let missing = job.missing();
    let refused = missing.iter().find(|&&part| matches!(job.ended(part), Ended::Refused(_)));
    let Some(&part) = refused.or(missing.first().filter(|_| attempt >= ATTEMPTS)) else {
        if !missing.is_empty() {
            let parts = missing.iter().map(usize::to_string).collect::<Vec<_>>().join(", ");
            console::note(&format!("not complete, submitted again: parts {parts}"));
        }
        return Ok(());
    };
    let why = match job.ended(part) {
        Ended::Refused(code) => format!("ended with exit code {code}"),
        Ended::Killed => format!("was killed {attempt} times"),
    };
    let log = job.log(part);
    let said = last_line(&log).map_or(String::new(), |line| format!(": {line}"));
    Err(Failure::failed(
        format!("part {part} of {} {why}{said}", job.parts),
        format!("see {}; the same command goes on with what is finished", text::path(&log)),
    ))
}

/// The last error of a log, or else its last line.
fn last_line(path: &Path) -> Option<String> {
    let log = String::from_utf8_lossy(&fs::read(path).ok()?).into_owned();
    let line = log.lines().rev().find(|line| line.starts_with("error: "));
    let line = line.or_else(|| log.lines().rev().find(|line| !line.trim().is_empty()))?;
    Some(text::shorten(line.trim_start_matches("error: "), 200))
}

/// A path from the root, as text: a script is text.
fn absolute(path: &Path) -> Result<String, Failure> {
    let path = std::path::absolute(path)?;
    match path.to_str() {
        Some(text) if !text.contains(['\n', '\r']) => Ok(text.to_string()),
        _ => Err(Failure::usage(
            format!("{}: expected a path of one line in UTF-8", text::path(&path)),
            "rename it, or choose another place",
        )),
    }
}
