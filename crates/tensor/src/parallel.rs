//! Parallel loops whose bits do not depend on the number of threads: reductions are cut into fixed chunks by
//! length alone; only elementwise and row-wise work is divided by the number of threads.

mod adaptive;
mod threads;
mod waits;

use std::cell::Cell;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rayon::prelude::*;

pub use adaptive::Adaptive;
pub use threads::{StartError, Threads, cores};

/// Elements in a chunk of an elementwise loop: large enough that scheduling a chunk is cheap compared with
/// its work, small enough that a chunk of five arrays stays in L2.
pub const CHUNK: usize = 16 * 1024;

/// Number of threads of the [`Threads`] that the caller runs on, up to the [limit](limited), or 1 outside of one.
pub fn threads() -> usize {
    // Asked from outside of a pool, rayon would start its global one.
    match rayon::current_thread_index() {
        Some(_) => rayon::current_num_threads().min(LIMIT.get()),
        None => 1,
    }
}

thread_local! {
    /// Threads that work on this one may be divided between.
    static LIMIT: Cell<usize> = const { Cell::new(usize::MAX) };
}

/// Runs `work` divided between at most `count` of the current threads.
///
/// ```
/// use tensor::parallel::{self, Threads, limited};
/// let four = Threads::start(4)?;
/// assert_eq!(four.run(|| limited(2, parallel::threads)), 2);
/// # Ok::<(), parallel::StartError>(())
/// ```
pub fn limited<R>(count: usize, work: impl FnOnce() -> R) -> R {
    /// Restores the limit, also if `work` panics.
    struct Before(usize);
    impl Drop for Before {
        fn drop(&mut self) {
            LIMIT.set(self.0);
        }
    }
    let _before = Before(LIMIT.replace(count.max(1)));
    work()
}

/// Runs two closures, in parallel if a thread is available.
pub fn join<A: Send, B: Send>(a: impl FnOnce() -> A + Send, b: impl FnOnce() -> B + Send) -> (A, B) {
    if threads() == 1 { (a(), b()) } else { rayon::join(a, b) }
}

/// Minimum number of elements of a matrix whose rows are always divided between threads. Products and updates
/// divide it in the same way, so a thread's weights stay in its core's cache from one training step to the next.
pub const DIVIDED_FROM: usize = 1 << 15;

/// Rows of a matrix per thread: whole tiles of products and whole cache lines.
pub fn rows_each(rows: usize, threads: usize) -> usize {
    rows.div_ceil(threads).next_multiple_of(16)
}

/// Calls `work` with each chunk, over the threads of the current pool.
pub fn for_each_chunk<T: Send>(chunks: Vec<T>, work: impl Fn(T) + Sync + Send) {
    if chunks.len() <= 1 || threads() == 1 {
        chunks.into_iter().for_each(work);
        return;
    }
    // Hundreds of loops come here: each is compiled for its type, what divides them only once.
    let chunks: Vec<Mutex<Option<T>>> = chunks.into_iter().map(|chunk| Mutex::new(Some(chunk))).collect();
    for_each_index(chunks.len(), &|index| {
        let chunk = chunks[index].lock().unwrap_or_else(PoisonError::into_inner).take();
        work(chunk.expect("each chunk is worked on once"));
    });
}

/// Calls `work` with each number below `count`, over the threads of the current pool.
fn for_each_index(count: usize, work: &(dyn Fn(usize) + Sync)) {
    let threads = threads();
    if count > FEW * threads && threads == rayon::current_num_threads() {
        (0..count).into_par_iter().for_each(work);
    } else {
        for_each_of_few(count, work);
    }
}

/// Chunks per thread above which chunks are handed out one by one.
const FEW: usize = 4;

/// Neighboring chunks go to one thread, the same one in the next loop, so that its cache holds its data. Threads
/// spin rather than sleep: the whole loop may take less time than waking a thread.
fn for_each_of_few(count: usize, work: &(dyn Fn(usize) + Sync)) {
    /// One part less, also when its work panics.
    struct Done<'a>(&'a AtomicUsize);
    impl Drop for Done<'_> {
        fn drop(&mut self) {
            self.0.fetch_sub(1, Ordering::Release);
        }
    }
    let together = count.div_ceil(threads());
    let left = AtomicUsize::new(count.div_ceil(together));
    let some = |indexes: Range<usize>| {
        let _done = Done(&left);
        indexes.for_each(work);
    };
    let some = &some;
    rayon::in_place_scope(|scope| {
        for start in (together..count).step_by(together).rev() {
            scope.spawn(move |_| some(start..count.min(start + together)));
        }
        some(0..together);
        while left.load(Ordering::Acquire) > 0 {
            match rayon::yield_now() {
                Some(rayon::Yield::Executed) => {}
                Some(rayon::Yield::Idle) => std::hint::spin_loop(),
                // Not a thread of the pool, so it cannot help.
                None => break,
            }
        }
    });
}

/// Runs `work` while the other threads of the current pool spin, for work that forks every few microseconds:
/// waking a sleeping thread takes longer than a small product. A thread without work for long still goes to
/// sleep.
///
/// ```
/// use tensor::parallel::{Threads, join, spinning};
/// let threads = Threads::start(2)?;
/// assert_eq!(threads.run(|| spinning(|| join(|| 1, || 2))), (1, 2));
/// # Ok::<(), tensor::parallel::StartError>(())
/// ```
pub fn spinning<R>(work: impl FnOnce() -> R) -> R {
    /// Stops the others, also if `work` panics.
    struct Done(Arc<AtomicBool>);
    impl Drop for Done {
        fn drop(&mut self) {
            self.0.store(true, Ordering::Release);
        }
    }
    let count = threads();
    if count == 1 {
        return work();
    }
    let (done, own) = (Done(Arc::default()), rayon::current_thread_index());
    let is_done = Arc::clone(&done.0);
    // Nobody waits for them at the end: one of them may share its core with another program.
    rayon::spawn_broadcast(move |thread| {
        let before = usize::from(own.is_some_and(|own| own < thread.index()));
        // This thread may get here while `work` waits for a job that another thread has taken.
        if Some(thread.index()) == own || thread.index() - before >= count - 1 {
            return;
        }
        let mut idle_since = None;
        while !is_done.load(Ordering::Acquire) {
            if rayon::yield_now() == Some(rayon::Yield::Executed) {
                idle_since = None;
            } else if idle_since.get_or_insert_with(Instant::now).elapsed() > SPIN_TIMEOUT {
                break;
            } else {
                std::thread::yield_now();
            }
        }
    });
    work()
}

/// Time that a thread looks for work before it sleeps: longer than occasional work on one thread, such as
/// writing a checkpoint.
const SPIN_TIMEOUT: Duration = Duration::from_millis(100);

/// The sum of `part` over the fixed chunks of `values`, added in order: the same bits for any
/// number of threads.
pub fn sum_chunks(values: &[f32], part: impl Fn(&[f32]) -> f64 + Sync + Send) -> f64 {
    if values.len() > CHUNK && threads() > 1 {
        let mut parts = vec![0.0; values.len().div_ceil(CHUNK)];
        let jobs = parts.iter_mut().zip(values.chunks(CHUNK)).collect();
        for_each_chunk(jobs, |(sum, chunk): (&mut f64, &[f32])| *sum = part(chunk));
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
    fn spinning_ends_on_any_number_of_threads_and_after_a_panic() {
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
