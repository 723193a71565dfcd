//! Sums, products and quotients of two values, with broadcasting.

use std::ops::{Add, Div, Mul, Neg, Sub};

use tensor::{Kernels, Shape};

use super::broadcast::{common_shape, zip_map};
use crate::gradients::Gradients;
use crate::tape::Node;
use crate::var::Var;

ops! {
    /// `x + y`, broadcast by NumPy's rules; also the operator `+`.
    ///
    /// # Panics
    /// If the shapes do not broadcast, as for the other binary ops.
    #[track_caller]
    #[allow(
        clippy::should_implement_trait,
        reason = "the operator is implemented too; the method tracks its caller"
    )]
    pub fn add(self, y: Var<'g, T>) -> Var<'g, T> {
        self.binary(y, |x, y| x + y, |_, _| T::one(), |_, _| T::one())
    }

    /// `x − y`; also the operator `-`.
    #[track_caller]
    #[allow(clippy::should_implement_trait, reason = "as for add")]
    pub fn sub(self, y: Var<'g, T>) -> Var<'g, T> {
        self.binary(y, |x, y| x - y, |_, _| T::one(), |_, _| -T::one())
    }

    /// `x·y`, element by element; also the operator `*`.
    #[track_caller]
    #[allow(clippy::should_implement_trait, reason = "as for add")]
    pub fn mul(self, y: Var<'g, T>) -> Var<'g, T> {
        self.binary(y, |x, y| x * y, |_, y| y, |x, _| x)
    }

    /// `x / y`, element by element; also the operator `/`.
    #[track_caller]
    #[allow(clippy::should_implement_trait, reason = "as for add")]
    pub fn div(self, y: Var<'g, T>) -> Var<'g, T> {
        self.binary(y, |x, y| x / y, |_, y| y.recip(), |x, y| -x / (y * y))
    }

    /// `xʸ`, element by element, for positive x.
    #[track_caller]
    pub fn pow(self, y: Var<'g, T>) -> Var<'g, T> {
        self.binary(y, |x, y| x.powf(y), |x, y| y * x.powf(y - T::one()), |x, y| x.powf(y) * x.ln())
    }
}

impl<'g, T: Kernels> Var<'g, T> {
    /// `out = f(x, y)`, with the derivatives of f with respect to x and to y.
    #[track_caller]
    pub(super) fn binary(
        self,
        other: Var<'g, T>,
        f: impl Fn(T, T) -> T,
        df_dx: impl Fn(T, T) -> T + 'static,
        df_dy: impl Fn(T, T) -> T + 'static,
    ) -> Var<'g, T> {
        let (tape, x_shape, y_shape) = (self.tape(), self.shape(), other.shape());
        let shape = common_shape(x_shape, y_shape);
        let mut out = tape.buffer(shape);
        zip_map((&self.values(), x_shape), (&other.values(), y_shape), (&mut out, shape), f);

        let (x, y) = (self.node(), other.node());
        tape.push(shape, out, &[self, other], move |ctx, gradients| {
            let operands = [(ctx.value(x), x_shape), (ctx.value(y), y_shape)];
            pull(gradients, x, operands, (ctx.dy, shape), &df_dx);
            pull(gradients, y, operands, (ctx.dy, shape), &df_dy);
        })
    }
}

/// Adds `derivative(x, y)·dy` to the gradient of one operand.
fn pull<T: Kernels>(
    gradients: &mut Gradients<'_, T>,
    operand: Node,
    [x, y]: [(&[T], Shape); 2],
    (dy, shape): (&[T], Shape),
    derivative: impl Fn(T, T) -> T,
) {
    if !gradients.wants(operand) {
        return;
    }
    gradients.with_buffer(shape.len(), |gradients, d| {
        zip_map(x, y, (d, shape), derivative);
        d.iter_mut().zip(dy).for_each(|(d, &dy)| *d *= dy);
        gradients.add_unbroadcast(operand, d, shape);
    });
}

macro_rules! operator {
    ($trait:ident, $method:ident) => {
        impl<'g, T: Kernels> $trait for Var<'g, T> {
            type Output = Var<'g, T>;

            #[track_caller]
            fn $method(self, other: Var<'g, T>) -> Var<'g, T> {
                Var::$method(self, other)
            }
        }
    };
}
operator!(Add, add);
operator!(Sub, sub);
operator!(Mul, mul);
operator!(Div, div);

impl<'g, T: Kernels> Neg for Var<'g, T> {
    type Output = Var<'g, T>;

    fn neg(self) -> Var<'g, T> {
        self.scale(-T::one())
    }
}
