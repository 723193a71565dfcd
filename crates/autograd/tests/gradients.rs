//! Gradient-check table: every op against central differences over many shapes.

use autograd::check::gradient_error;
use autograd::{BufferPool, Direction, RecurrentWeights, Tape, Var};
use proptest::prelude::*;
use tensor::conv::{ConvOptions, Padding};
use tensor::quantized::Quantization;
use tensor::random::Stream;
use tensor::{Kernels, Layout, ParamId, ParamVec, Role, Shape};

type Op = for<'g> fn(&[Var<'g, f64>]) -> Var<'g, f64>;

/// Shapes of the inputs for the sizes (m, k, n).
type Shapes = fn(usize, usize, usize) -> Vec<Vec<usize>>;

/// Distribution of the inputs, away from kinks and poles.
#[derive(Clone, Copy)]
enum Domain {
    Any,
    Positive,
    /// 0.2 to 1.2 in size, of either sign.
    AwayFromZero,
}
use Domain::*;

const SAME: Shapes = |m, _, n| vec![vec![m, n]];
const PAIR: Shapes = |m, _, n| vec![vec![m, n], vec![m, n]];
const ROW: Shapes = |m, _, n| vec![vec![m, n], vec![n]];
const COLUMN: Shapes = |m, _, n| vec![vec![m, 1], vec![m, n]];
const OUTER: Shapes = |m, k, n| vec![vec![m, 1, n], vec![k, 1]];

