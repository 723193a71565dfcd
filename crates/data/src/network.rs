//! How patient to be with servers and programs.

use std::time::Duration;

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
            proxy: true,
        }
    }
}
