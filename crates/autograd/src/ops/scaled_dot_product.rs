//! Scaled dot-product attention of separate queries, keys and values.

use tensor::matmul::Mat;
use tensor::parallel::for_each_chunk;
use tensor::simd::{self, Kernel};
use tensor::{Kernels, Scalar, Shape};

use super::lanes;
use crate::gradients::{BackwardCtx, Gradients};
use crate::tape::Node;
use crate::var::Var;

ops! {
    /// `softmax(Q·Kᵀ/√d)·V` for queries [.., queries, d] (this), keys [.., keys, d] and values
    /// [.., keys, e]: [.., queries, e], as [batch, heads, queries, e] (Vaswani 2017). With `causal`, query
    /// i attends to keys 0 to i. PyTorch's `scaled_dot_product_attention`.
    ///
    /// # Panics
    /// If the shapes do not fit.
    #[track_caller]
    pub fn scaled_dot_product_attention(
        self,
        keys: Var<'g, T>,
        values: Var<'g, T>,
        causal: bool,
    ) -> Var<'g, T> {
        let (tape, inputs) = (self.tape(), [self, keys, values]);
        let sizes = Sizes::new(inputs.map(Var::shape));
        let Sizes { queries, keys, d, e, .. } = sizes;
        let scale = T::from_f64(1.0 / (d as f64).sqrt());
        let mut shape = self.shape().to_vec();
        *shape.last_mut().expect("attention has at least two dimensions") = e;
        let mut y = tape.buffer(shape.as_slice());
        if sizes.is_empty() {
            y.fill(T::zero());
            return tape.push(shape.as_slice(), y, &inputs, |_, _| ());
        }
        let mut weights = tape.buffer([sizes.heads, queries, keys]);
        let [q, k, v] = inputs.map(Var::values);
        let heads = weights.chunks_exact_mut(queries * keys).zip(y.chunks_exact_mut(queries * e));
        let operands =
            q.chunks_exact(queries * d).zip(k.chunks_exact(keys * d)).zip(v.chunks_exact(keys * e));
        for_each_chunk(heads.zip(operands).collect(), |((p, y), ((q, k), v))| {
            T::gemm(Mat::new(q, queries, d), Mat::new(k, keys, d).t(), T::zero(), p);
            simd::dispatch(Softmax { keys, causal, scale, p });
            T::gemm(Mat::new(p, queries, keys), Mat::new(v, keys, e), T::zero(), y);
        });
        drop([q, k, v]);

        let nodes = Nodes {
            operands: inputs.map(Var::node),
            weights: tape.push_constant([sizes.heads, queries, keys], weights).node(),
        };
        tape.push(shape.as_slice(), y, &inputs, move |ctx, gradients| {
            backward(sizes, scale, nodes, ctx, gradients);
        })
    }
}

/// Queries, keys and values, and the softmax of their scores.
#[derive(Clone, Copy)]
struct Nodes {
    operands: [Node; 3],
    weights: Node,
}

