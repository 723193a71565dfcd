//! Batched matrix products with broadcast leading dimensions.

use tensor::matmul::Mat;
use tensor::parallel::for_each_chunk;
use tensor::{Kernels, Shape};

use super::broadcast::common_shape;
use crate::var::Var;

ops! {
    /// Matrix product `A·Bᵀ` of [.., m, k] and [.., n, k], without a copy of the transpose; leading dimensions
    /// broadcast as in [`matmul`](Var::matmul).
    ///
    /// # Panics
    /// If the shapes do not fit.
    #[track_caller]
    pub fn matmul_nt(self, b: Var<'g, T>) -> Var<'g, T> {
        product(self, b, true)
    }
}

/// `A·B`, or `A·Bᵀ` if `transposed`.
#[track_caller]
pub(super) fn product<'g, T: Kernels>(a: Var<'g, T>, b: Var<'g, T>, transposed: bool) -> Var<'g, T> {
    let Sizes { m, k, n, pairs, shape } = Sizes::new(a.shape(), b.shape(), transposed);
    let tape = a.tape();
    let left = move |i: usize| i * m * k..(i + 1) * m * k;
    let right = move |i: usize| i * k * n..(i + 1) * k * n;
    let mut c = tape.buffer(shape);
    let (a_values, b_values) = (a.values(), b.values());
    let (a_all, b_all) = (&*a_values, &*b_values);
    let products = c.chunks_exact_mut((m * n).max(1)).zip(&pairs);
    for_each_chunk(products.collect(), |(c, &[i, j])| {
        let a = Mat::new(&a_all[left(i)], m, k);
        T::gemm(a, right_of(&b_all[right(j)], k, n, transposed), T::zero(), c);
    });
    drop((a_values, b_values));

    let (a_node, b_node) = (a.node(), b.node());
    tape.push(shape, c, &[a, b], move |ctx, gradients| {
        let (a, b) = (ctx.value(a_node), ctx.value(b_node));
        let dc = |index: usize| Mat::new(&ctx.dy[index * m * n..(index + 1) * m * n], m, n);
        // The gradient of a broadcast matrix is the sum over its products, in order.
        gradients.add(a_node, |da, beta| {
            let targets = da.chunks_exact_mut((m * k).max(1)).zip(uses(&pairs, 0, a.len() / (m * k).max(1)));
            for_each_chunk(targets.collect(), |(da, uses)| {
                accumulate(da, beta, &uses, |index, beta, da| {
                    let b = right_of(&b[right(pairs[index][1])], k, n, transposed);
                    T::gemm(dc(index), b.t(), beta, da);
                });
            });
        });
        gradients.add(b_node, |db, beta| {
            let targets = db.chunks_exact_mut((k * n).max(1)).zip(uses(&pairs, 1, b.len() / (k * n).max(1)));
            for_each_chunk(targets.collect(), |(db, uses)| {
                accumulate(db, beta, &uses, |index, beta, db| {
                    let a = Mat::new(&a[left(pairs[index][0])], m, k);
                    if transposed {
                        T::gemm(dc(index).t(), a, beta, db);
                    } else {
                        T::gemm(a.t(), dc(index), beta, db);
                    }
                });
            });
        });
    })
}

struct Sizes {
    m: usize,
    k: usize,
    n: usize,
    /// For each product, the indices of its two matrices.
    pairs: Vec<[usize; 2]>,
    shape: Shape,
}

impl Sizes {
    #[track_caller]
    fn new(a: Shape, b: Shape, transposed: bool) -> Sizes {
        let wanted = if transposed { "[.., n, k]" } else { "[.., k, n]" };
        let (&[ref a_lead @ .., m, k], &[ref b_lead @ .., rows, columns]) = (&*a, &*b) else {
            panic!("expected matrices [.., m, k] and {wanted}, found shapes {a} and {b}");
        };
        let (b_k, n) = if transposed { (columns, rows) } else { (rows, columns) };
        assert!(k == b_k, "expected matrices [.., m, k] and {wanted}, found shapes {a} and {b}");
        let (a_lead, b_lead) = (Shape::new(a_lead), Shape::new(b_lead));
        let lead = common_shape(a_lead, b_lead);
        let shape = Shape::new(&[&*lead, &[m, n]].concat());
        if b_lead.len() == 1 {
            // One B for all rows.
            return Sizes { m: lead.len() * m, k, n, pairs: vec![[0, 0]], shape };
        }
        let pairs = (0..lead.len()).map(|i| [a_lead, b_lead].map(|shape| broadcast_index(i, lead, shape)));
        Sizes { m, k, n, pairs: pairs.collect(), shape }
    }
}

/// Index, in an array that broadcasts to `lead`, of element `i` of the broadcast array.
fn broadcast_index(mut i: usize, lead: Shape, shape: Shape) -> usize {
    let (mut index, mut stride) = (0, 1);
    for (&size, &own) in lead.iter().rev().zip(shape.iter().rev()) {
        index += if own == 1 { 0 } else { i % size * stride };
        (i, stride) = (i / size, stride * own);
    }
    index
}

/// For each of `count` matrices of one operand, the products that use it.
fn uses(pairs: &[[usize; 2]], side: usize, count: usize) -> Vec<Vec<usize>> {
    let mut uses = vec![Vec::new(); count];
    pairs.iter().enumerate().for_each(|(index, pair)| {
        if let Some(uses) = uses.get_mut(pair[side]) {
            uses.push(index);
        }
    });
    uses
}

/// Accumulates `add(use, beta, out)` over all uses, on top of `beta·out`.
fn accumulate<T: Kernels>(out: &mut [T], beta: T, uses: &[usize], add: impl Fn(usize, T, &mut [T])) {
    if uses.is_empty() && beta == T::zero() {
        out.fill(T::zero());
    }
    for (i, &index) in uses.iter().enumerate() {
        add(index, if i == 0 { beta } else { T::one() }, out);
    }
}

fn right_of<T>(b: &[T], k: usize, n: usize, transposed: bool) -> Mat<'_, T> {
    if transposed { Mat::new(b, n, k).t() } else { Mat::new(b, k, n) }
}
