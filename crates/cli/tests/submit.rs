//! A study as an array job, with stand-ins for sbatch and squeue that run its parts at once on this machine.
//! `cargo xtask test-slurm` does the same with a real cluster.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

const STUDY: &str = r#"
name = "two valleys"
tasks = ["beale", "rosenbrock"]
rulesets = ["lr"]
trials = 3

[[entries]]
name = "sgd"
recipe = "sgd"

[[entries]]
name = "adam"
recipe = "adam"
"#;

/// Runs the parts of the script's array one after the other. A part in `killed` ends once as if by a signal.
const SBATCH: &str = r#"#!/bin/bash
here=$(dirname "$0")
script=${@: -1}
echo "$*" >> "$here/asked"
array=$(sed -n 's/^#SBATCH --array=//p' "$script")
for range in ${array//,/ }; do
  for part in $(seq "${range%-*}" "${range#*-}"); do
    if grep -qx "$part" "$here/killed" 2>/dev/null; then
      sed -i "/^$part$/d" "$here/killed"
      echo 137 > "$(dirname "$script")/part-$part.exit"
    else
      SLURM_ARRAY_TASK_ID=$part bash "$script" 2> "$(dirname "$script")/part-$part.log"
    fi
  done
done
echo 41
"#;

const SQUEUE: &str = "#!/bin/sh\necho 'slurm_load_jobs error: Invalid job id specified' >&2; exit 1\n";

/// A folder with the study and the stand-ins.
fn cluster() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("study.toml"), STUDY).unwrap();
    fs::create_dir(folder.path().join("bin")).unwrap();
    for (name, text) in [("sbatch", SBATCH), ("squeue", SQUEUE)] {
        let path = folder.path().join("bin").join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    folder
}

fn study(folder: &Path, arguments: &str) -> Output {
    let path = format!("{}:{}", folder.join("bin").display(), std::env::var("PATH").unwrap());
    let mut command = Command::new(env!("CARGO_BIN_EXE_descent"));
    command.arg("study").args(arguments.split_whitespace()).current_dir(folder).env("PATH", path);
    command
        .env_remove("DESCENT_DATA")
        .env("XDG_CACHE_HOME", folder)
        .env("DESCENT_STORE", folder.join("runs.db"));
    command.output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_submitted_study_has_the_bytes_of_one_machine() {
    let alone = cluster();
    let whole = study(alone.path(), "run study.toml --json");
    assert!(whole.status.success(), "{}", said(&whole));

    let folder = cluster();
    fs::write(folder.path().join("bin/killed"), "2\n3\n").unwrap();
    let first = study(folder.path(), "submit study.toml --json --sbatch=--partition=long");
    assert!(first.status.success(), "{}", said(&first));
    assert_eq!(first.stdout, whole.stdout);
    assert!(said(&first).contains("not complete, submitted again: parts 2, 3"), "{}", said(&first));
    let parts = folder.path().join("two valleys-parts");
    let script = fs::read_to_string(parts.join("job.sh")).unwrap();
    for line in ["#SBATCH --partition=long", "#SBATCH --array=2-3", "#SBATCH --job-name=descent-two_valleys"]
    {
        assert!(script.lines().any(|found| found == line), "{line}\n{script}");
    }

    // Asked again, nothing is submitted.
    let asked = fs::read(folder.path().join("bin/asked")).unwrap();
    let again = study(folder.path(), "submit study.toml --json");
    assert_eq!(again.stdout, whole.stdout);
    assert_eq!(fs::read(folder.path().join("bin/asked")).unwrap(), asked);
}

#[test]
fn what_a_cluster_cannot_do_is_said_with_the_next_step() {
    let folder = cluster();
    let path = folder.path();
    let refused = |arguments: &str, code: i32, words: &[&str]| {
        let output = study(path, arguments);
        assert_eq!(output.status.code(), Some(code), "{arguments}: {}", said(&output));
        for word in words.iter().chain(&["error: ", "hint: "]) {
            assert!(said(&output).contains(word), "{arguments}: {word}: {}", said(&output));
        }
    };
    let dry = study(path, "submit study.toml --dry-run --parts 3");
    assert!(dry.status.success(), "{}", said(&dry));
    assert!(String::from_utf8_lossy(&dry.stdout).contains("#SBATCH --array=1-3\n"));
    assert!(!path.join("bin/asked").exists() && !path.join("runs.db").exists());
    // The script is that of the flags, also where the folder has the study already.
    study(path, "submit study.toml --dry-run --parts 3 --sbatch=--partition=long");
    let script = fs::read_to_string(path.join("two valleys-parts/job.sh")).unwrap();
    assert!(script.contains("#SBATCH --partition=long\n"), "{script}");
    refused("submit study.toml --parts 2", 2, &["- # 3 parts", "+ # 2 parts", "--dir"]);

    fs::write(path.join("bin/squeue"), "#!/bin/sh\nexit 0\n").unwrap();
    // A part refuses its work.
    fs::write(
        path.join("bin/sbatch"),
        "#!/bin/sh\necho 65 > \"$3/part-1.exit\"\necho 'error: no data' > \"$3/part-1.log\"\necho 7\n",
    )
    .unwrap();
    refused(
        "submit study.toml --parts 3",
        1,
        &["part 1 of 3 ended with exit code 65: no data", "part-1.log"],
    );
    fs::write(path.join("bin/sbatch"), "#!/bin/sh\necho 'sbatch: error: invalid partition' >&2\nexit 1\n")
        .unwrap();
    refused("submit study.toml --parts 3", 1, &["invalid partition", "--sbatch"]);
    fs::write(path.join("bin/sbatch"), "#!/bin/sh\necho hello\n").unwrap();
    refused("submit study.toml --parts 3", 1, &["expected the id of a job from sbatch, found `hello`"]);
}
