//! Work over threads, so that bits do not depend on how many there are: what is summed is cut into fixed
//! chunks, by the length alone; only what is worked out number by number, or row by row, may be cut by threads.

mod threads;

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rayon::prelude::*;

pub use threads::{StartError, Threads, cores};

/// Elements in a chunk of an elementwise loop: big enough that handing one to a thread is cheap
/// beside working through it, small enough that a chunk of five arrays stays in the second cache.
pub const CHUNK: usize = 16 * 1024;

/// Number of threads that work is divided over: those of the [`Threads`] that the caller runs on, or 1.
pub fn threads() -> usize {
    // Asked from outside of a pool, rayon would start its global one.
    match rayon::current_thread_index() {
        Some(_) => rayon::current_num_threads(),
        None => 1,
    }
}

/// Does two pieces of work, at the same time where there are threads for it.
pub fn join<A: Send, B: Send>(a: impl FnOnce() -> A + Send, b: impl FnOnce() -> B + Send) -> (A, B) {
    if threads() == 1 { (a(), b()) } else { rayon::join(a, b) }
}

/// Numbers from which a matrix is divided between threads by its rows, however little work that saves:
/// products and updates do so alike, and the weights of a thread stay in its core's cache from one step of
/// training to the next.
pub const DIVIDED_FROM: usize = 1 << 15;

/// Rows of a matrix that each of so many threads takes: whole tiles of products and whole cache lines.
pub fn rows_each(rows: usize, threads: usize) -> usize {
    rows.div_ceil(threads).next_multiple_of(16)
}

/// Calls `work` with each chunk, over the threads of the current pool.
pub fn for_each_chunk<T: Send>(chunks: Vec<T>, work: impl Fn(T) + Sync + Send) {
    let threads = threads();
    if chunks.len() <= 1 || threads == 1 {
        chunks.into_iter().for_each(work);
    } else if chunks.len() > FEW * threads {
        chunks.into_par_iter().for_each(work);
    } else {
        for_each_of_few(chunks, work);
    }
}

/// Chunks a thread that are handed out one by one.
const FEW: usize = 4;

/// Neighbours on the same thread, which is that of the same place in the next loop, so that its cache
/// has what it works on. And without falling asleep: all of it may take less time than to wake a thread.
fn for_each_of_few<T: Send>(chunks: Vec<T>, work: impl Fn(T) + Sync + Send) {
    /// One chunk less, also when its work panics.
    struct Done<'a>(&'a AtomicUsize);
    impl Drop for Done<'_> {
        fn drop(&mut self) {
            self.0.fetch_sub(1, Ordering::Release);
        }
    }
    let together = chunks.len().div_ceil(threads());
    let left = AtomicUsize::new(chunks.len().div_ceil(together));
    let some = |chunks: Vec<T>| {
        let _done = Done(&left);
        chunks.into_iter().for_each(&work);
    };
    rayon::in_place_scope(|scope| {
        let mut rest = chunks;
        while rest.len() > together {
            let last = rest.split_off((rest.len() - 1) / together * together);
            scope.spawn(|_| some(last));
        }
        some(rest);
        while left.load(Ordering::Acquire) > 0 {
            match rayon::yield_now() {
                Some(rayon::Yield::Executed) => {}
                Some(rayon::Yield::Idle) => std::hint::spin_loop(),
                // Not one of the pool's threads: there is nothing that it could do.
                None => break,
            }
        }
    });
}

/// Runs `work` while the other threads of the current pool stay awake, for work that divides something
/// every few microseconds: to wake a thread that sleeps takes longer than a small product. A thread that
/// gets nothing to do for long goes to sleep all the same.
///
/// ```
/// use tensor::parallel::{Threads, join, spinning};
/// let threads = Threads::start(2)?;
/// assert_eq!(threads.run(|| spinning(|| join(|| 1, || 2))), (1, 2));
/// # Ok::<(), tensor::parallel::StartError>(())
/// ```
pub fn spinning<R>(work: impl FnOnce() -> R) -> R {
    /// Tells the others, also when `work` panics.
    struct Done<'a>(&'a AtomicBool);
    impl Drop for Done<'_> {
        fn drop(&mut self) {
            self.0.store(true, Ordering::Release);
        }
    }
    if threads() == 1 {
        return work();
    }
    let (done, own) = (AtomicBool::new(false), rayon::current_thread_index());
    rayon::in_place_scope(|scope| {
        scope.spawn_broadcast(|_, thread| {
            // This thread may come here while `work` waits for a part that another has taken.
            let others = || Some(thread.index()) != own && !done.load(Ordering::Acquire);
            let mut idle_since = None;
            while others() {
                if rayon::yield_now() == Some(rayon::Yield::Executed) {
                    idle_since = None;
                } else if idle_since.get_or_insert_with(Instant::now).elapsed() > SPIN_TIMEOUT {
                    break;
                } else {
                    std::thread::yield_now();
                }
            }
        });
        let _done = Done(&done);
        work()
    })
}

/// How long a thread looks for work before it goes to sleep: longer than what one thread does alone now and
/// then, such as to write a checkpoint.
const SPIN_TIMEOUT: Duration = Duration::from_millis(100);

/// The sum of `part` over the fixed chunks of `values`, added in order: the same bits for any
/// number of threads.
pub fn sum_chunks(values: &[f32], part: impl Fn(&[f32]) -> f64 + Sync + Send) -> f64 {
    if values.len() > CHUNK && threads() > 1 {
        let parts: Vec<f64> = values.par_chunks(CHUNK).map(part).collect();
        parts.into_iter().sum()
    } else {
        values.chunks(CHUNK).map(part).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_chunk_is_worked_on_once() {
        for threads in 1..=4 {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
            for count in [0, 1, 2, 3, 7, 100] {
                let mut numbers = vec![0; count];
                let add_one = || for_each_chunk(numbers.iter_mut().collect(), |n| *n += 1);
                pool.install(add_one);
                for_each_chunk(numbers.iter_mut().collect(), |n| *n += 1);
                assert!(numbers.iter().all(|&n| n == 2), "{threads} threads: {numbers:?}");
            }
            let panics =
                || pool.install(|| for_each_chunk(vec![1, 2, 3, 4], |n| assert!(n != 3, "on purpose")));
            assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(panics)).is_err());
        }
    }

    #[test]
    fn work_ends_on_any_number_of_threads_and_when_it_panics() {
        for threads in 1..=4 {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
            let total = || (0..1000).into_par_iter().sum::<usize>();
            for _ in 0..200 {
                assert_eq!(pool.install(|| spinning(|| spinning(total) + total())), 2 * 499_500);
            }
            let panics = || pool.install(|| spinning(|| panic!("on purpose")));
            assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(panics)).is_err());
            assert_eq!(spinning(total), 499_500, "from outside of a pool");
        }
    }
}
