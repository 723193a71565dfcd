//! Runs that were stopped or changed by hand, as files: a description with the record, and a checkpoint to go on from.

use std::fs;
use std::path::{Path, PathBuf};

use lab::tasks::TaskSpec;
use serde::{Deserialize, Serialize};
use train::{Budget, Recipe, Record};

use crate::request::Request;

/// Maximum number of bytes of a description.
const MOST: u64 = 64 << 20;

/// Maximum number of runs that are listed when the program starts.
const MOST_RUNS: usize = 200;

/// Version of the description, in its field `schema`.
const SCHEMA: u32 = 1;

/// Files of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Saved {
    /// The description: `run-3.json`.
    pub(crate) path: PathBuf,
    /// The checkpoint next to it, if the run can go on.
    pub(crate) checkpoint: Option<PathBuf>,
}

/// The description of a run.
#[derive(Debug, Serialize, Deserialize)]
struct Description {
    schema: u32,
    task: String,
    recipe: String,
    seed: u64,
    budget: Budget,
    record: Record,
}

impl Saved {
    /// Makes the first description `run-N.json` that a folder does not have yet, empty, and so takes its name.
    pub(crate) fn claim(folder: &Path) -> Result<Saved, files::Error> {
        for number in 1_u32.. {
            let path = folder.join(format!("run-{number}.json"));
            match fs::File::create_new(&path) {
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => continue,
                Err(source) => return Err(files::Error::Create { path, flag: Some(FLAG.into()), source }),
                Ok(_) => return Ok(Saved { path, checkpoint: None }),
            }
        }
        unreachable!("there is a number that is not taken")
    }

    /// Name of the description.
    pub(crate) fn name(&self) -> String {
        self.path.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// Writes the record of a run as far as it is, and a checkpoint if it can go on.
    pub(crate) fn write(
        &mut self,
        request: &Request,
        record: Record,
        checkpoint: Option<&[u8]>,
    ) -> Result<(), files::Error> {
        let file = self.path.with_extension("safetensors");
        if let Some(bytes) = checkpoint {
            files::atomic_write(&file, bytes).map_err(|error| error.with_flag(FLAG))?;
        }
        let Request { task, recipe, seed, budget } = request;
        let (task, recipe) = (task.to_string(), recipe.to_string());
        let description = Description { schema: SCHEMA, task, recipe, seed: *seed, budget: *budget, record };
        let text = serde_json::to_string(&description).expect("plain data");
        files::atomic_write(&self.path, text.as_bytes()).map_err(|error| error.with_flag(FLAG))?;
        match checkpoint {
            Some(_) => self.checkpoint = Some(file),
            None => self.forget_checkpoint(),
        }
        Ok(())
    }

    /// Removes the checkpoint of a run that is over.
    fn forget_checkpoint(&mut self) {
        if let Some(file) = self.checkpoint.take() {
            let _ = fs::remove_file(file);
        }
    }

    /// Removes both files: the store has the run now.
    pub(crate) fn forget(mut self) {
        self.forget_checkpoint();
        let _ = fs::remove_file(&self.path);
    }
}

/// The option that names the folder.
const FLAG: &str = "--out";

/// The runs that a folder has, by number; what is no description of a run is left out.
pub(crate) fn all_in(folder: &Path) -> Vec<(Request, Saved, Record)> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let number = |path: &Path| {
        let stem = path.file_name()?.to_str()?.strip_suffix(".json")?;
        stem.strip_prefix("run-")?.parse::<u32>().ok()
    };
    let mut paths: Vec<(u32, PathBuf)> =
        entries.filter_map(|entry| Some((number(&entry.path())?, entry.path()))).collect();
    paths.sort();
    paths.into_iter().filter_map(|(_, path)| read(path)).take(MOST_RUNS).collect()
}

fn read(path: PathBuf) -> Option<(Request, Saved, Record)> {
    let bytes = files::read(&path, MOST).ok()?;
    let Description { schema, task, recipe, seed, budget, record } = serde_json::from_slice(&bytes).ok()?;
    let request = Request {
        task: task.parse::<TaskSpec>().ok()?,
        recipe: recipe.parse::<Recipe>().ok()?,
        seed,
        budget,
    };
    let checkpoint = path.with_extension("safetensors");
    let checkpoint = checkpoint.is_file().then_some(checkpoint);
    (schema == SCHEMA).then_some((request, Saved { path, checkpoint }, record))
}
