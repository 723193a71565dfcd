//! Every rule walks down Rosenbrock's valley, with nothing but two slices.
#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use optim::Optimizer;

fn main() -> Result<(), optim::Error> {
    for recipe in [
        "sgd lr=1e-3",
        "sgd lr=1e-3 momentum=0.9",
        "adagrad lr=0.5",
        "rmsprop lr=1e-3",
        "adam lr=0.01",
        "adamw lr=0.01",
    ] {
        let mut at = [-1.2_f32, 1.0];
        let mut optimizer = Optimizer::from_boxed(optim::parse_rule(recipe)?, at.len())?;
        for _ in 0..20_000 {
            let gradient = gradient(at);
            optimizer.step(&mut at, &gradient);
        }
        println!("{recipe:<26} f = {:.1e} at ({:.4}, {:.4})", f(at), at[0], at[1]);
    }
    Ok(())
}

/// (1 − x)² + 100·(y − x²)², least at (1, 1).
fn f([x, y]: [f32; 2]) -> f32 {
    (1.0 - x).powi(2) + 100.0 * (y - x * x).powi(2)
}

fn gradient([x, y]: [f32; 2]) -> [f32; 2] {
    [-2.0 * (1.0 - x) - 400.0 * x * (y - x * x), 200.0 * (y - x * x)]
}
