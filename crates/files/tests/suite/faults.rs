//! Read-only folders, full disks and killed processes.
#![cfg(target_os = "linux")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use files::Output;

use crate::child::{writes, writes_forever};

/// Command prefix that switches to an ordinary user, if the tests run as root.
fn ordinary() -> Option<Vec<&'static str>> {
    let user = Command::new("id").arg("-u").output().expect("id runs");
    if user.stdout != b"0\n" {
        return Some(vec![]);
    }
    let as_nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
    let works = Command::new(as_nobody[0]).args(&as_nobody[1..]).arg("true").status();
    works.is_ok_and(|status| status.success()).then(|| as_nobody.to_vec())
}

fn leftovers(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned());
    names.filter(|name| name.starts_with(".tmp-")).collect()
}

#[test]
fn a_read_only_target_is_refused_before_work() {
    // Root that cannot switch users may write everywhere; nothing can be tested.
    let Some(wrapper) = ordinary() else { return };
    let folder = tempfile::tempdir().unwrap();
    let program = std::env::current_exe().unwrap();
    let may_be_started = Command::new(wrapper.first().unwrap_or(&"true"))
        .args(wrapper.iter().skip(1))
        .arg(&program)
        .arg("--list")
        .output();
    if !may_be_started.is_ok_and(|output| output.status.success()) {
        return;
    }
    let mode = |path: &Path, bits| fs::set_permissions(path, fs::Permissions::from_mode(bits)).unwrap();
    let file = folder.path().join("file");
    fs::write(&file, b"old").unwrap();
    mode(&file, 0o444);
    mode(folder.path(), 0o777);
    let printed = writes(&wrapper, &file, 10);
    assert!(printed.contains("refused Create: cannot create --save "), "{printed}");
    assert!(printed.contains("Permission denied (os error 13); choose another place"), "{printed}");
    mode(&file, 0o666);
    mode(folder.path(), 0o555);
    for path in [&file, &folder.path().join("new")] {
        let printed = writes(&wrapper, path, 10);
        assert!(printed.contains("refused Create: cannot create --save "), "{printed}");
    }
    mode(folder.path(), 0o777);
    assert_eq!(fs::read(&file).unwrap(), b"old");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn a_full_disk_keeps_the_old_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    fs::write(&path, b"old").unwrap();
    // A limit of one block on files; without the trap, the system would kill the process.
    let limited = ["sh", "-c", "trap '' XFSZ; ulimit -f 1; exec \"$@\"", "sh"];
    let printed = writes(&limited, &path, 100_000);
    assert!(printed.contains("refused Io: cannot write --save "), "{printed}");
    assert!(printed.contains("File too large (os error 27); check the disk"), "{printed}");
    assert_eq!(fs::read(&path).unwrap(), b"old");
    assert_eq!(leftovers(folder.path()), [""; 0]);
    // The limit alone: the process dies in the middle, and the next one cleans up.
    let mut killed = Command::new("sh");
    killed.args(["-c", "ulimit -f 1; exec \"$@\"", "sh"]).arg(std::env::current_exe().unwrap());
    killed
        .args(["child::child", "--exact"])
        .env("FILES_TEST_TARGET", &path)
        .env("FILES_TEST_BYTES", "100000");
    assert!(!killed.output().unwrap().status.success());
    assert_eq!((fs::read(&path).unwrap(), leftovers(folder.path()).len()), (b"old".to_vec(), 1));
    Output::claim(&path, "--save").unwrap();
    assert_eq!(leftovers(folder.path()), [""; 0]);
}

#[test]
fn a_killed_writer_leaves_an_old_or_a_new_file_and_the_next_one_cleans_up() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    let mut left = 0;
    for round in 0..20 {
        fs::write(&path, b"old").unwrap();
        let mut child = writes_forever(&path);
        std::thread::sleep(Duration::from_millis(round));
        child.kill().unwrap();
        child.wait().unwrap();
        let found = fs::read(&path).unwrap();
        assert!(found == b"old" || found == [7; 300_000], "{} bytes", found.len());
        left += leftovers(folder.path()).len();
        Output::claim(&path, "--save").unwrap();
        assert_eq!(leftovers(folder.path()), [""; 0]);
    }
    assert!(left > 0, "no kill came while a file was written");
}

#[test]
fn a_sweep_removes_only_unlocked_temporary_files() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let kept = [".tmp-1-0", ".tmp-descent-notes", ".tmp-descent-x-1", ".tmp-descent-1-x", "target"];
    for name in kept {
        fs::write(at(name), b"").unwrap();
    }
    let in_use = at(".tmp-descent-1-2");
    let held = fs::File::create(&in_use).unwrap();
    held.lock().unwrap();
    fs::create_dir(at(".tmp-descent-1-3")).unwrap();
    std::os::unix::fs::symlink("target", at(".tmp-descent-1-4")).unwrap();
    fs::write(at(".tmp-descent-1-5"), b"left").unwrap();
    files::sweep(folder.path());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), kept.len() + 3);
    assert!(!at(".tmp-descent-1-5").exists());
    drop(held);
    // A child of another test may hold it a moment longer, between fork and exec.
    let gone = (0..500).any(|_| {
        std::thread::sleep(Duration::from_millis(2));
        files::sweep(folder.path());
        !in_use.exists()
    });
    assert!(gone, "the lock is free");
}
