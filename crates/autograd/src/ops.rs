//! Ops, as methods of [`Var`](crate::Var): one function per op, its backward directly below its forward, and a
//! row in the gradient-check table (`tests/gradients.rs`).

#[macro_use]
mod declare;

pub(crate) mod broadcast;

mod arithmetic;
mod attention;
mod axis;
mod batched_matmul;
mod channels;
mod columns;
mod concat;
mod conv2d;
mod conv_transpose2d;
mod cumsum;
mod dropout;
pub(crate) mod elementwise;
mod embedding;
mod extremes;
mod gather;
mod group_norm;
mod lanes;
mod layer_norm;
mod loss;
mod mask;
mod masked_softmax;
mod matmul;
pub(crate) mod norm;
mod numbers;
mod permute;
mod pool;
pub(crate) mod recurrent;
mod reduce;
mod reshape;
mod rms_norm;
mod row_norm;
mod scaled_dot_product;
mod slice;
mod softmax;
