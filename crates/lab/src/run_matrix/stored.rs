//! The runs of a matrix, shared with other processes through a store.

use std::ops::ControlFlow;

use train::Record;

use super::{RunMatrix, Watch};
use crate::error::Error;
use crate::executor::Part;
use crate::store::{Holder, Store};

impl RunMatrix<'_> {
    /// As [`run_others`](RunMatrix::run_others), with a store: what it has is not trained, what is trained is put into
    /// it, and of several processes with the same store each trains a part. Runs that others have are waited for at
    /// the end; `waiting` is told who, twice a second, from several threads, and may stop it.
    ///
    /// # Errors
    /// As for [`run`](RunMatrix::run), and if the store cannot be read or written, or is damaged.
    pub fn run_in(
        &self,
        store: &dyn Store,
        known: &(dyn Fn(&str) -> Option<Record> + Sync),
        watch: &Watch<'_>,
        waiting: &(dyn Fn(&Holder) -> ControlFlow<()> + Sync),
    ) -> Result<Vec<Record>, Error> {
        let part = |key: &str| {
            if let Some(record) = known(key) {
                store.put(&record)?;
                return Ok(Part::Done(Box::new(record)));
            }
            Part::of_store(store, key)
        };
        self.run_parts(&part, watch, waiting)
    }
}
