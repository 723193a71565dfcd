//! The task of a record, built again.

use std::sync::Arc;

use train::record::TaskRecord;
use train::{Batch, DataInfo, Error, Examples, Order, Split, Task};

use super::{Setup, TaskSpec};

/// The task of the registry that a record names, with the splits and the order of the record; `None` if the registry
/// has no such task. Whether it is the same in all else, compare with [`Task::record`].
///
/// ```
/// use lab::tasks::{Setup, TaskSpec, recorded};
///
/// let task = "mnist1d-mlp".parse::<TaskSpec>()?.build(&mut Setup::offline().with_validation())?;
/// let again = recorded(&task.record(), Setup::offline())?.expect("a task of the registry");
/// assert_eq!(again.record(), task.record());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// If the data cannot be loaded, or do not fit the model.
pub fn recorded(record: &TaskRecord, setup: Setup<'_>) -> Result<Option<Task>, Error> {
    let Ok(spec) = record.name.parse::<TaskSpec>() else { return Ok(None) };
    let has = |split| record.examples.get(&split).is_some_and(|&examples| examples > 0);
    let mut setup = if has(Split::Validation) { setup.with_validation() } else { setup };
    let mut task = spec.build(&mut setup)?;
    if record.settings.get("order").is_some_and(|order| order == "fixed") {
        task.batching.order = Order::Fixed;
    }
    Ok(Some(if has(Split::Test) { task } else { without_test(task) }))
}

/// The task without its test examples, as tuning sees it.
pub fn without_test(task: Task) -> Task {
    Task { examples: Arc::new(WithoutTest(task.examples)), ..task }
}

/// Examples without those to test on.
#[derive(Debug)]
struct WithoutTest(Arc<dyn Examples>);

impl Examples for WithoutTest {
    fn len(&self, split: Split) -> usize {
        if split == Split::Test { 0 } else { self.0.len(split) }
    }

    #[track_caller]
    fn gather(&self, split: Split, indices: &[u32], batch: &mut Batch) {
        assert!(split != Split::Test || indices.is_empty(), "expected no test examples in tuning");
        self.0.gather(split, indices, batch);
    }

    fn info(&self) -> &DataInfo {
        self.0.info()
    }

    fn sha256(&self) -> &str {
        self.0.sha256()
    }
}
