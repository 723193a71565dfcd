//! A network classifies two interleaved spirals, trained by full-batch gradient descent.
#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use autograd::BufferPool;
use nn::{Activation, Model, metrics};
use tensor::random::Stream;

fn main() {
    let (points, labels) = spirals(200);
    let model = Model::mlp(&[2, 32, 32, 2], Activation::Tanh);
    let mut weights = model.init(1);
    let mut gradients = weights.zeros_like();
    let pool = BufferPool::new();
    for step in 0..=3000 {
        let tape = pool.tape(&weights);
        let scores = model.forward(tape.input([labels.len(), 2], &points));
        let loss = scores.cross_entropy(&labels);
        if step % 500 == 0 {
            let accuracy = metrics::accuracy(&metrics::predictions(&scores.values(), 2), &labels);
            println!("step {step:>5}: loss {:.4}, accuracy {:.1}%", loss.item(), 100.0 * accuracy);
        }
        loss.backward(&mut gradients);
        drop(tape);
        for (w, g) in weights.as_mut_slice().iter_mut().zip(gradients.as_slice()) {
            *w -= 0.5 * g;
        }
    }
}

/// `n` points of two interleaved spirals, and which spiral each is on.
fn spirals(n: usize) -> (Vec<f32>, Vec<u32>) {
    let mut stream = Stream::new(3, "spirals");
    let labels: Vec<u32> = (0..n as u32).map(|i| i % 2).collect();
    let points = labels.iter().enumerate().flat_map(|(i, &label)| {
        let radius = 0.1 + 0.9 * i as f32 / n as f32;
        let angle = 7.0 * radius + std::f32::consts::PI * label as f32;
        [radius * angle.cos() + 0.01 * stream.normal(), radius * angle.sin() + 0.01 * stream.normal()]
    });
    (points.collect(), labels)
}
