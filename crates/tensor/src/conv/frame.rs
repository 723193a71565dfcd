//! Zero-padded images, from which patches are read.

use crate::kernels::Kernels;

/// Image with zeros around it, and between its pixels if it is dilated.
#[derive(Debug, Clone, Copy)]
pub(super) struct Frame {
    pub(super) height: usize,
    pub(super) width: usize,
    pub(super) top: usize,
    pub(super) left: usize,
    /// Rows and columns from a pixel of the image to its neighbors.
    pub(super) step: [usize; 2],
    pub(super) image: [usize; 3],
}

impl Frame {
    pub(super) fn len(&self) -> usize {
        self.height * self.width * self.image[2]
    }

    /// Copies an image into a zeroed frame, or returns the image itself if it needs no padding.
    pub(super) fn put<'a, T: Kernels>(&self, image: &'a [T], framed: &'a mut [T]) -> &'a [T] {
        let Frame { top, left, step, image: [height, width, channels], .. } = *self;
        if self.len() == image.len() {
            return image;
        }
        let row_len = (width * channels).max(1);
        for (i, row) in image.chunks_exact(row_len).enumerate().take(height) {
            let start = ((top + i * step[0]) * self.width + left) * channels;
            if step[1] == 1 {
                framed[start..start + row.len()].copy_from_slice(row);
            } else {
                for (j, pixel) in row.chunks_exact(channels).enumerate() {
                    framed[start + j * step[1] * channels..][..channels].copy_from_slice(pixel);
                }
            }
        }
        framed
    }

    /// Offsets of the first pixel of each patch, for results of these sizes.
    pub(super) fn pixels(
        &self,
        [height, width, _]: [usize; 3],
        stride: [usize; 2],
        channels: usize,
    ) -> Vec<usize> {
        all(height, width, 1, |row, column, _| (row * stride[0] * self.width + column * stride[1]) * channels)
    }
}

/// `f` of all indices below these sizes, the last index fastest.
pub(super) fn all(a: usize, b: usize, c: usize, f: impl Fn(usize, usize, usize) -> usize) -> Vec<usize> {
    let f = &f;
    (0..a).flat_map(|i| (0..b).flat_map(move |j| (0..c).map(move |k| f(i, j, k)))).collect()
}
