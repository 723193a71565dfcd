//! Arena of computed values.

use std::cell::{OnceCell, RefCell};
use std::fmt;
use std::ptr;

use tensor::quantized::{Quantization, U8Tensor};
use tensor::{Buffer, Kernels, ParamId, ParamVec, Shape};

use crate::gradients::{BackwardCtx, Gradients};
use crate::pool::BufferPool;
use crate::var::Var;

/// Values of one computation, in the order of computation.
pub struct Tape<'a, T: Kernels = f32> {
    pub(crate) pool: &'a BufferPool<T>,
    pub(crate) params: &'a ParamVec<T>,
    /// The bytes of the input that is not copied. A separate field: a lifetime within `nodes` would be
    /// invariant, and a [`Var`] could not borrow its tape.
    borrowed: &'a [u8],
    pub(crate) nodes: RefCell<Vec<NodeData<T>>>,
    /// Node of each parameter used so far, by its position in the layout.
    param_nodes: RefCell<Vec<Option<Node>>>,
}

/// Index of a value on its tape; backward closures keep it instead of a [`Var`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Node(pub(crate) usize);

/// Backward of an op: adds to the gradients of its inputs.
type Backward<T> = Box<dyn Fn(BackwardCtx<'_, T>, &mut Gradients<'_, T>)>;

pub(crate) struct NodeData<T: Kernels> {
    pub(crate) value: Value<T>,
    pub(crate) shape: Shape,
    pub(crate) needs_gradient: bool,
    pub(crate) backward: Option<Backward<T>>,
}

impl<T: Kernels> BufferPool<T> {
    /// A new tape that reads its parameters from `params`.
    pub fn tape<'a>(&'a self, params: &'a ParamVec<T>) -> Tape<'a, T> {
        let param_nodes = RefCell::new(vec![None; params.layout().entries().len()]);
        Tape { pool: self, params, borrowed: &[], nodes: RefCell::default(), param_nodes }
    }
}

