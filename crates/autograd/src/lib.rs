//! Reverse-mode automatic differentiation on a tape: one function per op, forward above backward.
//!
//! A [`Tape`] owns its nodes in the order of computation, which is a topological order, so the backward pass is
//! a reverse loop. A [`Var`] is a `Copy` handle that cannot outlive the tape. Buffers return to the
//! [`BufferPool`], so from the second step on nothing large is allocated. Weights are read in place from a
//! [`tensor::ParamVec`], and gradients are written to another vector of the same layout.
//!
//! ```
//! use autograd::BufferPool;
//! use tensor::{ParamVec, Layout, Role};
//!
//! // f(w) = mean((x·w − y)²) for two examples of two features.
//! let mut layout = Layout::new();
//! let id = layout.push("w", [2, 1], Role::Matrix);
//! let mut weights: ParamVec = ParamVec::zeros(layout);
//! weights.get_mut(id).copy_from_slice(&[1.0, -1.0]);
//!
//! let pool = BufferPool::new();
//! let tape = pool.tape(&weights);
//! let x = tape.input([2, 2], &[1.0, 2.0, 3.0, 4.0]);
//! let y = tape.input([2, 1], &[0.0, 1.0]);
//! let loss = (x.matmul(tape.param(id)) - y).square().mean();
//! assert_eq!(loss.item(), 2.5);
//!
//! let mut gradients = weights.zeros_like();
//! loss.backward(&mut gradients);
//! // ∂f/∂w = 2/2 · xᵀ·(x·w − y) = xᵀ·(−1, −2)
//! assert_eq!(gradients.get(id), [-7.0, -10.0]);
//! ```

pub mod check;
mod gradients;
mod ops;
mod pool;
mod tape;
mod var;

pub use gradients::{BackwardCtx, Gradients};
pub use ops::norm::Moments;
pub use ops::recurrent::{Direction, RecurrentWeights};
pub use pool::BufferPool;
pub use tape::{Node, Tape};
pub use var::{Values, Var};

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
