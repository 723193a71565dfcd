//! Damaged folders, malicious archives, failing programs and slow servers.

use std::fs;
use std::path::Path;
use std::time::Duration;

use data::{Cancel, Error, Evidence, Kind, Request, SETS, fetch, load, verify, verify_all};
use flate2::{Compression, write::GzEncoder};

use crate::tiny;

/// Requests for two sets with the same file names and different bytes.
fn alike(root: &Path) -> [Request; 2] {
    let other = data::Set { name: "other", torchvision: "Other", ..*tiny::set() };
    let mut other = other;
    for file in &mut other.files {
        file.sha256 = Some("0000000000000000000000000000000000000000000000000000000000000000");
    }
    [&*Box::leak(Box::new(other)), tiny::set()].map(|set| {
        let mut request = tiny::request(set, root);
        request.data_dir = Some(root.into());
        request
    })
}

#[test]
fn a_folder_is_verified_as_its_own_set() {
    let root = tempfile::tempdir().unwrap();
    tiny::write(root.path(), &tiny::plain(), "");
    let found = verify_all(&alike(root.path()));
    assert_eq!(found.iter().map(|found| found.set.name).collect::<Vec<_>>(), ["tiny"]);
    assert!(found[0].files.iter().all(|file| file.as_ref().unwrap().evidence == Evidence::Published));

    // With one damaged file, the others identify the set.
    let mut files = tiny::plain();
    files[0][500] ^= 1;
    tiny::write(root.path(), &files, "");
    let found = verify_all(&alike(root.path()));
    assert_eq!((found.len(), found[0].set.name), (1, "tiny"));
    assert_eq!(found[0].files.iter().filter(|file| file.is_err()).count(), 1);
    // If all are damaged, the folder's name decides.
    let named = tempfile::tempdir().unwrap();
    let damaged = tiny::plain().map(|mut bytes| {
        let last = bytes.len() - 1;
        bytes[last] ^= 1;
        bytes
    });
    tiny::write(&named.path().join("Tiny/raw"), &damaged, "");
    let found = verify_all(&alike(&named.path().join("Tiny/raw")));
    assert_eq!((found.len(), found[0].set.name), (1, "tiny"));
}

#[test]
fn without_a_published_checksum_only_the_shape_is_evidence() {
    let root = tempfile::tempdir().unwrap();
    tiny::write(root.path(), &tiny::plain(), "");
    let mut request = tiny::request(tiny::set_without_sums(), root.path());
    request.data_dir = Some(root.path().into());
    let [checked] = &verify_all(&[request.clone()])[..] else { panic!("one folder") };
    assert!(checked.files.iter().all(|file| file.as_ref().unwrap().evidence == Evidence::Shape));
    // Files stored by a fetch have recorded checksums.
    request.from = Some(root.path().to_str().unwrap().into());
    request.data_dir = Some(root.path().join("fetched"));
    fetch(&request, &mut tiny::ignore).unwrap();
    let found = &data::locate(&request)[0];
    assert!(
        verify(request.set, found).iter().all(|file| file.as_ref().unwrap().evidence == Evidence::Stored)
    );
}

/// Damaged files may still be valuable to their owner.
#[test]
fn nobody_is_told_to_delete_files() {
    let root = tempfile::tempdir().unwrap();
    for index in 0..4 {
        let mut files = tiny::plain();
        files[index].truncate(9);
        tiny::write(root.path(), &files, "");
        let mut request = tiny::request(tiny::set(), root.path());
        request.data_dir = Some(root.path().into());
        let error = load(&request, &mut tiny::ignore).unwrap_err();
        let hint = error.hint().to_lowercase();
        assert!(!["remove", "delete", "erase"].iter().any(|word| hint.contains(word)), "{hint}");
    }
}

#[test]
fn names_of_7_zip_are_found() {
    for (files, extension) in [(tiny::plain(), ""), (tiny::packed(), ".gz")] {
        let root = tempfile::tempdir().unwrap();
        for (name, bytes) in tiny::NAMES.iter().zip(files) {
            let name = name.replace("-idx", ".idx");
            fs::write(root.path().join(format!("{name}{extension}")), bytes).unwrap();
        }
        let mut request = tiny::request(tiny::set(), root.path());
        request.data_dir = Some(root.path().into());
        assert_eq!(load(&request, &mut tiny::ignore).unwrap().train.len(), tiny::TRAIN);
    }
}