/// One row per op.
const TABLE: &[(&str, Shapes, Domain, Op)] = &[
    ("add", PAIR, Any, |x| x[0] + x[1]),
    ("add a row", ROW, Any, |x| x[0] + x[1]),
    ("add a column", COLUMN, Any, |x| x[0] + x[1]),
    ("add outer", OUTER, Any, |x| x[0] + x[1]),
    ("add to itself", SAME, Any, |x| x[0] + x[0]),
    ("sub", PAIR, Any, |x| x[0] - x[1]),
    ("sub outer", OUTER, Any, |x| x[0] - x[1]),
    ("mul", PAIR, Any, |x| x[0] * x[1]),
    ("mul a row", ROW, Any, |x| x[0] * x[1]),
    ("mul outer", OUTER, Any, |x| x[0] * x[1]),
    ("mul by itself", SAME, Any, |x| x[0] * x[0]),
    ("div", PAIR, AwayFromZero, |x| x[0] / x[1]),
    ("div by a column", COLUMN, AwayFromZero, |x| x[1] / x[0]),
    ("neg", SAME, Any, |x| -x[0]),
    ("relu", SAME, AwayFromZero, |x| x[0].relu()),
    ("leaky_relu", SAME, AwayFromZero, |x| x[0].leaky_relu(0.01)),
    ("elu", SAME, AwayFromZero, |x| x[0].elu()),
    ("gelu", SAME, Any, |x| x[0].gelu()),
    ("silu", SAME, Any, |x| x[0].silu()),
    ("sigmoid", SAME, Any, |x| x[0].sigmoid()),
    ("tanh", SAME, Any, |x| x[0].tanh()),
    ("softplus", SAME, Any, |x| x[0].softplus()),
    ("exp", SAME, Any, |x| x[0].exp()),
    ("ln", SAME, Positive, |x| x[0].ln()),
    ("sqrt", SAME, Positive, |x| x[0].sqrt()),
    ("square", SAME, Any, |x| x[0].square()),
    ("abs", SAME, AwayFromZero, |x| x[0].abs()),
    ("scale", SAME, Any, |x| x[0].scale(-1.7)),
    ("shift", SAME, Any, |x| x[0].shift(0.3)),
    ("sum", SAME, Any, |x| x[0].square().sum()),
    ("mean", SAME, Any, |x| x[0].square().mean()),
    ("sum_axis 0", SAME, Any, |x| x[0].sum_axis(0)),
    ("sum_axis 1", SAME, Any, |x| x[0].sum_axis(1)),
    ("mean_axis", SAME, Any, |x| x[0].mean_axis(1)),
    ("reshape", SAME, Any, |x| x[0].reshape([x[0].shape().len()])),
    ("flatten", |m, k, n| vec![vec![m, k, n]], Any, |x| x[0].flatten()),
    ("t", SAME, Any, |x| x[0].t()),
    ("softmax", SAME, Any, |x| x[0].softmax()),
    ("log_softmax", SAME, Any, |x| x[0].log_softmax()),
    ("matmul", |m, k, n| vec![vec![m, k], vec![k, n]], Any, |x| x[0].matmul(x[1])),
    ("matmul with itself", |m, _, _| vec![vec![m, m]], Any, |x| x[0].matmul(x[0])),
    ("linear", |m, k, n| vec![vec![m, k], vec![n, k], vec![n]], Any, |x| x[0].linear(x[1], Some(x[2]))),
    ("linear without bias", |m, k, n| vec![vec![m, k], vec![n, k]], Any, |x| x[0].linear(x[1], None)),
    (
        "linear on 3 dimensions",
        |m, k, n| vec![vec![2, m, k], vec![n, k], vec![n]],
        Any,
        |x| x[0].linear(x[1], Some(x[2])),
    ),
    ("cross_entropy", SAME, Any, |x| x[0].cross_entropy(&labels(x[0].shape()))),
    ("cross_entropy_smoothed", SAME, Any, |x| x[0].cross_entropy_smoothed(&labels(x[0].shape()), 0.1)),
    ("mse", PAIR, Any, |x| x[0].mse(x[1])),
    ("l1", PAIR, Any, |x| (x[0].shift(3.0)).l1(x[1])),
    ("huber, inside", PAIR, Any, |x| x[0].huber(x[1], 5.0)),
    ("huber, outside", PAIR, Any, |x| (x[0].shift(9.0)).huber(x[1], 0.5)),
    ("bce_with_logits", PAIR, Any, |x| x[0].bce_with_logits(x[1].sigmoid())),
    ("conv2d, same", CONV, Any, |x| x[0].conv2d(x[1], Some(x[2]), 1, Padding::Same)),
    ("conv2d, no padding or bias", CONV, Any, |x| x[0].conv2d(x[1], None, 1, Padding::Zeros(0))),
    ("conv2d, stride that does not divide", CONV, Any, |x| {
        x[0].conv2d(x[1], Some(x[2]), 2, Padding::Zeros(1))
    }),
    ("conv2d, stride over the kernel", CONV, Any, |x| x[0].conv2d(x[1], Some(x[2]), 4, Padding::Zeros(0))),
    (
        "conv2d, 1 × 1",
        |m, k, n| vec![vec![m, n, k, 3], vec![2, 3, 1, 1]],
        Any,
        |x| x[0].conv2d(x[1], None, 1, Padding::Same),
    ),
    (
        "conv2d, even kernel",
        |m, k, n| vec![vec![m, n, k, 2], vec![3, 2, 4, 2]],
        Any,
        |x| x[0].conv2d(x[1], None, 1, Padding::Same),
    ),
    (
        "conv2d twice",
        |m, _, n| vec![vec![m, n + 2, n, 2], vec![2, 2, 3, 3]],
        Any,
        |x| x[0].conv2d(x[1], None, 1, Padding::Same).conv2d(x[1], None, 1, Padding::Same),
    ),
    ("conv2d_with, dilated in groups", CONV, Any, |x| {
        let options = ConvOptions { dilation: [1, 2], groups: 2, ..ConvOptions::square(1, Padding::Same) };
        x[0].conv2d_with(pairs_of(x[1]), None, options)
    }),
    ("conv2d_with, strides by axis", CONV, Any, |x| {
        let options = ConvOptions { stride: [2, 3], ..ConvOptions::square(1, Padding::Zeros(1)) };
        x[0].conv2d_with(x[1], Some(x[2]), options)
    }),
    ("conv1d", ROWS, Any, |x| x[0].conv1d(x[1], Some(x[2]), ConvOptions::row(2, Padding::Zeros(1), 1))),
    ("conv_transpose2d", UPWARDS, Any, |x| {
        x[0].conv_transpose2d(x[1], Some(x[2]), ConvOptions::square(2, Padding::Zeros(1)), [1, 0])
    }),
    ("conv_transpose2d, same", UPWARDS, Any, |x| {
        x[0].conv_transpose2d(x[1], Some(x[2]), ConvOptions::square(1, Padding::Same), [0, 0])
    }),
    (
        "conv_transpose2d of rows, twice",
        |m, k, n| vec![vec![m, n + 2, 2], vec![2, 2, k + 1]],
        Any,
        |x| {
            let options = ConvOptions::row(3, Padding::Zeros(0), 2);
            x[0].conv_transpose2d(x[1], None, options, [0, 2]).conv_transpose2d(x[1], None, options, [0, 0])
        },
    ),
    ("max_pool2d", IMAGES, Any, |x| apart(x[0]).max_pool2d(2, 2)),
    ("max_pool2d, overlapping", IMAGES, Any, |x| apart(x[0]).max_pool2d(3, 1)),
    ("max_pool2d, with gaps", IMAGES, Any, |x| apart(x[0]).max_pool2d(1, 2)),
    ("max_pool2d, used twice", IMAGES, Any, |x| {
        let x = apart(x[0]);
        x.max_pool2d(3, 3) + x.max_pool2d(3, 3)
    }),
    ("avg_pool2d", IMAGES, Any, |x| x[0].avg_pool2d(2, 2)),
    ("avg_pool2d, overlapping", IMAGES, Any, |x| x[0].avg_pool2d(3, 2)),
    ("max_pool1d", LINES, Any, |x| apart(x[0]).max_pool1d(2, 2)),
    ("max_pool1d, overlapping", LINES, Any, |x| apart(x[0]).max_pool1d(3, 2)),
    ("avg_pool1d", LINES, Any, |x| x[0].avg_pool1d(3, 2)),
    ("channels_first", IMAGES, Any, |x| x[0].channels_first()),
    ("batch_norm", NORM, Any, |x| x[0].batch_norm(x[1], x[2], 0.1).0),
    ("layer_norm", NORM, Any, |x| x[0].layer_norm(x[1], x[2], 0.1)),
    ("group_norm", GROUPS, Any, |x| x[0].group_norm(2, x[1], x[2], 0.1)),
    ("group_norm, one channel per group", GROUPS, Any, |x| {
        x[0].group_norm(x[1].shape().len(), x[1], x[2], 0.1)
    }),
    ("group_norm, used twice", GROUPS, Any, |x| {
        x[0].group_norm(1, x[1], x[2], 0.1).group_norm(2, x[1], x[2], 0.1) + x[0]
    }),
    ("rms_norm", |m, k, n| vec![vec![m, k, n], vec![n]], Any, |x| x[0].rms_norm(x[1], 0.1)),
    (
        "rms_norm, used twice",
        |m, _, n| vec![vec![m, n], vec![n]],
        Any,
        |x| x[0].rms_norm(x[1], 0.1).rms_norm(x[1], 0.1) * x[0],
    ),
    ("concat 0", |m, k, n| vec![vec![m, k], vec![n, k]], Any, |x| Var::concat(&[x[0], x[1], x[0]], 0)),
    ("concat 1", |m, k, n| vec![vec![m, k, 2], vec![m, n, 2]], Any, |x| Var::concat(&[x[1], x[0]], 1)),
    ("concat, last", |m, k, n| vec![vec![m, n], vec![m, k]], Any, |x| Var::concat(x, 1)),
    ("attention", |m, k, n| vec![vec![m, k, 3 * n]], Any, |x| x[0].attention(1, false)),
    ("attention, causal", |m, k, n| vec![vec![m, k, 6 * n]], Any, |x| x[0].attention(2, true)),
    (
        "attention, used twice",
        |m, k, n| vec![vec![m, k, 6 * n]],
        Any,
        |x| x[0].attention(2, false) + x[0].attention(n_of(x[0]), true),
    ),
    ("rnn", recurrent::<1>, Any, |x| x[0].rnn(weights(x), Direction::Forward)),
    ("rnn, reverse", recurrent::<1>, Any, |x| x[0].rnn(weights(x), Direction::Reverse)),
    ("lstm", recurrent::<4>, Any, |x| x[0].lstm(weights(x), Direction::Forward)),
    ("lstm, reverse", recurrent::<4>, Any, |x| x[0].lstm(weights(x), Direction::Reverse)),
    ("gru", recurrent::<3>, Any, |x| x[0].gru(weights(x), Direction::Forward)),
    ("gru, both ways with the same weights", recurrent::<3>, Any, |x| {
        x[0].gru(weights(x), Direction::Forward) + x[0].gru(weights(x), Direction::Reverse)
    }),
    ("dropout", SAME, Any, |x| x[0].dropout(0.4, Stream::new(1, "dropout"))),
    (
        "cross_entropy on 3 dimensions",
        |m, k, n| vec![vec![m, k, n]],
        Any,
        |x| {
            let rows = x[0].shape().as_matrix().0;
            x[0].cross_entropy(&(0..rows).map(|i| (i % x[0].shape()[2]) as u32).collect::<Vec<_>>())
        },
    ),
    ("pow", PAIR, Positive, |x| x[0].pow(x[1])),
    ("pow of a row", ROW, Positive, |x| x[0].pow(x[1])),
    ("powf", SAME, Positive, |x| x[0].powf(-1.3)),
    ("reciprocal", SAME, AwayFromZero, |x| x[0].reciprocal()),
    ("rsqrt", SAME, Positive, |x| x[0].rsqrt()),
    ("sin", SAME, Any, |x| x[0].sin()),
    ("cos", SAME, Any, |x| x[0].cos()),
    ("clamp", SAME, AwayFromZero, |x| x[0].clamp(-0.1, 0.1) + x[0].clamp(-9.0, 9.0)),
    ("numbers to the right", SAME, Any, |x| (x[0] * 2.5 + 1.0 - 0.25_f32) / 3.0),
    ("numbers to the left", SAME, Positive, |x| 2.0 * (1.0 - x[0]) + 0.5 / (1.0 + x[0])),
    ("sum_axes", BOX, Any, |x| {
        x[0].sum_axes(&[0, 2], false) * x[0].sum_axes(&[2, 0], true).reshape([x[0].shape()[1]])
    }),
    ("mean_axes", BOX, Any, |x| x[0].mean_axes(&[1, 2], false)),
    ("var_axes", BOX, Any, |x| x[0].var_axes(&[0, 1], 0, true)),
    ("var_axes, unbiased", |m, k, n| vec![vec![m, k + 1, n]], Any, |x| x[0].var_axes(&[1], 1, false)),
    (
        "std_axes",
        |m, k, n| vec![vec![m, k, n + 1]],
        Any,
        |x| apart(x[0].reshape([x[0].shape().len()])).reshape(x[0].shape()).std_axes(&[2], 1, false),
    ),
    ("log_sum_exp", BOX, Any, |x| x[0].log_sum_exp(1)),
    ("cumsum", BOX, Any, |x| x[0].cumsum(1)),
    ("max_axis", BOX, Any, |x| apart(x[0]).max_axis(1)),
    ("min_axis", BOX, Any, |x| apart(x[0]).min_axis(2)),
    ("narrow", |m, k, n| vec![vec![m, k + 2, n]], Any, |x| x[0].narrow(1, 1, x[0].shape()[1] - 2)),
    (
        "slice",
        |m, k, n| vec![vec![m, k + 1, n + 1]],
        Any,
        |x| {
            let s = x[0].shape();
            x[0].slice(&[0..s[0], 1..s[1], 0..s[2] - 1]) + x[0].slice(&[0..s[0], 0..s[1] - 1, 1..s[2]])
        },
    ),
    ("select", BOX, Any, |x| x[0].select(1, x[0].shape()[1] - 1)),
    ("split and concat", BOX, Any, |x| {
        let parts = x[0].split(2, 2);
        Var::concat(&parts.into_iter().rev().collect::<Vec<_>>(), 2)
    }),
    ("chunk and concat", BOX, Any, |x| Var::concat(&x[0].chunk(3, 1), 1).square()),
    ("stack", PAIR, Any, |x| Var::stack(&[x[0], x[1], x[0]], 1)),
    ("index_select", BOX, Any, |x| {
        let size = x[0].shape()[1] as u32;
        x[0].index_select(1, &[0, size - 1, 0, size / 2])
    }),
    ("gather", BOX, Any, |x| {
        let [m, k, n] = [0, 1, 2].map(|axis| x[0].shape()[axis]);
        let indices: Vec<u32> = (0..m * 2 * n).map(|i| (i * 7 % k) as u32).collect();
        x[0].gather(1, &indices, [m, 2, n])
    }),
    ("permute", BOX, Any, |x| x[0].permute(&[2, 0, 1])),
    ("permute, innermost stays", |m, k, n| vec![vec![m, k, n, 2]], Any, |x| x[0].permute(&[1, 0, 2, 3])),
    ("transpose", BOX, Any, |x| x[0].transpose(0, 2)),
    (
        "expand",
        |m, _, n| vec![vec![m, 1, n]],
        Any,
        |x| {
            let [m, n] = [0, 2].map(|axis| x[0].shape()[axis]);
            x[0].expand([2, m, 3, n])
        },
    ),
    ("squeeze and unsqueeze", COLUMN, Any, |x| x[0].squeeze(1).unsqueeze(0) + x[1].sum_axis(0).mean()),
    (
        "where_mask",
        |m, k, n| vec![vec![m, k, n], vec![k, 1]],
        Any,
        |x| {
            let mask = checkered(x[0].tape(), x[0].shape()[2]);
            x[0].where_mask(mask, x[1])
        },
    ),
    ("masked_fill", BOX, Any, |x| x[0].masked_fill(checkered(x[0].tape(), x[0].shape()[2]), 3.0)),
    ("masked_softmax", BOX, Any, |x| x[0].masked_softmax(checkered(x[0].tape(), x[0].shape()[2]))),
    ("causal_softmax", BOX, Any, |x| x[0].causal_softmax()),
    ("detach", SAME, Any, |x| x[0] * (x[0].detach() * 0.0 + 2.0)),
    ("kl_standard_normal", PAIR, Any, |x| x[0].kl_standard_normal(x[1])),
    ("batched matmul", |m, k, n| vec![vec![m, 2, 3, k], vec![m, 2, k, n]], Any, |x| x[0].matmul(x[1])),
    (
        "batched matmul, broadcast",
        |m, k, n| vec![vec![2, 1, m, k], vec![3, k, n]],
        Any,
        |x| x[0].matmul(x[1]),
    ),
    ("batched matmul with one matrix", |m, k, n| vec![vec![2, m, k], vec![k, n]], Any, |x| x[0].matmul(x[1])),
    ("one matrix with a batch", |m, k, n| vec![vec![m, k], vec![2, k, n]], Any, |x| x[0].matmul(x[1])),
    ("batched matmul_nt", |m, k, n| vec![vec![m, 2, 3, k], vec![2, n, k]], Any, |x| x[0].matmul_nt(x[1])),
    ("matmul_nt with itself", SAME, Any, |x| x[0].matmul_nt(x[0])),
    (
        "scaled_dot_product_attention",
        |m, k, n| vec![vec![2, m, k, n], vec![2, m, 3, n], vec![2, m, 3, k]],
        Any,
        |x| x[0].scaled_dot_product_attention(x[1], x[2], false),
    ),
    (
        "scaled_dot_product_attention, causal",
        |m, k, n| vec![vec![m, k, n], vec![m, 3, n], vec![m, 3, 2]],
        Any,
        |x| x[0].scaled_dot_product_attention(x[1], x[2], true),
    ),
    ("scaled_dot_product_attention to itself", BOX, Any, |x| {
        x[0].scaled_dot_product_attention(x[0], x[0], true)
    }),
    ("embedding_of tokens", SAME, Any, |x| {
        let rows = x[0].shape()[0] as u32;
        let tokens = x[0].tape().input_tokens([2, 3 * rows.min(1) as usize], |tokens| {
            tokens.iter_mut().zip(0..).for_each(|(token, i)| *token = i * 5 % rows);
        });
        tokens.embedding_of(x[0])
    }),
    ("embedding", SAME, Any, |x| {
        let rows = x[0].shape()[0] as u32;
        x[0].embedding(
            &(0..6 * rows.min(1)).map(|i| i * 5 % rows).collect::<Vec<_>>(),
            [2, 3 * rows.min(1) as usize],
        )
    }),
];

