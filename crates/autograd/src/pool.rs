//! Buffers reused from one training step to the next.

use std::cell::RefCell;

use tensor::{Buffer, Kernels};

/// Pool of the buffers of finished tapes.
#[derive(Debug, Default)]
pub struct BufferPool<T = f32> {
    numbers: RefCell<Shelves<T>>,
    bytes: RefCell<Shelves<u8>>,
    tokens: RefCell<Shelves<u32>>,
}

impl<T: Kernels> BufferPool<T> {
    /// An empty pool.
    pub fn new() -> BufferPool<T> {
        BufferPool { numbers: RefCell::default(), bytes: RefCell::default(), tokens: RefCell::default() }
    }

    /// A buffer of `len` numbers of unspecified value.
    pub(crate) fn take(&self, len: usize) -> Buffer<T> {
        self.numbers.borrow_mut().take(len)
    }

    pub(crate) fn take_bytes(&self, len: usize) -> Buffer<u8> {
        self.bytes.borrow_mut().take(len)
    }

    pub(crate) fn take_tokens(&self, len: usize) -> Buffer<u32> {
        self.tokens.borrow_mut().take(len)
    }

    pub(crate) fn give_back(&self, buffer: Buffer<T>) {
        self.numbers.borrow_mut().keep(buffer);
    }

    pub(crate) fn give_back_bytes(&self, buffer: Buffer<u8>) {
        self.bytes.borrow_mut().keep(buffer);
    }

    pub(crate) fn give_back_tokens(&self, buffer: Buffer<u32>) {
        self.tokens.borrow_mut().keep(buffer);
    }
}

/// Free buffers by capacity, in ascending order. A network of thousands of layers has few capacities, so that a step
/// takes a time in proportion to its layers.
#[derive(Debug)]
struct Shelves<E>(Vec<(usize, Vec<Buffer<E>>)>);

impl<E> Default for Shelves<E> {
    fn default() -> Shelves<E> {
        Shelves(Vec::new())
    }
}

impl<E: Copy + Default> Shelves<E> {
    /// Smallest free buffer that is large enough, or a new one.
    fn take(&mut self, len: usize) -> Buffer<E> {
        let large_enough = self.0.partition_point(|&(capacity, _)| capacity < len);
        let free = self.0[large_enough..].iter_mut().find_map(|(_, free)| free.pop());
        let mut buffer = free.unwrap_or_default();
        buffer.resize(len);
        buffer
    }

    fn keep(&mut self, buffer: Buffer<E>) {
        let capacity = buffer.capacity();
        match self.0.binary_search_by_key(&capacity, |&(capacity, _)| capacity) {
            Ok(place) => self.0[place].1.push(buffer),
            Err(_) if capacity == 0 => {}
            Err(place) => self.0.insert(place, (capacity, vec![buffer])),
        }
    }
}

#[cfg(test)]
mod tests {
    use tensor::{Layout, ParamVec, Role};

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
            fn sizes<E: Copy + Default>(free: &RefCell<Shelves<E>>) -> Vec<(usize, usize)> {
                let free = free.borrow();
                let buffers = free.0.iter().flat_map(|(_, free)| free);
                let mut sizes: Vec<_> =
                    buffers.map(|buffer| (buffer.as_ptr().addr(), buffer.capacity())).collect();
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
    /// The smallest free buffer that is large enough is taken, and capacities are few.
    #[test]
    fn a_buffer_is_found_by_its_capacity() {
        let pool: BufferPool = BufferPool::new();
        let [small, large] = [10, 1000].map(|len| pool.take(len));
        let (small_at, large_at) = (small.as_ptr(), large.as_ptr());
        pool.give_back(large);
        pool.give_back(small);
        assert_eq!(pool.take(500).as_ptr(), large_at);
        assert_eq!(pool.take(5).as_ptr(), small_at);
        let fresh: Vec<Buffer<f32>> = (0..2000).map(|_| pool.take(64)).collect();
        fresh.into_iter().for_each(|buffer| pool.give_back(buffer));
        assert!(pool.numbers.borrow().0.len() < 50, "{}", pool.numbers.borrow().0.len());
    }
}
