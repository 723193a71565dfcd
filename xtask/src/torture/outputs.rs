//! C6 and F2: odd files as outputs, and a standard output that does not take what is written.

use std::fs;
use std::os::unix::fs::{FileTypeExt, MetadataExt, symlink};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::Command;

use super::{Effort, Row, program};

/// Commands with the name of an output after their last word.
const OUTPUTS: [(&str, &str); 4] = [
    ("train --save", "train --offline --layers 784,4,10 --batch-size 500 --epochs 1 --threads 1 --save"),
    (
        "train --checkpoint",
        "train --offline --layers 784,4,10 --batch-size 500 --epochs 1 --threads 1 --checkpoint-every 5 --checkpoint",
    ),
    ("find-lr --svg", "find-lr --offline --seeds 1 --steps 50 --threads 1 --svg"),
    (
        "compare --out",
        "compare --offline --optimizers sgd --epochs 1 --seeds 1 --batch-size 500 --threads 1 --out",
    ),
];

/// An odd output: how it is made, and what must be true of it afterwards.
struct Odd {
    what: &'static str,
    make: fn(&Path) -> std::io::Result<()>,
    /// If it must be written, or left alone and refused.
    is_written: bool,
    is_as_it_should: fn(&Path) -> bool,
}

const ODD: [Odd; 9] = [
    Odd {
        what: "a folder",
        make: |path| fs::create_dir(path),
        is_written: false,
        is_as_it_should: |path| path.is_dir(),
    },
    Odd {
        what: "a pipe",
        make: |path| run("mkfifo", &[path]),
        is_written: false,
        is_as_it_should: |path| kind(path, FileTypeExt::is_fifo),
    },
    Odd {
        what: "a socket",
        make: |path| UnixListener::bind(path).map(drop),
        is_written: false,
        is_as_it_should: |path| kind(path, FileTypeExt::is_socket),
    },
    Odd {
        what: "a device",
        make: |path| run("mknod", &[path, Path::new("c"), Path::new("1"), Path::new("3")]),
        is_written: false,
        is_as_it_should: |path| kind(path, FileTypeExt::is_char_device),
    },
    Odd {
        what: "a link to a device",
        make: |path| symlink("/dev/full", path),
        is_written: false,
        is_as_it_should: |path| {
            path.is_symlink() && kind(Path::new("/dev/full"), FileTypeExt::is_char_device)
        },
    },
    Odd {
        what: "a link to itself",
        make: |path| symlink(path, path),
        is_written: false,
        is_as_it_should: |path| path.is_symlink(),
    },
    Odd {
        what: "a link to nothing",
        make: |path| symlink("target", path),
        is_written: true,
        is_as_it_should: |path| path.is_symlink() && fs::metadata(path).is_ok_and(|file| file.len() > 0),
    },
    Odd {
        what: "a link to a file",
        make: |path| fs::write(path.with_file_name("target"), "old").and_then(|()| symlink("target", path)),
        is_written: true,
        is_as_it_should: |path| path.is_symlink() && fs::metadata(path).is_ok_and(|file| file.len() > 3),
    },
    Odd {
        what: "a new file",
        make: |_| Ok(()),
        is_written: true,
        is_as_it_should: |path| fs::metadata(path).is_ok_and(|file| file.len() > 0),
    },
];

fn run(program: &str, arguments: &[&Path]) -> std::io::Result<()> {
    let status = Command::new(program).args(arguments).status()?;
    if status.success() { Ok(()) } else { Err(std::io::Error::other(program.to_string())) }
}

fn kind(path: &Path, is: fn(&fs::FileType) -> bool) -> bool {
    fs::symlink_metadata(path).is_ok_and(|file| is(&file.file_type()))
}

pub(super) fn special_files(_: Effort) -> Vec<Row> {
    OUTPUTS.iter().map(|(name, command)| odd(name, command)).collect()
}

