//! The values of ops against a naive computation.

use autograd::{BufferPool, Tape, Var};
use tensor::random::Stream;
use tensor::{Kernels, Layout, ParamVec, Shape};

fn with_tape<R>(work: impl for<'g> FnOnce(&'g Tape<'g, f64>) -> R) -> R {
    let nothing = ParamVec::<f64>::zeros(Layout::new());
    let pool = BufferPool::new();
    work(&pool.tape(&nothing))
}

/// 0, 1, 2, ...
fn count<'g>(tape: &'g Tape<'g, f64>, shape: impl Into<Shape>) -> Var<'g, f64> {
    tape.input_with(shape, |x| x.iter_mut().enumerate().for_each(|(i, x)| *x = i as f64))
}

/// Shape and numbers.
fn found(x: Var<'_, f64>) -> (Vec<usize>, Vec<f64>) {
    (x.shape().to_vec(), x.values().to_vec())
}

#[test]
fn slices_splits_and_concatenation() {
    with_tape(|tape| {
        let x = count(tape, [2, 3, 2]);
        assert_eq!(found(x.narrow(1, 1, 2)), (vec![2, 2, 2], vec![2.0, 3.0, 4.0, 5.0, 8.0, 9.0, 10.0, 11.0]));
        assert_eq!(found(x.slice(&[1..2, 0..2])), (vec![1, 2, 2], vec![6.0, 7.0, 8.0, 9.0]));
        assert_eq!(found(x.select(1, 2)), (vec![2, 2], vec![4.0, 5.0, 10.0, 11.0]));
        let sizes = |parts: Vec<Var<'_, f64>>| parts.iter().map(|x| x.shape()[1]).collect::<Vec<_>>();
        assert_eq!((sizes(x.split(2, 1)), sizes(x.chunk(2, 1))), (vec![2, 1], vec![2, 1]));
        assert_eq!(*Var::concat(&x.split(2, 1), 1).values(), *x.values());
        let stacked = Var::stack(&[x.select(1, 0), x.select(1, 1), x.select(1, 2)], 1);
        assert_eq!(found(stacked), found(x));
    });
}

#[test]
fn selection_by_index() {
    with_tape(|tape| {
        let x = count(tape, [2, 3]);
        assert_eq!(found(x.index_select(1, &[2, 0, 2])), (vec![2, 3], vec![2.0, 0.0, 2.0, 5.0, 3.0, 5.0]));
        assert_eq!(found(x.index_select(0, &[1])), (vec![1, 3], vec![3.0, 4.0, 5.0]));
        assert_eq!(found(x.gather(1, &[2, 0], [2, 1])), (vec![2, 1], vec![2.0, 3.0]));
        assert_eq!(found(x.gather(0, &[1, 0, 1], [1, 3])), (vec![1, 3], vec![3.0, 1.0, 5.0]));
    });
}

#[test]
fn permutations_and_expansion() {
    with_tape(|tape| {
        let x = count(tape, [2, 3, 4]);
        let permuted = x.permute(&[2, 0, 1]);
        assert_eq!(&*permuted.shape(), [4, 2, 3]);
        x.with_view(|x| {
            permuted.with_view(|y| {
                for ((i, j, k), _) in ndarray::Array3::<u8>::zeros((2, 3, 4)).indexed_iter() {
                    assert_eq!(y[[k, i, j]], x[[i, j, k]]);
                }
            });
        });
        assert_eq!(found(x.transpose(0, 1)).1[..8], [0.0, 1.0, 2.0, 3.0, 12.0, 13.0, 14.0, 15.0]);
        assert_eq!(found(count(tape, [2, 1]).expand([2, 2, 2])).1, [0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 1.0, 1.0]);
    });
}

#[test]
fn extremes_and_cumulative_sums() {
    with_tape(|tape| {
        let x = tape.input([2, 3], &[1.0, 5.0, 5.0, -2.0, f64::NAN, 9.0]);
        assert_eq!(x.argmax_axis(1), [1, 1]);
        assert_eq!(x.argmin_axis(1), [0, 1]);
        assert_eq!(x.argmax_axis(0), [0, 1, 1]);
        assert_eq!(x.max_axis(1).values()[0], 5.0);
        assert!(x.max_axis(1).values()[1].is_nan() && x.min_axis(1).values()[1].is_nan());
        assert_eq!(*count(tape, [2, 3]).cumsum(1).values(), [0.0, 1.0, 3.0, 3.0, 7.0, 12.0]);
        assert_eq!(*count(tape, [2, 3]).cumsum(0).values(), [0.0, 1.0, 2.0, 3.0, 5.0, 7.0]);
    });
}

