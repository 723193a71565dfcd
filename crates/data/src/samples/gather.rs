//! Gathering of examples by index into reused buffers.

use tensor::parallel::for_each_chunk;
use tensor::simd::prefetch_at;

use super::{Inputs, Samples, Targets, size};

impl Samples {
    /// Copies the examples with these indices, from 0 and possibly repeated, to `into`, whose buffers are reused.
    ///
    /// # Panics
    /// If an index is out of range.
    #[track_caller]
    pub fn gather(&self, indices: &[u32], into: &mut Samples) {
        self.inputs.gather(indices, &mut into.inputs);
        self.targets.gather(indices, &mut into.targets);
    }

    /// Copies the examples with these indices.
    ///
    /// # Panics
    /// If an index is out of range.
    #[track_caller]
    pub fn select(&self, indices: &[u32]) -> Samples {
        let mut selected = Samples::default();
        self.gather(indices, &mut selected);
        selected
    }
}

impl Inputs {
    /// Copies the inputs with these indices to `into`, whose buffer is reused if it is of the same
    /// kind.
    ///
    /// # Panics
    /// If an index is out of range.
    #[track_caller]
    pub fn gather(&self, indices: &[u32], into: &mut Inputs) {
        use Inputs::{Bytes, Numbers, Tokens};
        match (self, &mut *into) {
            (Bytes { shape, values }, Bytes { shape: to_shape, values: to }) => {
                to_shape.clone_from(shape);
                gather_resized(values, size(shape), indices, to);
            }
            (Numbers { shape, values }, Numbers { shape: to_shape, values: to }) => {
                to_shape.clone_from(shape);
                gather_resized(values, size(shape), indices, to);
            }
            (
                Tokens { shape, values, vocabulary },
                Tokens { shape: to_shape, values: to, vocabulary: to_vocabulary },
            ) => {
                to_shape.clone_from(shape);
                *to_vocabulary = *vocabulary;
                gather_resized(values, size(shape), indices, to);
            }
            _ => {
                *into = self.without_examples();
                self.gather(indices, into);
            }
        }
    }

    fn without_examples(&self) -> Inputs {
        let shape = self.shape().into();
        match self {
            Inputs::Bytes { .. } => Inputs::Bytes { shape, values: Vec::new() },
            Inputs::Numbers { .. } => Inputs::Numbers { shape, values: Vec::new() },
            &Inputs::Tokens { vocabulary, .. } => Inputs::Tokens { shape, values: Vec::new(), vocabulary },
        }
    }
}

impl Targets {
    /// Copies the targets with these indices to `into`, whose buffer is reused if it is of the
    /// same kind.
    ///
    /// # Panics
    /// If an index is out of range.
    #[track_caller]
    pub fn gather(&self, indices: &[u32], into: &mut Targets) {
        use Targets::{Classes, None, Numbers, Tokens};
        match (self, &mut *into) {
            (None, None) => {}
            (Classes { labels, names }, Classes { labels: to, names: to_names }) => {
                if to_names != names {
                    to_names.clone_from(names);
                }
                to.clear();
                to.extend(indices.iter().map(|&i| labels[i as usize]));
            }
            (Numbers { width, values }, Numbers { width: to_width, values: to }) => {
                *to_width = *width;
                gather_resized(values, *width, indices, to);
            }
            (Tokens { shape, values }, Tokens { shape: to_shape, values: to }) => {
                to_shape.clone_from(shape);
                gather_resized(values, size(shape), indices, to);
            }
            _ => {
                *into = self.without_examples();
                self.gather(indices, into);
            }
        }
    }

    fn without_examples(&self) -> Targets {
        match self {
            Targets::Classes { names, .. } => Targets::Classes { labels: Vec::new(), names: names.clone() },
            &Targets::Numbers { width, .. } => Targets::Numbers { width, values: Vec::new() },
            Targets::Tokens { shape, .. } => Targets::Tokens { shape: shape.clone(), values: Vec::new() },
            Targets::None => Targets::None,
        }
    }
}

#[track_caller]
fn gather_resized<T: Copy + Default + Send + Sync>(
    values: &[T],
    size: usize,
    indices: &[u32],
    into: &mut Vec<T>,
) {
    into.resize(size * indices.len(), T::default());
    gather_rows(values, size, indices, into);
}

/// Copies rows of `size` values with these indices in parallel.
#[track_caller]
pub(crate) fn gather_rows<T: Copy + Send + Sync>(values: &[T], size: usize, indices: &[u32], into: &mut [T]) {
    let rows = values.len() / size.max(1);
    if let Some(index) = indices.iter().find(|&&index| index as usize >= rows) {
        panic!("expected indices below {rows}, found {index}");
    }
    let parts = indices.chunks(TOGETHER).zip(into.chunks_mut((TOGETHER * size).max(1)));
    for_each_chunk(parts.collect(), |(indices, into)| {
        // Random rows are not in any cache.
        for &soon in indices.iter().take(AHEAD) {
            prefetch_at(values, soon as usize * size, size);
        }
        for (i, (&index, to)) in indices.iter().zip(into.chunks_exact_mut(size.max(1))).enumerate() {
            if let Some(&soon) = indices.get(i + AHEAD) {
                prefetch_at(values, soon as usize * size, size);
            }
            to.copy_from_slice(&values[index as usize * size..][..size]);
        }
    });
}

/// Rows per thread task.
const TOGETHER: usize = 64;

/// Rows to prefetch ahead.
const AHEAD: usize = 16;
