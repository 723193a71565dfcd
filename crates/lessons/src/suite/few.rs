//! The first examples of a task.

use std::sync::Arc;

use train::{Batch, DataInfo, Examples, Split};

/// The first training examples of a task, and a range of one split in place of its test examples.
#[derive(Debug)]
pub(crate) struct Few {
    all: Arc<dyn Examples>,
    train: usize,
    tested: (Split, usize, usize),
}

impl Few {
    /// `train` examples, tested on `count` of a split from `first` on: `(split, first, count)`.
    ///
    /// # Panics
    /// If there are fewer.
    pub(crate) fn new(all: Arc<dyn Examples>, train: usize, tested: (Split, usize, usize)) -> Few {
        let (split, first, count) = tested;
        let (trained, held) = (all.len(Split::Train), all.len(split));
        assert!(
            trained >= train && held >= first + count,
            "expected more examples than {trained} and {held}"
        );
        Few { all, train, tested }
    }
}

impl Examples for Few {
    fn len(&self, split: Split) -> usize {
        match split {
            Split::Train => self.train,
            Split::Validation => 0,
            Split::Test => self.tested.2,
        }
    }

    fn gather(&self, split: Split, indices: &[u32], batch: &mut Batch) {
        let (from, first, _) = self.tested;
        match split {
            Split::Train => self.all.gather(split, indices, batch),
            _ => {
                let moved: Vec<u32> = indices.iter().map(|index| index + first as u32).collect();
                self.all.gather(from, &moved, batch);
            }
        }
    }

    fn info(&self) -> &DataInfo {
        self.all.info()
    }

    fn sha256(&self) -> &str {
        self.all.sha256()
    }
}