impl<'a, T: Kernels> Tape<'a, T> {
    /// A constant input: no gradient flows into it.
    ///
    /// # Panics
    /// If the number of values is not the number of elements of the shape.
    #[track_caller]
    pub fn input(&self, shape: impl Into<Shape>, values: &[T]) -> Var<'_, T> {
        let shape = shape.into();
        expect_len(shape, values.len());
        self.input_with(shape, |buffer| buffer.copy_from_slice(values))
    }

    /// A constant that `fill` writes directly into the tape's buffer, whose initial content is unspecified.
    #[track_caller]
    pub fn input_with(&self, shape: impl Into<Shape>, fill: impl FnOnce(&mut [T])) -> Var<'_, T> {
        let shape = shape.into();
        let mut buffer = self.buffer(shape);
        fill(&mut buffer);
        self.push_constant(shape, buffer)
    }

    /// An input whose gradient [`Var::backward_with`] returns, as for attribution and adversarial examples;
    /// PyTorch's `requires_grad=True`.
    ///
    /// # Panics
    /// As [`input`](Tape::input).
    #[track_caller]
    pub fn input_requiring_gradient(&self, shape: impl Into<Shape>, values: &[T]) -> Var<'_, T> {
        let shape = shape.into();
        expect_len(shape, values.len());
        let mut buffer = self.buffer(shape);
        buffer.copy_from_slice(values);
        self.append(Value::Own(buffer), shape, true, None)
    }

    /// A quantized constant, such as pixels, whose bytes `fill` writes; it is dequantized only if an op needs the
    /// numbers.
    ///
    /// ```
    /// use autograd::BufferPool;
    /// use tensor::{ParamVec, Layout, quantized::Quantization};
    /// let (pool, nothing) = (BufferPool::new(), ParamVec::<f32>::zeros(Layout::new()));
    /// let tape = pool.tape(&nothing);
    /// let gray = Quantization { offset: -1.0, scale: 2.0 / 255.0 };
    /// let x = tape.input_bytes([1, 2], gray, |bytes| bytes.copy_from_slice(&[0, 255]));
    /// assert_eq!(*x.values(), [-1.0, 1.0]);
    /// ```
    pub fn input_bytes(
        &self,
        shape: impl Into<Shape>,
        quantization: Quantization<T>,
        fill: impl FnOnce(&mut [u8]),
    ) -> Var<'_, T> {
        let shape = shape.into();
        let mut bytes = self.pool.take_bytes(shape.len());
        fill(&mut bytes);
        self.append(Value::Bytes { bytes, quantization, numbers: OnceCell::new() }, shape, false, None)
    }

    /// The same tape with bytes that [`input_u8`](Tape::input_u8) reads where they are.
    #[must_use]
    pub fn borrowing(mut self, bytes: &'a [u8]) -> Tape<'a, T> {
        self.borrowed = bytes;
        self
    }

    /// A constant of which each number is a byte, as with pixels; the numbers themselves are written only
    /// if an op needs them. Bytes that the tape [borrows](Tape::borrowing) are not copied, others are.
    ///
    /// ```
    /// use autograd::BufferPool;
    /// use tensor::quantized::{Quantization, U8Tensor};
    /// use tensor::{Layout, ParamVec};
    /// let (pool, nothing) = (BufferPool::new(), ParamVec::<f32>::zeros(Layout::new()));
    /// let image = [0, 255];
    /// let tape = pool.tape(&nothing).borrowing(&image);
    /// let gray = Quantization { offset: -1.0, scale: 2.0 / 255.0 };
    /// let x = tape.input_u8([1, 2], U8Tensor { bytes: &image, quantization: gray });
    /// assert_eq!(*x.values(), [-1.0, 1.0]);
    /// ```
    ///
    /// # Panics
    /// If there are not as many bytes as the shape has elements.
    #[track_caller]
    pub fn input_u8(&self, shape: impl Into<Shape>, values: U8Tensor<'_, T>) -> Var<'_, T> {
        let (shape, U8Tensor { bytes, quantization }) = (shape.into(), values);
        expect_len(shape, bytes.len());
        if ptr::eq(bytes, self.borrowed) {
            self.append(Value::Borrowed { quantization, numbers: OnceCell::new() }, shape, false, None)
        } else {
            self.input_bytes(shape, quantization, |copy| copy.copy_from_slice(bytes))
        }
    }

    pub(crate) fn sources(&self) -> Sources<'a, T> {
        Sources { pool: self.pool, params: self.params, bytes: self.borrowed }
    }

    /// A constant of tokens, which index rows of a table and which `fill` writes; [`Var::embedding_of`] reads them
    /// directly, and they are converted to numbers only if another op needs them.
    ///
    /// ```
    /// use autograd::BufferPool;
    /// use tensor::{ParamVec, Layout};
    /// let (pool, nothing) = (BufferPool::new(), ParamVec::<f32>::zeros(Layout::new()));
    /// let tape = pool.tape(&nothing);
    /// let table = tape.input([2, 3], &[0.0, 0.1, 0.2, 1.0, 1.1, 1.2]);
    /// let tokens = tape.input_tokens([2], |tokens| tokens.copy_from_slice(&[1, 0]));
    /// assert_eq!(*tokens.embedding_of(table).values(), [1.0, 1.1, 1.2, 0.0, 0.1, 0.2]);
    /// ```
    #[track_caller]
    pub fn input_tokens(&self, shape: impl Into<Shape>, fill: impl FnOnce(&mut [u32])) -> Var<'_, T> {
        let shape = shape.into();
        let mut tokens = self.pool.take_tokens(shape.len());
        fill(&mut tokens);
        self.append(Value::Tokens { tokens, numbers: OnceCell::new() }, shape, false, None)
    }

    /// A parameter; a second call returns the same node.
    #[track_caller]
    pub fn param(&self, id: ParamId) -> Var<'_, T> {
        let shape = self.params.layout().entry(id).shape;
        let known = self.param_nodes.borrow()[id.index()];
        match known {
            Some(node) => Var { tape: self, node, shape },
            None => {
                let param = self.append(Value::Param(id), shape, true, None);
                self.param_nodes.borrow_mut()[id.index()] = Some(param.node);
                param
            }
        }
    }

    /// Parameter vector that parameters are read from.
    pub fn params(&self) -> &'a ParamVec<T> {
        self.params
    }

    /// A buffer from the pool for a value of this shape, of unspecified content.
    pub fn buffer(&self, shape: impl Into<Shape>) -> Buffer<T> {
        self.pool.take(shape.into().len())
    }

    /// Returns an unused buffer to the pool.
    pub fn give_back(&self, buffer: Buffer<T>) {
        self.pool.give_back(buffer);
    }

    /// Appends the value that an op computed from `inputs`, row-major in a [`buffer`](Tape::buffer). Every op ends
    /// in this call, including custom ops of other crates.
    ///
    /// `backward` is called at most once, with the gradient of the output, and adds to the gradient of each input;
    /// it captures the [`Node`] of a [`Var`] rather than the `Var` itself. It is dropped immediately if no input
    /// requires a gradient. To save values other than inputs and output, see
    /// [`push_constant`](Tape::push_constant).
    ///
    /// ```
    /// use autograd::{BufferPool, Var};
    /// use tensor::{Layout, ParamVec, Role};
    ///
    /// /// x³, element by element.
    /// fn cube<'g>(x: Var<'g, f64>) -> Var<'g, f64> {
    ///     let mut y = x.tape().buffer(x.shape());
    ///     y.iter_mut().zip(&*x.values()).for_each(|(y, x)| *y = x * x * x);
    ///
    ///     let node = x.node();
    ///     x.tape().push(x.shape(), y, &[x], move |ctx, gradients| {
    ///         gradients.add_map(node, ctx.dy, ctx.value(node), |dy, x| dy * 3.0 * x * x);
    ///     })
    /// }
    ///
    /// let mut layout = Layout::new();
    /// let id = layout.push("x", [1], Role::Matrix);
    /// let mut params = ParamVec::zeros(layout);
    /// params.as_mut_slice()[0] = 2.0;
    /// let mut gradients = params.zeros_like();
    /// let pool = BufferPool::new();
    /// cube(pool.tape(&params).param(id)).backward(&mut gradients);
    /// assert_eq!(gradients.as_slice(), [12.0]);
    /// ```
    ///
    /// # Panics
    /// If the length of the buffer is not the number of elements of the shape, or an input is of another tape.
    #[track_caller]
    pub fn push(
        &self,
        shape: impl Into<Shape>,
        value: Buffer<T>,
        inputs: &[Var<'_, T>],
        backward: impl Fn(BackwardCtx<'_, T>, &mut Gradients<'_, T>) + 'static,
    ) -> Var<'_, T> {
        let shape = shape.into();
        expect_len(shape, value.len());
        assert!(inputs.iter().all(|x| ptr::addr_eq(x.tape, self)), "expected inputs of one tape, found two");
        let needs_gradient = inputs.iter().any(|x| self.nodes.borrow()[x.node.0].needs_gradient);
        let backward = needs_gradient.then(|| Box::new(backward) as Backward<T>);
        self.append(Value::Own(value), shape, needs_gradient, backward)
    }

    /// Appends a value into which no gradient flows: a constant, or a result of the forward pass saved for the
    /// backward pass, which reads it with [`BackwardCtx::value`].
    ///
    /// # Panics
    /// If the length of the buffer is not the number of elements of the shape.
    #[track_caller]
    pub fn push_constant(&self, shape: impl Into<Shape>, value: Buffer<T>) -> Var<'_, T> {
        let shape = shape.into();
        expect_len(shape, value.len());
        self.append(Value::Own(value), shape, false, None)
    }

    #[track_caller]
    fn append(
        &self,
        value: Value<T>,
        shape: Shape,
        needs_gradient: bool,
        backward: Option<Backward<T>>,
    ) -> Var<'_, T> {
        let Ok(mut nodes) = self.nodes.try_borrow_mut() else {
            panic!("expected no borrow of values while the tape grows; drop `Values` first, or copy them")
        };
        nodes.push(NodeData { value, shape, needs_gradient, backward });
        Var { tape: self, node: Node(nodes.len() - 1), shape }
    }
}

