//! The generated signals of MNIST-1D, to train on, to choose rates by, and to report on.

use data::generated::mnist1d::Mnist1d;
use data::samples::Samples;
use train::{DataInfo, InMemory, Task};

use crate::Error;
use crate::nets::dense;

/// A dense network on the first signals, tested on signals to choose rates by, and on those to report on.
///
/// # Errors
/// If a width is 0.
pub(crate) fn signals(train: u32, held: u32, hidden: &[usize]) -> Result<[Task; 2], Error> {
    let (all, test) = Mnist1d::default().samples();
    let first = |samples: &Samples, from: u32, to: u32| samples.select(&(from..to).collect::<Vec<_>>());
    let examples = first(&all, 0, train);
    let task = |held: Samples| {
        let info = DataInfo { name: "mnist1d".into(), origin: "generated".into(), sample: false };
        dense(InMemory::new(info, examples.clone(), examples.select(&[]), held), hidden)
    };
    Ok([task(first(&all, train, train + held))?, task(first(&test, 0, held))?])
}
