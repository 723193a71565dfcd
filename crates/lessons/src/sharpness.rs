//! Sharpness along a run, in single precision: cheap enough for thousands of digits.

use autograd::BufferPool;
use tensor::ParamVec;
use tensor::random::Stream;
use train::{Batch, Draw, Split, Task};

/// The largest eigenvalue of the Hessian of the mean loss, by the power method; each look begins at the direction in
/// which the last one ended, since the sharpest direction of a network turns slowly.
#[derive(Debug)]
pub(crate) struct Sharpness<'t> {
    task: &'t Task,
    batch: Batch,
    /// Unit vector.
    direction: Vec<f64>,
    pool: BufferPool,
}

/// Half the distance between the two gradients of a product: far above the rounding of single precision, and so short that
/// few units with ReLU are switched on or off by it.
const STEP: f64 = 2e-4;

impl<'t> Sharpness<'t> {
    /// Of the loss on the first `examples` training examples.
    pub(crate) fn new(task: &'t Task, examples: usize) -> Sharpness<'t> {
        let mut batch = Batch::default();
        let count = task.examples.len(Split::Train).min(examples) as u32;
        task.examples.gather(Split::Train, &(0..count).collect::<Vec<_>>(), &mut batch);
        let mut stream = Stream::new(0, "sharpness");
        let direction = (0..task.model.layout().len()).map(|_| f64::from(stream.normal())).collect();
        Sharpness { task, batch, direction: unit(direction), pool: BufferPool::new() }
    }

    /// The eigenvalue at these weights, an estimate from below, after this number of products with the Hessian.
    pub(crate) fn at(&mut self, weights: &ParamVec, buffers: &ParamVec, products: usize) -> f64 {
        let mut eigenvalue = 0.0;
        for _ in 0..products {
            let image = self.times(weights, buffers);
            eigenvalue = image.iter().zip(&self.direction).map(|(image, v)| image * v).sum();
            self.direction = unit(image);
        }
        eigenvalue
    }

    /// The Hessian times the direction, by central differences of the gradient.
    fn times(&self, weights: &ParamVec, buffers: &ParamVec) -> Vec<f64> {
        let (mut at, mut gradient) = (weights.clone(), weights.zeros_like());
        let mut image = vec![0.0; self.direction.len()];
        for side in [STEP, -STEP] {
            let moved = weights.as_slice().iter().zip(&self.direction);
            at.as_mut_slice().iter_mut().zip(moved).for_each(|(x, (w, v))| *x = w + (side * v) as f32);
            let mut buffers = buffers.clone();
            self.task.gradient(&self.pool, &at, &mut buffers, &self.batch, Draw::default(), &mut gradient);
            let slopes = gradient.as_slice().iter();
            image.iter_mut().zip(slopes).for_each(|(image, g)| *image += f64::from(*g) / (2.0 * side));
        }
        image
    }
}

fn unit(vector: Vec<f64>) -> Vec<f64> {
    let norm = vector.iter().map(|x| x * x).sum::<f64>().sqrt();
    vector.into_iter().map(|x| x / norm).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Settings;
    use crate::nets::{at_end, dense, digits};
    use train::curvature::Hessian;

    #[test]
    fn the_power_method_agrees_with_lanczos_in_double_precision() {
        let (examples, _) = digits(&Settings::quick(), 60, 10).expect("the sample");
        let task = dense(examples, &[16]).expect("a network");
        let found = at_end(&task, "sgd lr=0.05, batch=60", 0, 40, |training| {
            let (weights, buffers) = (training.weights(), training.buffers());
            let lanczos = Hessian::new(&task, weights, buffers, 60).sharpness(0).eigenvalue;
            (Sharpness::new(&task, 60).at(weights, buffers, 60), lanczos)
        });
        let (power, lanczos) = found.expect("it trains");
        assert!((power / lanczos - 1.0).abs() < 0.02, "{power} is not {lanczos}");
    }
}
