//! Fixed chunks over threads: the cut depends on the length alone, never on the number of
//! threads, so neither do the bits.

use rayon::prelude::*;

/// Elements in a chunk of an elementwise loop: big enough that handing one to a thread is cheap
/// beside working through it, small enough that a chunk of five arrays stays in the second cache.
pub const CHUNK: usize = 16 * 1024;

/// Calls `work` with the number of each chunk of `0..len`, over the threads of the current pool.
pub fn for_each_chunk<T: Send>(chunks: Vec<T>, work: impl Fn(T) + Sync + Send) {
    if chunks.len() > 1 && rayon::current_num_threads() > 1 {
        chunks.into_par_iter().for_each(work);
    } else {
        chunks.into_iter().for_each(work);
    }
}

/// The sum of `part` over the fixed chunks of `values`, added in order: the same bits for any
/// number of threads.
pub fn sum_chunks(values: &[f32], part: impl Fn(&[f32]) -> f64 + Sync + Send) -> f64 {
    if values.len() > CHUNK && rayon::current_num_threads() > 1 {
        let parts: Vec<f64> = values.par_chunks(CHUNK).map(part).collect();
        parts.into_iter().sum()
    } else {
        values.chunks(CHUNK).map(part).sum()
    }
}
