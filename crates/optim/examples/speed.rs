//! What an update costs: each rule beside a plain in-place stream that reads and writes as many
//! arrays, in turns, so that both meet the same machine.
//!
//! usage: cargo run --release -p optim --example speed -- [threads] [rule …]
#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use std::hint::black_box;
use std::time::Instant;

use optim::{Optimizer, Rule, rules};
use tensor::parallel::{CHUNK, for_each_chunk};
use tensor::simd::{self, Kernel};

const SIZES: [usize; 2] = [10_000_000, 109_386];
/// Time for one rule at one size.
const SECONDS: f64 = 0.4;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let threads = arguments.next().map_or(Ok(1), |threads| threads.parse())?;
    let named: Vec<String> = arguments.collect();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build()?;
    println!("{threads} thread(s), {}; share of a plain stream over as many arrays", simd::path().name());
    println!("{:<14} {:>6} {:>32} {:>24}", "", "arrays", "10 000 000 weights", "109 386 weights");
    let columns = ["ns/w", "GB/s", "share"].map(|c| format!("{c:>7}")).join(" ");
    println!("{:<14} {:>6}         {columns} {columns}", "rule", "r + w");
    for rule in rules::all() {
        let name = rule.card().name;
        if named.is_empty() || named.iter().any(|n| n == name) {
            let arrays = rule.state().len();
            let figures = SIZES.map(|n| pool.install(|| figures(&*rule, n)));
            println!("{name:<14} {:>2} + {}         {} {}", arrays + 2, arrays + 1, figures[0], figures[1]);
        }
    }
    Ok(())
}

/// Nanoseconds a weight, gigabytes a second, and the share of the stream's speed.
fn figures(rule: &dyn Rule, n: usize) -> String {
    let mut optimizer = Optimizer::from_boxed(rule.boxed(), n).expect("defaults are valid");
    let (mut w, g) =
        (vec![1.0_f32; n], (0..n).map(|i| ((i % 97) as f32 - 48.0) * 1e-3).collect::<Vec<f32>>());
    let state = rule.state().len();
    let mut streamed = vec![vec![1.0_f32; n]; state + 1];
    let (mut rule_times, mut stream_times) = (vec![], vec![]);
    let start = Instant::now();
    while start.elapsed().as_secs_f64() < SECONDS || rule_times.len() < 5 {
        rule_times.push(seconds(|| optimizer.step(black_box(&mut w), black_box(&g))));
        stream_times.push(seconds(|| stream(black_box(&mut streamed), black_box(&g))));
    }
    let [rule_time, stream_time] = [rule_times, stream_times].map(|mut times| {
        times.sort_by(f64::total_cmp);
        times[times.len() / 4]
    });
    let bytes = (2 * state + 3) * size_of::<f32>() * n;
    let (ns, rate) = (rule_time * 1e9 / n as f64, bytes as f64 / rule_time * 1e-9);
    format!("{ns:>7.3} {rate:>7.1} {:>6.0}%", 100.0 * stream_time / rule_time)
}

fn seconds(work: impl FnOnce()) -> f64 {
    let start = Instant::now();
    work();
    start.elapsed().as_secs_f64()
}

/// Adds the gradients to every array.
fn stream(arrays: &mut [Vec<f32>], g: &[f32]) {
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
        match &mut arrays[..] {
            [a] => lockstep([a], g),
            [a, b] => lockstep([a, b], g),
            [a, b, c] => lockstep([a, b, c], g),
            [a, b, c, d] => lockstep([a, b, c, d], g),
            [a, b, c, d, e] => lockstep([a, b, c, d, e], g),
            _ => unreachable!("no rule has more than four state arrays"),
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
