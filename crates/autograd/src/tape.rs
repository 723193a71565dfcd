//! The arena of computed values, and the reverse walk over it.

use std::cell::{OnceCell, Ref, RefCell};
use std::ops::Deref;

use ndarray::ArrayViewD;
use tensor::quantized::{Quantization, U8Tensor};
use tensor::{Buffer, Kernels, ParamId, ParamVec, Shape};

use crate::gradients::{BackwardCtx, Gradients};

/// Keeps the buffers of finished graphs for the next one.
#[derive(Debug, Default)]
pub struct BufferPool<T = f32> {
    free: RefCell<Vec<Buffer<T>>>,
    free_bytes: RefCell<Vec<Buffer<u8>>>,
}

impl<T: Kernels> BufferPool<T> {
    /// A tape with no buffers yet.
    pub fn new() -> BufferPool<T> {
        BufferPool { free: RefCell::default(), free_bytes: RefCell::default() }
    }

    /// A new graph that reads its parameters from `params`.
    pub fn tape<'a>(&'a self, params: &'a ParamVec<T>) -> Tape<'a, T> {
        let param_nodes = RefCell::new(vec![None; params.layout().entries().len()]);
        Tape { pool: self, params, nodes: RefCell::default(), param_nodes }
    }

    /// A buffer of `len` numbers of unspecified value.
    pub(crate) fn take(&self, len: usize) -> Buffer<T> {
        smallest(&mut self.free.borrow_mut(), len)
    }

    pub(crate) fn give_back(&self, buffer: Buffer<T>) {
        if buffer.capacity() > 0 {
            self.free.borrow_mut().push(buffer);
        }
    }
}

/// The smallest free buffer that is large enough, or a new one.
fn smallest<E: Copy + Default>(free: &mut Vec<Buffer<E>>, len: usize) -> Buffer<E> {
    let fits = (0..free.len()).filter(|&i| free[i].capacity() >= len).min_by_key(|&i| free[i].capacity());
    let mut buffer = fits.map(|i| free.swap_remove(i)).unwrap_or_default();
    buffer.resize(len);
    buffer
}

/// The values of one computation, in the order they were computed.
pub struct Tape<'a, T: Kernels = f32> {
    pool: &'a BufferPool<T>,
    params: &'a ParamVec<T>,
    nodes: RefCell<Vec<NodeData<T>>>,
    /// The node of each parameter that has been used, by its position in the layout.
    param_nodes: RefCell<Vec<Option<Node>>>,
}

/// The place of a value in its graph; what a backward closure keeps of a [`Var`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Node(pub(crate) usize);

/// The backward half of an op: adds to the gradients of the op's inputs.
type Backward<T> = Box<dyn Fn(BackwardCtx<'_, T>, &mut Gradients<'_, T>)>;

pub(crate) struct NodeData<T: Kernels> {
    pub(crate) value: Value<T>,
    pub(crate) needs_gradient: bool,
    backward: Option<Backward<T>>,
}

pub(crate) enum Value<T> {
    Own(Buffer<T>),
    /// A constant that is kept in bytes; its numbers are written when an op asks for them.
    Bytes {
        bytes: Buffer<u8>,
        quantization: Quantization<T>,
        numbers: OnceCell<Buffer<T>>,
    },
    Param(ParamId),
}

impl<T: Kernels> Value<T> {
    pub(crate) fn as_slice<'a>(&'a self, params: &'a ParamVec<T>, pool: &BufferPool<T>) -> &'a [T] {
        match self {
            Value::Own(_) | Value::Bytes { .. } => self.own(pool),
            Value::Param(id) => params.get(*id),
        }
    }

    /// The numbers that stand here, which those of a parameter do not.
    fn own(&self, pool: &BufferPool<T>) -> &[T] {
        match self {
            Value::Own(numbers) => numbers,
            Value::Bytes { bytes, quantization, numbers } => numbers.get_or_init(|| {
                let mut numbers = pool.take(bytes.len());
                quantization.dequantize_into(bytes, &mut numbers);
                numbers
            }),
            Value::Param(_) => &[],
        }
    }

    pub(crate) fn as_bytes(&self) -> Option<U8Tensor<'_, T>> {
        match self {
            Value::Bytes { bytes, quantization, .. } => Some(U8Tensor { bytes, quantization: *quantization }),
            Value::Own(_) | Value::Param(_) => None,
        }
    }
}

