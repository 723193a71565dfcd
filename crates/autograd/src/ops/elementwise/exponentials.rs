//! Functions of exponentials, inlined into the loops of every path.

use tensor::{Kernels, Scalar};

use super::{Elementwise, sigmoid};

/// `½x(1 + t)` with `t = tanh u` and `u = c(x + kx³)`.
#[derive(Clone, Copy)]
pub(super) struct Gelu<T> {
    c: T,
    k: T,
    half: T,
    three: T,
}

impl<T: Kernels> Gelu<T> {
    pub(super) fn new() -> Gelu<T> {
        let [c, k, half, three] = [(2.0 / std::f64::consts::PI).sqrt(), 0.044_715, 0.5, 3.0].map(T::from_f64);
        Gelu { c, k, half, three }
    }

    #[inline(always)]
    fn t(self, x: T) -> T {
        Scalar::tanh(self.c * (x + self.k * x * x * x))
    }
}

impl<T: Kernels> Elementwise<T> for Gelu<T> {
    #[inline(always)]
    fn value(self, x: T) -> T {
        self.half * x * (T::one() + self.t(x))
    }

    #[inline(always)]
    fn derivative(self, x: T, _: T) -> T {
        let Gelu { c, k, half, three } = self;
        let t = self.t(x);
        half * (T::one() + t) + half * x * (T::one() - t * t) * c * (T::one() + three * k * x * x)
    }
}

/// `x·σ(x)`.
#[derive(Clone, Copy)]
pub(super) struct Silu;

impl<T: Kernels> Elementwise<T> for Silu {
    #[inline(always)]
    fn value(self, x: T) -> T {
        x * sigmoid(x)
    }

    #[inline(always)]
    fn derivative(self, x: T, y: T) -> T {
        sigmoid(x) * (T::one() + x - y)
    }
}

/// `σ(x)`.
#[derive(Clone, Copy)]
pub(super) struct Sigmoid;

impl<T: Kernels> Elementwise<T> for Sigmoid {
    #[inline(always)]
    fn value(self, x: T) -> T {
        sigmoid(x)
    }

    #[inline(always)]
    fn derivative(self, _: T, y: T) -> T {
        y * (T::one() - y)
    }
}

/// `tanh x`.
#[derive(Clone, Copy)]
pub(super) struct Tanh;

impl<T: Kernels> Elementwise<T> for Tanh {
    #[inline(always)]
    fn value(self, x: T) -> T {
        Scalar::tanh(x)
    }

    #[inline(always)]
    fn derivative(self, _: T, y: T) -> T {
        T::one() - y * y
    }
}

/// `eˣ`.
#[derive(Clone, Copy)]
pub(super) struct Exp;

impl<T: Kernels> Elementwise<T> for Exp {
    #[inline(always)]
    fn value(self, x: T) -> T {
        Scalar::exp(x)
    }

    #[inline(always)]
    fn derivative(self, _: T, y: T) -> T {
        y
    }
}
