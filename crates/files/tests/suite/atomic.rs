//! Atomic files.

use std::fs;

use files::{Kind, atomic_write};

#[test]
fn a_file_is_written_and_replaced_and_nothing_else_is_left() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    for bytes in [&b"old"[..], b"new and longer", b""] {
        atomic_write(&path, bytes).unwrap();
        assert_eq!(fs::read(&path).unwrap(), bytes);
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn a_name_of_255_bytes_is_accepted() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("n".repeat(255));
    atomic_write(&path, b"here").unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"here");
}

#[test]
fn an_error_names_the_path() {
    let folder = tempfile::tempdir().unwrap();
    let error = atomic_write(&folder.path().join("no/such/file"), b"x").unwrap_err();
    assert_eq!(error.kind(), Kind::Create);
    assert!(error.to_string().contains("no/such/file"), "{error}");
    // A folder is in the way.
    let error = atomic_write(folder.path(), b"x").unwrap_err();
    assert_eq!(error.kind(), Kind::Create);
}

/// A link is replaced; its target is not touched.
#[cfg(unix)]
#[test]
fn a_link_is_replaced_rather_than_followed() {
    let folder = tempfile::tempdir().unwrap();
    let (target, link) = (folder.path().join("target"), folder.path().join("link"));
    fs::write(&target, b"precious").unwrap();
    std::os::unix::fs::symlink(&target, &link).unwrap();
    atomic_write(&link, b"new").unwrap();
    assert_eq!(fs::read(&target).unwrap(), b"precious");
    assert_eq!(fs::read(&link).unwrap(), b"new");
    assert!(!fs::symlink_metadata(&link).unwrap().is_symlink());
}

#[cfg(unix)]
#[test]
fn a_replaced_file_keeps_its_permissions() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("private");
    fs::write(&path, b"old").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    atomic_write(&path, b"new").unwrap();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn concurrent_writers_and_sweeps_leave_one_complete_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    std::thread::scope(|scope| {
        for value in 0..4u8 {
            let path = &path;
            scope.spawn(move || {
                for _ in 0..10 {
                    files::sweep(path.parent().unwrap());
                    atomic_write(path, &vec![value; 5000]).unwrap();
                }
            });
        }
    });
    let bytes = fs::read(&path).unwrap();
    assert_eq!(bytes.len(), 5000);
    assert!(bytes.iter().all(|&byte| byte == bytes[0]));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}