impl<'a, T: Kernels> Tape<'a, T> {
    /// A constant: gradients do not flow into it.
    ///
    /// # Panics
    /// If there are not as many values as the shape has elements.
    #[track_caller]
    pub fn input(&self, shape: impl Into<Shape>, values: &[T]) -> Var<'_, T> {
        let shape = shape.into();
        assert_eq!(values.len(), shape.len(), "an array of shape {shape} needs as many values");
        self.input_with(shape, |buffer| buffer.copy_from_slice(values))
    }

    /// A constant that `fill` writes straight into the graph's buffer, whose values are
    /// unspecified before.
    pub fn input_with(&self, shape: impl Into<Shape>, fill: impl FnOnce(&mut [T])) -> Var<'_, T> {
        let shape = shape.into();
        let mut buffer = self.buffer(shape);
        fill(&mut buffer);
        self.push_constant(shape, buffer)
    }

    /// A constant of which each number is a byte that `fill` writes, as with pixels; the numbers
    /// themselves are written only if an op needs them.
    ///
    /// ```
    /// use autograd::BufferPool;
    /// use tensor::{ParamVec, Layout, quantized::Quantization};
    /// let (pool, nothing) = (BufferPool::new(), ParamVec::<f32>::zeros(Layout::new()));
    /// let tape = pool.tape(&nothing);
    /// let grey = Quantization { offset: -1.0, scale: 2.0 / 255.0 };
    /// let x = tape.input_bytes([1, 2], grey, |bytes| bytes.copy_from_slice(&[0, 255]));
    /// assert_eq!(*x.values(), [-1.0, 1.0]);
    /// ```
    pub fn input_bytes(
        &self,
        shape: impl Into<Shape>,
        quantization: Quantization<T>,
        fill: impl FnOnce(&mut [u8]),
    ) -> Var<'_, T> {
        let shape = shape.into();
        let mut bytes = smallest(&mut self.pool.free_bytes.borrow_mut(), shape.len());
        fill(&mut bytes);
        let value = Value::Bytes { bytes, quantization, numbers: OnceCell::new() };
        let node = self.append(NodeData { value, needs_gradient: false, backward: None });
        Var { tape: self, node, shape }
    }

    /// A parameter; using one twice gives the same variable.
    pub fn param(&self, id: ParamId) -> Var<'_, T> {
        let known = self.param_nodes.borrow()[id.index()];
        let node = known.unwrap_or_else(|| {
            let node =
                self.append(NodeData { value: Value::Param(id), needs_gradient: true, backward: None });
            self.param_nodes.borrow_mut()[id.index()] = Some(node);
            node
        });
        Var { tape: self, node, shape: self.params.layout().entry(id).shape }
    }

    /// The parameter vector that parameters are read from.
    pub fn params(&self) -> &'a ParamVec<T> {
        self.params
    }

    /// A buffer for a value of this shape; its numbers are unspecified.
    pub(crate) fn buffer(&self, shape: Shape) -> Buffer<T> {
        self.pool.take(shape.len())
    }

    /// Gives back a buffer that no value is kept in.
    pub(crate) fn give_back(&self, buffer: Buffer<T>) {
        self.pool.give_back(buffer);
    }

    /// Appends what an op computed from `inputs`; the op's backward half is kept if any of them
    /// needs a gradient.
    pub(crate) fn push(
        &self,
        shape: Shape,
        value: Buffer<T>,
        inputs: &[Var<'_, T>],
        backward: impl Fn(BackwardCtx<'_, T>, &mut Gradients<'_, T>) + 'static,
    ) -> Var<'_, T> {
        debug_assert_eq!(value.len(), shape.len());
        let needs_gradient = inputs.iter().any(|x| self.nodes.borrow()[x.node.0].needs_gradient);
        let backward = needs_gradient.then(|| Box::new(backward) as Backward<T>);
        let node = self.append(NodeData { value: Value::Own(value), needs_gradient, backward });
        Var { tape: self, node, shape }
    }

    /// Appends a value into which no gradient flows: a constant, or what an op computed on its
    /// way forward and needs again on its way back.
    pub(crate) fn push_constant(&self, shape: Shape, value: Buffer<T>) -> Var<'_, T> {
        let node = self.append(NodeData { value: Value::Own(value), needs_gradient: false, backward: None });
        Var { tape: self, node, shape }
    }

    fn append(&self, computed: NodeData<T>) -> Node {
        let mut nodes = self.nodes.borrow_mut();
        nodes.push(computed);
        Node(nodes.len() - 1)
    }
}

impl<T: Kernels> Drop for Tape<'_, T> {
    fn drop(&mut self) {
        for node in self.nodes.get_mut().drain(..) {
            match node.value {
                Value::Own(buffer) => self.pool.give_back(buffer),
                Value::Bytes { bytes, numbers, .. } => {
                    self.pool.free_bytes.borrow_mut().push(bytes);
                    numbers.into_inner().into_iter().for_each(|numbers| self.pool.give_back(numbers));
                }
                Value::Param(_) => {}
            }
        }
    }
}

