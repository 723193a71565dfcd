//! The ops, as methods of [`Var`](crate::Var): one function an op, its backward directly beneath
//! its forward, and a row in the gradient-check table (`tests/gradients.rs`).

pub(crate) mod broadcast;

mod arithmetic;
mod attention;
mod channels;
mod columns;
mod concat;
mod conv2d;
mod conv_transpose2d;
mod dropout;
pub(crate) mod elementwise;
mod embedding;
mod group_norm;
mod loss;
mod matmul;
pub(crate) mod norm;
mod pool;
pub(crate) mod recurrent;
mod reduce;
mod reshape;
mod rms_norm;
mod softmax;
