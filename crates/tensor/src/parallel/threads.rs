//! Thread pools, started before work begins.

use std::{error, fmt, fs, io};

use rayon::{ThreadPool, ThreadPoolBuilder};

/// Thread pool for this crate's kernels. Outside of one, everything runs on the calling thread; no pool is
/// started implicitly.
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
    /// `None` for one thread, the caller's.
    pool: Option<ThreadPool>,
}

impl Threads {
    /// Starts `count` threads; 0 and 1 mean the caller's thread.
    ///
    /// # Errors
    /// If the system refuses one of them; the others are then stopped.
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

    /// Runs `work` with its loops and products divided over these threads.
    pub fn run<R: Send>(&self, work: impl FnOnce() -> R + Send) -> R {
        match &self.pool {
            Some(pool) => pool.install(work),
            None => work(),
        }
    }

    /// Number of threads.
    pub fn count(&self) -> usize {
        self.pool.as_ref().map_or(1, ThreadPool::current_num_threads)
    }
}

/// Number of threads that can run at once for this process.
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, |count| count.get())
}

/// Failure to start threads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StartError {
    /// Number of threads requested.
    pub asked: usize,
    /// Limit on processes and threads of the user, if known.
    pub limit: Option<u64>,
    /// The system's reason.
    pub why: String,
}

impl StartError {
    /// Error of one of `asked` threads.
    pub fn new(asked: usize, why: &io::Error) -> StartError {
        StartError { asked, limit: limit(), why: why.to_string() }
    }

    /// Next step for the user.
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

/// Limit on processes and threads of the user, from Linux's `/proc/self/limits`.
fn limit() -> Option<u64> {
    let limits = fs::read_to_string("/proc/self/limits").ok()?;
    let line = limits.lines().find_map(|line| line.strip_prefix("Max processes"))?;
    line.split_whitespace().next()?.parse().ok()
}