#[track_caller]
fn expect_len(shape: Shape, len: usize) {
    assert!(len == shape.len(), "expected {} values for shape {shape}, found {len}", shape.len());
}

impl<T: Kernels> Drop for Tape<'_, T> {
    fn drop(&mut self) {
        let Tape { pool, nodes, .. } = self;
        let numbers = |numbers: OnceCell<Buffer<T>>| {
            numbers.into_inner().into_iter().for_each(|numbers| pool.give_back(numbers));
        };
        for node in nodes.get_mut().drain(..) {
            match node.value {
                Value::Own(buffer) => pool.give_back(buffer),
                Value::Bytes { bytes, numbers: written, .. } => {
                    pool.give_back_bytes(bytes);
                    numbers(written);
                }
                Value::Tokens { tokens, numbers: written } => {
                    pool.give_back_tokens(tokens);
                    numbers(written);
                }
                Value::Borrowed { numbers: written, .. } => numbers(written),
                Value::Param(_) => {}
            }
        }
    }
}

/// Numbers and bytes outside of the nodes, and memory for new ones.
#[derive(Clone, Copy)]
pub(crate) struct Sources<'a, T: Kernels> {
    pub(crate) pool: &'a BufferPool<T>,
    pub(crate) params: &'a ParamVec<T>,
    pub(crate) bytes: &'a [u8],
}

