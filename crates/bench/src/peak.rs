//! The greatest rate of multiply-adds, on one core and on all.

use std::hint::black_box;
use std::sync::Barrier;

use tensor::peak::multiply_adds;

use super::{Case, time};

/// Some 0.3 ms of work, and how often it is timed: the best time is that of the machine at its fastest, which no
/// product of the same round exceeds.
const STEPS: usize = 100_000;
const SAMPLES: usize = 10;

pub(super) fn case(cores: usize) -> Case {
    let work = move || {
        let all_at_once = Barrier::new(cores);
        let sample = || {
            all_at_once.wait();
            time(|| {
                black_box(multiply_adds(STEPS));
            })
        };
        let best = || (0..SAMPLES).map(|_| sample()).fold(f64::INFINITY, f64::min);
        // Threads start outside of what is timed, and this one is the first.
        std::thread::scope(|scope| {
            let others: Vec<_> = (1..cores).map(|_| scope.spawn(best)).collect();
            others.into_iter().map(|other| other.join().expect("arithmetic")).fold(best(), f64::max)
        })
    };
    Case {
        name: format!("FMA peak, {cores} core{}", if cores == 1 { "" } else { "s" }),
        operations: (multiply_adds(1) * STEPS * cores) as f64,
        cores,
        target: 0.0,
        work: Box::new(work),
        seconds: Vec::new(),
    }
}
