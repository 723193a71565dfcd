//! Jobs on workers: several at a time where there are threads for it, and the same results, in the same order,
//! for any number of them.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock};
use std::thread;

use tensor::parallel::{StartError, Threads};

/// Workers with an equal share of the threads each.
pub(crate) struct WorkerPool {
    workers: Vec<Threads>,
}

/// A job as its worker knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Job {
    /// Which job, counted from 0.
    pub(crate) index: usize,
    /// Who does it, counted from 0.
    pub(crate) worker: usize,
}

/// End of a job: with a result or, when it was stopped, without one. After `Break`, no other job begins.
pub(crate) type Ending<T> = ControlFlow<Option<T>, T>;

impl WorkerPool {
    /// Number of workers for `jobs` jobs.
    pub(crate) fn workers(jobs: usize, threads: usize) -> usize {
        threads.clamp(1, jobs.max(1))
    }

    /// Starts all threads.
    ///
    /// # Errors
    /// If one of them cannot be started; none is left then, and nothing has been done.
    pub(crate) fn start(jobs: usize, threads: usize) -> Result<WorkerPool, StartError> {
        let count = WorkerPool::workers(jobs, threads);
        let workers = (0..count).map(|_| Threads::start(threads / count)).collect::<Result<_, _>>();
        Ok(WorkerPool { workers: workers.map_err(|error| StartError { asked: threads, ..error })? })
    }

    /// Does jobs 0 to `jobs` − 1 in this order and returns the results of those that were finished, in it.
    ///
    /// # Errors
    /// If a worker cannot be started, before any job begins, or the error of a job; then no other job begins.
    pub(crate) fn run<T: Send, E: Send + From<StartError>>(
        &self,
        jobs: usize,
        work: impl Fn(Job) -> Result<Ending<T>, E> + Sync,
    ) -> Result<Vec<T>, E> {
        let (next, stopped, done) = (AtomicUsize::new(0), AtomicBool::new(false), Mutex::new(Vec::new()));
        let keep = |index, result| {
            // A panic elsewhere leaves whole results.
            done.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).push((index, result));
        };
        let take_jobs = |worker: usize| {
            while !stopped.load(Ordering::Relaxed) {
                let index = next.fetch_add(1, Ordering::Relaxed);
                if index >= jobs {
                    return;
                }
                let (result, stops) = match work(Job { index, worker }) {
                    Ok(Ending::Continue(result)) => (Some(Ok(result)), false),
                    Ok(Ending::Break(result)) => (result.map(Ok), true),
                    Err(error) => (Some(Err(error)), true),
                };
                result.into_iter().for_each(|result| keep(index, result));
                if stops {
                    stopped.store(true, Ordering::Relaxed);
                }
            }
        };
        self.each_worker(take_jobs)?;
        let mut done = done.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner());
        done.sort_by_key(|(index, _)| *index);
        done.into_iter().map(|(_, result)| result).collect()
    }

    /// Calls `work` once on every worker, at the same time, with the worker's number from 0.
    ///
    /// # Errors
    /// If a worker cannot be started; then none has begun.
    pub(crate) fn each_worker(&self, work: impl Fn(usize) + Sync) -> Result<(), StartError> {
        // All of them wait until the last has been started. The first worker is this thread.
        let begins = OnceLock::new();
        thread::scope(|scope| {
            for (worker, threads) in self.workers.iter().enumerate().skip(1) {
                let (begins, work) = (&begins, &work);
                let wait = move || {
                    if *begins.wait() {
                        threads.run(|| work(worker));
                    }
                };
                if let Err(error) = thread::Builder::new().spawn_scoped(scope, wait) {
                    let _ = begins.set(false);
                    return Err(StartError::new(self.workers.len(), &error));
                }
            }
            let _ = begins.set(true);
            self.workers[0].run(|| work(0));
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(
        jobs: usize,
        threads: usize,
        work: impl Fn(usize) -> Result<Ending<usize>, String> + Sync,
    ) -> Result<Vec<usize>, String> {
        /// An error that tells only its text.
        struct Text(String);
        impl From<StartError> for Text {
            fn from(error: StartError) -> Text {
                Text(error.to_string())
            }
        }
        let pool = WorkerPool::start(jobs, threads).expect("threads");
        pool.run(jobs, |job| work(job.index).map_err(Text)).map_err(|Text(text)| text)
    }

    #[test]
    fn results_come_in_the_order_of_jobs_for_any_number_of_threads() {
        for threads in 0..6 {
            let squares = run(20, threads, |i| Ok(Ending::Continue(i * i)));
            assert_eq!(squares, Ok((0..20).map(|i| i * i).collect()), "{threads} threads");
            assert_eq!(run(0, threads, |_| Err("no job".into())), Ok(vec![]));
        }
    }

    #[test]
    fn every_worker_has_its_share_of_the_threads() {
        for (jobs, threads, share) in [(1, 4, 4), (2, 4, 2), (2, 5, 2), (4, 3, 1), (0, 2, 2)] {
            let pool = WorkerPool::start(jobs, threads).expect("threads");
            assert!(pool.workers.iter().all(|worker| worker.count() == share), "{jobs} jobs, {threads}");
        }
    }

    #[test]
    fn after_a_stop_or_an_error_no_other_job_begins() {
        let stops = |i| if i == 3 { Ok(Ending::Break(None)) } else { Ok(Ending::Continue(i)) };
        assert_eq!(run(9, 1, stops), Ok(vec![0, 1, 2]));
        let last = |i| if i == 3 { Ok(Ending::Break(Some(i))) } else { Ok(Ending::Continue(i)) };
        assert_eq!(run(9, 1, last), Ok(vec![0, 1, 2, 3]));
        for threads in 1..4 {
            let fails = |i| if i == 5 { Err(format!("job {i}")) } else { Ok(Ending::Continue(i)) };
            assert_eq!(run(9, threads, fails), Err("job 5".to_string()));
        }
    }
}
