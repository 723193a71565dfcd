//! Vector registers of each path.
#![allow(unsafe_code, reason = "vector instructions take pointers")]

#[cfg(target_arch = "x86_64")]
use std::arch::x86_64::*;

/// Vector register of `N` numbers.
///
/// # Safety
/// The machine must support the implementation's instructions. `load` and `store` touch the first
/// `count ≤ N` numbers at the pointer, which must be valid for them.
pub(crate) trait Lanes: Copy {
    const N: usize;
    unsafe fn splat(x: f32) -> Self;
    unsafe fn load(from: *const f32, count: usize) -> Self;
    unsafe fn store(self, to: *mut f32, count: usize);
    /// `a·b + self`.
    unsafe fn add_product(self, a: Self, b: Self) -> Self;
    unsafe fn plus(self, other: Self) -> Self;
}

#[cfg(target_arch = "x86_64")]
impl Lanes for __m512 {
    const N: usize = 16;

    #[inline(always)]
    unsafe fn splat(x: f32) -> __m512 {
        unsafe { _mm512_set1_ps(x) }
    }

    #[inline(always)]
    unsafe fn load(from: *const f32, count: usize) -> __m512 {
        unsafe { _mm512_maskz_loadu_ps(first(count), from) }
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut f32, count: usize) {
        unsafe { _mm512_mask_storeu_ps(to, first(count), self) }
    }

    #[inline(always)]
    unsafe fn add_product(self, a: __m512, b: __m512) -> __m512 {
        unsafe { _mm512_fmadd_ps(a, b, self) }
    }

    #[inline(always)]
    unsafe fn plus(self, other: __m512) -> __m512 {
        unsafe { _mm512_add_ps(self, other) }
    }
}

/// A mask of the first `count` of 16 lanes.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn first(count: usize) -> u16 {
    ((1_u32 << count) - 1) as u16
}

#[cfg(target_arch = "x86_64")]
impl Lanes for __m256 {
    const N: usize = 8;

    #[inline(always)]
    unsafe fn splat(x: f32) -> __m256 {
        unsafe { _mm256_set1_ps(x) }
    }

    #[inline(always)]
    unsafe fn load(from: *const f32, count: usize) -> __m256 {
        unsafe { _mm256_maskload_ps(from, first_of_8(count)) }
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut f32, count: usize) {
        unsafe { _mm256_maskstore_ps(to, first_of_8(count), self) }
    }

    #[inline(always)]
    unsafe fn add_product(self, a: __m256, b: __m256) -> __m256 {
        unsafe { _mm256_fmadd_ps(a, b, self) }
    }

    #[inline(always)]
    unsafe fn plus(self, other: __m256) -> __m256 {
        unsafe { _mm256_add_ps(self, other) }
    }
}

/// A mask of the first `count` of 8 lanes.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
unsafe fn first_of_8(count: usize) -> __m256i {
    unsafe { _mm256_cmpgt_epi32(_mm256_set1_epi32(count as i32), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7)) }
}

/// Portable fallback: the compiler maps it to the target's baseline vectors.
impl Lanes for [f32; 8] {
    const N: usize = 8;

    #[inline(always)]
    unsafe fn splat(x: f32) -> [f32; 8] {
        [x; 8]
    }

    #[inline(always)]
    unsafe fn load(from: *const f32, count: usize) -> [f32; 8] {
        let mut lanes = [0.0; 8];
        unsafe { std::ptr::copy_nonoverlapping(from, lanes.as_mut_ptr(), count) };
        lanes
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut f32, count: usize) {
        unsafe { std::ptr::copy_nonoverlapping(self.as_ptr(), to, count) };
    }

    #[inline(always)]
    unsafe fn add_product(self, a: [f32; 8], b: [f32; 8]) -> [f32; 8] {
        std::array::from_fn(|i| a[i] * b[i] + self[i])
    }

    #[inline(always)]
    unsafe fn plus(self, other: [f32; 8]) -> [f32; 8] {
        std::array::from_fn(|i| self[i] + other[i])
    }
}