const CONV: Shapes = |m, k, n| vec![vec![m, n + 2, k + 2, 2], vec![n, 2, 3, 3], vec![n]];
const ROWS: Shapes = |m, k, n| vec![vec![m, n + 4, 3], vec![k, 3, 4], vec![k]];
const UPWARDS: Shapes = |m, k, n| vec![vec![m, n, k + 1, 2], vec![2, 3, 3, 3], vec![3]];
const LINES: Shapes = |m, k, n| vec![vec![m, k + n + 1, 2]];
const BOX: Shapes = |m, k, n| vec![vec![m, k, n]];
const GROUPS: Shapes = |m, k, n| vec![vec![m, k, 2 * n], vec![2 * n], vec![2 * n]];
const IMAGES: Shapes = |m, k, n| vec![vec![m, k + 2, n + 3, 2]];
const NORM: Shapes = |m, k, n| vec![vec![m, k, n], vec![n], vec![n]];

/// One head per third of the last dimension.
fn n_of(x: Var<'_, f64>) -> usize {
    x.shape().as_matrix().1 / 3
}

/// Sequences and the weights of a layer with this number of gates.
fn recurrent<const GATES: usize>(m: usize, k: usize, n: usize) -> Vec<Vec<usize>> {
    let rows = GATES * n;
    vec![vec![m, k, 2], vec![rows, 2], vec![rows, n], vec![rows], vec![rows]]
}