/// Number of values, and the shape of the last.
impl<T: Kernels> fmt::Debug for Tape<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nodes = self.nodes.borrow();
        f.debug_struct("Tape")
            .field("values", &nodes.len())
            .field("last", &nodes.last().map(|node| node.shape))
            .finish_non_exhaustive()
    }
}

/// Value of a node, or its source.
pub(crate) enum Value<T: Kernels> {
    Own(Buffer<T>),
    /// A quantized constant; dequantized when an op asks for its numbers.
    Bytes {
        bytes: Buffer<u8>,
        quantization: Quantization<T>,
        numbers: OnceCell<Buffer<T>>,
    },
    /// A constant whose bytes the tape borrows; its numbers are written when an op asks for them.
    Borrowed {
        quantization: Quantization<T>,
        numbers: OnceCell<Buffer<T>>,
    },
    /// A constant of tokens; converted when an op asks for its numbers.
    Tokens {
        tokens: Buffer<u32>,
        numbers: OnceCell<Buffer<T>>,
    },
    Param(ParamId),
}

impl<T: Kernels> Value<T> {
    pub(crate) fn as_slice<'a>(&'a self, sources: Sources<'a, T>) -> &'a [T] {
        match self {
            Value::Param(id) => sources.params.get(*id),
            _ => self.own(sources),
        }
    }

    /// Numbers owned by the node; those of a parameter are not.
    pub(crate) fn own(&self, Sources { pool, bytes: borrowed, .. }: Sources<'_, T>) -> &[T] {
        let dequantized = |bytes: &[u8], quantization: &Quantization<T>| {
            let mut numbers = pool.take(bytes.len());
            quantization.dequantize_into(bytes, &mut numbers);
            numbers
        };
        match self {
            Value::Own(numbers) => numbers,
            Value::Bytes { bytes, quantization, numbers } => {
                numbers.get_or_init(|| dequantized(bytes, quantization))
            }
            Value::Borrowed { quantization, numbers } => {
                numbers.get_or_init(|| dequantized(borrowed, quantization))
            }
            Value::Tokens { tokens, numbers } => numbers.get_or_init(|| {
                let mut numbers = pool.take(tokens.len());
                numbers.iter_mut().zip(tokens).for_each(|(x, &token)| *x = T::from_f64(token.into()));
                numbers
            }),
            Value::Param(_) => &[],
        }
    }

    pub(crate) fn as_bytes<'a>(&'a self, sources: Sources<'a, T>) -> Option<U8Tensor<'a, T>> {
        match self {
            Value::Bytes { bytes, quantization, .. } => Some(U8Tensor { bytes, quantization: *quantization }),
            Value::Borrowed { quantization, .. } => {
                Some(U8Tensor { bytes: sources.bytes, quantization: *quantization })
            }
            Value::Own(_) | Value::Tokens { .. } | Value::Param(_) => None,
        }
    }

    pub(crate) fn as_tokens(&self) -> Option<&[u32]> {
        match self {
            Value::Tokens { tokens, .. } => Some(tokens),
            Value::Own(_) | Value::Bytes { .. } | Value::Borrowed { .. } | Value::Param(_) => None,
        }
    }
}
