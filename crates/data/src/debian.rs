//! Data sets from Debian packages, unpacked without installation and so without root.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::error::Error;
use crate::event::Event;
use crate::network::Network;
use crate::program;
use crate::sets::File;
use crate::store::Store;

/// Fetches the package with `apt-get download` into a separate folder, unpacks it there with `dpkg -x`, and
/// stores the files. No code of the package is run.
pub(crate) fn obtain(
    store: &Store,
    network: &Network,
    package: &str,
    wanted: &[&'static File],
    progress: &mut dyn FnMut(Event),
) -> Result<(), Error> {
    let folder = store.folder.join(".debian");
    // Left by a killed process; only the holder of the lock gets here.
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir(&folder).map_err(|source| Error::Create { path: folder.clone(), source })?;
    let obtained = unpacked(&folder, network, package).and_then(|()| {
        let name = store.set.system.unwrap_or(store.set.name);
        store.copy(&folder.join("usr/share/datasets").join(name), wanted, progress)
    });
    let _ = fs::remove_dir_all(&folder);
    obtained
}

/// Downloads and unpacks the package in the folder.
fn unpacked(folder: &Path, network: &Network, package: &str) -> Result<(), Error> {
    let failed = |why: String| Error::Server { place: format!("Debian package {package}"), why };
    let Some(apt) = &network.apt else {
        return Err(failed("apt-get is disabled".into()));
    };
    let mut download = Command::new(apt);
    download.args(["download", "--quiet", package]).current_dir(folder);
    let said = program::run(&mut download, "apt-get", network)?.map_err(failed)?;
    let found = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let archive = found.into_iter().find(|path| path.extension().is_some_and(|e| e == "deb"));
    let Some(archive) = archive else {
        let line = said.lines().find(|line| line.starts_with("E:")).or(said.lines().next());
        return Err(failed(line.unwrap_or("apt-get downloaded no package").into()));
    };
    let mut unpack = Command::new("dpkg");
    unpack.arg("-x").arg(archive).arg(".").current_dir(folder);
    let said = program::run(&mut unpack, "dpkg", network)?.map_err(failed)?;
    if folder.join("usr").is_dir() {
        return Ok(());
    }
    Err(failed(said.lines().next().unwrap_or("dpkg unpacked nothing").into()))
}