fn weights<'g>(x: &[Var<'g, f64>]) -> RecurrentWeights<'g, f64> {
    RecurrentWeights { input: x[1], hidden: x[2], input_bias: x[3], hidden_bias: x[4] }
}

/// The weights [outputs, 2, height, width] as [2·outputs, 1, height, width], two groups.
fn pairs_of<'g>(w: Var<'g, f64>) -> Var<'g, f64> {
    let shape = w.shape();
    w.reshape([shape[0] * 2, 1, shape[2], shape[3]])
}

/// A mask of every other column.
fn checkered<'g>(tape: &'g Tape<'g, f64>, columns: usize) -> Var<'g, f64> {
    tape.mask([columns], &(0..columns).map(|i| i % 2 == 0).collect::<Vec<_>>())
}

/// Values with the same gradient, far enough apart that a small step preserves their order.
fn apart<'g>(x: Var<'g, f64>) -> Var<'g, f64> {
    let far = |i: usize| (i * 7919 % 10_007) as f64;
    let offsets = x
        .tape()
        .input_with(x.shape(), |offsets| offsets.iter_mut().enumerate().for_each(|(i, o)| *o = far(i)));
    x.scale(0.1) + offsets
}

/// One label per row of scores.
fn labels(shape: Shape) -> Vec<u32> {
    (0..shape[0]).map(|i| (i * 7 % shape[1].max(1)) as u32).collect()
}