#[test]
fn moments_over_dimensions() {
    with_tape(|tape| {
        let x = tape.input([2, 4], &[1.0, 2.0, 3.0, 6.0, 5.0, 5.0, 5.0, 5.0]);
        assert_eq!(found(x.sum_axes(&[0, 1], false)), (vec![], vec![32.0]));
        assert_eq!(found(x.mean_axes(&[1], true)), (vec![2, 1], vec![3.0, 5.0]));
        assert_eq!(found(x.var_axes(&[1], 0, false)), (vec![2], vec![3.5, 0.0]));
        assert_eq!(found(x.var_axes(&[1], 1, false)), (vec![2], vec![14.0 * (1.0 / 3.0), 0.0]));
        assert_eq!(x.std_axes(&[1], 0, false).values()[0], 3.5_f64.sqrt());
        // Large scores do not overflow, and a row of −∞ stays −∞.
        let scores = tape.input([2, 2], &[1000.0, 1000.0, f64::NEG_INFINITY, f64::NEG_INFINITY]);
        assert_eq!(*scores.log_sum_exp(1).values(), [1000.0 + 2.0_f64.ln(), f64::NEG_INFINITY]);
    });
}

#[test]
fn elementwise_functions() {
    with_tape(|tape| {
        let x = tape.input([3], &[0.25, 1.0, 4.0]);
        assert_eq!(*x.reciprocal().values(), [4.0, 1.0, 0.25]);
        assert_eq!(*x.rsqrt().values(), [2.0, 1.0, 0.5]);
        assert_eq!(*x.powf(1.5).values(), [0.125, 1.0, 8.0]);
        assert_eq!(*x.pow(tape.input([1], &[0.5])).values(), [0.5, 1.0, 2.0]);
        assert_eq!(*x.clamp(0.5, 2.0).values(), [0.5, 1.0, 2.0]);
        assert_eq!(x.sin().values()[1], 1.0_f64.sin());
        assert_eq!(x.cos().values()[1], 1.0_f64.cos());
        assert!(tape.input([1], &[f64::NAN]).clamp(0.0, 1.0).item().is_nan());
        assert_eq!(*(1.0 - x * 2.0).values(), [0.5, -1.0, -7.0]);
        assert_eq!(*(2.0 / (x / 0.5_f32)).values(), [4.0, 1.0, 0.25]);
        assert_eq!(*(1.0 + x - 3.0).values(), [-1.75, -1.0, 2.0]);
    });
}

#[test]
fn masks() {
    with_tape(|tape| {
        let x = tape.input([2, 2], &[1.0, f64::NAN, 3.0, 1.0]);
        let mask = tape.mask([2], &[true, false]);
        assert_eq!(*x.where_mask(mask, tape.input([2, 1], &[7.0, 8.0])).values(), [1.0, 7.0, 3.0, 8.0]);
        assert_eq!(x.masked_fill(mask, -1.0).values()[0], -1.0);
        let p = count(tape, [2, 2]).causal_softmax();
        let e = 1.0_f64.exp();
        assert_eq!(*p.values(), [1.0, 0.0, 1.0 / e / (1.0 / e + 1.0), 1.0 / (1.0 / e + 1.0)]);
        // A fully masked row is 0.
        let none = tape.mask([2, 1], &[true, false]);
        assert_eq!(count(tape, [2, 2]).masked_softmax(none).values()[2..], [0.0, 0.0]);
    });
}

#[test]
fn kl_divergence_of_a_normal_distribution() {
    with_tape(|tape| {
        let (mean, log_variance) = (tape.input([2, 1], &[1.0, 0.0]), tape.input([2, 1], &[0.0, 2.0]));
        let exact = (0.5 + 0.5 * (2.0_f64.exp() - 3.0)) / 2.0;
        assert!((mean.kl_standard_normal(log_variance).item() - exact).abs() < 1e-15);
    });
}

