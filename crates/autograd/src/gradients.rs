//! Gradients during the backward pass.

use std::fmt;

use tensor::quantized::U8Tensor;
use tensor::{Buffer, Kernels, ParamVec, Shape};

use crate::ops::broadcast;
use crate::pool::BufferPool;
use crate::tape::{Node, NodeData, Sources, Value};

/// Context of an op's backward: the gradient of its output, and the values of the forward pass.
#[derive(Clone, Copy)]
pub struct BackwardCtx<'a, T: Kernels> {
    /// Gradient of the loss with respect to this op's output, row-major.
    pub dy: &'a [T],
    /// The op's output.
    pub y: &'a [T],
    pub(crate) nodes: &'a [NodeData<T>],
    pub(crate) sources: Sources<'a, T>,
}

impl<'a, T: Kernels> BackwardCtx<'a, T> {
    /// Value of an input, or of a [constant](crate::Tape::push_constant) saved by the forward pass, row-major.
    pub fn value(&self, node: Node) -> &'a [T] {
        self.nodes[node.0].value.as_slice(self.sources)
    }

    /// Shape of such a value.
    pub fn shape(&self, node: Node) -> Shape {
        self.nodes[node.0].shape
    }

    /// Bytes of a quantized input.
    pub(crate) fn bytes(&self, node: Node) -> Option<U8Tensor<'a, T>> {
        self.nodes[node.0].value.as_bytes(self.sources)
    }
}

/// Number of elements of the output.
impl<T: Kernels> fmt::Debug for BackwardCtx<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BackwardCtx").field("len", &self.y.len()).finish_non_exhaustive()
    }
}

/// Gradients accumulated so far; the backward of an op adds to those of its inputs.
pub struct Gradients<'a, T: Kernels> {
    nodes: &'a [NodeData<T>],
    pool: &'a BufferPool<T>,
    params: &'a mut ParamVec<T>,
    own: Vec<Option<Buffer<T>>>,
    /// True for each node whose gradient has been added to.
    written: Vec<bool>,
}

impl<'a, T: Kernels> Gradients<'a, T> {
    pub(crate) fn new(
        nodes: &'a [NodeData<T>],
        pool: &'a BufferPool<T>,
        params: &'a mut ParamVec<T>,
    ) -> Self {
        let own = nodes.iter().map(|_| None).collect();
        Gradients { nodes, pool, params, own, written: vec![false; nodes.len()] }
    }

    /// Calls `write(dx, beta)` if the gradient of `x` is [wanted](Gradients::wants). With `beta` 0
    /// `dx` is unspecified and must be overwritten; with 1 it must be added to:
    /// `dx = gradient + beta·dx`, as in BLAS.
    pub fn add(&mut self, x: Node, write: impl FnOnce(&mut [T], T)) {
        let Node(index) = x;
        if !self.wants(x) {
            return;
        }
        let written = std::mem::replace(&mut self.written[index], true);
        let beta = if written { T::one() } else { T::zero() };
        match &self.nodes[index].value {
            Value::Param(id) => write(self.params.get_mut(*id), beta),
            Value::Own(value) => {
                let dx = self.own[index].get_or_insert_with(|| self.pool.take(value.len()));
                write(dx, beta);
            }
            Value::Bytes { .. } | Value::Borrowed { .. } | Value::Tokens { .. } => {
                unreachable!("no gradient flows into a constant")
            }
        }
    }

    /// True if `x` depends on a parameter, or on an input that requires a gradient. An op need not
    /// compute the gradients of others.
    pub fn wants(&self, x: Node) -> bool {
        self.nodes[x.0].needs_gradient
    }

    /// Adds `f(a, b)` of the elements of two slices to the gradient of `x`, all of one length. Pass a single slice
    /// twice.
    pub fn add_map(&mut self, x: Node, a: &[T], b: &[T], f: impl Fn(T, T) -> T) {
        self.add(x, |dx, beta| {
            let pairs = dx.iter_mut().zip(a.iter().zip(b));
            if beta == T::zero() {
                pairs.for_each(|(dx, (&a, &b))| *dx = f(a, b));
            } else {
                pairs.for_each(|(dx, (&a, &b))| *dx += f(a, b));
            }
        });
    }

    /// Adds `values`, of shape `from`, to the gradient of `x`, which was broadcast to that shape:
    /// sums over the dimensions along which it was repeated.
    pub fn add_unbroadcast(&mut self, x: Node, values: &[T], from: Shape) {
        let to = self.nodes[x.0].shape;
        if from == to {
            self.add_map(x, values, values, |v, _| v);
        } else {
            self.add(x, |dx, beta| broadcast::sum_to(values, from, beta, dx, to));
        }
    }

    /// Calls `work` with a buffer of `len` numbers of unspecified value, which goes back to the pool.
    pub fn with_buffer(&mut self, len: usize, work: impl FnOnce(&mut Self, &mut [T])) {
        let mut buffer = self.pool.take(len);
        work(self, &mut buffer);
        self.pool.give_back(buffer);
    }

    /// Takes the gradient of an op's output, if it was added to.
    pub(crate) fn take(&mut self, node: Node) -> Option<Buffer<T>> {
        self.own[node.0].take()
    }

    /// Zeros the gradients that were never added to.
    pub(crate) fn finish(self) {
        let mut unused = vec![true; self.params.layout().entries().len()];
        for (node, written) in self.nodes.iter().zip(&self.written) {
            if let Value::Param(id) = node.value {
                unused[id.index()] = !written;
            }
        }
        for id in self.params.layout().ids().filter(|id| unused[id.index()]) {
            self.params.get_mut(id).fill(T::zero());
        }
        for buffer in self.own.into_iter().flatten() {
            self.pool.give_back(buffer);
        }
    }
}

/// Number of values whose gradient has been added to.
impl<T: Kernels> fmt::Debug for Gradients<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let written = self.written.iter().filter(|&&written| written).count();
        f.debug_struct("Gradients").field("written", &written).finish_non_exhaustive()
    }
}
