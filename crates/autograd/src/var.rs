//! Handles to values, and the backward pass over the tape.

use std::cell::Ref;
use std::fmt;
use std::ops::Deref;

use ndarray::ArrayViewD;
use tensor::quantized::U8Tensor;
use tensor::{Kernels, ParamVec, Shape};

use crate::gradients::{BackwardCtx, Gradients};
use crate::tape::{Node, Tape, Value};

/// Handle to a value of a [`Tape`]; its methods are the ops.
#[derive(Clone, Copy)]
pub struct Var<'g, T: Kernels = f32> {
    pub(crate) tape: &'g Tape<'g, T>,
    pub(crate) node: Node,
    pub(crate) shape: Shape,
}

impl<'g, T: Kernels> Var<'g, T> {
    /// Tape of the value.
    pub fn tape(self) -> &'g Tape<'g, T> {
        self.tape
    }

    /// Index on the tape, for backward closures.
    pub fn node(self) -> Node {
        self.node
    }

    /// Shape of the value.
    pub fn shape(self) -> Shape {
        self.shape
    }

    /// Numbers of the value, row-major. The tape cannot grow while the borrow lives: an op in between panics, so
    /// drop it, or copy with `to_vec`, before the next one.
    pub fn values(self) -> Values<'g, T> {
        let nodes = self.tape.nodes.borrow();
        let sources = self.tape.sources();
        match nodes[self.node.0].value {
            Value::Param(id) => Values::Param(sources.params.get(id)),
            _ => Values::Own(Ref::map(nodes, |nodes| nodes[self.node.0].value.own(sources))),
        }
    }

    /// Calls `read` with the bytes of a quantized constant.
    pub(crate) fn with_bytes<R>(self, read: impl FnOnce(U8Tensor<'_, T>) -> R) -> Option<R> {
        self.tape.nodes.borrow()[self.node.0].value.as_bytes(self.tape.sources()).map(read)
    }

    /// Tokens of a constant of [tokens](Tape::input_tokens). The tape cannot grow while the borrow lives.
    pub fn tokens(self) -> Option<Ref<'g, [u32]>> {
        Ref::filter_map(self.tape.nodes.borrow(), |nodes| nodes[self.node.0].value.as_tokens()).ok()
    }

    /// Calls `read` with the value as an n-dimensional view.
    pub fn with_view<R>(self, read: impl FnOnce(ArrayViewD<'_, T>) -> R) -> R {
        let values = self.values();
        read(ArrayViewD::from_shape(&*self.shape, &values).expect("a value has as many numbers as its shape"))
    }

    /// Number of a value with one element.
    ///
    /// # Panics
    /// If the value does not have exactly one element.
    #[track_caller]
    pub fn item(self) -> T {
        assert!(self.shape.len() == 1, "expected a single number, found shape {}", self.shape);
        self.values()[0]
    }

    /// True if the value depends on a parameter or on an input that requires a gradient.
    pub fn requires_gradient(self) -> bool {
        self.tape.nodes.borrow()[self.node.0].needs_gradient
    }

    /// Writes the gradient of this scalar with respect to every parameter into `gradients`; parameters that it does
    /// not depend on get zeros.
    ///
    /// # Panics
    /// If this is not a scalar, or if the layouts differ.
    #[track_caller]
    pub fn backward(self, gradients: &mut ParamVec<T>) {
        self.backward_with(gradients, &[]);
    }

    /// [`backward`](Var::backward), and returns the gradient with respect to each of `inputs`,
    /// row-major: inputs that [require one](Tape::input_requiring_gradient), or any other values
    /// that this scalar was computed from.
    ///
    /// ```
    /// use autograd::BufferPool;
    /// use tensor::{Layout, ParamVec};
    /// let mut nothing = ParamVec::<f32>::zeros(Layout::new());
    /// let (pool, params) = (BufferPool::new(), nothing.clone());
    /// let tape = pool.tape(&params);
    /// let x = tape.input_requiring_gradient([3], &[1.0, 2.0, 3.0]);
    /// let gradients = x.square().sum().backward_with(&mut nothing, &[x]);
    /// assert_eq!(gradients, [[2.0, 4.0, 6.0]]);
    /// ```
    ///
    /// # Panics
    /// As `backward`, and if an input is a constant.
    #[track_caller]
    pub fn backward_with(self, gradients: &mut ParamVec<T>, inputs: &[Var<'g, T>]) -> Vec<Vec<T>> {
        let tape = self.tape;
        assert!(self.shape.len() == 1, "expected a single number, found shape {}", self.shape);
        assert!(
            gradients.layout() == tape.params.layout(),
            "expected gradients of the parameters' layout, found another layout"
        );
        for x in inputs {
            assert!(
                x.requires_gradient(),
                "expected an input that requires a gradient, found a constant of shape {}",
                x.shape
            );
        }
        let nodes = tape.nodes.borrow();
        let mut kept: Vec<Vec<T>> = inputs.iter().map(|x| vec![T::zero(); x.shape.len()]).collect();
        let mut found = Gradients::new(&nodes, tape.pool, gradients);
        found.add(self.node, |dy, _| dy[0] = T::one());
        for (index, node) in nodes.iter().enumerate().take(self.node.0 + 1).rev() {
            let Some(dy) = found.take(Node(index)) else { continue };
            for (kept, _) in kept.iter_mut().zip(inputs).filter(|(_, x)| x.node == Node(index)) {
                kept.copy_from_slice(&dy);
            }
            if let Some(backward) = &node.backward {
                let y = node.value.as_slice(tape.sources());
                let ctx = BackwardCtx { dy: &dy, y, nodes: &nodes, sources: tape.sources() };
                backward(ctx, &mut found);
            }
            tape.pool.give_back(dy);
        }
        found.finish();
        for (kept, x) in kept.iter_mut().zip(inputs) {
            if let Value::Param(id) = nodes[x.node.0].value {
                kept.copy_from_slice(gradients.get(id));
            }
        }
        kept
    }
}

/// Shape, and the numbers of small values.
impl<T: Kernels> fmt::Debug for Var<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let values = self.values();
        let mut var = f.debug_struct("Var");
        var.field("shape", &self.shape);
        match values.len() {
            ..=PRINTED => var.field("values", &&*values).finish(),
            _ => var.finish_non_exhaustive(),
        }
    }
}

/// Maximum number of elements that `Debug` prints.
const PRINTED: usize = 16;

/// Numbers of a [`Var`], borrowed from its tape.
#[derive(Debug)]
pub enum Values<'g, T> {
    /// A value that an op computed.
    Own(Ref<'g, [T]>),
    /// A parameter.
    Param(&'g [T]),
}

impl<T> Deref for Values<'_, T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        match self {
            Values::Own(values) => values,
            Values::Param(values) => values,
        }
    }
}
