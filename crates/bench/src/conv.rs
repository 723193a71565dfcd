//! The convolutional net 2c2d: the three products of its second convolution, and a whole step.

use autograd::BufferPool;
use nn::Context;
use tensor::conv::{Conv2d, Padding};
use tensor::random::Stream;
use train::Recipe;

use super::{Case, time};

const BATCH: usize = 128;

/// Multiply-adds for one image in conv1, conv2, fc1 and fc2.
const LAYERS: [usize; 4] = [28 * 28 * 25 * 32, 14 * 14 * 25 * 32 * 64, 3136 * 1024, 1024 * 10];

pub(super) fn cases(cores: usize) -> Vec<Case> {
    let mut cases: Vec<Case> = ["y", "dx", "dw"].map(product).into();
    cases.push(step(1));
    if cores > 1 {
        cases.push(step(cores));
    }
    cases
}

/// One of the products of conv2, 5 × 5 from 32 to 64 channels on 14 × 14 pixels, on one thread.
fn product(which: &'static str) -> Case {
    let conv = Conv2d::new([14, 14, 32], [64, 32, 5, 5], 1, Padding::Same);
    let (mut x, mut w) = (numbers("x", BATCH * 14 * 14 * 32), numbers("w", 64 * 32 * 25));
    let mut y = numbers("y", BATCH * 14 * 14 * 64);
    let work = move || match which {
        "y" => conv.forward(&x, &w, None, &mut y),
        "dx" => conv.input_gradient(&y, &w, 0.0, &mut x),
        _ => conv.weight_gradient(&x, &y, 0.0, &mut w),
    };
    case(format!("2c2d conv2 {which}, batch {BATCH}"), BATCH * LAYERS[1], 1, work)
}

/// A training step on a number of threads.
fn step(threads: usize) -> Case {
    // Each layer has three products, but the gradient of the images is nobody's.
    let multiply_adds = BATCH * (3 * LAYERS.iter().sum::<usize>() - LAYERS[0]);
    let on = if threads == 1 { String::new() } else { format!(", {threads} threads") };
    case(format!("{STEP}{on}"), multiply_adds, threads, steps())
}

/// The row of a training step.
pub(super) const STEP: &str = "2c2d step, batch 128, adam";

/// Makes one update a call: forward, loss, backward, update.
pub(super) fn steps() -> impl FnMut() + Send {
    let recipe: Recipe = "adam lr=0.001".parse().expect("a known optimizer");
    let model = nn::models::two_c_two_d([28, 28], 10);
    let (mut weights, mut buffers) = (model.init(1), model.buffers());
    let mut gradients = weights.zeros_like();
    let mut optimizer = recipe.optimizer(model.layout(), 0).expect("settings in range");
    let (pool, images) = (BufferPool::new(), numbers("images", BATCH * 784));
    let labels: Vec<u32> = (0..BATCH as u32).map(|i| i % 10).collect();
    move || {
        let tape = pool.tape(&weights);
        let x = tape.input([BATCH, 784], &images);
        let scores = model.forward_in(x, Context::Train { seed: 0, step: 0, buffers: &mut buffers });
        scores.cross_entropy(&labels).backward(&mut gradients);
        drop(tape);
        optimizer.step(weights.as_mut_slice(), gradients.as_slice());
    }
}

fn case(name: String, multiply_adds: usize, threads: usize, work: impl FnMut() + Send + 'static) -> Case {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads can be started");
    let mut work = work;
    let work = move || pool.install(|| time(&mut work));
    let operations = 2.0 * multiply_adds as f64;
    let target = if name.contains("step") { 0.65 } else { 0.0 };
    Case { name, operations, cores: threads, target, work: Box::new(work), seconds: Vec::new() }
}

fn numbers(name: &str, len: usize) -> Vec<f32> {
    let mut values = vec![0.0; len];
    Stream::new(1, name).fill_uniform(&mut values, -1.0, 1.0);
    values
}
