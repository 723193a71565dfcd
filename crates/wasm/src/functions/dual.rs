//! Numbers with their gradients: forward differentiation.

use std::ops::{Add, Div, Mul, Neg, Sub};

/// A number that depends on x and y.
#[derive(Debug, Clone, Copy)]
pub(super) struct Dual {
    pub(super) value: f64,
    /// Derivatives by x and by y.
    pub(super) gradient: [f64; 2],
}

impl Dual {
    /// A function of this number, by its value and its derivative here.
    fn chain(self, value: f64, slope: f64) -> Dual {
        Dual { value, gradient: self.gradient.map(|g| slope * g) }
    }

    pub(super) fn square(self) -> Dual {
        self.chain(self.value * self.value, 2.0 * self.value)
    }

    pub(super) fn sqrt(self) -> Dual {
        let root = self.value.sqrt();
        self.chain(root, 0.5 / root)
    }

    pub(super) fn exp(self) -> Dual {
        let power = self.value.exp();
        self.chain(power, power)
    }

    pub(super) fn sin(self) -> Dual {
        self.chain(self.value.sin(), self.value.cos())
    }

    pub(super) fn cos(self) -> Dual {
        self.chain(self.value.cos(), -self.value.sin())
    }

    pub(super) fn sigmoid(self) -> Dual {
        let value = 1.0 / (1.0 + (-self.value).exp());
        self.chain(value, value * (1.0 - value))
    }

    fn product(self, other: Dual) -> Dual {
        self.zip(other, self.value * other.value, |a, b| a * other.value + self.value * b)
    }

    fn zip(self, other: Dual, value: f64, derivative: impl Fn(f64, f64) -> f64) -> Dual {
        let [a, b] = [self.gradient, other.gradient];
        Dual { value, gradient: [derivative(a[0], b[0]), derivative(a[1], b[1])] }
    }
}

impl From<f64> for Dual {
    fn from(value: f64) -> Dual {
        Dual { value, gradient: [0.0; 2] }
    }
}

impl Add for Dual {
    type Output = Dual;

    fn add(self, other: Dual) -> Dual {
        self.zip(other, self.value + other.value, |a, b| a + b)
    }
}

impl Sub for Dual {
    type Output = Dual;

    fn sub(self, other: Dual) -> Dual {
        self.zip(other, self.value - other.value, |a, b| a - b)
    }
}

impl Mul for Dual {
    type Output = Dual;

    fn mul(self, other: Dual) -> Dual {
        self.product(other)
    }
}

impl Neg for Dual {
    type Output = Dual;

    fn neg(self) -> Dual {
        Dual::from(0.0) - self
    }
}

impl Div<f64> for Dual {
    type Output = Dual;

    fn div(self, divisor: f64) -> Dual {
        Dual { value: self.value / divisor, gradient: self.gradient.map(|g| g / divisor) }
    }
}

/// Operators with a constant on either side.
macro_rules! with_constants {
    ($($operator:ident::$method:ident),+) => {$(
        impl $operator<f64> for Dual {
            type Output = Dual;

            fn $method(self, constant: f64) -> Dual {
                $operator::$method(self, Dual::from(constant))
            }
        }

        impl $operator<Dual> for f64 {
            type Output = Dual;

            fn $method(self, other: Dual) -> Dual {
                $operator::$method(Dual::from(self), other)
            }
        }
    )+};
}

with_constants!(Add::add, Sub::sub, Mul::mul);
