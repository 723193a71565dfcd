//! Elementwise functions of one value, each with its derivative.
//!
//! A closure of many operations is not inlined into the loops of all paths, and then neither vectorizes: functions of
//! exponentials are structs, in [`exponentials`].

mod exponentials;

use tensor::parallel::{CHUNK, for_each_chunk};
use tensor::simd::{self, Kernel};
use tensor::{Kernels, Scalar};

use self::exponentials::{Exp, Gelu, Sigmoid, Silu, Tanh};
use crate::var::Var;

ops! {
    /// `max(0, x)`; the derivative at 0 is 0, and NaN stays NaN.
    pub fn relu(self) -> Var<'g, T> {
        let zero = T::zero();
        self.unary(
            move |x| if x < zero { zero } else { x },
            move |_, y| if y > zero { T::one() } else { zero },
        )
    }

    /// `x` where positive, else `slope·x`.
    pub fn leaky_relu(self, slope: T) -> Var<'g, T> {
        let zero = T::zero();
        self.unary(
            move |x| if x > zero { x } else { slope * x },
            move |x, _| if x > zero { T::one() } else { slope },
        )
    }

    /// `x` where positive, else `eˣ − 1` (Clevert 2016).
    pub fn elu(self) -> Var<'g, T> {
        let zero = T::zero();
        self.unary(
            move |x| if x > zero { x } else { x.exp_m1() },
            move |x, y| if x > zero { T::one() } else { y + T::one() },
        )
    }

    /// `x·Φ(x)` in its tanh form (Hendrycks & Gimpel 2016).
    pub fn gelu(self) -> Var<'g, T> {
        self.elementwise(Gelu::new())
    }

    /// `x·σ(x)`, also called swish (Ramachandran 2017).
    pub fn silu(self) -> Var<'g, T> {
        self.elementwise(Silu)
    }

    /// `σ(x) = 1/(1 + e⁻ˣ)`.
    pub fn sigmoid(self) -> Var<'g, T> {
        self.elementwise(Sigmoid)
    }

    /// The hyperbolic tangent.
    pub fn tanh(self) -> Var<'g, T> {
        self.elementwise(Tanh)
    }

    /// `ln(1 + eˣ)`, computed so that it neither overflows nor loses small values.
    pub fn softplus(self) -> Var<'g, T> {
        self.unary(softplus, |x, _| sigmoid(x))
    }

    /// `eˣ`.
    pub fn exp(self) -> Var<'g, T> {
        self.elementwise(Exp)
    }

    /// The natural logarithm.
    pub fn ln(self) -> Var<'g, T> {
        self.unary(|x| x.ln(), |x, _| x.recip())
    }

    /// The square root.
    pub fn sqrt(self) -> Var<'g, T> {
        self.unary(|x| x.sqrt(), |_, y| T::from_f64(0.5) / y)
    }

    /// `x²`.
    pub fn square(self) -> Var<'g, T> {
        self.unary(|x| x * x, |x, _| x + x)
    }

    /// `|x|`; the derivative at 0 is 0.
    pub fn abs(self) -> Var<'g, T> {
        self.unary(|x| x.abs(), |x, _| if x == T::zero() { x } else { x.signum() })
    }

    /// `xᶜ` with a constant.
    pub fn powf(self, c: T) -> Var<'g, T> {
        self.unary(move |x| x.powf(c), move |x, _| c * x.powf(c - T::one()))
    }

    /// `1/x`.
    pub fn reciprocal(self) -> Var<'g, T> {
        self.unary(|x| x.recip(), |_, y| -y * y)
    }

    /// `1/√x`.
    pub fn rsqrt(self) -> Var<'g, T> {
        self.unary(|x| x.sqrt().recip(), |x, y| T::from_f64(-0.5) * y / x)
    }

    /// The sine.
    pub fn sin(self) -> Var<'g, T> {
        self.unary(|x| x.sin(), |x, _| x.cos())
    }

    /// The cosine.
    pub fn cos(self) -> Var<'g, T> {
        self.unary(|x| x.cos(), |x, _| -x.sin())
    }

    /// `min` where x is below it, `max` where x is above it; the derivative there is 0, and NaN stays NaN.
    pub fn clamp(self, min: T, max: T) -> Var<'g, T> {
        self.unary(
            move |x| {
                let x = if x < min { min } else { x };
                if x > max { max } else { x }
            },
            move |x, _| if x < min || x > max { T::zero() } else { T::one() },
        )
    }

    /// `c·x` with a constant.
    pub fn scale(self, c: T) -> Var<'g, T> {
        self.unary(move |x| c * x, move |_, _| c)
    }

    /// `x + c` with a constant.
    pub fn shift(self, c: T) -> Var<'g, T> {
        self.unary(move |x| x + c, |_, _| T::one())
    }
}

