//! The fused loop: weights, gradient and all state read once and written once, in vectors, in parts over
//! the threads. And the same, parameter by parameter, for rules that look at a whole one.

use std::mem::take;

use tensor::parallel::{CHUNK, DIVIDED_FROM, for_each_chunk, rows_each, threads};
use tensor::simd::{self, Kernel, Path, prefetch_at};
use tensor::{ParamInfo, Role, Shape};

use crate::rule::Objective;
use crate::state::StateShape;

/// The weights that a rule updates in one step, with their gradients and its state arrays.
#[derive(Debug)]
pub struct Update<'a> {
    /// The place of the first weight among all that the rule updates.
    pub(crate) offset: usize,
    pub(crate) weights: &'a mut [f32],
    pub(crate) gradients: &'a [f32],
    /// Factor of every gradient: less than 1 when the norm is clipped.
    pub(crate) scale: f32,
    pub(crate) state: Vec<&'a mut [f32]>,
    /// Shape of each state array.
    pub(crate) shapes: &'a [StateShape],
    /// The parameters that the weights are, one after the other.
    pub(crate) params: &'a [ParamInfo],
    /// The rule's numbers that are no array, in the order in which it declares them.
    pub(crate) scalars: &'a mut [f64],
    /// Factor of the learning rate by the schedule at this step.
    pub(crate) schedule_factor: f64,
    /// Function to minimize, for a rule that asks for more of it than a gradient.
    pub(crate) objective: Objective<'a>,
    /// The instructions to run with.
    pub(crate) path: Path,
}

/// One parameter, for a rule that looks at a whole one.
#[derive(Debug)]
pub struct Parameter<'a> {
    /// Sizes, row-major; `[n]` for a plain slice.
    pub shape: Shape,
    /// Role of the parameter in its layer.
    pub role: Role,
    /// Its weights, gradients and state.
    pub update: Update<'a>,
}

impl<'a> Update<'a> {
    /// The numbers that the rule keeps between steps next to its arrays, as
    /// [`Rule::scalars`](crate::Rule::scalars) declares them.
    ///
    /// # Panics
    /// If the rule declares another number of them.
    #[track_caller]
    pub fn scalars<const N: usize>(&mut self) -> &mut [f64; N] {
        let declared = self.scalars.len();
        (&mut *self.scalars)
            .try_into()
            .unwrap_or_else(|_| panic!("expected {declared} scalars as declared, found {N}"))
    }

