//! Seeded order of an epoch, gathering of images, and normalization of pixels.

use tensor::quantized::Quantization;
use tensor::random::Stream;

use crate::dataset::Images;
use crate::samples::gather_rows;

/// Permutation of `0..count` for an epoch, counted from 0: a function of seed, epoch and count alone, so an
/// interrupted run can resume.
///
/// ```
/// let order = data::batches::epoch_order(7, 0, 5);
/// assert_eq!(order, data::batches::epoch_order(7, 0, 5));
/// assert_ne!(order, data::batches::epoch_order(7, 1, 5));
/// ```
///
/// # Panics
/// If `count` exceeds 2³².
#[track_caller]
pub fn epoch_order(seed: u64, epoch: u32, count: usize) -> Vec<u32> {
    let count = u32::try_from(count).expect("at most 2³² examples");
    let mut order: Vec<u32> = (0..count).collect();
    Stream::new(seed, &format!("batches of epoch {epoch}")).shuffle(&mut order);
    order
}

/// Normalization of pixels: `(p/255 − mean)/std`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Normalize {
    /// Value that becomes 0, on the scale from 0 to 1.
    pub mean: f64,
    /// Difference that becomes 1, on the same scale.
    pub std: f64,
}

impl Normalize {
    /// Mean and standard deviation 0.5: pixels become −1 to 1.
    pub const HALF: Normalize = Normalize { mean: 0.5, std: 0.5 };

    /// From 0 to 1.
    pub const UNIT: Normalize = Normalize { mean: 0.0, std: 1.0 };

    /// Quantization with the same values for pixels 0 to 255.
    ///
    /// ```
    /// let quantization = data::batches::Normalize::HALF.quantization();
    /// assert_eq!([quantization.dequantize(0), quantization.dequantize(255)], [-1.0, 1.0]);
    /// ```
    pub fn quantization(&self) -> Quantization {
        let &Normalize { mean, std } = self;
        Quantization { offset: (-mean / std) as f32, scale: (1.0 / (255.0 * std)) as f32 }
    }
}

impl Images {
    /// Copies the images with these indices to `pixels`, and their labels to `labels`.
    ///
    /// ```
    /// let split = data::Images { pixels: vec![0, 255, 51, 204], labels: vec![3, 8], rows: 1, cols: 2 };
    /// let (mut pixels, mut labels) = ([0; 2], Vec::new());
    /// split.gather(&[1], &mut pixels, &mut labels);
    /// assert_eq!((pixels, labels), ([51, 204], vec![8]));
    /// ```
    ///
    /// # Panics
    /// If an index is out of range, or the length of `pixels` is not that of the images.
    #[track_caller]
    pub fn gather(&self, indices: &[u32], pixels: &mut [u8], labels: &mut Vec<u32>) {
        let size = self.rows * self.cols;
        assert_eq!(
            pixels.len(),
            indices.len() * size,
            "expected room for {} images of {size} pixels",
            indices.len()
        );
        labels.clear();
        labels.extend(indices.iter().map(|&i| u32::from(self.labels[i as usize])));
        gather_rows(&self.pixels, size, indices, pixels);
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
    fn every_pixel_value_is_normalized_to_rounding() {
        for normalize in [Normalize::HALF, Normalize { mean: 0.1307, std: 0.3081 }] {
            for pixel in 0..=255 {
                let exact = (f64::from(pixel) / 255.0 - normalize.mean) / normalize.std;
                let ours = normalize.quantization().dequantize(pixel);
                assert!((f64::from(ours) - exact).abs() < 3e-7, "{pixel}: {ours}, not {exact}");
            }
        }
    }

    #[test]
    fn images_are_gathered_in_order_on_any_number_of_threads() {
        let labels: Vec<u8> = (0..=255).collect();
        let split = Images { pixels: labels.repeat(6), labels: labels.repeat(2), rows: 1, cols: 3 };
        let indices = epoch_order(1, 0, split.len());
        for threads in 1..=3 {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let (mut pixels, mut found) = (vec![0; 3 * indices.len()], vec![]);
            pool.install(|| split.gather(&indices, &mut pixels, &mut found));
            for ((&index, pixels), label) in indices.iter().zip(pixels.chunks(3)).zip(found) {
                assert_eq!(pixels, split.image(index as usize));
                assert_eq!(label, u32::from(split.labels[index as usize]));
            }
        }
    }
}
