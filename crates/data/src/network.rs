//! How patient to be with servers and programs.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::error::Error;

/// The limits of a fetch. [`Network::default`] is right for the real network; tests make time
/// run faster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Network {
    /// URLs of folders to use instead of the set's own mirrors.
    pub mirrors: Option<Vec<String>>,
    /// The program that fetches npm packages; none means not to try.
    pub npm: Option<String>,
    /// How long a server may take to accept a connection.
    pub connect: Duration,
    /// How long a server may send nothing at all.
    pub stall: Duration,
    /// How long the npm program may run.
    pub npm_limit: Duration,
    /// How often a file is asked for when a server says that it is busy or breaks off.
    pub tries: u32,
    /// The wait before the second try; it doubles with each further one.
    pub backoff: Duration,
    /// The longest wait, whatever a server asks for.
    pub longest_wait: Duration,
    /// Bytes a second that a server must send at least, on average over the time of [`Network::stall`].
    pub slowest: u64,
    /// The program that fetches Debian packages; none means not to try.
    pub apt: Option<String>,
    /// A request to stop, heard within a tenth of a second.
    pub cancel: Cancel,
    /// Whether to go through the proxy that the environment names.
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

/// A flag that ends a fetch. Its clones are one flag, which may be set from another thread or from a
/// handler of signals.
///
/// ```
/// let cancel = data::Cancel::default();
/// cancel.clone().cancel();
/// assert!(cancel.is_cancelled());
/// ```
#[derive(Debug, Clone, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    /// Asks to stop.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// True once somebody has asked to stop.
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// The flag itself, for a library that sets flags when signals come.
    pub fn flag(&self) -> Arc<AtomicBool> {
        self.0.clone()
    }

    /// An error once somebody has asked to stop.
    pub(crate) fn check(&self) -> Result<(), Error> {
        if self.is_cancelled() { Err(Error::Cancelled) } else { Ok(()) }
    }

    /// Sleeps for that long, or until somebody asks to stop.
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

/// Time between two looks at the flag.
pub(crate) const TICK: Duration = Duration::from_millis(50);

/// Two flags are equal if they are one.
impl PartialEq for Cancel {
    fn eq(&self, other: &Cancel) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Cancel {}