fn backward<T: Kernels>(
    Sizes { queries, keys, d, e, .. }: Sizes,
    scale: T,
    Nodes { operands, weights }: Nodes,
    ctx: BackwardCtx<'_, T>,
    gradients: &mut Gradients<'_, T>,
) {
    let ([q_node, k_node, v_node], p) = (operands, ctx.value(weights));
    let [q, k, v] = operands.map(|node| ctx.value(node));
    // dS = P·(dP − Σ P·dP)/√d with dP = dY·Vᵀ
    let mut ds = ctx.sources.pool.take(p.len());
    let heads = ds.chunks_exact_mut(queries * keys).zip(p.chunks_exact(queries * keys));
    let heads = heads.zip(ctx.dy.chunks_exact(queries * e).zip(v.chunks_exact(keys * e)));
    for_each_chunk(heads.collect(), |((ds, p), (dy, v))| {
        T::gemm(Mat::new(dy, queries, e), Mat::new(v, keys, e).t(), T::zero(), ds);
        simd::dispatch(SoftmaxBackward { keys, scale, p, ds });
    });
    gradients.add(q_node, |dq, beta| {
        let heads = ds.chunks_exact(queries * keys).zip(k.chunks_exact(keys * d));
        for_each_chunk(dq.chunks_exact_mut(queries * d).zip(heads).collect(), |(dq, (ds, k))| {
            T::gemm(Mat::new(ds, queries, keys), Mat::new(k, keys, d), beta, dq);
        });
    });
    gradients.add(k_node, |dk, beta| {
        let heads = ds.chunks_exact(queries * keys).zip(q.chunks_exact(queries * d));
        for_each_chunk(dk.chunks_exact_mut(keys * d).zip(heads).collect(), |(dk, (ds, q))| {
            T::gemm(Mat::new(ds, queries, keys).t(), Mat::new(q, queries, d), beta, dk);
        });
    });
    gradients.add(v_node, |dv, beta| {
        let heads = p.chunks_exact(queries * keys).zip(ctx.dy.chunks_exact(queries * e));
        for_each_chunk(dv.chunks_exact_mut(keys * e).zip(heads).collect(), |(dv, (p, dy))| {
            T::gemm(Mat::new(p, queries, keys).t(), Mat::new(dy, queries, e), beta, dv);
        });
    });
    ctx.sources.pool.give_back(ds);
}

#[derive(Clone, Copy)]
struct Sizes {
    heads: usize,
    queries: usize,
    keys: usize,
    d: usize,
    e: usize,
}

impl Sizes {
    #[track_caller]
    fn new([q, k, v]: [Shape; 3]) -> Sizes {
        if let ([heads @ .., queries, d], [k_heads @ .., keys, k_d], [v_heads @ .., v_keys, e]) =
            (&*q, &*k, &*v)
            && (heads, heads, d, keys) == (k_heads, v_heads, k_d, v_keys)
        {
            return Sizes { heads: heads.iter().product(), queries: *queries, keys: *keys, d: *d, e: *e };
        }
        panic!(
            "expected queries [.., n, d], keys [.., m, d] and values [.., m, e], found shapes {q}, {k} and {v}"
        );
    }

    fn is_empty(self) -> bool {
        let Sizes { heads, queries, keys, d, e } = self;
        [heads, queries, keys, d, e].contains(&0)
    }
}

/// Softmax of each row of scores times `scale`; with `causal` later keys get 0.
struct Softmax<'a, T> {
    keys: usize,
    causal: bool,
    scale: T,
    p: &'a mut [T],
}

impl<T: Kernels> Kernel for Softmax<'_, T> {
    #[inline(always)]
    fn run(self) {
        let Softmax { keys, causal, scale, p } = self;
        for (i, row) in p.chunks_exact_mut(keys).enumerate() {
            let (row, hidden) = row.split_at_mut(if causal { keys.min(i + 1) } else { keys });
            hidden.fill(T::zero());
            let max = lanes::max(row);
            row.iter_mut().for_each(|x| *x = Scalar::exp((*x - max) * scale));
            let sum = lanes::sum(row);
            row.iter_mut().for_each(|p| *p /= sum);
        }
    }
}

/// `ds = p·(ds − Σ p·ds)·scale`, row by row.
struct SoftmaxBackward<'a, T> {
    keys: usize,
    scale: T,
    p: &'a [T],
    ds: &'a mut [T],
}

impl<T: Kernels> Kernel for SoftmaxBackward<'_, T> {
    #[inline(always)]
    fn run(self) {
        let SoftmaxBackward { keys, scale, p, ds } = self;
        for (ds, p) in ds.chunks_exact_mut(keys).zip(p.chunks_exact(keys)) {
            let dot = lanes::dot(ds, p);
            ds.iter_mut().zip(p).for_each(|(ds, &p)| *ds = p * (*ds - dot) * scale);
        }
    }
}
