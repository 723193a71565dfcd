//! Limit of the memory: gradients are read and added to a number of arrays, in one loop.

use std::hint::black_box;
use std::time::Instant;

use tensor::parallel::{CHUNK, for_each_chunk};
use tensor::simd::{self, Kernel};

use crate::workload::Repetition;

/// Seconds of the given passes, without a value to agree on.
pub(super) fn repetition(arrays: usize, g: Vec<f32>, warm: usize, passes: usize) -> Repetition {
    let mut streamed = vec![vec![1.0_f32; g.len()]; arrays];
    Box::new(move || {
        (0..warm).for_each(|_| pass(black_box(&mut streamed), black_box(&g)));
        let begun = Instant::now();
        (0..passes).for_each(|_| pass(black_box(&mut streamed), black_box(&g)));
        (begun.elapsed().as_secs_f64(), None)
    })
}

/// Adds the gradients to every array, in the chunks of an optimizer's step.
fn pass(arrays: &mut [Vec<f32>], g: &[f32]) {
    let mut chunks: Vec<Chunk<'_>> = g.chunks(CHUNK).map(|g| Chunk { arrays: vec![], g }).collect();
    for array in arrays {
        chunks.iter_mut().zip(array.chunks_mut(CHUNK)).for_each(|(chunk, part)| chunk.arrays.push(part));
    }
    for_each_chunk(chunks, simd::dispatch);
}

struct Chunk<'a> {
    arrays: Vec<&'a mut [f32]>,
    g: &'a [f32],
}

impl Kernel for Chunk<'_> {
    #[inline(always)]
    fn run(self) {
        let Chunk { mut arrays, g } = self;
        for few in arrays.chunks_mut(5) {
            match few {
                [a] => lockstep([a], g),
                [a, b] => lockstep([a, b], g),
                [a, b, c] => lockstep([a, b, c], g),
                [a, b, c, d] => lockstep([a, b, c, d], g),
                [a, b, c, d, e] => lockstep([a, b, c, d, e], g),
                _ => unreachable!("chunks of one to five"),
            }
        }
    }
}

#[inline(always)]
fn lockstep<const N: usize>(arrays: [&mut &mut [f32]; N], g: &[f32]) {
    let mut arrays = arrays.map(|array| &mut array[..g.len()]);
    for i in 0..g.len() {
        for array in &mut arrays {
            array[i] += g[i];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_array_is_passed_over_once() {
        for arrays in 1..=11 {
            let g: Vec<f32> = (0..CHUNK + 7).map(|i| (i % 8) as f32).collect();
            let mut streamed = vec![vec![1.0_f32; g.len()]; arrays];
            pass(&mut streamed, &g);
            assert!(streamed.iter().all(|array| array.iter().zip(&g).all(|(a, g)| *a == 1.0 + g)));
        }
    }
}
