//! A mistake in shapes is a panic at the caller's line, with the shapes.

use std::cell::RefCell;
use std::panic::{self, AssertUnwindSafe};

use autograd::{BufferPool, Tape, Var};
use tensor::{Layout, ParamVec};

type Mistake = for<'g> fn(&'g Tape<'g, f32>) -> Var<'g, f32>;

/// One row per message: the call, on a line of this file, and the message.
const TABLE: &[(Mistake, &str)] = &[
    (|t| t.input([2], &[0.0; 3]), "expected 2 values for shape [2], found 3"),
    (|t| t.input_requiring_gradient([2], &[0.0; 3]), "expected 2 values for shape [2], found 3"),
    (|t| t.push([2], t.buffer([3]), &[], |_, _| ()), "expected 2 values for shape [2], found 3"),
    (|t| zeros(t, &[2, 3]) + zeros(t, &[2]), "expected shapes that broadcast, found [2, 3] and [2]"),
    (|t| zeros(t, &[2, 3]) - zeros(t, &[2]), "expected shapes that broadcast, found [2, 3] and [2]"),
    (|t| zeros(t, &[2, 3]) * zeros(t, &[2]), "expected shapes that broadcast, found [2, 3] and [2]"),
    (|t| zeros(t, &[2, 3]) / zeros(t, &[2]), "expected shapes that broadcast, found [2, 3] and [2]"),
    (|t| zeros(t, &[2, 3]).mse(zeros(t, &[2])), "expected shapes that broadcast, found [2, 3] and [2]"),
    (
        |t| zeros(t, &[3, 2]).embedding(&[0, 3], [2]),
        "expected indices below 3, the rows of the table, found 3",
    ),
    (
        |t| t.input_tokens([2], |x| x.fill(7)).embedding_of(zeros(t, &[3, 2])),
        "expected indices below 3, the rows of the table, found 7",
    ),
    (
        |t| zeros(t, &[2]).embedding_of(zeros(t, &[3, 2])),
        "expected tokens, found numbers of shape [2]; see Tape::input_tokens",
    ),
    (|t| zeros(t, &[3]).embedding(&[0], [1]), "expected a table [count, width], found shape [3]"),
    (|t| zeros(t, &[3, 1]).embedding(&[0], [2]), "expected 2 indices for shape [2], found 1"),
    (
        |t| zeros(t, &[2, 2, 3]).cross_entropy(&[0; 3]),
        "expected 4 labels, one for each row of shape [2, 2, 3], found 3",
    ),
    (|t| zeros(t, &[2, 3]).cross_entropy(&[0, 3]), "expected labels below 3, the number of classes, found 3"),
    (
        |t| zeros(t, &[1, 2, 4, 1]).max_pool2d(3, 1),
        "expected a window within images of shape [1, 2, 4, 1], found 3 × 3",
    ),
    (
        |t| zeros(t, &[4, 2]).layer_norm(zeros(t, &[3]), zeros(t, &[2]), 1e-5),
        "expected a scale and a shift of shape [2] for an input of shape [4, 2], found [3] and [2]",
    ),
    (
        |t| zeros(t, &[2, 3]).matmul(zeros(t, &[2, 3])),
        "expected matrices [.., m, k] and [.., k, n], found shapes [2, 3] and [2, 3]",
    ),
    (
        |t| zeros(t, &[2]).matmul(zeros(t, &[2, 3])),
        "expected matrices [.., m, k] and [.., k, n], found shapes [2] and [2, 3]",
    ),
    (
        |t| zeros(t, &[2, 3, 4]).matmul(zeros(t, &[3, 4, 1])),
        "expected shapes that broadcast, found [2] and [3]",
    ),
    (
        |t| zeros(t, &[2, 3]).slice(&[0..1, 2..4]),
        "expected a range within 0..3 along axis 1 of shape [2, 3], found 2..4",
    ),
    (|t| zeros(t, &[2]).slice(&[0..1, 0..1]), "expected at most 1 ranges for shape [2], found 2"),
    (
        |t| zeros(t, &[2, 3]).narrow(0, 1, 2),
        "expected a range within 0..2 along axis 0 of shape [2, 3], found 1..3",
    ),
    (|t| zeros(t, &[2, 3]).cumsum(2), "expected an axis below 2, the rank of shape [2, 3], found 2"),
    (|t| zeros(t, &[2, 3]).sum_axes(&[1, 1], true), "duplicate axis 1"),
    (|t| zeros(t, &[2, 0]).max_axis(1), "expected a size of at least 1 along axis 1, found shape [2, 0]"),
    (|t| zeros(t, &[2, 3]).permute(&[0, 0]), "expected each axis of shape [2, 3] once, found [0, 0]"),
    (|t| zeros(t, &[2, 3]).expand([2, 4]), "expected a shape that [2, 3] broadcasts to, found [2, 4]"),
    (|t| zeros(t, &[2, 3]).squeeze(1), "expected size 1 along axis 1 of shape [2, 3], found 3"),
    (|t| Var::stack(&[zeros(t, &[2]), zeros(t, &[3])], 0), "expected parts of one shape, found [2] and [3]"),
    (
        |t| zeros(t, &[2, 3]).index_select(1, &[3]),
        "expected indices below 3, the size of axis 1 of shape [2, 3], found 3",
    ),
    (
        |t| zeros(t, &[2, 3]).gather(1, &[0; 3], [3, 1]),
        "expected indices of shape [2, 3] but for axis 1, found shape [3, 1]",
    ),
    (
        |t| zeros(t, &[2, 3]).masked_softmax(zeros(t, &[2, 2, 3])),
        "expected a mask that broadcasts to [2, 3], found shape [2, 2, 3]",
    ),
    (
        |t| {
            let [q, v] = [zeros(t, &[2, 3, 4]), zeros(t, &[2, 2, 4])];
            q.scaled_dot_product_attention(q, v, true)
        },
        "expected queries [.., n, d], keys [.., m, d] and values [.., m, e], found shapes [2, 3, 4], [2, 3, 4] and \
         [2, 2, 4]",
    ),
    (
        |t| {
            let x = zeros(t, &[2]);
            let borrowed = x.values();
            (x + x).scale(borrowed[0])
        },
        "expected no borrow of values while the tape grows; drop `Values` first, or copy them",
    ),
    (|t| t.input([1], &[zeros(t, &[2]).item()]), "expected a single number, found shape [2]"),
    (
        |t| {
            let x = zeros(t, &[1]);
            x.backward_with(&mut ParamVec::zeros(Layout::new()), &[x]);
            x
        },
        "expected an input that requires a gradient, found a constant of shape [1]",
    ),
];

