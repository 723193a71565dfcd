//! The custom op of an example has the gradient of its formula.

use autograd::BufferPool;
use tensor::{Layout, ParamVec};

#[path = "../examples/own_op.rs"]
mod own_op;

#[test]
fn the_example_checks_its_gradient() {
    own_op::main();
}

#[test]
fn its_values_follow_the_formula() {
    let nothing = ParamVec::<f64>::zeros(Layout::new());
    let pool = BufferPool::new();
    let tape = pool.tape(&nothing);
    let (x, a) = ([0.3, -1.0, 2.0, 0.0], [0.5, 2.0]);
    let y = own_op::snake(tape.input([2, 2], &x), tape.input([2], &a));
    for (i, &y) in y.values().iter().enumerate() {
        let (x, a) = (x[i], a[i % 2]);
        assert_eq!(y, x + (a * x).sin().powi(2) / a);
    }
}
