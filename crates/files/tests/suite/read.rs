//! Bounded reads of regular files.

use std::fs::{self, File};
use std::path::Path;

use files::{Kind, Lock, read};

#[test]
fn a_longer_file_is_refused_with_both_sizes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    fs::write(&path, b"12345").unwrap();
    assert_eq!(read(&path, 5).unwrap(), b"12345");
    let error = read(&path, 4).unwrap_err();
    assert_eq!(error.kind(), Kind::BadData);
    assert!(error.to_string().ends_with("expected at most 4 bytes, found 5"), "{error}");
    // A sparse file: no space on disk, and none in memory.
    File::create(&path).unwrap().set_len(1 << 40).unwrap();
    assert_eq!(read(&path, 1 << 20).unwrap_err().kind(), Kind::BadData);
}

#[test]
fn a_missing_file_has_kind_missing() {
    let error = read(Path::new("no/such/file"), 10).unwrap_err();
    assert_eq!(error.kind(), Kind::Missing);
    assert!(error.to_string().starts_with("cannot read no/such/file: "), "{error}");
}

#[cfg(unix)]
#[test]
fn pipes_devices_and_folders_are_refused_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    for (path, found) in
        [(&*pipe, "a pipe"), (Path::new("/dev/zero"), "a device"), (folder.path(), "a folder")]
    {
        let error = read(path, 1 << 40).unwrap_err();
        assert!(error.to_string().ends_with(&format!("expected a regular file, found {found}")), "{error}");
        assert_eq!(error.kind(), Kind::BadData);
        let error = Lock::acquire(path, &mut || {}).unwrap_err();
        assert!(error.to_string().ends_with(found), "{error}");
        assert_eq!(error.kind(), Kind::Create);
    }
}

#[test]
fn a_lock_is_held_by_one_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(".lock");
    let held = Lock::acquire(&path, &mut || panic!("nobody has it")).unwrap();
    std::thread::scope(|scope| {
        let (tell, hear) = std::sync::mpsc::channel();
        let path = &path;
        scope.spawn(move || Lock::acquire(path, &mut || tell.send(()).unwrap()).unwrap());
        hear.recv().unwrap();
        drop(held);
    });
}
