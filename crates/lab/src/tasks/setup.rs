//! The data that tasks are built with.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use data::batches::Normalize;
use data::samples::{Holdout, Inputs, Samples, SamplesFault, Targets};
use data::{Dataset, Request, Set};
use nn::Architecture;
use train::{DataInfo, Error, Examples, InMemory, Split, Task};

use super::{Data, Info};

/// The part of the training examples that is held out for validation: 5,000 of MNIST's 60,000.
const VALIDATION: Holdout = Holdout::Fraction(1.0 / 12.0);

/// The seed of the validation examples, the same for every run.
const VALIDATION_SEED: u64 = 0;

/// Holds out one in twelve of the training examples for validation, class by class, the same for every run; examples
/// that have validation examples stay as they are.
///
/// # Errors
/// If there are too few.
pub fn hold_out(examples: InMemory) -> Result<InMemory, SamplesFault> {
    match examples.is_empty(Split::Validation) {
        true => examples.with_validation(VALIDATION, VALIDATION_SEED),
        false => Ok(examples),
    }
}

type Load<'a> = Box<dyn FnMut(&'static Set) -> Result<Dataset, data::Error> + 'a>;

/// Where a task finds its data.
pub struct Setup<'a> {
    dataset: &'static Set,
    load: Load<'a>,
    validation: bool,
}

impl fmt::Debug for Setup<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Setup { dataset, validation, .. } = self;
        f.debug_struct("Setup").field("dataset", &dataset.name).field("validation", validation).finish()
    }
}

impl<'a> Setup<'a> {
    /// Data sets of images come from this function.
    pub fn new(load: impl FnMut(&'static Set) -> Result<Dataset, data::Error> + 'a) -> Setup<'a> {
        Setup { dataset: &data::SETS[0], load: Box::new(load), validation: false }
    }

    /// Data sets that are on this machine, or their embedded samples.
    pub fn offline() -> Setup<'static> {
        Setup::new(|set| {
            let request = Request { offline: true, ..Request::new(set) };
            data::load(&request, &mut |_| ())
        })
    }

    /// The same with validation examples: one in twelve of the training examples, class by class. Tasks
    /// on text have validation examples either way.
    pub fn with_validation(self) -> Setup<'a> {
        Setup { validation: true, ..self }
    }

    pub(super) fn use_dataset(&mut self, dataset: &'static Set) {
        self.dataset = dataset;
    }

    pub(super) fn dataset_name(&self) -> &'static str {
        self.dataset.name
    }

    /// The images of the data set.
    pub(super) fn images(&mut self) -> Result<InMemory, Error> {
        let examples = InMemory::images((self.load)(self.dataset)?);
        Ok(self.held_out(examples))
    }

    /// A classifier of these images.
    pub(super) fn image_classifier(
        &mut self,
        architecture: &Architecture,
        normalize: Normalize,
    ) -> Result<Task, Error> {
        Task::supervised(Arc::new(self.images()?), architecture, normalize)
    }

    /// Examples that the task made itself.
    pub fn in_memory(&self, info: DataInfo, train: Samples, test: Samples) -> InMemory {
        let none = train.select(&[]);
        self.held_out(InMemory::new(info, train, none, test))
    }

    /// Numbers to learn from numbers: this many examples for training and for the test, made one by one by a function of
    /// their place.
    pub fn regression<const I: usize, const O: usize>(
        &self,
        info: &Info,
        [train, test]: [usize; 2],
        mut example: impl FnMut(usize) -> ([f32; I], [f32; O]),
    ) -> InMemory {
        let mut samples = |places: Range<usize>| {
            let (mut inputs, mut targets) = (Vec::new(), Vec::new());
            for place in places {
                let (input, target) = example(place);
                inputs.extend(input);
                targets.extend(target);
            }
            let inputs = Inputs::Numbers { shape: vec![I], values: inputs };
            Samples::new(inputs, Targets::Numbers { width: O, values: targets }).expect("a target for each")
        };
        let (train, test) = (samples(0..train), samples(train..train + test));
        let (Data::Generated(origin) | Data::Images(origin) | Data::Formula(origin)) = info.data;
        let data = DataInfo { name: info.name.into(), origin: origin.into(), sample: false };
        self.in_memory(data, train, test)
    }

    fn held_out(&self, examples: InMemory) -> InMemory {
        match self.validation {
            true => hold_out(examples).expect("a twelfth of the examples can be held out"),
            false => examples,
        }
    }
}
