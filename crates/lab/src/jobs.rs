//! Independent jobs over the cores, for work that is not a run of a matrix.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::error::Error;
use crate::worker_pool::{Ending, WorkerPool};

/// Does jobs 0 to `count` − 1, one a core, and returns their results in order; these do not depend on
/// `threads`. After each, `done` is told the number of finished jobs, and may stop the others: then there are no
/// results.
///
/// ```
/// use std::ops::ControlFlow;
/// let squares = lab::jobs(4, 2, &|_| ControlFlow::Continue(()), |job| Ok(job * job))?;
/// assert_eq!(squares, Some(vec![0, 1, 4, 9]));
/// assert_eq!(lab::jobs(4, 1, &|_| ControlFlow::Break(()), |job| Ok(job))?, None);
/// # Ok::<(), lab::Error>(())
/// ```
///
/// # Errors
/// If a thread cannot be started, or the error of a job.
pub fn jobs<T: Send>(
    count: usize,
    threads: usize,
    done: &(dyn Fn(usize) -> ControlFlow<()> + Sync),
    work: impl Fn(usize) -> Result<T, Error> + Sync,
) -> Result<Option<Vec<T>>, Error> {
    let finished = AtomicUsize::new(0);
    let results = WorkerPool::start(count, threads)?.run(count, |job| {
        let result = work(job.index)?;
        Ok::<_, Error>(match done(finished.fetch_add(1, Ordering::Relaxed) + 1) {
            ControlFlow::Continue(()) => Ending::Continue(result),
            ControlFlow::Break(()) => Ending::Break(None),
        })
    })?;
    Ok((results.len() == count).then_some(results))
}
