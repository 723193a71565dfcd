//! The ops, as methods of [`Var`](crate::Var): one function an op, its backward directly beneath
//! its forward, and a row in the gradient-check table (`tests/gradients.rs`).

pub(crate) mod broadcast;

mod arithmetic;
mod elementwise;
mod loss;
mod matmul;
mod reduce;
mod reshape;
mod softmax;
