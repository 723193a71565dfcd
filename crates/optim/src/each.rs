//! The fused loop: weights, gradient and all state read once and written once, in vectors, over
//! fixed chunks.

use tensor::parallel::{CHUNK, for_each_chunk};
use tensor::simd::{self, Kernel, Path};

/// The weights that a rule updates in one step, with their gradients and its state arrays.
#[derive(Debug)]
pub struct Each<'a> {
    pub(crate) weights: &'a mut [f32],
    pub(crate) gradients: &'a [f32],
    /// What every gradient is multiplied with first: less than 1 when the norm is clipped.
    pub(crate) scale: f32,
    pub(crate) state: &'a mut [Vec<f32>],
    /// The rule's numbers that are no array, in the order in which it declares them.
    pub(crate) scalars: &'a mut [f64],
    /// What the schedule multiplies the learning rate with at this step.
    pub(crate) schedule_factor: f64,
    /// The instructions to run with.
    pub(crate) path: Path,
}

impl Each<'_> {
    /// The numbers that the rule keeps between steps beside its arrays, as
    /// [`Rule::scalars`](crate::Rule::scalars) declares them.
    ///
    /// # Panics
    /// If the rule declares another number of them.
    #[track_caller]
    pub fn scalars<const N: usize>(&mut self) -> &mut [f64; N] {
        let declared = self.scalars.len();
        (&mut *self.scalars)
            .try_into()
            .unwrap_or_else(|_| panic!("the update takes {N} scalars, {declared} are declared"))
    }

    /// What the schedule multiplies the learning rate with at this step. The rule's own learning
    /// rate is already multiplied; this is for what has to follow it.
    pub fn schedule_factor(&self) -> f64 {
        self.schedule_factor
    }

    /// Replaces every weight w and its state by `update(w, g, state)`.
    ///
    /// The update is compiled into one vector loop for each instruction set; it contains no fused
    /// multiply-add of its own, so all give the same bits. It owns its numbers (write `move |…|`),
    /// since what is read through a reference has to be read again for every weight.
    ///
    /// # Panics
    /// If the rule declares another number of state arrays than `update` takes.
    #[track_caller]
    pub fn weight<const N: usize>(
        self,
        update: impl Fn(f32, f32, [f32; N]) -> (f32, [f32; N]) + Copy + Send + Sync + 'static,
    ) {
        self.weight_at(move |_, w, g, state| update(w, g, state));
    }

    /// As [`weight`](Each::weight), for a rule that also wants to know the weight's place in the
    /// slice, counted from 0.
    ///
    /// # Panics
    /// As [`weight`](Each::weight).
    #[track_caller]
    pub fn weight_at<const N: usize>(
        self,
        update: impl Fn(usize, f32, f32, [f32; N]) -> (f32, [f32; N]) + Copy + Send + Sync + 'static,
    ) {
        let Each { weights, gradients, scale, state, path, .. } = self;
        assert_eq!(state.len(), N, "the update takes {N} state arrays");
        let mut chunks_of_state = state.iter_mut().map(|array| array.chunks_mut(CHUNK)).collect::<Vec<_>>();
        let pairs = weights.chunks_mut(CHUNK).zip(gradients.chunks(CHUNK));
        let chunks = pairs.enumerate().map(|(number, (weights, gradients))| Chunk {
            first: number * CHUNK,
            state: std::array::from_fn(|i| chunks_of_state[i].next().expect("state is as long as the weights")),
            weights,
            gradients,
            scale,
            update,
        });
        for_each_chunk(chunks.collect(), |chunk| simd::dispatch_on(path, chunk));
    }
}

struct Chunk<'a, const N: usize, F> {
    /// The place of the first weight in the whole slice.
    first: usize,
    weights: &'a mut [f32],
    gradients: &'a [f32],
    scale: f32,
    state: [&'a mut [f32]; N],
    update: F,
}

impl<const N: usize, F: Fn(usize, f32, f32, [f32; N]) -> (f32, [f32; N])> Kernel for Chunk<'_, N, F> {
    #[inline(always)]
    fn run(self) {
        let Chunk { first, weights, gradients, scale, state, update } = self;
        let n = weights.len();
        let gradients = &gradients[..n];
        let state = state.map(|array| &mut array[..n]);
        for i in 0..n {
            let (w, s) = update(first + i, weights[i], gradients[i] * scale, std::array::from_fn(|k| state[k][i]));
            weights[i] = w;
            for k in 0..N {
                state[k][i] = flush(s[k]);
            }
        }
    }
}

/// 0 for a number too small for full precision. The momentum of a unit that no longer gets
/// gradients halves every few steps; below 1.2e-38 each operation on it would cost the processor
/// a hundred times its normal time (measured on MNIST: 3.8× on a whole Adam step).
#[inline(always)]
fn flush(x: f32) -> f32 {
    if x.abs() < f32::MIN_POSITIVE { 0.0 } else { x }
}