    /// The same once more, for a rule that goes over the weights more than once in a step.
    pub fn reborrow(&mut self) -> Update<'_> {
        Update {
            offset: self.offset,
            weights: self.weights,
            gradients: self.gradients,
            scale: self.scale,
            state: self.state.iter_mut().map(|array| &mut **array).collect(),
            shapes: self.shapes,
            params: self.params,
            scalars: self.scalars,
            schedule_factor: self.schedule_factor,
            objective: self.objective.reborrow(),
            path: self.path,
        }
    }

    /// The loss at the weights before this step.
    ///
    /// # Panics
    /// If the rule does not [need](crate::Rule::REQUIRES) it.
    #[track_caller]
    pub fn loss(&self) -> f64 {
        self.objective.loss()
    }

    /// The loss at the weights as they are now, whose gradient is written into `gradient`.
    ///
    /// # Panics
    /// If the rule does not [need](crate::Rule::REQUIRES) the objective.
    #[track_caller]
    pub fn evaluate(&mut self, gradient: &mut [f32]) -> f64 {
        self.objective.evaluate(self.weights, gradient)
    }

    /// The parameters one by one: as the layout has them, or the whole slice as one.
    pub fn parameters(self) -> Vec<Parameter<'a>> {
        let Update {
            mut offset,
            mut weights,
            mut gradients,
            scale,
            mut state,
            shapes,
            params,
            schedule_factor,
            path,
            ..
        } = self;
        let one = |param: &'a ParamInfo| {
            let n = param.shape.len();
            let mut parts = vec![];
            for (array, shape) in state.iter_mut().zip(shapes) {
                parts.push(array.split_off_mut(..shape.len(param)).expect("state is as long as declared"));
            }
            let update = Update {
                offset,
                weights: weights.split_off_mut(..n).expect("as many weights as the layout has"),
                gradients: gradients.split_off(..n).expect("as many gradients as weights"),
                scale,
                state: parts,
                shapes,
                params: std::slice::from_ref(param),
                scalars: &mut [],
                schedule_factor,
                objective: Objective::default(),
                path,
            };
            offset += n;
            Parameter { shape: param.shape, role: param.role, update }
        };
        params.iter().map(one).collect()
    }

    /// One of the state arrays, in the order of declaration.
    ///
    /// # Panics
    /// If the rule has fewer.
    #[track_caller]
    pub fn state_array(&mut self, index: usize) -> &mut [f32] {
        self.state[index]
    }

    /// Copies the weights into a state array, for a rule that remembers where it started.
    ///
    /// # Panics
    /// If the rule has fewer arrays, or this one does not have a number for each weight.
    #[track_caller]
    pub fn copy_weights_to_state(&mut self, index: usize) {
        self.state[index].copy_from_slice(self.weights);
    }

    /// The weights.
    pub fn weights(&mut self) -> &mut [f32] {
        self.weights
    }

    /// The gradients as [`each_weight`](Update::each_weight) hands them out: scaled where the norm is clipped.
    pub fn scaled_gradients(&self) -> Vec<f32> {
        self.gradients.iter().map(|g| g * self.scale).collect()
    }

    /// Factor of the learning rate by the schedule at this step. The rule's own learning
    /// rate is already multiplied; this is for what has to follow it.
    pub fn schedule_factor(&self) -> f64 {
        self.schedule_factor
    }

    /// Replaces every weight w and its state by `update(w, g, state)`.
    ///
    /// The update is compiled into one vector loop for each instruction set; it adds no fused
    /// multiply-add, so all give the same bits. It owns its numbers (write `move |…|`),
    /// since what is read through a reference has to be read again for every weight.
    ///
    /// # Panics
    /// If the rule declares another number of state arrays than `update` takes.
    #[track_caller]
    pub fn each_weight<const N: usize>(
        self,
        update: impl Fn(f32, f32, [f32; N]) -> (f32, [f32; N]) + Copy + Send + Sync + 'static,
    ) {
        self.each_weight_at(move |_, w, g, state| update(w, g, state));
    }

    /// As [`each_weight`](Update::each_weight), for a rule that also wants to know the weight's place among all that
    /// it updates, counted from 0.
    ///
    /// # Panics
    /// As [`each_weight`](Update::each_weight).
    #[track_caller]
    pub fn each_weight_at<const N: usize>(
        self,
        update: impl Fn(usize, f32, f32, [f32; N]) -> (f32, [f32; N]) + Copy + Send + Sync + 'static,
    ) {
        let (scale, path) = (self.scale, self.path);
        self.in_parts(N, &|part| {
            let Part { offset, weights, gradients, state } = part;
            let state = state.try_into().unwrap_or_else(|_| unreachable!("a part has all arrays"));
            simd::dispatch_on(path, Chunk { offset, weights, gradients, scale, state, update });
        });
    }

    /// Calls `work` with parts of the weights, over the threads. It is compiled once, and not for each rule.
    #[track_caller]
    fn in_parts(self, arrays: usize, work: &(dyn Fn(Part<'_>) + Sync)) {
        let Update { mut offset, mut weights, mut gradients, state, shapes, params, .. } = self;
        let full = state.into_iter().zip(shapes).filter(|(_, shape)| shape.is_full(params));
        let mut state: Vec<_> = full.map(|(array, _)| array).collect();
        let found = state.len();
        assert_eq!(found, arrays, "expected {found} state arrays as declared, found {arrays} in the update");
        let mut threads: Vec<Vec<Part<'_>>> = Vec::new();
        for (thread, count) in chunks_of(params, weights.len()) {
            let part = Part {
                offset,
                weights: weights.split_off_mut(..count).expect("as many weights as are shared out"),
                gradients: gradients.split_off(..count).expect("as many gradients as weights"),
                state: state
                    .iter_mut()
                    .map(|array| array.split_off_mut(..count).expect("state is as long as the weights"))
                    .collect(),
            };
            threads.resize_with(threads.len().max(thread + 1), Vec::new);
            threads[thread].push(part);
            offset += count;
        }
        for_each_chunk(threads, |parts| parts.into_iter().for_each(work));
    }

    /// The sums of `term(w, g, state)` over all weights, in double precision, in one order for any
    /// number of threads.
    ///
    /// # Panics
    /// As [`each_weight`](Update::each_weight).
    #[track_caller]
    pub fn sums<const N: usize, const K: usize>(
        &self,
        term: impl Fn(f32, f32, [f32; N]) -> [f32; K] + Copy + Send + Sync + 'static,
    ) -> [f64; K] {
        let (scale, path) = (self.scale, self.path);
        let mut totals = vec![[0.0; K]; self.weights.len().div_ceil(CHUNK)];
        self.in_terms(N, totals.as_flattened_mut(), K, &|part| {
            let TermsPart { weights, gradients, state, totals } = part;
            let state = state.try_into().unwrap_or_else(|_| unreachable!("a part has all arrays"));
            let totals = totals.try_into().expect("a part has all totals");
            simd::dispatch_on(path, Terms { weights, gradients, scale, state, term, totals });
        });
        std::array::from_fn(|k| totals.iter().map(|totals| totals[k]).sum())
    }

    /// Calls `work` with each chunk of the weights and its `count` of the totals, over the threads.
    #[track_caller]
    fn in_terms(
        &self,
        arrays: usize,
        totals: &mut [f64],
        count: usize,
        work: &(dyn Fn(TermsPart<'_>) + Sync),
    ) {
        let Update { weights, gradients, state, shapes, params, .. } = self;
        let full = state.iter().zip(*shapes).filter(|(_, shape)| shape.is_full(params));
        let state: Vec<&[f32]> = full.map(|(array, _)| &**array).collect();
        let found = state.len();
        assert_eq!(found, arrays, "expected {found} state arrays as declared, found {arrays} in the term");
        let parts = totals.chunks_mut(count.max(1)).enumerate().map(|(number, totals)| {
            let part = number * CHUNK..weights.len().min((number + 1) * CHUNK);
            TermsPart {
                weights: &weights[part.clone()],
                gradients: &gradients[part.clone()],
                state: state.iter().map(|array| &array[part.clone()]).collect(),
                totals,
            }
        });
        for_each_chunk(parts.collect(), work);
    }
}

/// Neighboring weights, with their gradients and state arrays.
struct Part<'a> {
    /// Index of the first weight among all.
    offset: usize,
    weights: &'a mut [f32],
    gradients: &'a [f32],
    state: Vec<&'a mut [f32]>,
}

/// The same to be read, and the totals of its terms.
struct TermsPart<'a> {
    weights: &'a [f32],
    gradients: &'a [f32],
    state: Vec<&'a [f32]>,
    totals: &'a mut [f64],
}

struct Chunk<'a, const N: usize, F> {
    /// The place of the first weight among all.
    offset: usize,
    weights: &'a mut [f32],
    gradients: &'a [f32],
    scale: f32,
    state: [&'a mut [f32]; N],
    update: F,
}

impl<const N: usize, F: Fn(usize, f32, f32, [f32; N]) -> (f32, [f32; N]) + Copy> Kernel for Chunk<'_, N, F> {
    #[inline(always)]
    fn run(self) {
        let Chunk { offset, weights, gradients, scale, mut state, update } = self;
        let n = weights.len();
        let gradients = &gradients[..n];
        for array in &mut state {
            *array = &mut take(array)[..n];
        }
        let whole = n - n % BLOCK;
        for start in (0..whole).step_by(BLOCK) {
            prefetch_at(weights, start + AHEAD, BLOCK);
            prefetch_at(gradients, start + AHEAD, BLOCK);
            for array in &state {
                prefetch_at(array, start + AHEAD, BLOCK);
            }
            let (w, g) = (block_mut(weights, start), block(gradients, start));
            update_block(
                offset + start,
                w,
                g,
                scale,
                state.each_mut().map(|array| block_mut(array, start)),
                update,
            );
        }
        if whole < n {
            // What is left over, filled up with zeros.
            let (mut w, g, mut s) =
                (filled(&weights[whole..]), filled(&gradients[whole..]), [[0.0; BLOCK]; N]);
            for k in 0..N {
                s[k] = filled(&state[k][whole..]);
            }
            update_block(offset + whole, &mut w, &g, scale, s.each_mut(), update);
            weights[whole..].copy_from_slice(&w[..n - whole]);
            for k in 0..N {
                state[k][whole..].copy_from_slice(&s[k][..n - whole]);
            }
        }
    }
}