/// A handle to a value of a [`Tape`]; its methods are the ops.
#[derive(Clone, Copy)]
pub struct Var<'g, T: Kernels = f32> {
    tape: &'g Tape<'g, T>,
    node: Node,
    shape: Shape,
}

impl<'g, T: Kernels> Var<'g, T> {
    /// The graph that the value belongs to.
    pub fn tape(self) -> &'g Tape<'g, T> {
        self.tape
    }

    /// The sizes of the value.
    pub fn shape(self) -> Shape {
        self.shape
    }

    /// The numbers, row-major. The graph cannot be added to while they are held.
    pub fn values(self) -> Values<'g, T> {
        let nodes = self.tape.nodes.borrow();
        let Tape { params, pool, .. } = self.tape;
        match nodes[self.node.0].value {
            Value::Param(id) => Values::Param(params.get(id)),
            Value::Own(_) | Value::Bytes { .. } => {
                Values::Own(Ref::map(nodes, |nodes| nodes[self.node.0].value.own(pool)))
            }
        }
    }

    /// Calls `read` with the bytes of a constant that is kept in bytes.
    pub(crate) fn with_bytes<R>(self, read: impl FnOnce(U8Tensor<'_, T>) -> R) -> Option<R> {
        self.tape.nodes.borrow()[self.node.0].value.as_bytes().map(read)
    }

    /// Calls `read` with the value as an n-dimensional view.
    pub fn with_view<R>(self, read: impl FnOnce(ArrayViewD<'_, T>) -> R) -> R {
        let values = self.values();
        read(ArrayViewD::from_shape(&*self.shape, &values).expect("a value has as many numbers as its shape"))
    }

    /// The only number of a value that has just one.
    ///
    /// # Panics
    /// If there are more or none.
    #[track_caller]
    pub fn item(self) -> T {
        assert_eq!(
            self.shape.len(),
            1,
            "only a value with one number is an item, not one of shape {}",
            self.shape
        );
        self.values()[0]
    }

    pub(crate) fn node(self) -> Node {
        self.node
    }

    /// Writes the gradient of this number with respect to every parameter into `gradients`;
    /// parameters that it does not depend on get zeros.
    ///
    /// # Panics
    /// If this is not a single number, or if the layouts differ.
    #[track_caller]
    pub fn backward(self, gradients: &mut ParamVec<T>) {
        let tape = self.tape;
        assert_eq!(
            self.shape.len(),
            1,
            "gradients are of one number, not of an array of shape {}",
            self.shape
        );
        assert!(
            gradients.layout() == tape.params.layout(),
            "the gradients have another layout than the parameters"
        );
        let nodes = tape.nodes.borrow();
        let mut gradients = Gradients::new(&nodes, tape.pool, gradients);
        gradients.add(self.node, |dy, _| dy[0] = T::one());
        for (index, node) in nodes.iter().enumerate().take(self.node.0 + 1).rev() {
            let Some(backward) = &node.backward else { continue };
            let Some(dy) = gradients.take(Node(index)) else { continue };
            let y = node.value.as_slice(tape.params, tape.pool);
            let ctx = BackwardCtx { dy: &dy, y, nodes: &nodes, params: tape.params, pool: tape.pool };
            backward(ctx, &mut gradients);
            tape.pool.give_back(dy);
        }
        gradients.finish();
    }
}

/// The numbers of a [`Var`], borrowed from its graph.
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

#[cfg(test)]
mod tests {
    use tensor::{Layout, Role};

    use super::*;

    /// From the second step on, every buffer comes from the pool and goes back to it.
    #[test]
    fn a_step_allocates_no_buffer_that_the_last_one_had() {
        let mut layout = Layout::new();
        let [w, b] = [layout.push("w", [32, 100], Role::Matrix), layout.push("b", [32], Role::Bias)];
        let weights: ParamVec = ParamVec::zeros(layout);
        let mut gradients = weights.zeros_like();
        let pool = BufferPool::new();
        let buffers = |pool: &BufferPool| {
            let mut sizes: Vec<(*const f32, usize)> =
                pool.free.borrow().iter().map(|buffer| (buffer.as_ptr(), buffer.capacity())).collect();
            sizes.sort_unstable();
            sizes
        };
        let mut step = || {
            let tape = pool.tape(&weights);
            let x = tape.input_with([64, 100], |x| x.fill(1.0));
            let y = x.linear(tape.param(w), Some(tape.param(b))).relu();
            y.cross_entropy(&[0; 64]).backward(&mut gradients);
            drop(tape);
            buffers(&pool)
        };
        let first = step();
        assert!(!first.is_empty());
        assert_eq!(step(), first);
        assert_eq!(step(), first);
    }
}
