//! Scaled dot-product attention.

use tensor::matmul::Mat;
use tensor::parallel::for_each_chunk;
use tensor::{Kernels, Scalar};

use super::softmax::softmax_rows;
use crate::var::Var;

ops! {
    /// `softmax(Q·Kᵀ/√d)·V` of each head (Vaswani 2017), for queries, keys and values packed as [n, length,
    /// 3·width] with heads contiguous in each third: [n, length, width]. With `causal`, a position does not attend to
    /// later ones. PyTorch's `scaled_dot_product_attention`.
    ///
    /// # Panics
    /// If the last dimension is not three times a width that the heads divide.
    #[track_caller]
    pub fn attention(self, heads: usize, causal: bool) -> Var<'g, T> {
        let (x, tape) = (self, self.tape());
        let &[n, length, all] = &*x.shape() else {
            panic!("expected queries, keys and values [n, length, 3·width], found shape {}", x.shape());
        };
        assert!(
            heads > 0 && all.is_multiple_of(3 * heads),
            "expected a last dimension of three times a width that {heads} heads divide, found shape {}",
            x.shape()
        );
        let sizes = Sizes { length, width: all / 3, size: all / 3 / heads, causal };
        let (example, scores) = ((length * all).max(1), (heads * length * length).max(1));
        let (mut y, mut p) = (tape.buffer([n, length, sizes.width]), tape.buffer([n, heads, length, length]));
        let values = x.values();
        let results = y.chunks_exact_mut((length * sizes.width).max(1)).zip(p.chunks_exact_mut(scores));
        for_each_chunk(values.chunks_exact(example).zip(results).collect(), |(x, (y, p))| {
            sizes.forward(x, y, p);
        });
        drop(values);

        let p = tape.push_constant([n, heads, length, length], p).node();
        let node = x.node();
        tape.push([n, length, sizes.width], y, &[x], move |ctx, gradients| {
            gradients.add(node, |dx, beta| {
                let inputs = ctx.value(node).chunks_exact(example).zip(ctx.value(p).chunks_exact(scores));
                let given = inputs.zip(ctx.dy.chunks_exact((length * sizes.width).max(1)));
                for_each_chunk(dx.chunks_exact_mut(example).zip(given).collect(), |(dx, ((x, p), dy))| {
                    sizes.backward(x, p, dy, beta, dx);
                });
            });
        })
    }
}

#[derive(Clone, Copy)]
struct Sizes {
    length: usize,
    /// Width of all heads.
    width: usize,
    /// Width of one head.
    size: usize,
    causal: bool,
}

impl Sizes {
    /// Forward of one example; also writes its probabilities.
    fn forward<T: Kernels>(self, x: &[T], y: &mut [T], p: &mut [T]) {
        let Sizes { length, width, size, causal } = self;
        let [mut q, mut k, mut v, mut out] = [(); 4].map(|()| vec![T::zero(); length * size]);
        let mut scores = vec![T::zero(); length * length];
        let scale: T = self.scale();
        for (head, p) in p.chunks_exact_mut((length * length).max(1)).enumerate() {
            [&mut q, &mut k, &mut v].into_iter().enumerate().for_each(|(part, to)| {
                self.gather(x, 3 * width, part * width + head * size, to);
            });
            q.iter_mut().for_each(|q| *q *= scale);
            T::gemm(Mat::new(&q, length, size), Mat::new(&k, length, size).t(), T::zero(), &mut scores);
            if causal {
                for (row, scores) in scores.chunks_exact_mut(length).enumerate() {
                    scores[row + 1..].fill(T::neg_infinity());
                }
            }
            softmax_rows(&scores, length, p, |_, _| ());
            T::gemm(Mat::new(p, length, length), Mat::new(&v, length, size), T::zero(), &mut out);
            self.scatter(&out, T::zero(), y, width, head * size);
        }
    }

    /// Gradient of one example's queries, keys and values, added to `beta·dx`.
    fn backward<T: Kernels>(self, x: &[T], p: &[T], dy: &[T], beta: T, dx: &mut [T]) {
        let Sizes { length, width, size, .. } = self;
        let [mut q, mut k, mut v, mut dout, mut d] = [(); 5].map(|()| vec![T::zero(); length * size]);
        let mut ds = vec![T::zero(); length * length];
        let scale: T = self.scale();
        for (head, p) in p.chunks_exact((length * length).max(1)).enumerate() {
            [&mut q, &mut k, &mut v].into_iter().enumerate().for_each(|(part, to)| {
                self.gather(x, 3 * width, part * width + head * size, to);
            });
            self.gather(dy, width, head * size, &mut dout);
            let dout = Mat::new(&dout, length, size);
            let place = |part: usize| part * width + head * size;

            T::gemm(Mat::new(p, length, length).t(), dout, T::zero(), &mut d);
            self.scatter(&d, beta, dx, 3 * width, place(2));
            // ds = p·(dp − Σ p·dp), with dp = dout·Vᵀ, scaled as the scores are.
            T::gemm(dout, Mat::new(&v, length, size).t(), T::zero(), &mut ds);
            for (ds, p) in ds.chunks_exact_mut(length).zip(p.chunks_exact(length)) {
                let dot: T = ds.iter().zip(p).map(|(&dp, &p)| dp * p).sum();
                ds.iter_mut().zip(p).for_each(|(ds, &p)| *ds = scale * p * (*ds - dot));
            }
            let ds = Mat::new(&ds, length, length);
            T::gemm(ds, Mat::new(&k, length, size), T::zero(), &mut d);
            self.scatter(&d, beta, dx, 3 * width, place(0));
            T::gemm(ds.t(), Mat::new(&q, length, size), T::zero(), &mut d);
            self.scatter(&d, beta, dx, 3 * width, place(1));
        }
    }

    fn scale<T: Scalar>(self) -> T {
        T::from_f64((self.size as f64).sqrt().recip())
    }

    /// Copies a head's columns of rows of this width into contiguous rows.
    fn gather<T: Kernels>(self, from: &[T], row: usize, start: usize, to: &mut [T]) {
        for (to, from) in to.chunks_exact_mut(self.size.max(1)).zip(from.chunks_exact(row.max(1))) {
            to.copy_from_slice(&from[start..start + self.size]);
        }
    }

    /// The inverse copy, added to `beta` times the content.
    fn scatter<T: Kernels>(self, from: &[T], beta: T, to: &mut [T], row: usize, start: usize) {
        for (from, to) in from.chunks_exact(self.size.max(1)).zip(to.chunks_exact_mut(row.max(1))) {
            let pairs = to[start..start + self.size].iter_mut().zip(from);
            pairs.for_each(|(to, &from)| *to = if beta == T::zero() { from } else { *to + from });
        }
    }
}
