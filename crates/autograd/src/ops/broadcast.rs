//! Broadcasting by NumPy's rules, and the reduction that is its gradient.

use tensor::{Kernels, Shape};

/// Shape that both broadcast to.
///
/// # Panics
/// If the shapes do not broadcast.
#[track_caller]
pub(crate) fn common_shape(a: Shape, b: Shape) -> Shape {
    let rank = a.rank().max(b.rank());
    let size =
        |shape: Shape, axis: usize| (axis + shape.rank()).checked_sub(rank).map_or(1, |axis| shape[axis]);
    let mut dims = [0; Shape::MAX_RANK];
    for (axis, dim) in dims.iter_mut().enumerate().take(rank) {
        *dim = match (size(a, axis), size(b, axis)) {
            (x, y) if x == y => x,
            (1, y) => y,
            (x, 1) => x,
            _ => panic!("expected shapes that broadcast, found {a} and {b}"),
        };
    }
    Shape::new(&dims[..rank])
}

/// `out = f(a, b)` with both broadcast to the shape of `out`.
pub(crate) fn zip_map<T: Kernels>(
    (a, a_shape): (&[T], Shape),
    (b, b_shape): (&[T], Shape),
    (out, out_shape): (&mut [T], Shape),
    f: impl Fn(T, T) -> T,
) {
    if a_shape == out_shape && b_shape == out_shape {
        out.iter_mut().zip(a.iter().zip(b)).for_each(|(out, (&a, &b))| *out = f(a, b));
        return;
    }
    let columns = out_shape.last().copied().unwrap_or(1);
    let (a_rows, b_rows) = (rows(a_shape, out_shape), rows(b_shape, out_shape));
    for ((out, a_at), b_at) in out.chunks_exact_mut(columns.max(1)).zip(a_rows.starts).zip(b_rows.starts) {
        let (a, b) = (&a[a_at..], &b[b_at..]);
        match (a_rows.is_one, b_rows.is_one) {
            (false, false) => out.iter_mut().zip(a.iter().zip(b)).for_each(|(out, (&a, &b))| *out = f(a, b)),
            (false, true) => out.iter_mut().zip(a).for_each(|(out, &a)| *out = f(a, b[0])),
            (true, false) => out.iter_mut().zip(b).for_each(|(out, &b)| *out = f(a[0], b)),
            (true, true) => out.fill(f(a[0], b[0])),
        }
    }
}

/// Rows of a value that is broadcast.
struct Rows {
    /// Index of the first number of each row of the result.
    starts: Vec<usize>,
    /// True if one number is broadcast along the row.
    is_one: bool,
}

/// Places in a value of shape `from` of the rows of a result of shape `to`.
fn rows(from: Shape, to: Shape) -> Rows {
    let is_one = from.last().is_none_or(|&columns| columns == 1);
    let mut starts = vec![0];
    // The stride of each dimension, from the last but one to the first, and so of the starts so far.
    let mut stride = from.last().copied().unwrap_or(1);
    for (back, &count) in to.iter().rev().enumerate().skip(1) {
        let own = from.rank().checked_sub(back + 1).map_or(1, |axis| from[axis]);
        let step = if own == 1 { 0 } else { stride };
        starts = (0..count).flat_map(|i| starts.iter().map(move |start| start + i * step)).collect();
        stride *= own;
    }
    Rows { starts, is_one }
}

/// `out = Σ values + beta·out`, the sum over the dimensions along which `out` was broadcast to
/// the shape of `values`, each in memory order.
pub(crate) fn sum_to<T: Kernels>(values: &[T], from: Shape, beta: T, out: &mut [T], to: Shape) {
    if beta == T::zero() {
        out.fill(T::zero());
    }
    if from == to {
        out.iter_mut().zip(values).for_each(|(out, &value)| *out += value);
        return;
    }
    let columns = from.last().copied().unwrap_or(1);
    let Rows { starts, is_one } = rows(to, from);
    for (values, at) in values.chunks_exact(columns.max(1)).zip(starts) {
        match is_one {
            true => values.iter().for_each(|&value| out[at] += value),
            false => out[at..].iter_mut().zip(values).for_each(|(out, &value)| *out += value),
        }
    }
}