fn zeros<'g>(tape: &'g Tape<'g, f32>, shape: &[usize]) -> Var<'g, f32> {
    tape.input_with(shape, |x| x.fill(0.0))
}

thread_local! {
    /// File and message of the last panic.
    static LAST: RefCell<(String, String)> = RefCell::default();
}

#[test]
fn every_panic_names_the_caller_and_the_shapes() {
    panic::set_hook(Box::new(|info| {
        let file = info.location().map(|at| at.file().to_string());
        let message = info.payload_as_str().map(str::to_string);
        LAST.set((file.unwrap_or_default(), message.unwrap_or_default()));
    }));
    let nothing = ParamVec::zeros(Layout::new());
    let told: Vec<_> = TABLE
        .iter()
        .map(|(mistake, _)| {
            let pool = BufferPool::new();
            let caught = panic::catch_unwind(AssertUnwindSafe(|| mistake(&pool.tape(&nothing)).shape()));
            caught.is_err().then(|| LAST.take())
        })
        .collect();
    drop(panic::take_hook());
    for ((_, expected), told) in TABLE.iter().zip(told) {
        let (file, message) = told.unwrap_or_else(|| panic!("no panic for {expected:?}"));
        assert_eq!((message.as_str(), file.ends_with("tests/panics.rs")), (*expected, true), "in {file}");
    }
}

#[test]
#[should_panic(expected = "expected inputs of one tape, found two")]
fn values_of_two_tapes_are_refused() {
    let nothing = ParamVec::<f32>::zeros(Layout::new());
    let pool = BufferPool::new();
    let (one, other) = (pool.tape(&nothing), pool.tape(&nothing));
    let _ = zeros(&one, &[2]) + zeros(&other, &[2]);
}
