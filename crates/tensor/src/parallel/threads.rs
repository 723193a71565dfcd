//! A number of threads that work is given to, started before the work begins.

use std::{error, fmt, fs, io};

use rayon::{ThreadPool, ThreadPoolBuilder};

/// Threads for work that is divided by this crate's kernels. Outside of one, everything runs on the thread
/// that calls: nothing is started behind the caller's back.
///
/// ```
/// use tensor::parallel::{self, Threads};
/// let two = Threads::start(2)?;
/// assert_eq!(two.run(parallel::threads), 2);
/// assert_eq!(parallel::threads(), 1);
/// # Ok::<(), parallel::StartError>(())
/// ```
#[derive(Debug)]
pub struct Threads {
    /// None for one thread, which is the caller's.
    pool: Option<ThreadPool>,
}

impl Threads {
    /// Starts threads; one thread, or none, is the caller's own.
    ///
    /// # Errors
    /// If the system refuses one of them; then none is left.
    pub fn start(count: usize) -> Result<Threads, StartError> {
        if count <= 1 {
            return Ok(Threads { pool: None });
        }
        match ThreadPoolBuilder::new().num_threads(count).build() {
            Ok(pool) => Ok(Threads { pool: Some(pool) }),
            Err(error) => {
                let source = error::Error::source(&error).and_then(|e| e.downcast_ref::<io::Error>());
                let why = source.map_or_else(|| error.to_string(), ToString::to_string);
                Err(StartError { asked: count, limit: limit(), why })
            }
        }
    }

    /// Does work whose loops and products are divided over these threads.
    pub fn run<R: Send>(&self, work: impl FnOnce() -> R + Send) -> R {
        match &self.pool {
            Some(pool) => pool.install(work),
            None => work(),
        }
    }

    /// The number of threads.
    pub fn count(&self) -> usize {
        self.pool.as_ref().map_or(1, ThreadPool::current_num_threads)
    }
}

/// Threads that can run at the same time on this machine, as far as this process may use it.
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, |count| count.get())
}

/// Threads that the system did not start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StartError {
    /// Threads that were asked for.
    pub asked: usize,
    /// Processes and threads that the user may have at the same time, where the system says so.
    pub limit: Option<u64>,
    /// The system's reason.
    pub why: String,
}

impl StartError {
    /// For a thread that was to be one of `asked`.
    pub fn new(asked: usize, why: &io::Error) -> StartError {
        StartError { asked, limit: limit(), why: why.to_string() }
    }

    /// The next step for a person.
    pub fn hint(&self) -> String {
        "use fewer threads, for example --threads 1, or raise the limit (`ulimit -u`)".to_string()
    }
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot start {} threads: {}", self.asked, self.why)?;
        match self.limit {
            Some(limit) => write!(f, "; the limit of this user is {limit} processes and threads"),
            None => Ok(()),
        }
    }
}

impl error::Error for StartError {}

/// The limit on processes and threads of a user, as Linux tells it.
fn limit() -> Option<u64> {
    let limits = fs::read_to_string("/proc/self/limits").ok()?;
    let line = limits.lines().find_map(|line| line.strip_prefix("Max processes"))?;
    line.split_whitespace().next()?.parse().ok()
}
