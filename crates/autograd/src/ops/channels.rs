//! The order of an image's channels in memory.

use tensor::Shape;
use tensor::matmul::Mat;

use crate::var::Var;

ops! {
    /// Permutes images [n, height, width, channels] to [n, channels, height, width], the order in which PyTorch
    /// flattens them.
    ///
    /// # Panics
    /// If the rank is not 4.
    #[track_caller]
    pub fn channels_first(self) -> Var<'g, T> {
        let (tape, x) = (self.tape(), self.node());
        let &[n, height, width, channels] = &*self.shape() else {
            panic!("expected images [n, height, width, channels], found shape {}", self.shape());
        };
        let (area, image) = (height * width, height * width * channels);
        let shape = Shape::from([n, channels, height, width]);
        let mut y = tape.buffer(shape);
        for (y, x) in y.chunks_exact_mut(image.max(1)).zip(self.values().chunks_exact(image.max(1))) {
            Mat::new(x, area, channels).t().copy_to(y);
        }

        tape.push(shape, y, &[self], move |ctx, gradients| {
            gradients.with_buffer(ctx.dy.len(), |gradients, d| {
                for (d, dy) in d.chunks_exact_mut(image.max(1)).zip(ctx.dy.chunks_exact(image.max(1))) {
                    Mat::new(dy, channels, area).t().copy_to(d);
                }
                gradients.add_map(x, d, d, |d, _| d);
            });
        })
    }
}
