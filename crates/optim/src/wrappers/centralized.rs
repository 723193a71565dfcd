use tensor::parallel::{CHUNK, for_each_chunk};
use tensor::simd::{self, Kernel};

use crate::hyperparameters;
use crate::rule::{Changes, Info, MemoryTraffic, Wrapper, WrapperCtx};

hyperparameters! {
    /// Takes the mean out of each row of a gradient.
    pub struct Centralized {
        /// True if only kernels of convolutions are centered, not matrices.
        kernels_only: bool = false,
    }
}

impl Wrapper for Centralized {
    const INFO: Info = Info {
        name: "centralized",
        title: "Gradient centralization",
        family: "wrapper",
        problem: "what all weights of a unit have in common in their gradient moves its mean, which mostly \
                  shifts the output and makes training less smooth",
        formula: "g ← g − mean(g)               (of each row of a matrix, of each kernel)",
        good_when: "inputs of a layer are not centered, as after a ReLU; it costs one pass over the \
                    gradients",
        bad_when: "a layer is followed by a norm that takes the mean out anyway",
        relatives: "adamp and sgdp take out another part of a step, the one along the weights",
        source: "Yong et al. 2020",
    };
    const CHANGES: Changes = Changes::Gradients;

    fn memory_traffic(&self) -> MemoryTraffic {
        MemoryTraffic::of(2, 2, 2)
    }

    fn step(&self, mut ctx: WrapperCtx<'_>) {
        let path = ctx.path();
        let min_rank = if self.kernels_only { 3 } else { 2 };
        let rows: Vec<_> = ctx.params().iter().filter(|entry| entry.shape.rank() >= min_rank).collect();
        let rows: Vec<_> = rows.into_iter().map(|entry| (entry.range.clone(), entry.shape[0])).collect();
        let gradients = ctx.gradients_mut();
        for (range, rows) in rows {
            let row = range.len() / rows.max(1);
            let several = (CHUNK / row.max(1)).max(1) * row.max(1);
            let chunks = gradients[range].chunks_mut(several).map(|rows| Center { rows, row });
            for_each_chunk(chunks.collect(), |chunk| simd::dispatch_on(path, chunk));
        }
        ctx.inner();
    }
}

/// Whole rows of a gradient, each of `row` numbers.
struct Center<'a> {
    rows: &'a mut [f32],
    row: usize,
}

impl Kernel for Center<'_> {
    #[inline(always)]
    fn run(self) {
        /// Sums that run side by side, so that the order of additions is the same on every path.
        const LANES: usize = 16;
        for row in self.rows.chunks_exact_mut(self.row) {
            let mut lanes = [0.0_f64; LANES];
            for block in row.chunks(LANES) {
                for (lane, &g) in lanes.iter_mut().zip(block) {
                    *lane += f64::from(g);
                }
            }
            let mean = (lanes.iter().sum::<f64>() / row.len() as f64) as f32;
            row.iter_mut().for_each(|g| *g -= mean);
        }
    }
}