/// Splits of consecutive weights over threads. No bits depend on it: one weight
/// knows nothing of another.
///
/// Weights that the caches hold are shared out as dense layers share out the rows of large matrices, so
/// that they stay with the core that computes their gradients, and what is small with the first: 109,386
/// weights in the wrong cache take SGD 50 µs instead of 10.
fn chunks_of(params: &[ParamInfo], weights: usize) -> Vec<(usize, usize)> {
    let threads = threads();
    if threads == 1 || weights > CACHED {
        return (0..weights).step_by(CHUNK).map(|start| CHUNK.min(weights - start)).enumerate().collect();
    }
    let mut chunks = Vec::new();
    for param in params {
        let (all, rows) = (param.shape.len(), param.shape.first().map_or(1, |&rows| rows.max(1)));
        let together = rows_each(rows, threads) * (all / rows);
        if all < DIVIDED_FROM {
            chunks.push((0, all));
        } else {
            let parts = (0..all).step_by(together).map(|start| together.min(all - start));
            chunks.extend(parts.enumerate());
        }
    }
    chunks
}

/// Number of weights that, with gradients and two arrays of state, fit the second caches of two cores.
const CACHED: usize = 1 << 18;

/// Weights of one turn of the loop: four cache lines of each array.
const BLOCK: usize = 64;

