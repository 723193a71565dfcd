//! Matrix products.

use tensor::Kernels;
use tensor::matmul::{Mat, SparseInput};
use tensor::simd::{self, Kernel};

use super::batched_matmul;
use crate::var::Var;

ops! {
    /// Matrix product `A·B` of [.., m, k] and [.., k, n]; leading dimensions broadcast as in NumPy's `matmul`.
    ///
    /// # Panics
    /// If the shapes do not fit.
    #[track_caller]
    pub fn matmul(self, b: Var<'g, T>) -> Var<'g, T> {
        let (a, tape) = (self, self.tape());
        let (&[m, k], &[rows, n]) = (&*a.shape(), &*b.shape()) else {
            return batched_matmul::product(a, b, false);
        };
        assert!(
            k == rows,
            "expected matrices [.., m, k] and [.., k, n], found shapes {} and {}",
            a.shape(),
            b.shape()
        );
        let mut c = tape.buffer([m, n]);
        T::gemm(Mat::new(&a.values(), m, k), Mat::new(&b.values(), k, n), T::zero(), &mut c);

        let (a_node, b_node) = (a.node(), b.node());
        tape.push([m, n], c, &[a, b], move |ctx, gradients| {
            let dc = Mat::new(ctx.dy, m, n);
            gradients.add(a_node, |da, beta| T::gemm(dc, Mat::new(ctx.value(b_node), k, n).t(), beta, da));
            gradients.add(b_node, |db, beta| T::gemm(Mat::new(ctx.value(a_node), m, k).t(), dc, beta, db));
        })
    }

    /// Dense layer `x·Wᵀ + b` for x `[.., in]`, W `[out, in]` and b `[out]`, PyTorch's layout.
    ///
    /// # Panics
    /// If the shapes do not fit.
    #[track_caller]
    pub fn linear(self, w: Var<'g, T>, b: Option<Var<'g, T>>) -> Var<'g, T> {
        let (x, tape) = (self, self.tape());
        let (rows, columns) = x.shape().as_matrix();
        let &[out, inputs] = &*w.shape() else {
            panic!("expected a weight [out, in], found shape {}", w.shape())
        };
        assert!(
            inputs == columns,
            "expected an input [.., {inputs}] for a weight of shape {}, found shape {}",
            w.shape(),
            x.shape()
        );
        if let Some(b) = b {
            assert!(
                *b.shape() == [out],
                "expected a bias [{out}] for a weight of shape {}, found shape {}",
                w.shape(),
                b.shape()
            );
        }
        let mut y = tape.buffer([rows, out]);
        let (w_values, b_values) = (w.values(), b.map(|b| b.values()));
        let foreground =
            x.with_bytes(|x| SparseInput::linear(x, rows, &w_values, b_values.as_deref(), &mut y)).flatten();
        if foreground.is_none() {
            let beta = if b.is_some() { T::one() } else { T::zero() };
            if let Some(b) = &b_values {
                y.chunks_exact_mut(out.max(1)).for_each(|y| y.copy_from_slice(b));
            }
            let x = x.values();
            T::gemm(Mat::new(&x, rows, inputs), Mat::new(&w_values, out, inputs).t(), beta, &mut y);
        }
        drop((w_values, b_values));

        let mut shape = x.shape().to_vec();
        *shape.last_mut().expect("the shapes were checked, so the input is not a scalar") = out;
        let (x_node, w_node, b_node) = (x.node(), w.node(), b.map(Var::node));
        let inputs_of = [x, w].into_iter().chain(b).collect::<Vec<_>>();
        tape.push(shape.as_slice(), y, &inputs_of, move |ctx, gradients| {
            let dy = Mat::new(ctx.dy, rows, out);
            gradients.add(x_node, |dx, beta| T::gemm(dy, Mat::new(ctx.value(w_node), out, inputs), beta, dx));
            gradients.add(w_node, |dw, beta| match &foreground {
                Some(foreground) => {
                    let x = ctx.bytes(x_node).expect("only a quantized input has a foreground");
                    foreground.linear_gradient(x, ctx.dy, beta, dw);
                }
                None => T::gemm(dy.t(), Mat::new(ctx.value(x_node), rows, inputs), beta, dw),
            });
            if let Some(b) = b_node {
                gradients.add(b, |db, beta| simd::dispatch(AddRows { matrix: ctx.dy, beta, out: db }));
            }
        })
    }
}

/// `out = beta·out + Σ rows`, the sum over the rows of a matrix whose columns correspond to `out`.
struct AddRows<'a, T> {
    matrix: &'a [T],
    beta: T,
    out: &'a mut [T],
}

impl<T: Kernels> Kernel for AddRows<'_, T> {
    #[inline(always)]
    fn run(self) {
        let AddRows { matrix, beta, out } = self;
        if beta == T::zero() {
            out.fill(T::zero());
        }
        for row in matrix.chunks_exact(out.len().max(1)) {
            out.iter_mut().zip(row).for_each(|(out, &x)| *out += x);
        }
    }
}