/// Random inputs, as the parameters of a vector.
fn inputs(shapes: &[Vec<usize>], domain: Domain, seed: u64) -> (ParamVec<f64>, Vec<ParamId>) {
    let mut layout = Layout::new();
    let ids = shapes
        .iter()
        .enumerate()
        .map(|(i, shape)| layout.push(format!("x{i}"), shape.as_slice(), Role::Matrix))
        .collect();
    let mut params = ParamVec::zeros(layout);
    let mut stream = Stream::new(seed, "inputs");
    for x in params.as_mut_slice() {
        let u = f64::from(stream.uniform());
        *x = match domain {
            Any => 2.0 * u - 1.0,
            Positive => 0.2 + u,
            AwayFromZero => (0.2 + u) * if stream.below(2) == 0 { 1.0 } else { -1.0 },
        };
    }
    (params, ids)
}

/// Scalar that weights every element of the op's output differently.
fn scalar<'g>(tape: &'g Tape<'g, f64>, y: Var<'g, f64>) -> Var<'g, f64> {
    let weights = tape
        .input_with(y.shape(), |w| w.iter_mut().enumerate().for_each(|(i, w)| *w = (i as f64 + 0.5).sin()));
    (y * weights).sum()
}

fn error(op: Op, shapes: &[Vec<usize>], domain: Domain, seed: u64) -> f64 {
    let (at, ids) = inputs(shapes, domain, seed);
    gradient_error(&at, |tape| {
        let x: Vec<_> = ids.iter().map(|&id| tape.param(id)).collect();
        scalar(tape, op(&x))
    })
}

