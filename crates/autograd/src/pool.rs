//! Buffers reused from one training step to the next.

use std::cell::RefCell;

use tensor::{Buffer, Kernels, ParamVec};

use crate::tape::Tape;

/// Pool of the buffers of finished tapes.
#[derive(Debug, Default)]
pub struct BufferPool<T = f32> {
    numbers: RefCell<Vec<Buffer<T>>>,
    bytes: RefCell<Vec<Buffer<u8>>>,
    tokens: RefCell<Vec<Buffer<u32>>>,
}

impl<T: Kernels> BufferPool<T> {
    /// An empty pool.
    pub fn new() -> BufferPool<T> {
        BufferPool { numbers: RefCell::default(), bytes: RefCell::default(), tokens: RefCell::default() }
    }

    /// A new tape that reads its parameters from `params`.
    pub fn tape<'a>(&'a self, params: &'a ParamVec<T>) -> Tape<'a, T> {
        Tape::new(self, params)
    }

    /// A buffer of `len` numbers of unspecified value.
    pub(crate) fn take(&self, len: usize) -> Buffer<T> {
        smallest(&mut self.numbers.borrow_mut(), len)
    }

    pub(crate) fn take_bytes(&self, len: usize) -> Buffer<u8> {
        smallest(&mut self.bytes.borrow_mut(), len)
    }

    pub(crate) fn take_tokens(&self, len: usize) -> Buffer<u32> {
        smallest(&mut self.tokens.borrow_mut(), len)
    }

    pub(crate) fn give_back(&self, buffer: Buffer<T>) {
        keep(&self.numbers, buffer);
    }

    pub(crate) fn give_back_bytes(&self, buffer: Buffer<u8>) {
        keep(&self.bytes, buffer);
    }

    pub(crate) fn give_back_tokens(&self, buffer: Buffer<u32>) {
        keep(&self.tokens, buffer);
    }
}

/// Smallest free buffer that is large enough, or a new one.
fn smallest<E: Copy + Default>(free: &mut Vec<Buffer<E>>, len: usize) -> Buffer<E> {
    let fits = (0..free.len()).filter(|&i| free[i].capacity() >= len).min_by_key(|&i| free[i].capacity());
    let mut buffer = fits.map(|i| free.swap_remove(i)).unwrap_or_default();
    buffer.resize(len);
    buffer
}

fn keep<E: Copy + Default>(free: &RefCell<Vec<Buffer<E>>>, buffer: Buffer<E>) {
    if buffer.capacity() > 0 {
        free.borrow_mut().push(buffer);
    }
}

#[cfg(test)]
mod tests {
    use tensor::{Layout, Role};

    use super::*;

    /// From the second step on, every buffer comes from the pool.
    #[test]
    fn a_step_reuses_the_buffers_of_the_last_one() {
        let mut layout = Layout::new();
        let [w, b] = [layout.push("w", [32, 100], Role::Matrix), layout.push("b", [32], Role::Bias)];
        let table = layout.push("table", [10, 4], Role::Embedding);
        let weights: ParamVec = ParamVec::zeros(layout);
        let mut gradients = weights.zeros_like();
        let pool = BufferPool::new();
        let buffers = |pool: &BufferPool| {
            fn sizes<E: Copy + Default>(free: &RefCell<Vec<Buffer<E>>>) -> Vec<(usize, usize)> {
                let mut sizes: Vec<_> =
                    free.borrow().iter().map(|buffer| (buffer.as_ptr().addr(), buffer.capacity())).collect();
                sizes.sort_unstable();
                sizes
            }
            [sizes(&pool.numbers), sizes(&pool.tokens)]
        };
        let mut step = || {
            let tape = pool.tape(&weights);
            let x = tape.input_tokens([64, 25], |tokens| tokens.fill(3)).embedding_of(tape.param(table));
            let y = x.flatten().linear(tape.param(w), Some(tape.param(b))).relu();
            y.cross_entropy(&[0; 64]).backward(&mut gradients);
            drop(tape);
            buffers(&pool)
        };
        let first = step();
        assert!(first.iter().all(|sizes| !sizes.is_empty()));
        assert_eq!(step(), first);
        assert_eq!(step(), first);
    }
}
