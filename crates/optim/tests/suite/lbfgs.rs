//! L-BFGS against recordings of PyTorch's, which take their gradients from functions; see
//! `scripts/pytorch/lbfgs.py`.

use std::path::Path;

use optim::{Optimizer, OptimizerSpec, Requires};
use safetensors::SafeTensors;

use crate::optimizer;

/// A loss and its gradient.
type Problem = Box<dyn FnMut(&[f32], &mut [f32]) -> f64>;

/// Distance from PyTorch in double precision that is right: three times as far as PyTorch in single
/// precision gets on the same path, and what single precision leaves open anyway.
const TIMES: f64 = 3.0;
const LEAST: f64 = 5e-7;

/// The rows of a recording: the loss before a step, the gradients taken so far, the weights after it.
struct Recording {
    name: String,
    rows: Vec<Vec<f64>>,
}

#[test]
fn each_step_is_pytorchs() {
    let recordings = recordings();
    let mut compared = 0;
    for double in recordings.iter().filter(|recording| recording.name.contains("float64")) {
        let (problem, recipe) = double.name.split_once(" float64: ").expect("a problem and a recipe");
        let name = double.name.replace("float64", "float32");
        let single = recordings.iter().find(|recording| recording.name == name).expect("both are recorded");
        let (mut f, mut w) = self::problem(problem);
        let mut lbfgs = optimizer(recipe, w.len());
        let farthest = |of: &dyn Fn(&[f64], &[f64]) -> f64| -> f64 {
            let rows = single.rows.iter().zip(&double.rows);
            rows.map(|(single, double)| of(single, double)).fold(0.0, f64::max)
        };
        let bound = LEAST + TIMES * farthest(&|single, double| distance(&single[2..], &double[2..]));
        let loss_bound = LEAST + TIMES * farthest(&|single, double| (single[0] / double[0] - 1.0).abs());
        for (step, double) in double.rows.iter().enumerate() {
            let loss = lbfgs.step_on(&mut w, &mut f);
            let found: Vec<f64> = w.iter().map(|&w| w.into()).collect();
            let far = distance(&found, &double[2..]);
            assert!(far <= bound, "{}: {far:.1e} after step {step}, the bound is {bound:.1e}", name);
            assert!((loss / double[0] - 1.0).abs() <= loss_bound, "{name}: loss {loss} before step {step}");
            assert_eq!(lbfgs.gradient_calls() as f64, double[1], "{name}: gradients after step {step}");
            let state = lbfgs.state_dict();
            let scalar = |name| state.scalars.iter().find(|(known, _)| known == name).expect(name).1;
            assert_eq!(scalar("func_evals"), double[1], "{name}");
        }
        compared += 1;
    }
    assert_eq!(compared, 12);
}

#[test]
fn resumed_is_uninterrupted_on_a_function() {
    for recipe in ["lbfgs max_iter=3 history=4", "lbfgs lr=1e-3 max_iter=4 line_search=none"] {
        for stop in [1, 2, 5] {
            let (mut f, mut w) = problem("rosenbrock");
            let mut whole = optimizer(recipe, 2);
            let mut v = w.clone();
            let mut halves = optimizer(recipe, 2);
            for step in 1..=8 {
                whole.step_on(&mut w, &mut f);
                halves.step_on(&mut v, &mut f);
                if step == stop {
                    let saved = halves.state_dict();
                    halves = optimizer(recipe, 2);
                    halves.load_state_dict(saved).expect("its own state");
                }
            }
            assert_eq!(v, w, "{recipe} stopped after {stop}");
            assert_eq!(halves.state_dict(), whole.state_dict());
        }
    }
}

/// On a quadratic with n different curvatures and an exact line, n steps are enough; here the line is
/// nearly exact.
#[test]
fn a_quadratic_takes_few_steps() {
    let mut f = |w: &[f32], g: &mut [f32]| {
        for (i, (g, w)) in g.iter_mut().zip(w).enumerate() {
            *g = 10_f32.powi(i as i32) * (w - 1.0);
        }
        g.iter().zip(w).map(|(&g, &w)| 0.5 * f64::from(g) * f64::from(w - 1.0)).sum()
    };
    let mut w = [0.0; 4];
    let mut lbfgs = optimizer("lbfgs max_iter=40", 4);
    lbfgs.step_on(&mut w, &mut f);
    assert!(w.iter().all(|w| (w - 1.0).abs() < 1e-4), "{w:?}");
    assert!(lbfgs.gradient_calls() <= 45);
}

