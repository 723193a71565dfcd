//! The data of MNIST-1D, for every model of it.

use data::generated::mnist1d::Mnist1d;
use nn::Model;
use train::loss::CrossEntropy;
use train::{DataInfo, Error, Task};

use super::{Info, Setup};

/// A classifier of the signals, made for their length and the number of classes.
pub(super) fn task(
    info: &Info,
    setup: &mut Setup<'_>,
    model: fn(usize, usize) -> Model,
) -> Result<Task, Error> {
    let (train, test) = Mnist1d::default().samples();
    let (length, classes) = (train.inputs.shape()[0], train.targets.classes().unwrap_or(0));
    let data = DataInfo {
        name: "mnist1d".into(),
        origin: "generated as the package `mnist1d` does with its own settings".into(),
        sample: false,
    };
    let examples = setup.in_memory(data, train, test);
    Ok(info.task(examples, model(length, classes), CrossEntropy))
}