/// An archive whose first entry has a name of 256 MB, one megabyte packed: it is skipped without using memory.
#[cfg(target_os = "linux")]
#[test]
fn a_huge_name_takes_no_memory() {
    use std::io::Write;

    const VARIABLE: &str = "DESCENT_TEST_ARCHIVE";
    if let Some(root) = std::env::var_os(VARIABLE) {
        // In a child process, because the peak is per process.
        let root = Path::new(&root);
        let mut request = tiny::request(tiny::set(), root);
        request.from = Some(root.join("a.tar.gz").to_str().unwrap().into());
        fetch(&request, &mut tiny::ignore).unwrap();
        let status = fs::read_to_string("/proc/self/status").unwrap();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        let kilobytes: u64 = peak.trim().trim_end_matches(" kB").parse().unwrap();
        assert!(kilobytes < 100_000, "{kilobytes} kB");
        return;
    }
    const LENGTH: u64 = 256 << 20;
    let root = tempfile::tempdir().unwrap();
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(tar::EntryType::GNULongName);
    header.set_path("././@LongLink").unwrap();
    header.set_size(LENGTH);
    header.set_cksum();
    let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
    packer.write_all(header.as_bytes()).unwrap();
    let block = vec![b'n'; 1 << 20];
    (0..LENGTH >> 20).for_each(|_| packer.write_all(&block).unwrap());
    let mut archive = tar::Builder::new(packer);
    for (name, bytes) in tiny::NAMES.iter().zip(tiny::plain()) {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        archive.append_data(&mut header, name, &bytes[..]).unwrap();
    }
    fs::write(root.path().join("a.tar.gz"), archive.into_inner().unwrap().finish().unwrap()).unwrap();
    let mut alone = std::process::Command::new(std::env::current_exe().unwrap());
    alone.args(["faults::a_name_without_end_takes_no_memory", "--exact", "--nocapture"]);
    let output = alone.env(VARIABLE, root.path()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

/// Programs in the place of apt-get and of npm.
#[cfg(unix)]
mod programs {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn script(root: &Path, text: &str) -> String {
        let program = root.join("program");
        fs::write(&program, format!("#!/bin/sh\n{text}\n")).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        program.to_str().unwrap().into()
    }

    fn request(root: &Path, text: &str) -> Request {
        let set = data::Set { debian: Some("dataset-tiny"), ..*tiny::set() };
        let mut request = tiny::request(Box::leak(Box::new(set)), root);
        request.network.apt = Some(script(root, text));
        request
    }

    #[test]
    fn a_debian_package_is_unpacked_and_used() {
        let root = tempfile::tempdir().unwrap();
        let built = std::process::Command::new("dpkg-deb").arg("--version").output();
        if built.is_err() {
            // Not a Debian system; the message is tested below.
            return;
        }
        let package = root.path().join("package");
        tiny::write(&package.join("usr/share/datasets/tiny"), &tiny::packed(), ".gz");
        fs::create_dir(package.join("DEBIAN")).unwrap();
        let control = "Package: dataset-tiny\nVersion: 1\nArchitecture: all\nMaintainer: a <a@b.c>\nDescription: tiny\n";
        fs::write(package.join("DEBIAN/control"), control).unwrap();
        let deb = root.path().join("tiny.deb");
        let built = std::process::Command::new("dpkg-deb").arg("--build").arg(&package).arg(&deb).output();
        assert!(built.unwrap().status.success());
        let request = request(root.path(), &format!("[ \"$1\" = download ] && cp {} .", deb.display()));
        let origin = fetch(&request, &mut tiny::ignore).unwrap();
        assert_eq!(origin.to_string(), "the Debian package dataset-tiny");
        crate::fetch::assert_cached(&request);
    }

    #[test]
    fn its_errors_are_reported() {
        let root = tempfile::tempdir().unwrap();
        let request = request(root.path(), "echo 'E: Unable to locate package dataset-tiny' >&2; exit 100");
        let error = fetch(&request, &mut tiny::ignore).unwrap_err();
        assert_eq!(error.kind(), Kind::Unreachable);
        let line = "\n  Debian package dataset-tiny: E: Unable to locate package dataset-tiny";
        assert!(error.to_string().contains(line), "{error}");
    }

    /// The program is killed, no other source is tried, and the sample is not used instead.
    #[test]
    fn cancellation_ends_a_program_and_the_fetch() {
        let root = tempfile::tempdir().unwrap();
        let request = request(root.path(), "exec sleep 60");
        let cancel = request.network.cancel.clone();
        stop_soon(&cancel);
        assert!(matches!(load(&request, &mut tiny::ignore), Err(Error::Cancelled)));
    }
}

fn stop_soon(cancel: &Cancel) {
    let cancel = cancel.clone();
    std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(200));
        cancel.cancel();
    });
}

