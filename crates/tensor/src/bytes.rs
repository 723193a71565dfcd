//! Numbers that are a byte each, as pixels are.

use crate::parallel::{CHUNK, for_each_chunk};
use crate::real::Real;
use crate::simd::{self, Kernel};

/// Numbers evenly apart, of which a byte says which: `byte·step + start`.
///
/// ```
/// use tensor::bytes::Levels;
/// let quarters = Levels { start: -1.0_f32, step: 0.25 };
/// let mut numbers = [0.0; 3];
/// quarters.write(&[0, 1, 255], &mut numbers);
/// assert_eq!(numbers, [-1.0, -0.75, 62.75]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Levels<T = f32> {
    /// The number of byte 0.
    pub start: T,
    /// How far apart two numbers are whose bytes follow each other.
    pub step: T,
}

impl<T: Real> Levels<T> {
    /// The number of this byte.
    #[inline(always)]
    pub fn number(self, byte: u8) -> T {
        let byte: T = byte.into();
        byte * self.step + self.start
    }

    /// Writes the numbers of these bytes.
    ///
    /// # Panics
    /// If there is not as much room as there are bytes.
    #[track_caller]
    pub fn write(self, bytes: &[u8], numbers: &mut [T]) {
        assert_eq!(bytes.len(), numbers.len(), "a number for each byte");
        let chunks = bytes.chunks(CHUNK).zip(numbers.chunks_mut(CHUNK));
        let chunks = chunks.map(|(bytes, numbers)| Write { levels: self, bytes, numbers });
        for_each_chunk(chunks.collect(), simd::dispatch);
    }
}

struct Write<'a, T> {
    levels: Levels<T>,
    bytes: &'a [u8],
    numbers: &'a mut [T],
}

impl<T: Real> Kernel for Write<'_, T> {
    #[inline(always)]
    fn run(self) {
        let Write { levels, bytes, numbers } = self;
        numbers.iter_mut().zip(bytes).for_each(|(number, &byte)| *number = levels.number(byte));
    }
}

/// Numbers in a slice of bytes.
#[derive(Debug, Clone, Copy)]
pub struct Bytes<'a, T = f32> {
    /// One for each number.
    pub bytes: &'a [u8],
    /// What they stand for.
    pub levels: Levels<T>,
}