/// Distance of prefetching in each array. The processor's own prefetching stops at every page of 4 KB;
/// without ours, the loop reaches 80–90% of what a plain stream does in memory (Adam, 10 million weights).
const AHEAD: usize = 512;

#[inline(always)]
fn update_block<const N: usize>(
    offset: usize,
    weights: &mut [f32; BLOCK],
    gradients: &[f32; BLOCK],
    scale: f32,
    state: [&mut [f32; BLOCK]; N],
    update: impl Fn(usize, f32, f32, [f32; N]) -> (f32, [f32; N]),
) {
    for i in 0..BLOCK {
        let mut before = [0.0; N];
        for k in 0..N {
            before[k] = state[k][i];
        }
        let (w, after) = update(offset + i, weights[i], gradients[i] * scale, before);
        weights[i] = w;
        for k in 0..N {
            state[k][i] = flush(after[k]);
        }
    }
}

#[inline(always)]
fn block(numbers: &[f32], start: usize) -> &[f32; BLOCK] {
    numbers[start..start + BLOCK].try_into().expect("a whole block")
}

#[inline(always)]
fn block_mut(numbers: &mut [f32], start: usize) -> &mut [f32; BLOCK] {
    (&mut numbers[start..start + BLOCK]).try_into().expect("a whole block")
}

