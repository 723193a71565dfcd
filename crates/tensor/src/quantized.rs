//! Numbers stored as one byte each, such as pixels.

use crate::parallel::{CHUNK, for_each_chunk};
use crate::scalar::Scalar;
use crate::simd::{self, Kernel};

/// Affine quantization: a byte represents `byte·scale + offset`.
///
/// ```
/// use tensor::quantized::Quantization;
/// let quarters = Quantization { offset: -1.0_f32, scale: 0.25 };
/// let mut numbers = [0.0; 3];
/// quarters.dequantize_into(&[0, 1, 255], &mut numbers);
/// assert_eq!(numbers, [-1.0, -0.75, 62.75]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Quantization<T = f32> {
    /// Value of byte 0.
    pub offset: T,
    /// Difference of the values of two consecutive bytes.
    pub scale: T,
}

impl<T: Scalar> Quantization<T> {
    /// Value of a byte.
    #[inline(always)]
    pub fn dequantize(self, byte: u8) -> T {
        let byte: T = byte.into();
        byte * self.scale + self.offset
    }

    /// Writes the value of each byte.
    ///
    /// # Panics
    /// If the lengths differ.
    #[track_caller]
    pub fn dequantize_into(self, bytes: &[u8], numbers: &mut [T]) {
        assert_eq!(bytes.len(), numbers.len(), "expected one number per byte");
        let chunks = bytes.chunks(CHUNK).zip(numbers.chunks_mut(CHUNK));
        let chunks = chunks.map(|(bytes, numbers)| Dequantize { quantization: self, bytes, numbers });
        for_each_chunk(chunks.collect(), simd::dispatch);
    }
}

struct Dequantize<'a, T> {
    quantization: Quantization<T>,
    bytes: &'a [u8],
    numbers: &'a mut [T],
}

impl<T: Scalar> Kernel for Dequantize<'_, T> {
    #[inline(always)]
    fn run(self) {
        let Dequantize { quantization, bytes, numbers } = self;
        numbers.iter_mut().zip(bytes).for_each(|(number, &byte)| *number = quantization.dequantize(byte));
    }
}

/// Quantized numbers in a borrowed slice.
#[derive(Debug, Clone, Copy)]
pub struct U8Tensor<'a, T = f32> {
    /// One byte per number.
    pub bytes: &'a [u8],
    /// Values of the bytes.
    pub quantization: Quantization<T>,
}