#[test]
fn every_op_has_the_gradient_of_its_forward_formula() {
    for (name, shapes, domain, op) in TABLE {
        for (seed, (m, k, n)) in
            [(1, 1, 1), (3, 4, 5), (1, 7, 2), (5, 1, 3), (2, 3, 1)].into_iter().enumerate()
        {
            let error = error(*op, &shapes(m, k, n), *domain, seed as u64);
            assert!(error <= 1e-6, "{name} at {:?}: relative error {error:e}", shapes(m, k, n));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn over_random_shapes((m, k, n) in (1_usize..6, 1_usize..6, 1_usize..6), row in 0..TABLE.len(), seed: u64) {
        let (name, shapes, domain, op) = TABLE[row];
        let error = error(op, &shapes(m, k, n), domain, seed);
        prop_assert!(error <= 1e-6, "{name} at {:?}: relative error {error:e}", shapes(m, k, n));
    }
}

/// Ops that do not divide by the batch size accept an empty batch.
#[test]
fn arrays_of_size_0_pass_through() {
    for (name, shapes, domain, op) in TABLE {
        let divides = [
            "mean",
            "mean_axis",
            "cross_entropy",
            "cross_entropy_smoothed",
            "cross_entropy on 3 dimensions",
            "mse",
            "var_axes",
            "kl_standard_normal",
            "l1",
            "bce_with_logits",
            "batch_norm",
        ];
        if divides.contains(name) || name.starts_with("huber") {
            continue;
        }
        let error = error(*op, &shapes(0, 2, 3), *domain, 0);
        assert!(error <= 1e-6, "{name} on no rows: {error}");
    }
}

/// The gradient of a parameter used by several ops is the sum of its contributions.
#[test]
fn gradients_from_several_uses_add_up() {
    let (at, ids) = inputs(&[vec![3, 3]], Any, 5);
    let error = gradient_error(&at, |tape| {
        let x = tape.param(ids[0]);
        let (a, b) = (x.relu(), x.tanh());
        (a.matmul(b) + x * x + tape.param(ids[0]).t()).square().mean()
    });
    assert!(error <= 1e-6, "{error:e}");
}

/// Constants get no gradient; unused parameters get zeros, also in a vector used before.
#[test]
fn unused_parameters_get_zeros() {
    let mut layout = Layout::new();
    let (used, unused) = (layout.push("used", [2], Role::Matrix), layout.push("unused", [2], Role::Matrix));
    let weights = ParamVec::<f32>::zeros(layout);
    let mut gradients = weights.zeros_like();
    gradients.as_mut_slice().fill(f32::NAN);
    let pool = autograd::BufferPool::new();
    pool.tape(&weights).param(used).shift(1.0).square().sum().backward(&mut gradients);
    assert_eq!((gradients.get(used), gradients.get(unused)), ([2.0, 2.0].as_slice(), [0.0, 0.0].as_slice()));
}

/// A layer on quantized input, with and without background, equals the layer on the dequantized numbers.
#[test]
fn quantized_and_plain_inputs_agree_to_rounding() {
    fn worst<T: Kernels>(background: bool) -> f64 {
        const SHAPE: [usize; 2] = [70, 90];
        let mut layout = Layout::new();
        let w = layout.push("w", [5, SHAPE[1]], Role::Matrix);
        let b = layout.push("b", [5], Role::Bias);
        let mut weights = ParamVec::<T>::zeros(layout);
        let mut stream = Stream::new(1, "weights and bytes");
        weights
            .as_mut_slice()
            .iter_mut()
            .for_each(|w| *w = T::from_f64(stream.below(1000) as f64 / 1e3 - 0.5));
        let one_in = if background { 8 } else { 1 };
        let mut byte = || if stream.below(one_in) == 0 { stream.below(256) as u8 } else { 0 };
        let bytes: Vec<u8> = (0..SHAPE[0] * SHAPE[1]).map(|_| byte()).collect();
        let quantization = Quantization { offset: T::from_f64(-1.0), scale: T::from_f64(2.0 / 255.0) };
        let numbers: Vec<T> = bytes.iter().map(|&byte| quantization.dequantize(byte)).collect();

        let pool = BufferPool::new();
        let run = |in_bytes: bool| {
            let tape = pool.tape(&weights);
            let x = if in_bytes {
                tape.input_bytes(SHAPE, quantization, |to| to.copy_from_slice(&bytes))
            } else {
                tape.input(SHAPE, &numbers)
            };
            let mut gradients = weights.zeros_like();
            // Used twice, so that gradients are also added to.
            let layer = || x.linear(tape.param(w), Some(tape.param(b)));
            let y = layer().relu() + layer().tanh();
            y.square().mean().backward(&mut gradients);
            assert_eq!(*x.values(), numbers);
            let found: Vec<f64> = y.values().iter().chain(gradients.as_slice()).map(|x| x.widen()).collect();
            found
        };
        let pairs = run(true).into_iter().zip(run(false));
        pairs.map(|(ours, exact)| (ours - exact).abs()).fold(0.0, f64::max)
    }
    assert!(worst::<f64>(true) < 1e-13 && worst::<f64>(false) == 0.0);
    assert!(worst::<f32>(true) < 2e-5 && worst::<f32>(false) == 0.0);
}

#[test]
fn nan_propagates() {
    let weights = ParamVec::<f32>::zeros(Layout::new());
    let pool = autograd::BufferPool::new();
    let tape = pool.tape(&weights);
    let x = tape.input([1, 2], &[f32::NAN, 1.0]);
    for y in [x.relu().sum(), x.cross_entropy(&[1]), x.softmax().sum(), x.abs().sum(), x.mse(x)] {
        assert!(y.item().is_nan());
    }
}

#[test]
fn large_scores_do_not_overflow() {
    let weights = ParamVec::<f32>::zeros(Layout::new());
    let pool = autograd::BufferPool::new();
    let tape = pool.tape(&weights);
    let x = tape.input([1, 3], &[1e4, -1e4, 9.99e3]);
    assert!((x.cross_entropy(&[1]).item() - 2e4).abs() < 1.0);
    assert_eq!(
        &*x.softmax().values(),
        [1.0, 0.0, (-10.0_f32).exp()].map(|p| p / (1.0 + (-10.0_f32).exp())).as_slice()
    );
    assert_eq!(tape.input([1], &[-200.0]).softplus().item(), 0.0);
    assert_eq!(tape.input([1], &[200.0]).sigmoid().item(), 1.0);
}

/// The returned moments are those of the channels, and the result has mean 0 and variance 1.
#[test]
fn batch_norm_returns_its_moments() {
    let weights = ParamVec::<f64>::zeros(Layout::new());
    let pool = autograd::BufferPool::new();
    let tape = pool.tape(&weights);
    let x = tape.input([4, 2], &[1.0, 10.0, 2.0, 10.0, 3.0, 10.0, 6.0, 10.0]);
    let (y, moments) = x.batch_norm(tape.input([2], &[1.0, 1.0]), tape.input([2], &[0.0, 5.0]), 0.0);
    assert_eq!((moments.mean, moments.variance, moments.count), (vec![3.0, 10.0], vec![3.5, 0.0], 4));
    let first: Vec<f64> = y.values().iter().step_by(2).copied().collect();
    assert!(first.iter().sum::<f64>().abs() < 1e-12);
    assert!((first.iter().map(|y| y * y).sum::<f64>() / 4.0 - 1.0).abs() < 1e-12);
}

#[test]
fn dropout_preserves_the_expectation_and_depends_on_its_stream_alone() {
    let weights = ParamVec::<f32>::zeros(Layout::new());
    let pool = autograd::BufferPool::new();
    let tape = pool.tape(&weights);
    let x = tape.input_with([100, 1000], |x| x.fill(1.0));
    let [a, b, other] = ["a", "a", "b"].map(|name| x.dropout(0.3, Stream::new(1, name)));
    assert_eq!(*a.values(), *b.values());
    assert_ne!(*a.values(), *other.values());
    let kept = a.values().iter().filter(|&&y| y != 0.0).count() as f64 / 1e5;
    // Four standard deviations of a fraction of 0.7 over 100,000 draws.
    assert!((kept - 0.7).abs() < 4.0 * (0.21_f64 / 1e5).sqrt(), "{kept}");
    assert!(a.values().iter().all(|&y| y == 0.0 || y == 1.0 / 0.7));
}

#[test]
fn max_pooling_gives_the_gradient_to_the_first_maximum_and_keeps_nan() {
    let mut layout = Layout::new();
    let id = layout.push("x", [1, 2, 4, 1], Role::Matrix);
    let mut weights = ParamVec::<f32>::zeros(layout);
    weights.get_mut(id).copy_from_slice(&[1.0, 1.0, 0.0, f32::NAN, 1.0, 0.0, 2.0, 3.0]);
    let pool = autograd::BufferPool::new();
    let tape = pool.tape(&weights);
    let y = tape.param(id).max_pool2d(2, 2);
    assert!(y.values()[0] == 1.0 && y.values()[1].is_nan());
    let mut gradients = weights.zeros_like();
    y.sum().backward(&mut gradients);
    assert_eq!(gradients.get(id), [1.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0]);
}

/// Tokens are converted to numbers for ops other than embeddings.
#[test]
fn tokens_convert_to_numbers() {
    let weights = ParamVec::<f32>::zeros(Layout::new());
    let pool = BufferPool::new();
    let tape = pool.tape(&weights);
    let tokens = tape.input_tokens([2, 2], |tokens| tokens.copy_from_slice(&[3, 0, 1, 70_000]));
    assert_eq!(tokens.tokens().as_deref(), Some([3, 0, 1, 70_000].as_slice()));
    assert_eq!(*tokens.shift(0.5).values(), [3.5, 0.5, 1.5, 70_000.5]);
    assert!(!tokens.requires_gradient() && tape.input([1], &[0.0]).tokens().is_none());
}

/// Gradients with respect to chosen inputs, intermediate values and parameters.
#[test]
fn requested_inputs_get_gradients() {
    let mut layout = Layout::new();
    let w = layout.push("w", [2], Role::Matrix);
    let mut weights = ParamVec::<f64>::zeros(layout);
    weights.get_mut(w).copy_from_slice(&[3.0, -1.0]);
    let mut gradients = weights.zeros_like();
    let pool = BufferPool::new();
    let tape = pool.tape(&weights);
    let (x, unused) =
        (tape.input_requiring_gradient([2], &[1.0, 2.0]), tape.input_requiring_gradient([1], &[5.0]));
    let y = x * tape.param(w);
    let loss = (y.square() + x).sum();
    let found = loss.backward_with(&mut gradients, &[x, y, unused, tape.param(w), x]);
    // y = (3, −2), dy = 2y, dx = w·dy + 1, dw = x·dy.
    let dx = vec![19.0, 5.0];
    assert_eq!(found, [dx.clone(), vec![6.0, -4.0], vec![0.0], vec![6.0, -8.0], dx]);
    assert_eq!(gradients.get(w), [6.0, -8.0]);
}
