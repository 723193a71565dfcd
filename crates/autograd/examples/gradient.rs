//! The gradient of Rosenbrock's function, and a descent along it.
#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use autograd::BufferPool;
use tensor::{Layout, ParamVec, Role};

fn main() {
    let mut layout = Layout::new();
    let [x, y] = ["x", "y"].map(|name| layout.push(name, [1], Role::Matrix));
    let mut point: ParamVec<f64> = ParamVec::zeros(layout);
    point.as_mut_slice().copy_from_slice(&[-1.2, 1.0]);

    let pool = BufferPool::new();
    let mut gradient = point.zeros_like();
    for step in 0..=20_000 {
        let tape = pool.tape(&point);
        let [x, y] = [tape.param(x), tape.param(y)];
        // f = (1 − x)² + 100·(y − x²)²
        let f = ((-x).shift(1.0).square() + (y - x.square()).square().scale(100.0)).sum();
        f.backward(&mut gradient);
        let f = f.item();
        drop(tape);
        if step % 4_000 == 0 {
            println!("step {step:>6}: f = {f:.3e} at {:.5?}", point.as_slice());
        }
        for (w, g) in point.as_mut_slice().iter_mut().zip(gradient.as_slice()) {
            *w -= 1e-3 * g;
        }
    }
}
