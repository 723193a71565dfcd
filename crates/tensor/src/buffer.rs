//! Vectors aligned to cache lines.

use std::cell::RefCell;
use std::ops::{Deref, DerefMut};

/// Bytes in a cache line, and in the widest register: a vector load that crosses a line costs two reads.
const LINE: usize = 64;

/// Slice aligned to a cache line whose memory can be reused for another length.
///
/// ```
/// use tensor::Buffer;
/// let mut buffer: Buffer = Buffer::zeros(1000);
/// assert_eq!(buffer.as_ptr() as usize % 64, 0);
/// buffer.resize(10);
/// assert!(buffer.len() == 10 && buffer.capacity() >= 1000);
/// ```
#[derive(Debug)]
pub struct Buffer<T = f32> {
    /// Longer than the slice by the padding that alignment may need.
    memory: Vec<T>,
    start: usize,
    len: usize,
}

impl<T: Copy + Default> Buffer<T> {
    /// A buffer of `len` zeros.
    pub fn zeros(len: usize) -> Buffer<T> {
        let line = LINE / size_of::<T>();
        let memory = vec![T::default(); if len == 0 { 0 } else { len + line - 1 }];
        // Without a known offset the slice is unaligned, which is only slower.
        let start = memory.as_ptr().align_offset(LINE).min(memory.len() - len);
        Buffer { memory, start, len }
    }

    /// Number of elements that fit without reallocation.
    pub fn capacity(&self) -> usize {
        self.memory.len() - self.start
    }

    /// Resizes to `len` elements of unspecified value.
    pub fn resize(&mut self, len: usize) {
        if len > self.capacity() {
            *self = Buffer::zeros(len);
        }
        self.len = len;
    }
}

impl<T> Deref for Buffer<T> {
    type Target = [T];

    #[inline]
    fn deref(&self) -> &[T] {
        &self.memory[self.start..][..self.len]
    }
}

impl<T> DerefMut for Buffer<T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut [T] {
        &mut self.memory[self.start..][..self.len]
    }
}

impl<'a, T> IntoIterator for &'a Buffer<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<'a, T> IntoIterator for &'a mut Buffer<T> {
    type Item = &'a mut T;
    type IntoIter = std::slice::IterMut<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter_mut()
    }
}

impl<T> Default for Buffer<T> {
    fn default() -> Buffer<T> {
        Buffer { memory: Vec::new(), start: 0, len: 0 }
    }
}

impl<T: Copy + Default> Clone for Buffer<T> {
    fn clone(&self) -> Buffer<T> {
        let mut copy = Buffer::zeros(self.len);
        copy.copy_from_slice(self);
        copy
    }
}

impl<T: PartialEq> PartialEq for Buffer<T> {
    fn eq(&self, other: &Buffer<T>) -> bool {
        **self == **other
    }
}

/// Calls `work` with a thread-local buffer of `len` elements of unspecified value, which later calls reuse:
/// allocating fresh memory costs more than writing to it.
///
/// ```
/// let sum: f32 = tensor::buffer::with_scratch(3, |buffer| {
///     buffer.fill(2.0);
///     buffer.iter().sum()
/// });
/// assert_eq!(sum, 6.0);
/// ```
pub fn with_scratch<R>(len: usize, work: impl FnOnce(&mut Buffer) -> R) -> R {
    thread_local! {
        static FREE: RefCell<Vec<Buffer>> = const { RefCell::new(Vec::new()) };
    }
    let mut buffer = FREE.with_borrow_mut(Vec::pop).unwrap_or_default();
    buffer.resize(len);
    let result = work(&mut buffer);
    FREE.with_borrow_mut(|free| free.push(buffer));
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buffers_and_clones_are_aligned() {
        for len in [1, 15, 16, 17, 1000, 100_000] {
            let mut buffer = Buffer::<f32>::zeros(len);
            buffer[len - 1] = 3.0;
            let copy = buffer.clone();
            assert_eq!((buffer.as_ptr() as usize % LINE, copy.as_ptr() as usize % LINE), (0, 0));
            assert!(copy == buffer && copy.len() == len && copy[len - 1] == 3.0);
            assert_eq!(Buffer::<f64>::zeros(len).as_ptr() as usize % LINE, 0);
        }
        assert!(Buffer::<f32>::zeros(0).is_empty() && Buffer::<f32>::default().capacity() == 0);
    }

    #[test]
    fn a_smaller_size_keeps_the_memory() {
        let mut buffer = Buffer::<f32>::zeros(100);
        let before = buffer.as_ptr();
        for len in [0, 50, 100] {
            buffer.resize(len);
            assert_eq!((buffer.len(), buffer.as_ptr()), (len, before));
        }
        let more = buffer.capacity() + 1;
        buffer.resize(more);
        assert_eq!(buffer.len(), more);
    }
}
