//! Stride, padding, dilation and groups.

/// Zero padding of an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Padding {
    /// This number of zeros on each side.
    Zeros(usize),
    /// Keeps the image's size at stride 1; of an odd total, the smaller half comes first.
    Same,
}

impl Padding {
    /// Zeros before and after the pixels, for a kernel of this extent.
    pub(super) fn sides(self, extent: usize) -> (usize, usize) {
        match self {
            Padding::Zeros(zeros) => (zeros, zeros),
            Padding::Same => {
                let all = extent.saturating_sub(1);
                (all / 2, all - all / 2)
            }
        }
    }
}

/// Stride, padding, dilation and groups of a convolution, by rows and columns.
///
/// ```
/// use tensor::conv::{ConvOptions, Padding};
/// // Kernel taps two pixels apart along a row.
/// let options = ConvOptions { dilation: [1, 2], ..ConvOptions::square(1, Padding::Same) };
/// assert_eq!(options.groups, 1);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConvOptions {
    /// Pixels from one patch to the next.
    pub stride: [usize; 2],
    /// Zeros around the image.
    pub padding: [Padding; 2],
    /// Pixels from one weight of the kernel to the next.
    pub dilation: [usize; 2],
    /// Number of groups of channels that are convolved separately.
    pub groups: usize,
}

impl ConvOptions {
    /// The same stride and padding for rows and columns, no dilation, one group.
    pub fn square(stride: usize, padding: Padding) -> ConvOptions {
        ConvOptions { stride: [stride; 2], padding: [padding; 2], dilation: [1; 2], groups: 1 }
    }

    /// A row of pixels as an image of height 1.
    pub fn row(stride: usize, padding: Padding, dilation: usize) -> ConvOptions {
        ConvOptions {
            stride: [1, stride],
            padding: [Padding::Zeros(0), padding],
            dilation: [1, dilation],
            groups: 1,
        }
    }
}
