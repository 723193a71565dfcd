//! Ctrl-C, SIGTERM and SIGHUP as a flag: the first asks to stop in order, the second ends the program.

use std::io;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::flag;

/// Lets a write beyond the limit on a file's size fail with an error instead of ending the program, which
/// would lose what it has found.
pub(crate) fn survive_file_limits() {
    // A handler instead of the default: the system then refuses the write. Without one, all is as before.
    #[cfg(unix)]
    let _ = flag::register(signal_hook::consts::SIGXFSZ, Arc::new(AtomicBool::new(false)));
}

/// Says whether a signal has asked the program to stop; the default hears none.
#[derive(Debug, Clone, Default)]
pub(crate) struct Stop {
    signal: Arc<AtomicUsize>,
}

impl Stop {
    /// Listens from now on.
    pub(crate) fn listen() -> io::Result<Stop> {
        let (signal, again) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
        for number in [SIGINT, SIGTERM, SIGHUP] {
            // `nohup` has a program outlive its terminal.
            if number == SIGHUP && is_ignored(SIGHUP) {
                continue;
            }
            // In this order: the first signal finds `again` unset, the second ends the program.
            flag::register_conditional_shutdown(number, 128 + number, again.clone())?;
            flag::register(number, again.clone())?;
            flag::register_usize(number, signal.clone(), number as usize)?;
        }
        Ok(Stop { signal })
    }

    /// True if a signal has come.
    pub(crate) fn asked(&self) -> bool {
        self.code().is_some()
    }

    /// Asks whoever reads it to stop, once a signal has come.
    pub(crate) fn flow(&self) -> ControlFlow<()> {
        if self.asked() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    /// The exit code of the signal that has come: 130, 143 or 129.
    pub(crate) fn code(&self) -> Option<u8> {
        match self.signal.load(Ordering::Relaxed) {
            0 => None,
            number => Some(128 + number as u8),
        }
    }
}

/// True if this process was started with a signal ignored; false where the system does not say.
fn is_ignored(signal: i32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|digits| u64::from_str_radix(digits.trim(), 16).ok()).unwrap_or(0);
    mask >> (signal - 1) & 1 == 1
}
