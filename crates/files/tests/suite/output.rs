//! Outputs are tried before work begins.

use std::fs;
use std::path::{Path, PathBuf};

use files::{Kind, Output, claim_folder};

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
    let mut names: Vec<String> = entries.map(|name| name.to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn a_claim_changes_nothing_and_a_commit_writes() {
    let folder = tempfile::tempdir().unwrap();
    let (new, old) = (folder.path().join("new"), folder.path().join("old"));
    fs::write(&old, b"old").unwrap();
    let outputs = [&new, &old].map(|path| Output::claim(path, "--save").unwrap());
    assert_eq!(names(folder.path()), ["old"]);
    assert_eq!(fs::read(&old).unwrap(), b"old");
    for bytes in [&b"first"[..], b"second"] {
        for output in &outputs {
            output.commit(bytes).unwrap();
            assert_eq!(fs::read(output.path()).unwrap(), bytes);
        }
    }
    assert_eq!(names(folder.path()), ["new", "old"]);
}

#[test]
fn an_impossible_path_is_reported_with_its_option() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, b"").unwrap();
    let below = |name: &str| folder.path().join(name);
    let refused = [
        below("no/such/folder"),
        file.join("below"),
        below(&"n".repeat(256)),
        below("new/"),
        below("file/"),
        below(".."),
        PathBuf::new(),
        folder.path().to_path_buf(),
    ];
    for path in refused {
        let error = Output::claim(&path, "--svg").unwrap_err();
        assert_eq!(error.kind(), Kind::Create, "{error}");
        assert!(error.to_string().contains("--svg "), "{error}");
        assert!(error.hint().contains(" with --svg"), "{}", error.hint());
    }
    assert_eq!(names(folder.path()), ["file"]);
}

#[cfg(unix)]
#[test]
fn devices_pipes_sockets_and_folders_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (pipe, socket, link) =
        (folder.path().join("pipe"), folder.path().join("socket"), folder.path().join("link"));
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let _bound = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    std::os::unix::fs::symlink("/dev/null", &link).unwrap();
    let rows = [
        (&*pipe, "a pipe"),
        (&*socket, "a socket"),
        (folder.path(), "a folder"),
        (Path::new("/dev/full"), "a device"),
        (&*link, "a device"),
    ];
    for (path, found) in rows {
        let error = Output::claim(path, "--save").unwrap_err();
        assert_eq!(error.kind(), Kind::Create);
        let expected = format!("--save {}: expected a regular file, found {found}", path.display());
        assert_eq!(error.to_string(), expected);
    }
}

#[cfg(unix)]
#[test]
fn a_link_is_kept_and_its_target_is_written() {
    use std::os::unix::fs::symlink;
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("models")).unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::write(at("models/old"), b"old").unwrap();
    for (link, target) in [("direct", "models/old"), ("twice", "direct"), ("dangling", "models/new")] {
        symlink(target, at(link)).unwrap();
        Output::claim(&at(link), "--save").unwrap().commit(link.as_bytes()).unwrap();
        assert_eq!(fs::read(at(link)).unwrap(), link.as_bytes());
        assert!(fs::symlink_metadata(at(link)).unwrap().is_symlink());
    }
    assert_eq!(fs::read(at("models/old")).unwrap(), b"twice");
    assert_eq!(names(&at("models")), ["new", "old"]);
    // A cycle, and a link into a missing folder.
    symlink("circle", at("circle")).unwrap();
    symlink("nowhere/new", at("lost")).unwrap();
    for link in ["circle", "lost"] {
        assert_eq!(Output::claim(&at(link), "--save").unwrap_err().kind(), Kind::Create);
    }
}

#[cfg(unix)]
#[test]
fn one_file_under_two_names_is_a_conflict() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::write(at("old"), b"").unwrap();
    fs::hard_link(at("old"), at("hard")).unwrap();
    fs::create_dir(at("sub")).unwrap();
    std::os::unix::fs::symlink("new", at("link")).unwrap();
    for (ours, theirs, same) in [
        ("new", "new", true),
        ("new", "sub/../new", true),
        ("new", "link", true),
        ("old", "hard", true),
        ("old", "new", false),
        ("new", "sub/new", false),
        ("new", "no/such/folder", false),
    ] {
        let output = Output::claim(&at(ours), "--save").unwrap();
        let result = output.differs_from(&at(theirs), "--checkpoint");
        assert_eq!(result.is_err(), same, "{ours} {theirs}");
        if let Err(error) = result {
            assert_eq!(error.kind(), Kind::Usage);
            assert!(
                error.to_string().starts_with("--save conflicts with --checkpoint: both are "),
                "{error}"
            );
        }
    }
}

#[test]
fn an_input_is_spared() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::create_dir(at("raw")).unwrap();
    fs::write(at("table.csv"), "a,b\n1,2\n").unwrap();
    fs::write(at("raw/images"), [0, 0, 8, 3, 0, 0]).unwrap();
    fs::write(at("raw/digit"), b"\x89PNG\r\n").unwrap();
    fs::write(at("raw/model.st"), [232, 2, 0, 0, 0, 0, 0, 0, b'{']).unwrap();
    for (ours, input, is_spared) in [
        ("table.csv", "table.csv", false),
        ("raw/images", "raw", false),
        ("raw/digit", "", false),
        ("table.csv", "", false),
        ("raw/model.st", "raw", true),
        ("raw/new", "raw", true),
        ("new", "raw", true),
        ("table.csv", "raw", true),
        ("new", "missing", true),
    ] {
        let spared = Output::claim(&at(ours), "--save").unwrap().spares(&at(input), "--data");
        assert_eq!(spared.is_ok(), is_spared, "{ours} {input}");
        if let Err(error) = spared {
            assert!(error.to_string().starts_with("--save conflicts with --data: both are "), "{error}");
        }
    }
}

/// `/dev/stdout` of a program whose output is read leads to a pipe.
#[cfg(target_os = "linux")]
#[test]
fn a_link_of_proc_to_a_pipe_is_named_as_a_pipe() {
    use std::os::fd::AsRawFd;
    let (_reader, writer) = std::io::pipe().unwrap();
    let path = std::path::PathBuf::from(format!("/proc/self/fd/{}", writer.as_raw_fd()));
    let message = Output::claim(&path, "--save").unwrap_err().to_string();
    assert!(message.ends_with("expected a regular file, found a pipe"), "{message}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_name_need_not_be_unicode() {
    use std::os::unix::ffi::OsStrExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(std::ffi::OsStr::from_bytes(b"o\xff\x1b"));
    Output::claim(&path, "--out").unwrap().commit(b"here").unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"here");
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    let message = Output::claim(&path, "--out").unwrap_err().to_string();
    assert!(message.contains("o\u{fffd}\\u{1b}: expected a regular file"), "{message}");
}

#[test]
fn a_folder_is_created_and_tried() {
    let folder = tempfile::tempdir().unwrap();
    claim_folder(&folder.path().join("a/b"), "--out").unwrap();
    assert_eq!(names(&folder.path().join("a/b")), [""; 0]);
    let file = folder.path().join("file");
    fs::write(&file, b"").unwrap();
    for path in [file.clone(), file.join("below")] {
        let error = claim_folder(&path, "--out").unwrap_err();
        assert_eq!(error.kind(), Kind::Create);
        assert!(error.to_string().starts_with("cannot create --out "), "{error}");
    }
}
