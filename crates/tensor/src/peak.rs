//! Peak rate of multiply-adds of one core: the lower bound of a product's time.
#![allow(unsafe_code, reason = "vector instructions on registers")]

#[cfg(target_arch = "x86_64")]
use std::arch::x86_64::{__m256, __m512};

use crate::matmul::lanes::Lanes;
use crate::simd::{self, Path};

/// Independent chains of multiply-adds: more than latency times units.
const CHAINS: usize = 12;

/// Runs `steps` multiply-adds on each of several registers without touching memory, and returns
/// the number of floating-point operations.
///
/// ```
/// assert!(tensor::peak::multiply_adds(10) > 0);
/// ```
pub fn multiply_adds(steps: usize) -> usize {
    let (lanes, sum) = match simd::path() {
        // SAFETY: a path in use is available.
        #[cfg(target_arch = "x86_64")]
        Path::Avx512 => (16, unsafe { avx512(steps) }),
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        Path::Avx2 => (8, unsafe { avx2(steps) }),
        _ => (8, unsafe { chains::<[f32; 8]>(steps) }),
    };
    std::hint::black_box(sum);
    2 * CHAINS * lanes * steps
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq,avx2,fma")]
unsafe fn avx512(steps: usize) -> f32 {
    unsafe { chains::<__m512>(steps) }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
unsafe fn avx2(steps: usize) -> f32 {
    unsafe { chains::<__m256>(steps) }
}

#[inline(always)]
unsafe fn chains<V: Lanes>(steps: usize) -> f32 {
    unsafe {
        let (a, b) = (V::splat(std::hint::black_box(0.999)), V::splat(std::hint::black_box(0.001)));
        // Different initial values, opaque to the compiler: equal chains would be computed only once.
        let starts: [f32; CHAINS] = std::hint::black_box(std::array::from_fn(|i| i as f32));
        let mut chains = starts.map(|start| V::splat(start));
        for _ in 0..steps {
            for chain in &mut chains {
                *chain = chain.add_product(a, b);
            }
        }
        let mut total = 0.0;
        for chain in chains {
            let mut first = [0.0; 1];
            chain.store(first.as_mut_ptr(), 1);
            total += first[0];
        }
        total
    }
}