/// At most a block of numbers, filled up with zeros.
fn filled(numbers: &[f32]) -> [f32; BLOCK] {
    let mut block = [0.0; BLOCK];
    block[..numbers.len()].copy_from_slice(numbers);
    block
}

struct Terms<'a, const N: usize, const K: usize, F> {
    weights: &'a [f32],
    gradients: &'a [f32],
    scale: f32,
    state: [&'a [f32]; N],
    term: F,
    totals: &'a mut [f64; K],
}

impl<const N: usize, const K: usize, F: Fn(f32, f32, [f32; N]) -> [f32; K] + Copy> Kernel
    for Terms<'_, N, K, F>
{
    #[inline(always)]
    fn run(self) {
        /// Sums that run side by side, so that the order of additions is the same on every path.
        const LANES: usize = 16;
        let Terms { weights, gradients, scale, state, term, totals } = self;
        let n = weights.len();
        let gradients = &gradients[..n];
        let state = state.map(|array| &array[..n]);
        let mut lanes = [[0.0_f64; LANES]; K];
        let whole = n - n % LANES;
        for start in (0..whole).step_by(LANES) {
            prefetch_at(weights, start + AHEAD, LANES);
            prefetch_at(gradients, start + AHEAD, LANES);
            state.iter().for_each(|array| prefetch_at(array, start + AHEAD, LANES));
            let (weights, gradients) = (&weights[start..start + LANES], &gradients[start..start + LANES]);
            let state = state.map(|array| &array[start..start + LANES]);
            add_terms(&mut lanes, weights, gradients, scale, state, term);
        }
        let state = state.map(|array| &array[whole..]);
        add_terms(&mut lanes, &weights[whole..], &gradients[whole..], scale, state, term);
        *totals = lanes.map(|lanes| lanes.iter().sum());
    }
}

/// Adds the terms of at most as many weights as there are lanes, each to its lane.
#[inline(always)]
fn add_terms<const N: usize, const K: usize, const LANES: usize>(
    lanes: &mut [[f64; LANES]; K],
    weights: &[f32],
    gradients: &[f32],
    scale: f32,
    state: [&[f32]; N],
    term: impl Fn(f32, f32, [f32; N]) -> [f32; K],
) {
    for i in 0..weights.len() {
        let terms = term(weights[i], gradients[i] * scale, std::array::from_fn(|k| state[k][i]));
        for (sum, term) in lanes.iter_mut().zip(terms) {
            sum[i] += f64::from(term);
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

#[cfg(test)]
mod tests {
    use tensor::Layout;

    use super::*;

    #[test]
    fn every_weight_has_its_share() {
        let mut layout = Layout::new();
        for (name, shape) in [("a", vec![100, 784]), ("b", vec![100]), ("c", vec![3, 20_000])] {
            layout.push(name, shape.as_slice(), Role::Matrix);
        }
        layout.push("large", [700, 784], Role::Matrix);
        let on = |threads: usize, count: usize| {
            let params = &layout.entries()[..count];
            let weights = params.iter().map(|param| param.shape.len()).sum();
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
            let shares = pool.install(|| chunks_of(params, weights));
            assert_eq!(shares.iter().map(|(_, weights)| weights).sum::<usize>(), weights);
            shares
        };
        let chunks = |shares: &[(usize, usize)]| shares.iter().all(|&(_, weights)| weights <= CHUNK);
        assert!(chunks(&on(1, 3)) && chunks(&on(2, 4)), "one thread, and what no cache holds");
        let rows = |rows: usize| rows * 784;
        assert_eq!(on(2, 3), [(0, rows(64)), (1, rows(36)), (0, 100), (0, 60_000)]);
        assert_eq!(on(3, 1), [(0, rows(48)), (1, rows(48)), (2, rows(4))]);
    }
}
