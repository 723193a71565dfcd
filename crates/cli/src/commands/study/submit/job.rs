//! The folder of a submitted study: the study, the script, and for each part a log, a store and its end.

use std::fs;
use std::io::ErrorKind;
use std::path::PathBuf;

use files::text;
use lab::study::Study;

use crate::commands::study;
use crate::failure::Failure;
use crate::shell::quoted;

/// An array job with a folder.
pub(super) struct Job {
    /// Name in the queue: letters, digits, `-`, `_` and `.`.
    pub(super) name: String,
    /// Absolute path of the folder.
    pub(super) folder: PathBuf,
    /// Absolute path of the program.
    pub(super) program: String,
    /// Number of parts.
    pub(super) parts: usize,
    /// Cores of each part.
    pub(super) threads: usize,
    /// Flags of `study run` for every part.
    pub(super) flags: Vec<String>,
    /// Options of sbatch that the user gave.
    pub(super) options: Vec<String>,
}

/// The name in the queue of a study, whose own name may have spaces and other letters.
pub(super) fn name_in_queue(study: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '_' };
    format!("descent-{}", study.chars().map(plain).collect::<String>())
}

/// The end of a part that is not complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ended {
    /// The program ended with an error.
    Refused(i32),
    /// A signal, a lost node or a limit on time.
    Killed,
}

impl Job {
    /// Makes the folder and keeps the study in it; refused if it has another study or another division.
    pub(super) fn prepare(&self, study: &Study) -> Result<(), Failure> {
        files::claim_folder(&self.folder, "--dir")?;
        let plan = format!("# {} parts\n{}", self.parts, Study { threads: None, ..study.clone() }.to_toml());
        let path = self.folder.join("study.toml");
        let other = |kept: &str| {
            let differences = lab::store::line_differences(kept, &plan).join("\n  ");
            Failure::usage(
                format!("{} has another study or division:\n  {differences}", text::path(&self.folder)),
                "choose another folder with --dir, or undo the change",
            )
        };
        study::keep(&path, &plan, "--dir", other)
    }

    /// Parts that are not complete.
    pub(super) fn missing(&self) -> Vec<usize> {
        (1..=self.parts).filter(|&part| self.exit_code(part) != Some(0)).collect()
    }

    /// The end of a part that is not complete.
    pub(super) fn ended(&self, part: usize) -> Ended {
        match self.exit_code(part) {
            // A shell gives 128 and the number of the signal.
            Some(code) if code < 128 => Ended::Refused(code),
            _ => Ended::Killed,
        }
    }

    /// The id of the job that was submitted last, if it was not seen to end.
    pub(super) fn submitted(&self) -> Option<String> {
        let id = fs::read_to_string(self.folder.join("job")).ok()?;
        Some(id.trim().to_string())
            .filter(|id| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit()))
    }

    /// Keeps the id of a job.
    pub(super) fn remember(&self, id: &str) -> Result<(), Failure> {
        Ok(files::atomic_write(&self.folder.join("job"), format!("{id}\n").as_bytes())?)
    }

    /// Takes the id away: the job has ended.
    pub(super) fn forget(&self) -> Result<(), Failure> {
        let path = self.folder.join("job");
        match fs::remove_file(&path) {
            Err(source) if source.kind() != ErrorKind::NotFound => {
                Err(files::Error::Io { action: "remove", path, flag: Some("--dir".to_string()), source }
                    .into())
            }
            _ => Ok(()),
        }
    }

    pub(super) fn script(&self) -> PathBuf {
        self.folder.join("job.sh")
    }

    pub(super) fn store(&self, part: usize) -> PathBuf {
        self.folder.join(format!("part-{part}.db"))
    }

    pub(super) fn log(&self, part: usize) -> PathBuf {
        self.folder.join(format!("part-{part}.log"))
    }

    /// Writes the script of some parts.
    pub(super) fn write_script(&self, parts: &[usize]) -> Result<(), Failure> {
        let text = self.script_text(parts);
        Ok(files::atomic_write(&self.script(), text.as_bytes()).map_err(|error| error.with_flag("--dir"))?)
    }

    /// The script: options of sbatch, and what one task of the array does.
    pub(super) fn script_text(&self, parts: &[usize]) -> String {
        let Job { name, folder, program, parts: count, threads, flags, options } = self;
        let mut script = format!(
            "#!/bin/bash\n#SBATCH --job-name={name}\n#SBATCH --array={}\n#SBATCH --cpus-per-task={threads}\n\
             #SBATCH --requeue\n#SBATCH --open-mode=append\n#SBATCH --output=part-%a.log\n",
            ranges(parts)
        );
        for option in options {
            script += &format!("#SBATCH {option}\n");
        }
        let flags: String = flags.iter().map(|flag| format!(" {}", quoted(flag))).collect();
        script += &format!(
            "\ncd {} || exit 66\npart=$SLURM_ARRAY_TASK_ID\nrm -f \"part-$part.exit\"\n\
             {} study run study.toml --shard \"$part/{count}\" --store \"part-$part.db\"{flags} --json \
             > /dev/null\ncode=$?\necho $code > \"part-$part.exit\"\nexit $code\n",
            quoted(&folder.display().to_string()),
            quoted(program),
        );
        script
    }

    /// The exit code that a part has left.
    fn exit_code(&self, part: usize) -> Option<i32> {
        fs::read_to_string(self.folder.join(format!("part-{part}.exit"))).ok()?.trim().parse().ok()
    }
}

/// Numbers in ascending order as an array's ranges: `1-3,5`.
fn ranges(numbers: &[usize]) -> String {
    let runs = numbers.chunk_by(|a, b| a + 1 == *b);
    let texts = runs.map(|run| match run {
        [one] => one.to_string(),
        run => format!("{}-{}", run[0], run[run.len() - 1]),
    });
    texts.collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_ranges_and_names_are_plain() {
        assert_eq!(name_in_queue("a b;ü.1"), "descent-a_b__.1");
        assert_eq!(ranges(&[1, 2, 3, 5, 7, 8]), "1-3,5,7-8");
        assert_eq!(ranges(&[4]), "4");
    }
}
