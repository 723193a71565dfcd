//! The text that ships with the crate `data`, for every model of it.

use data::characters::text_splits;
use data::samples::Splits;
use nn::Model;
use train::loss::CrossEntropy;
use train::{DataInfo, Error, InMemory, Task};

use super::Info;

pub(super) const NAME: &str = "Pride and Prejudice, 300,000 characters";

/// Characters in an example.
pub(super) const LENGTH: usize = 50;

/// A model that predicts the next character, made for the size of the vocabulary.
pub(super) fn task(info: &Info, model: fn(usize) -> Model) -> Result<Task, Error> {
    let (Splits { train, validation, test }, vocabulary) = text_splits(LENGTH);
    let data = DataInfo {
        name: "pride-and-prejudice".into(),
        origin: "Jane Austen 1813, part of the crate `data`".into(),
        sample: false,
    };
    let examples = InMemory::new(data, train, validation, test);
    Ok(info.task(examples, model(vocabulary.len()), CrossEntropy))
}