#[test]
fn cancellation_works_while_another_process_fetches() {
    let root = tempfile::tempdir().unwrap();
    let request = tiny::request(tiny::set(), root.path());
    let folder = request.places.cache.join(request.set.torchvision).join("raw");
    fs::create_dir_all(&folder).unwrap();
    let held = fs::File::create(folder.join(".lock")).unwrap();
    held.lock().unwrap();
    let mut waits = 0;
    let fetched = fetch(&request, &mut |event| {
        if let data::Event::Waiting { .. } = event {
            waits += 1;
            request.network.cancel.cancel();
        }
    });
    assert!(matches!(fetched, Err(Error::Cancelled)), "{fetched:?}");
    assert_eq!(waits, 1);
}

#[test]
fn only_fashion_mnist_has_a_debian_package() {
    let with: Vec<&str> = SETS.iter().filter(|set| set.debian.is_some()).map(|set| set.name).collect();
    assert_eq!(with, ["fashion-mnist"]);
}

#[cfg(feature = "download")]
mod servers {
    use super::*;
    use crate::server::{Piece, Server, bytes, cut, head};

    fn request(server: &Server) -> (tempfile::TempDir, Request) {
        let root = tempfile::tempdir().unwrap();
        let mut request = tiny::request(tiny::set(), root.path());
        request.network.mirrors = Some(vec![server.url.clone()]);
        request.network.stall = FOREVER;
        (root, request)
    }

    /// Longer than any test runs.
    const FOREVER: Duration = Duration::from_secs(24 * 60 * 60);

    /// Before the response, within the body, and during the delay before a retry.
    #[test]
    fn cancellation_works_while_waiting_for_a_server() {
        let silence = || Piece::Pause(FOREVER);
        let before = Server::start(move |_| vec![silence()]);
        let within = Server::start(move |_| {
            let mut reply = cut(&tiny::packed()[0], 2000, "\"v1\"");
            reply.push(silence());
            reply
        });
        let busy = Server::start(|_| {
            crate::server::respond("503 Service Unavailable", "Retry-After: 86400\r\n", b"")
        });
        for server in [before, within, busy] {
            let (_root, mut request) = request(&server);
            request.network.longest_wait = FOREVER;
            stop_soon(&request.network.cancel);
            assert!(matches!(load(&request, &mut tiny::ignore), Err(Error::Cancelled)));
            assert_eq!(server.asked().len(), 1);
        }
    }

    /// Occasional bytes reset the stall limit but stay below the minimum rate.
    #[test]
    fn a_server_below_the_minimum_rate_is_abandoned() {
        let server = Server::start(|_| {
            let packed = &tiny::packed()[0];
            let mut reply = vec![head("200 OK", &format!("Content-Length: {}\r\n", packed.len()))];
            for byte in packed.iter().take(40) {
                reply.extend([bytes(&[*byte]), Piece::Pause(Duration::from_millis(50))]);
            }
            reply
        });
        let (_root, mut request) = request(&server);
        request.network.stall = Duration::from_millis(500);
        let error = fetch(&request, &mut tiny::ignore).unwrap_err();
        assert!(error.to_string().contains("fewer than 1,000 bytes a second"), "{error}");
        // Above the minimum rate the download continues.
        request.network.slowest = 1;
        request.network.tries = 1;
        let error = fetch(&request, &mut tiny::ignore).unwrap_err();
        assert!(!error.to_string().contains("bytes a second"), "{error}");
    }
}