fn odd(name: &str, command: &str) -> Row {
    let mut row = Row::new("C6", format!("{name}: folders, pipes, devices, links, names"));
    // A comparison writes a folder: what is refused elsewhere is right there, and the reverse.
    let wants_folder = name.starts_with("compare");
    for odd in ODD.iter().filter(|odd| !wants_folder || !(odd.is_written || odd.what == "a folder")) {
        let Ok(folder) = tempfile::tempdir() else { return row.skipped("no temporary folder") };
        let path = folder.path().join("out.svg");
        if (odd.make)(&path).is_err() {
            // Only root makes devices.
            continue;
        }
        let device = fs::metadata("/dev/full").map(|file| file.rdev()).ok();
        let outcome = program::finish(program::command(folder.path(), &format!("{command} out.svg")));
        let codes: &[i32] = if odd.is_written { &[0] } else { &[73] };
        let held = outcome.ended_with(codes).and_then(|()| match (odd.is_as_it_should)(&path) {
            true => Ok(()),
            false => Err("the file is not as it should be".to_string()),
        });
        assert_eq!(fs::metadata("/dev/full").map(|file| file.rdev()).ok(), device, "a device was replaced");
        row.count(odd.what, held);
    }
    for (what, path, codes) in [
        ("a name of 256 bytes", "n".repeat(252) + ".svg", &[73][..]),
        // The ending `.json` of another file of find-lr is one byte longer.
        ("a name of 254 bytes", "n".repeat(250) + ".svg", &[0]),
        (
            "a folder that is not there",
            "no/where/out.svg".to_string(),
            if wants_folder { &[0] } else { &[73] },
        ),
        ("a file as a folder", "file/out.svg".to_string(), &[73]),
    ] {
        let Ok(folder) = tempfile::tempdir() else { return row.skipped("no temporary folder") };
        fs::write(folder.path().join("file"), "old").expect("a temporary folder takes files");
        let outcome = program::finish(program::command(folder.path(), &format!("{command} {path}")));
        let held = outcome.ended_with(codes).and_then(|()| {
            let is_there = folder.path().join(&path).exists();
            if is_there == outcome.succeeded() {
                Ok(())
            } else {
                Err("code and file do not agree".to_string())
            }
        });
        row.count(what, held);
    }
    row
}

/// Commands that print.
const PRINTS: [&str; 7] = [
    "optimizers",
    "explain adam",
    "schedule cosine",
    "train --offline --layers 784,4,10 --batch-size 500 --epochs 1 --threads 1 --json",
    "compare --offline --optimizers sgd --epochs 1 --seeds 1 --batch-size 500 --threads 1 --json --out here",
    "find-lr --offline --seeds 1 --steps 50 --threads 1",
    "--help",
];

pub(super) fn standard_output(_: Effort) -> Vec<Row> {
    let mut row = Row::new("F2", "standard output: closed, full, a reader that leaves");
    for command in PRINTS {
        for (what, redirection, codes) in [
            ("a full disk", "exec \"$@\" >/dev/full", &[74][..]),
            ("closed", "exec \"$@\" >&-", &[0, 74]),
            ("a reader that leaves", "set -o pipefail; \"$@\" | head -c 1 >/dev/null", &[0]),
            ("a closed standard error", "exec \"$@\" 2>&-", &[0]),
            ("a terminal of no width", "COLUMNS=0 TERM=dumb exec \"$@\"", &[0]),
        ] {
            let Ok(folder) = tempfile::tempdir() else { return vec![row.skipped("no temporary folder")] };
            let wrapper = ["bash", "-c", redirection, "-"];
            let outcome =
                program::finish(program::wrapped(folder.path(), &wrapper, command.split_whitespace()));
            let held = match outcome.code() {
                Some(0) if codes.contains(&0) => Ok(()),
                _ => outcome.ended_with(codes),
            };
            row.count(format!("{command}: {what}"), held);
        }
    }
    vec![row]
}
