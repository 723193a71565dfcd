//! Operators between values and plain numbers: `x * 2.0`, `1.0 - x`.

use std::ops::{Add, Div, Mul, Sub};

use tensor::{Kernels, Scalar};

use crate::var::Var;

ops! {
    /// `c − x`.
    fn sub_from(self, c: T) -> Var<'g, T> {
        self.unary(move |x| c - x, |_, _| -T::one())
    }

    /// `x / c`.
    fn div_by(self, c: T) -> Var<'g, T> {
        self.unary(move |x| x / c, move |_, _| c.recip())
    }

    /// `c / x`.
    fn div_into(self, c: T) -> Var<'g, T> {
        self.unary(move |x| c / x, |x, y| -y / x)
    }
}

/// Implements an operator with a number of either scalar type on the right, and with a literal or an `f64` on
/// the left.
macro_rules! operator {
    ($trait:ident, $method:ident, $right:expr, $left:expr) => {
        impl<'g, T: Kernels, N: Scalar> $trait<N> for Var<'g, T> {
            type Output = Var<'g, T>;

            fn $method(self, c: N) -> Var<'g, T> {
                $right(self, T::from_f64(c.widen()))
            }
        }

        impl<'g, T: Kernels> $trait<Var<'g, T>> for f64 {
            type Output = Var<'g, T>;

            fn $method(self, x: Var<'g, T>) -> Var<'g, T> {
                $left(x, T::from_f64(self))
            }
        }
    };
}
operator!(Add, add, Var::shift, Var::shift);
operator!(Sub, sub, |x: Var<'g, T>, c: T| x.shift(-c), Var::sub_from);
operator!(Mul, mul, Var::scale, Var::scale);
operator!(Div, div, Var::div_by, Var::div_into);
