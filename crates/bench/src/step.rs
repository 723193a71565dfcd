//! A training step of the SimpleNN: gather, forward, loss, backward, update.

use std::path::Path;
use std::sync::Arc;

use autograd::BufferPool;
use data::batches::Normalize;
use data::{Images, Request};
use nn::{Activation, Model};
use rayon::ThreadPool;
use tensor::parallel::spinning;
use tensor::random::Stream;
use train::Recipe;

use super::{Case, time};

const WIDTHS: [usize; 4] = [784, 128, 64, 10];

/// Steps of one run on a number of threads.
pub(super) fn case(name: &str, recipe: &str, images: &Arc<Images>, batch: usize, threads: usize) -> Case {
    let (mut step, calls, pool) = (steps(recipe, images, batch), calls(batch), pool(threads));
    let work = move || pool.install(|| spinning(|| time(|| (0..calls).for_each(|_| step())))) / calls as f64;
    Case {
        name: name.to_string(),
        operations: operations(batch),
        cores: threads,
        target: 0.0,
        work: Box::new(work),
        seconds: Vec::new(),
    }
}

/// A step of each of two runs, which have a thread each.
pub(super) fn two_at_once(name: &str, recipe: &str, images: &Arc<Images>, batch: usize) -> Case {
    let calls = 4 * calls(batch);
    let mut runs = [(); 2].map(|()| (steps(recipe, images, batch), pool(1)));
    let work = move || {
        let all = || {
            std::thread::scope(|scope| {
                for (step, pool) in &mut runs {
                    scope.spawn(|| pool.install(|| (0..calls).for_each(|_| step())));
                }
            });
        };
        time(all) / calls as f64
    };
    Case {
        name: name.to_string(),
        operations: 2.0 * operations(batch),
        cores: 2,
        target: 0.0,
        work: Box::new(work),
        seconds: Vec::new(),
    }
}

/// Makes one update a call.
pub(super) fn steps(recipe: &str, images: &Arc<Images>, batch: usize) -> impl FnMut() + Send + use<> {
    let recipe: Recipe = recipe.parse().expect("a known optimizer");
    let model = Model::mlp(&WIDTHS, Activation::Relu);
    let mut weights = model.init(1);
    let mut gradients = weights.zeros_like();
    let mut optimizer = recipe.optimizer(model.layout(), 0).expect("settings in range");
    let split = Arc::clone(images);
    let order = data::batches::epoch_order(1, 0, split.len());
    let (pool, mut labels, mut place) = (BufferPool::new(), Vec::new(), 0);
    move || {
        let indices = &order[place..place + batch];
        place = if place + 2 * batch <= order.len() { place + batch } else { 0 };
        let tape = pool.tape(&weights);
        let x = tape.input_bytes([batch, WIDTHS[0]], Normalize::HALF.quantization(), |pixels| {
            split.gather(indices, pixels, &mut labels);
        });
        model.forward(x).cross_entropy(&labels).backward(&mut gradients);
        drop(tape);
        optimizer.step(weights.as_mut_slice(), gradients.as_slice());
    }
}

/// Steps that take long enough for the clock: about 10 ms.
fn calls(batch: usize) -> usize {
    (20_000 / batch).clamp(1, 400)
}

/// Floating-point operations of a step's products, if all of them are made.
fn operations(batch: usize) -> f64 {
    let multiply_adds: usize = WIDTHS.windows(2).map(|w| 2 * w[0] * w[1]).sum::<usize>()
        + WIDTHS.windows(2).skip(1).map(|w| w[0] * w[1]).sum::<usize>();
    (2 * batch * multiply_adds) as f64
}

pub(super) fn pool(threads: usize) -> ThreadPool {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads can be started")
}

/// As many images as MNIST has to train on: its own, or if it is not on this machine, those of the
/// sample again and again.
pub(super) fn digits(data_dir: Option<&Path>) -> Result<Arc<Images>, String> {
    let mut request = Request::new(data::set("mnist").map_err(|error| error.to_string())?);
    (request.data_dir, request.offline) = (data_dir.map(Path::to_path_buf), true);
    let split = data::load(&request, &mut |_| ()).map_err(|error| error.to_string())?.train;
    let again = |values: &[u8], count: usize| values.iter().copied().cycle().take(count).collect();
    let (pixels, labels) = (again(&split.pixels, IMAGES * WIDTHS[0]), again(&split.labels, IMAGES));
    Ok(Arc::new(Images { pixels, labels, ..split }))
}

/// Images without a background.
pub(super) fn noise() -> Arc<Images> {
    let mut stream = Stream::new(1, "images");
    let pixels = (0..IMAGES * WIDTHS[0]).map(|_| stream.below(256) as u8).collect();
    let labels = (0..IMAGES).map(|_| stream.below(10) as u8).collect();
    Arc::new(Images { pixels, labels, rows: 28, cols: 28 })
}

const IMAGES: usize = 60_000;
