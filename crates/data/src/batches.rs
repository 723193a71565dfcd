//! Seeded batches: which images, in which order, as normalised numbers.

use tensor::parallel::for_each_chunk;
use tensor::random::Stream;
use tensor::simd::{self, Kernel};

use crate::dataset::Split;

/// The order in which `count` examples are visited in an epoch, counted from 0: a function of
/// seed, epoch and count alone, so an interrupted run finds its place again.
///
/// ```
/// let order = data::batches::epoch_order(7, 0, 5);
/// assert_eq!(order, data::batches::epoch_order(7, 0, 5));
/// assert_ne!(order, data::batches::epoch_order(7, 1, 5));
/// ```
///
/// # Panics
/// With more than 2³² examples.
#[track_caller]
pub fn epoch_order(seed: u64, epoch: u32, count: usize) -> Vec<u32> {
    let count = u32::try_from(count).expect("at most 2³² examples");
    let mut order: Vec<u32> = (0..count).collect();
    Stream::new(seed, &format!("batches of epoch {epoch}")).shuffle(&mut order);
    order
}

/// How pixels become numbers: `(p/255 − mean)/deviation`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Normalise {
    /// What becomes 0, on the scale from 0 to 1.
    pub mean: f64,
    /// What becomes a distance of 1.
    pub deviation: f64,
}

impl Normalise {
    /// The notebook's: from −1 to 1.
    pub const HALF: Normalise = Normalise { mean: 0.5, deviation: 0.5 };

    /// Writes the images of a split with these indices to `out`, one after another, and their
    /// labels to `labels`.
    ///
    /// ```
    /// use data::{Split, batches::Normalise};
    /// let split = Split { pixels: vec![0, 255, 51, 204], labels: vec![3, 8], rows: 1, cols: 2 };
    /// let (mut pixels, mut labels) = ([0.0; 2], Vec::new());
    /// Normalise::HALF.gather(&split, &[1], &mut pixels, &mut labels);
    /// assert_eq!(labels, [8]);
    /// assert!((pixels[0] + 0.6).abs() < 1e-6 && (pixels[1] - 0.6).abs() < 1e-6);
    /// ```
    ///
    /// # Panics
    /// If there is no such image, or `out` is not as long as the images.
    #[track_caller]
    pub fn gather(&self, split: &Split, indices: &[u32], out: &mut [f32], labels: &mut Vec<u32>) {
        let size = split.rows * split.cols;
        assert_eq!(out.len(), indices.len() * size, "{} images of {size} pixels", indices.len());
        labels.clear();
        labels.extend(indices.iter().map(|&i| u32::from(split.labels[i as usize])));
        let parts = indices.chunks(TOGETHER).zip(out.chunks_mut((TOGETHER * size).max(1)));
        let parts = parts.map(|(indices, out)| Gather { split, indices, out, normalise: self });
        for_each_chunk(parts.collect(), simd::dispatch);
    }
}

/// Images that one thread gathers at a time.
const TOGETHER: usize = 64;

/// Images that are asked for before they are needed.
const AHEAD: usize = 16;

struct Gather<'a> {
    split: &'a Split,
    indices: &'a [u32],
    out: &'a mut [f32],
    normalise: &'a Normalise,
}

impl Kernel for Gather<'_> {
    #[inline(always)]
    fn run(self) {
        let Gather { split, indices, out, normalise } = self;
        let scale = (1.0 / (255.0 * normalise.deviation)) as f32;
        let shift = (-normalise.mean / normalise.deviation) as f32;
        let size = (split.rows * split.cols).max(1);
        // The images lie anywhere in a memory that no cache holds.
        for &soon in indices.iter().take(AHEAD) {
            simd::prefetch(split.image(soon as usize));
        }
        for (i, (&index, out)) in indices.iter().zip(out.chunks_exact_mut(size)).enumerate() {
            if let Some(&soon) = indices.get(i + AHEAD) {
                simd::prefetch(split.image(soon as usize));
            }
            for (out, &pixel) in out.iter_mut().zip(split.image(index as usize)) {
                *out = f32::from(pixel) * scale + shift;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_epoch_visits_every_example_once() {
        let mut order = epoch_order(3, 4, 1000);
        assert_ne!(order, (0..1000).collect::<Vec<_>>());
        order.sort_unstable();
        assert_eq!(order, (0..1000).collect::<Vec<_>>());
    }

    #[test]
    fn every_pixel_value_is_normalised_to_rounding() {
        let pixels: Vec<u8> = (0..=255).collect();
        let split = Split { pixels, labels: vec![1], rows: 16, cols: 16 };
        for normalise in [Normalise::HALF, Normalise { mean: 0.1307, deviation: 0.3081 }] {
            let (mut out, mut labels) = (vec![0.0; 256], vec![9]);
            normalise.gather(&split, &[0], &mut out, &mut labels);
            assert_eq!(labels, [1]);
            for (p, x) in out.iter().enumerate() {
                let exact = (p as f64 / 255.0 - normalise.mean) / normalise.deviation;
                assert!((f64::from(*x) - exact).abs() < 3e-7, "{p}: {x}, not {exact}");
            }
        }
    }
}
