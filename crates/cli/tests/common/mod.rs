//! The program as a user starts it, in a separate folder.

use std::path::Path;
use std::process::{Command, Stdio};

/// The program in a folder that is home and cache too, without settings of this machine.
pub(crate) fn descent(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_descent"));
    command.current_dir(folder).stdin(Stdio::null());
    command.env("HOME", folder).env("XDG_CACHE_HOME", folder);
    for name in ["DESCENT_DATA", "DESCENT_STORE", "XDG_STATE_HOME", "COLUMNS"] {
        command.env_remove(name);
    }
    command
}