impl<'g, T: Kernels> Var<'g, T> {
    /// `y = f(x)`, with the derivative of f as a function of x and y; both short.
    pub(super) fn unary(
        self,
        f: impl Fn(T) -> T + Copy + Send + Sync + 'static,
        derivative: impl Fn(T, T) -> T + Copy + Send + Sync + 'static,
    ) -> Var<'g, T> {
        self.elementwise(Pair { f, derivative })
    }

    fn elementwise(self, f: impl Elementwise<T>) -> Var<'g, T> {
        let (tape, x) = (self.tape(), self.node());
        let mut y = tape.buffer(self.shape());
        let values = self.values();
        let chunks = values.chunks(CHUNK).zip(y.chunks_mut(CHUNK)).map(|(x, y)| Map { x, y, f });
        for_each_chunk(chunks.collect(), simd::dispatch);
        drop(values);

        tape.push(self.shape(), y, &[self], move |ctx, gradients| {
            gradients.add(x, |dx, beta| {
                let values = ctx.dy.chunks(CHUNK).zip(ctx.value(x).chunks(CHUNK).zip(ctx.y.chunks(CHUNK)));
                let chunks = dx.chunks_mut(CHUNK).zip(values);
                let chunks = chunks.map(|(dx, (dy, (x, y)))| Pull { dx, beta, dy, x, y, f });
                for_each_chunk(chunks.collect(), simd::dispatch);
            });
        })
    }
}

/// A function with its derivative; mark both `#[inline(always)]`.
trait Elementwise<T>: Copy + Send + Sync + 'static {
    /// `f(x)`.
    fn value(self, x: T) -> T;

    /// `f′(x)`, given also `y = f(x)`.
    fn derivative(self, x: T, y: T) -> T;
}

/// Two closures.
#[derive(Clone, Copy)]
struct Pair<F, D> {
    f: F,
    derivative: D,
}

impl<T, F, D> Elementwise<T> for Pair<F, D>
where
    F: Fn(T) -> T + Copy + Send + Sync + 'static,
    D: Fn(T, T) -> T + Copy + Send + Sync + 'static,
{
    #[inline(always)]
    fn value(self, x: T) -> T {
        (self.f)(x)
    }

    #[inline(always)]
    fn derivative(self, x: T, y: T) -> T {
        (self.derivative)(x, y)
    }
}

/// `y = f(x)`.
struct Map<'a, T, F> {
    x: &'a [T],
    y: &'a mut [T],
    f: F,
}

impl<T: Kernels, F: Elementwise<T>> Kernel for Map<'_, T, F> {
    #[inline(always)]
    fn run(self) {
        let Map { x, y, f } = self;
        for (y, &x) in y.iter_mut().zip(x) {
            *y = f.value(x);
        }
    }
}

/// `dx = dy·f′(x, y) + beta·dx`, beta 0 or 1.
struct Pull<'a, T, F> {
    dx: &'a mut [T],
    beta: T,
    dy: &'a [T],
    x: &'a [T],
    y: &'a [T],
    f: F,
}

impl<T: Kernels, F: Elementwise<T>> Kernel for Pull<'_, T, F> {
    #[inline(always)]
    fn run(self) {
        let Pull { dx, beta, dy, x, y, f } = self;
        let rows = dx.iter_mut().zip(dy.iter().zip(x.iter().zip(y)));
        // Loops rather than `for_each`, whose closure may stay out of them.
        if beta == T::zero() {
            for (dx, (&dy, (&x, &y))) in rows {
                *dx = dy * f.derivative(x, y);
            }
        } else {
            for (dx, (&dy, (&x, &y))) in rows {
                *dx += dy * f.derivative(x, y);
            }
        }
    }
}

#[inline(always)]
pub(super) fn sigmoid<T: Kernels>(x: T) -> T {
    let small = Scalar::exp(-x.abs());
    let below = small / (T::one() + small);
    if x < T::zero() { below } else { T::one() - below }
}

pub(super) fn softplus<T: Kernels>(x: T) -> T {
    let zero = T::zero();
    Scalar::exp(-x.abs()).ln_1p() + if x > zero { x } else { zero }
}
