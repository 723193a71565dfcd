//! The greatest rate of multiply-adds, on one core and on all.

use std::hint::black_box;

use tensor::peak::multiply_adds;

use super::{Subject, time};

/// About 10 ms of work.
const STEPS: usize = 1_000_000;

pub(super) fn subject(cores: usize) -> Subject {
    let work = move || {
        time(|| {
            std::thread::scope(|scope| {
                (0..cores).for_each(|_| drop(scope.spawn(|| black_box(multiply_adds(STEPS)))))
            });
        })
    };
    Subject {
        name: format!("FMA peak, {cores} core{}", if cores == 1 { "" } else { "s" }),
        operations: (multiply_adds(1) * STEPS * cores) as f64,
        cores,
        aim: 0.0,
        work: Box::new(work),
        seconds: Vec::new(),
    }
}