#[test]
fn maximize_climbs() {
    let mut spec = OptimizerSpec::new(optim::parse_rule("lbfgs max_iter=3").expect("valid"));
    spec.maximize = true;
    let mut up = Optimizer::of_slice(spec, 2).expect("valid");
    let mut down = optimizer("lbfgs max_iter=3", 2);
    let (mut f, start) = problem("rosenbrock");
    let (mut w, mut v) = (start.clone(), start);
    for _ in 0..3 {
        down.step_on(&mut w, &mut f);
        up.step_on(&mut v, &mut |w, g| {
            let loss = f(w, g);
            g.iter_mut().for_each(|g| *g = -*g);
            -loss
        });
    }
    assert_eq!(w, v);
}

/// Where it is flat nothing is done, and nothing but the gradient is counted.
#[test]
fn a_flat_place_is_left_alone() {
    let mut lbfgs = optimizer("lbfgs", 3);
    let mut w = [1.0, 2.0, 3.0];
    lbfgs.step_on(&mut w, &mut |_, g| {
        g.fill(1e-8);
        0.0
    });
    assert_eq!((w, lbfgs.gradient_calls()), ([1.0, 2.0, 3.0], 1));
}

#[test]
fn it_conflicts_with_clipping() {
    let lbfgs = || OptimizerSpec::new(optim::parse_rule("lbfgs").expect("valid"));
    assert_eq!(lbfgs().requires(), Requires::Closure);
    let clipped = OptimizerSpec { clip: Some(Box::new(optim::clips::Norm { max_norm: 1.0 })), ..lbfgs() };
    let error = clipped.validate().expect_err("a clipped gradient is none of the function's").to_string();
    assert!(error.starts_with("lbfgs: "), "{error}");
}

fn problem(name: &str) -> (Problem, Vec<f32>) {
    if name == "rosenbrock" {
        let valley = |w: &[f32], gradient: &mut [f32]| {
            let (x, y) = (f64::from(w[0]), f64::from(w[1]));
            gradient[0] = (-2.0 * (1.0 - x) - 400.0 * x * (y - x * x)) as f32;
            gradient[1] = (200.0 * (y - x * x)) as f32;
            (1.0 - x).powi(2) + 100.0 * (y - x * x).powi(2)
        };
        return (Box::new(valley), vec![-1.2, 1.0]);
    }
    let data = fixture("closed_loop");
    let file = SafeTensors::deserialize(&data).expect("a safetensors file");
    let numbers = |name: &str| -> Vec<f64> {
        let data = file.tensor(name).expect("a made data set").data();
        data.as_chunks::<4>().0.iter().map(|&b| f32::from_le_bytes(b).into()).collect()
    };
    let (x, y) = (numbers("x"), numbers("y"));
    (Box::new(move |w, gradient| softmax_regression(&x, &y, w, gradient)), vec![0.0; 32])
}

/// Mean cross-entropy of scores x·w of 8 features and 4 classes, and its gradient.
fn softmax_regression(x: &[f64], y: &[f64], w: &[f32], gradient: &mut [f32]) -> f64 {
    let (mut sums, mut loss) = ([0.0; 32], 0.0);
    for (x, &label) in x.chunks(8).zip(y) {
        let score = |class: usize| -> f64 { (0..8).map(|i| x[i] * f64::from(w[4 * i + class])).sum() };
        let e = [0, 1, 2, 3].map(|class| score(class).exp());
        let total = e.iter().sum::<f64>();
        loss -= (e[label as usize] / total).ln();
        for (i, class) in (0..8).flat_map(|i| (0..4).map(move |class| (i, class))) {
            let target = if label as usize == class { 1.0 } else { 0.0 };
            sums[4 * i + class] += (e[class] / total - target) * x[i];
        }
    }
    let n = y.len() as f64;
    gradient.iter_mut().zip(sums).for_each(|(g, sum)| *g = (sum / n) as f32);
    loss / n
}

/// ‖a − b‖ / ‖b‖.
fn distance(a: &[f64], b: &[f64]) -> f64 {
    let norm = |x: &mut dyn Iterator<Item = f64>| x.map(|x| x * x).sum::<f64>().sqrt();
    norm(&mut a.iter().zip(b).map(|(a, b)| a - b)) / norm(&mut b.iter().copied())
}

fn recordings() -> Vec<Recording> {
    let data = fixture("lbfgs");
    let file = SafeTensors::deserialize(&data).expect("a safetensors file");
    let of = |(name, array): (&str, safetensors::tensor::TensorView<'_>)| {
        let columns = array.shape()[1];
        let numbers: Vec<f64> =
            array.data().as_chunks::<8>().0.iter().map(|&b| f64::from_le_bytes(b)).collect();
        Recording { name: name.to_string(), rows: numbers.chunks(columns).map(<[f64]>::to_vec).collect() }
    };
    file.iter().map(of).collect()
}

fn fixture(name: &str) -> Vec<u8> {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name).with_extension("safetensors");
    std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}