#[test]
fn batched_products_broadcast() {
    with_tape(|tape| {
        let (a, b) = (count(tape, [2, 1, 3, 4]), count(tape, [5, 4, 2]));
        let product = a.matmul(b);
        assert_eq!(&*product.shape(), [2, 5, 3, 2]);
        a.with_view(|a| {
            b.with_view(|b| {
                product.with_view(|c| {
                    for (index, &c) in c.indexed_iter() {
                        let [x, y, i, j] = [index[0], index[1], index[2], index[3]];
                        assert_eq!(c, (0..4).map(|k| a[[x, 0, i, k]] * b[[y, k, j]]).sum::<f64>());
                    }
                });
            });
        });
        assert_eq!(found(a.matmul_nt(b.transpose(1, 2))), found(product));
        assert_eq!(
            found(a.matmul(count(tape, [4, 2]))).1,
            found(a.reshape([6, 4]).matmul(count(tape, [4, 2]))).1
        );
    });
}

#[test]
fn a_value_prints_its_shape_and_few_numbers() {
    with_tape(|tape| {
        assert_eq!(format!("{:?}", count(tape, [2])), "Var { shape: [2], values: [0.0, 1.0] }");
        assert_eq!(format!("{:?}", count(tape, [5, 5])), "Var { shape: [5, 5], .. }");
        assert_eq!(format!("{tape:?}"), "Tape { values: 2, last: Some([5, 5]), .. }");
    });
}

fn assert_near<T: Kernels>(found: &[T], expected: &[f64], bound: f64) {
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(expected) {
        assert!((found.widen() - expected).abs() <= bound, "{found} for {expected}");
    }
}

/// Also for more keys than queries, and with fully masked keys.
#[test]
fn attention_follows_its_formula() {
    const N: usize = 3;
    const L: usize = 20;
    const S: usize = 23;
    const D: usize = 7;
    const E: usize = 4;
    let draw = |name: &str, len: usize| -> Vec<f64> {
        let mut stream = Stream::new(1, name);
        (0..len).map(|_| f64::from(stream.uniform()) * 4.0 - 2.0).collect()
    };
    let (q, k, v) = (draw("q", N * L * D), draw("k", N * S * D), draw("v", N * S * E));
    for causal in [false, true] {
        let mut exact = Vec::new();
        for (n, i) in (0..N).flat_map(|n| (0..L).map(move |i| (n, i))) {
            let seen = if causal { i + 1 } else { S };
            let score = |j: usize| -> f64 {
                (0..D).map(|c| q[(n * L + i) * D + c] * k[(n * S + j) * D + c]).sum::<f64>()
                    / (D as f64).sqrt()
            };
            let total: f64 = (0..seen).map(|j| score(j).exp()).sum();
            exact
                .extend((0..E).map(|c| {
                    (0..seen).map(|j| score(j).exp() / total * v[(n * S + j) * E + c]).sum::<f64>()
                }));
        }
        fn attend<T: Kernels>(x: [(&[f64], [usize; 3]); 3], causal: bool) -> Vec<T> {
            let nothing = ParamVec::<T>::zeros(Layout::new());
            let pool = BufferPool::new();
            let tape = pool.tape(&nothing);
            let [q, k, v] =
                x.map(|(x, shape)| tape.input(shape, &x.iter().map(|&x| T::from_f64(x)).collect::<Vec<_>>()));
            q.scaled_dot_product_attention(k, v, causal).values().to_vec()
        }
        let x = [(q.as_slice(), [N, L, D]), (k.as_slice(), [N, S, D]), (v.as_slice(), [N, S, E])];
        assert_near(&attend::<f64>(x, causal), &exact, 1e-13);
        assert_near(&attend::<f32>(x, causal), &exact, 5e-6);
    }
}

#[test]
fn bits_do_not_depend_on_threads() {
    let run = || {
        let mut layout = Layout::new();
        let id = layout.push("x", [7, 40, 12], tensor::Role::Matrix);
        let mut params = ParamVec::<f32>::zeros(layout);
        Stream::new(1, "x").fill_uniform(params.as_mut_slice(), -1.0, 1.0);
        let (pool, mut gradients) = (BufferPool::new(), params.zeros_like());
        let tape = pool.tape(&params);
        let x = tape.param(id);
        let y = x.scaled_dot_product_attention(x, x, true).matmul_nt(x).matmul(x.narrow(0, 0, 1));
        y.square().mean().backward(&mut gradients);
        y.values().iter().chain(gradients.as_slice()).map(|x| x.to_bits()).collect::<Vec<_>>()
    };
    let runs = [1, 2, 3, 4].map(|threads| {
        rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads").install(run)
    });
    assert!(runs.iter().all(|run| *run == runs[0]));
}
