//! Shapes of arrays.

use std::fmt;
use std::ops::Deref;

/// Dimensions of a row-major array, outermost first; at most [`Shape::MAX_RANK`] of them.
///
/// A shape is `Copy` and never allocates.
///
/// ```
/// let shape = tensor::Shape::from([64, 784]);
/// assert_eq!(shape.len(), 64 * 784);
/// assert_eq!(shape.to_string(), "[64, 784]");
/// assert_eq!(shape[1], 784);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Shape {
    dims: [usize; Shape::MAX_RANK],
    rank: usize,
}

impl Shape {
    /// Maximum number of dimensions.
    pub const MAX_RANK: usize = 6;

    /// The shape of a single number: no dimensions, one element.
    pub const SCALAR: Shape = Shape { dims: [0; Shape::MAX_RANK], rank: 0 };

    /// A shape with these dimensions.
    ///
    /// # Panics
    /// With more than [`Shape::MAX_RANK`] dimensions.
    #[track_caller]
    pub fn new(dims: &[usize]) -> Shape {
        assert!(
            dims.len() <= Shape::MAX_RANK,
            "expected at most {} dimensions, found {dims:?}",
            Shape::MAX_RANK
        );
        let mut shape = Shape { dims: [0; Shape::MAX_RANK], rank: dims.len() };
        shape.dims[..dims.len()].copy_from_slice(dims);
        shape
    }

    /// Number of elements: the product of the dimensions, 1 for a scalar.
    #[allow(clippy::len_without_is_empty, reason = "the number of elements, not of dimensions")]
    pub fn len(&self) -> usize {
        self.iter().product()
    }

    /// Number of dimensions.
    pub fn rank(&self) -> usize {
        self.rank
    }

    /// Rows and columns of the array viewed as a matrix: the product of all dimensions but the last, and the last.
    ///
    /// ```
    /// assert_eq!(tensor::Shape::from([2, 3, 4]).as_matrix(), (6, 4));
    /// ```
    pub fn as_matrix(&self) -> (usize, usize) {
        match self.split_last() {
            None => (1, 1),
            Some((&columns, rows)) => (rows.iter().product(), columns),
        }
    }
}

impl Deref for Shape {
    type Target = [usize];

    fn deref(&self) -> &[usize] {
        &self.dims[..self.rank]
    }
}

impl<const N: usize> From<[usize; N]> for Shape {
    #[track_caller]
    fn from(dims: [usize; N]) -> Shape {
        Shape::new(&dims)
    }
}

impl From<&[usize]> for Shape {
    #[track_caller]
    fn from(dims: &[usize]) -> Shape {
        Shape::new(dims)
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", &**self)
    }
}

impl fmt::Debug for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
