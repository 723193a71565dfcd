//! A training step of the SimpleNN: gather, forward, loss, backward, update, on one thread.

use autograd::Tape;
use data::Split;
use data::batches::Normalise;
use lab::Recipe;
use nn::{Activation, Model};
use tensor::random::Stream;

use super::{Subject, time};

const WIDTHS: [usize; 4] = [784, 128, 64, 10];

pub(super) fn subject(recipe: &str, batch: usize) -> Subject {
    let recipe: Recipe = recipe.parse().expect("a known optimizer");
    let model = Model::mlp(&WIDTHS, Activation::Relu);
    let mut weights = model.init(1);
    let mut gradients = weights.zeros_like();
    let mut optimizer = recipe.optimizer(model.layout(), 0).expect("settings in range");
    let split = images(4096);
    let order = data::batches::epoch_order(1, 0, split.len());
    let (tape, mut labels, mut place) = (Tape::new(), Vec::new(), 0);
    let mut step = move || {
        let indices = &order[place..place + batch];
        place = if place + 2 * batch <= order.len() { place + batch } else { 0 };
        let graph = tape.graph(&weights);
        let x =
            graph.input_with([batch, WIDTHS[0]], |x| Normalise::HALF.gather(&split, indices, x, &mut labels));
        model.forward(x).cross_entropy(&labels).backward(&mut gradients);
        drop(graph);
        optimizer.step(weights.as_mut_slice(), gradients.as_slice());
    };
    // Long enough for the clock: about 10 ms.
    let calls = (20_000 / batch).clamp(40, 400);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a thread can be started");
    let multiply_adds: usize = WIDTHS.windows(2).map(|w| 2 * w[0] * w[1]).sum::<usize>()
        + WIDTHS.windows(2).skip(1).map(|w| w[0] * w[1]).sum::<usize>();
    let name = format!("SimpleNN step, batch {batch}, {}", recipe.name());
    let work = move || pool.install(|| time(|| (0..calls).for_each(|_| step()))) / calls as f64;
    let operations = (2 * batch * multiply_adds) as f64;
    Subject { name, operations, cores: 1, work: Box::new(work), seconds: Vec::new() }
}

/// Images with as much background as digits have.
fn images(count: usize) -> Split {
    let mut stream = Stream::new(1, "images");
    let pixels =
        (0..count * WIDTHS[0]).map(|_| if stream.below(5) == 0 { stream.below(256) as u8 } else { 0 });
    let pixels = pixels.collect();
    let labels = (0..count).map(|_| stream.below(10) as u8).collect();
    Split { pixels, labels, rows: 28, cols: 28 }
}
