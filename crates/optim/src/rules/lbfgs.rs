use crate::error::Error;
use crate::linalg::blas1::{dot, max_abs, zip_map};
use crate::linalg::line_search::{Point, strong_wolfe};
use crate::rule::{Info, MemoryTraffic, Objective, Requires, Rule, Tier, Update};
use crate::state::{MAX_STEPS, ScalarSlot, Slot, StateShape};
use crate::{choices, hyperparameters};

hyperparameters! {
    /// Newton's method with a Hessian guessed from the last steps and what they did to the gradient.
    pub struct Lbfgs {
        /// Step size, or the first that a line search tries.
        lr: f64 = 1.0 in 0.0..,
        /// Most updates in a step: a whole number.
        max_iter: f64 = 20.0 in 1.0..1e4,
        /// Most gradients in a step; 0 for 5/4 of max_iter.
        max_eval: f64 = 0.0 in 0.0..1e4,
        /// Pairs (s, y) to remember: a whole number.
        history: f64 = 100.0 in 1.0..1e4,
        /// A step ends at gradients below this.
        tolerance_grad: f64 = 1e-7 in 0.0..,
        /// A step ends when weights or loss change by less.
        tolerance_change: f64 = 1e-9 in 0.0..,
        /// Search for the step along a direction.
        line_search: LineSearch = "strong_wolfe",
    }
}

choices! {
    /// Search for the step along a direction of L-BFGS.
    pub enum LineSearch {
        /// Until the loss has fallen enough and is nearly flat.
        StrongWolfe = "strong_wolfe",
        /// As far as the learning rate says.
        None = "none",
    }
}

/// A pair with less than this says nothing about the curvature, or that it is negative.
const LEAST_CURVATURE: f64 = 1e-10;

impl Rule for Lbfgs {
    const INFO: Info = Info {
        name: "lbfgs",
        title: "Limited-memory BFGS",
        family: "second order",
        problem: "gradients do not say how far to go, and in a narrow valley they point to its wall; how \
                  they change along the way tells the curvature",
        formula: "y = g − p,  s = t·d                       (p: the gradient before)
if ⟨y, s⟩ > 1e-10, the pair goes to the last ones in Y and S
H = 1·⟨y, s⟩/⟨y, y⟩, then with each pair, from the oldest on, ρ = 1/⟨y, s⟩:
H ← (1 − ρ·s·yᵀ)·H·(1 − ρ·y·sᵀ) + ρ·s·sᵀ
d = −H·g
t = lr, or what line_search finds from there; lr·min(1, 1/‖g‖₁) at the start
w ← w + t·d
max_iter times, each with new gradients",
        good_when: "the whole data set is one batch, and weights are few: it needs the fewest gradients of \
                    all",
        bad_when: "batches are small: noise in the gradients is taken for curvature",
        relatives: "with one step, no memory and no search it is sgd; on a quadratic it is a conjugate \
                    gradient method",
        source: "Liu & Nocedal 1989; Nocedal & Wright 2006, algorithms 7.4 and 3.5",
    };
    const TIER: Tier = Tier::Vector;
    const REQUIRES: Requires = Requires::Closure;

    fn state(&self) -> Vec<Slot> {
        let shape = StateShape::History(self.history as usize);
        let past = |name, symbol| Slot { name, symbol, start: 0.0, shape };
        vec![
            Slot::zeros("d", "d"),
            Slot::zeros("prev_flat_grad", "p"),
            past("old_dirs", "Y"),
            past("old_stps", "S"),
        ]
    }

    fn scalars(&self) -> Vec<ScalarSlot> {
        let history = self.history as u64;
        vec![
            ScalarSlot::new("t", 0.0),
            ScalarSlot::new("H_diag", 1.0),
            ScalarSlot::count("n_iter", MAX_STEPS),
            ScalarSlot::count("func_evals", MAX_STEPS),
            ScalarSlot::count("pairs", history),
            ScalarSlot::count("oldest", history - 1),
        ]
    }

    /// With max_iter updates, a full history, and a search that tries one step for each.
    fn memory_traffic(&self) -> MemoryTraffic {
        let pair = MemoryTraffic::of(4, 8, 2).every(1.0 / self.history);
        let update = MemoryTraffic::of(12, 22, 9) + pair;
        update.every(1.0 / self.max_iter) + MemoryTraffic::of(1, 2, 0).every(1.0 / self.history)
    }

    fn check(&self) -> Result<(), Error> {
        let Lbfgs { max_iter, max_eval, history, .. } = *self;
        for (name, value) in [("max_iter", max_iter), ("max_eval", max_eval), ("history", history)] {
            if value.fract() != 0.0 {
                let why = format!("expected {name} to be a whole number, found {value}");
                return Err(Error::Conflict { of: Self::INFO.name.into(), why });
            }
        }
        Ok(())
    }

    fn update(&self, _t: u64, update: Update<'_>) {
        let Lbfgs { lr, tolerance_grad, tolerance_change, line_search, .. } = *self;
        let max_iter = self.max_iter as usize;
        let max_eval = if self.max_eval == 0.0 { max_iter * 5 / 4 } else { self.max_eval as usize };
        let mut g = update.scaled_gradients();
        let Update { weights: w, state, scalars, mut objective, .. } = update;
        let [d, p, dirs, steps] = <[&mut [f32]; 4]>::try_from(state).expect("as declared");
        let [mut t, mut diagonal, mut n_iter, func_evals, pairs, oldest] =
            <[f64; 6]>::try_from(&*scalars).expect("as declared");
        let mut loss = objective.loss();
        let mut evaluations = 1;
        let is_flat = |g: &[f32]| f64::from(max_abs(g)) <= tolerance_grad;
        if is_flat(&g) {
            scalars[3] = func_evals + 1.0;
            return;
        }
        let mut history = History::new(dirs, steps, w.len(), pairs as usize, oldest as usize);
        for iteration in 1..=max_iter {
            n_iter += 1.0;
            if n_iter == 1.0 {
                d.iter_mut().zip(&g).for_each(|(d, g)| *d = -g);
            } else {
                diagonal = history.add(&g, p, d, t as f32).unwrap_or(diagonal);
                history.direction(&g, diagonal, d);
            }
            p.copy_from_slice(&g);
            let before = loss;
            t = if n_iter == 1.0 { lr * (1.0 / absolute_sum(&g)).min(1.0) } else { lr };
            let slope = dot(&g, d);
            if slope > -tolerance_change {
                break;
            }
            match line_search {
                LineSearch::StrongWolfe => {
                    let start = Point { t: 0.0, loss, gradient: g, slope };
                    let shortest = tolerance_change / f64::from(max_abs(d));
                    let most = max_eval.saturating_sub(evaluations);
                    let (found, looks) = search(&mut objective, w, d, start, (t, shortest, most));
                    evaluations += looks;
                    (t, loss, g) = (found.t, found.loss, found.gradient);
                }
                LineSearch::None => {
                    let from = w.to_vec();
                    go(w, &from, t, d);
                    // The gradient after the last update is the next step's first.
                    if iteration != max_iter {
                        evaluations += 1;
                        loss = objective.evaluate(w, &mut g);
                    }
                }
            }
            let unchanged = f64::from(max_abs(d)) * t.abs() <= tolerance_change
                || (loss - before).abs() < tolerance_change;
            if evaluations >= max_eval || is_flat(&g) || unchanged {
                break;
            }
        }
        let (pairs, oldest) = (history.pairs as f64, history.oldest as f64);
        scalars.copy_from_slice(&[t, diagonal, n_iter, func_evals + evaluations as f64, pairs, oldest]);
    }
}

/// Moves the weights along `d` to a point that meets the strong Wolfe conditions: the first is tried at a distance,
/// brackets are at least of a length, and evaluations are at most a number. Returns the point, and the evaluations.
fn search(
    objective: &mut Objective<'_>,
    w: &mut [f32],
    d: &[f32],
    start: Point,
    (first, shortest, most): (f64, f64, usize),
) -> (Point, usize) {
    let (from, mut evaluations) = (w.to_vec(), 0);
    let found = strong_wolfe(start, first, shortest, most, |t| {
        evaluations += 1;
        go(w, &from, t, d);
        let mut gradient = vec![0.0; w.len()];
        let loss = objective.evaluate(w, &mut gradient);
        let slope = dot(&gradient, d);
        Point { t, loss, gradient, slope }
    });
    go(w, &from, found.t, d);
    (found, evaluations)
}

/// The last pairs (y, s), in two arrays that are written round and round.
struct History<'a> {
    dirs: &'a mut [f32],
    steps: &'a mut [f32],
    /// Numbers in a vector.
    n: usize,
    pairs: usize,
    /// The place of the oldest pair.
    oldest: usize,
    /// 1/⟨y, s⟩ of each pair, by place.
    rho: Vec<f64>,
}

impl<'a> History<'a> {
    fn new(dirs: &'a mut [f32], steps: &'a mut [f32], n: usize, pairs: usize, oldest: usize) -> History<'a> {
        let mut history = History { dirs, steps, n, pairs, oldest, rho: vec![] };
        history.rho = vec![0.0; history.size()];
        for place in history.places() {
            let range = place * n..(place + 1) * n;
            history.rho[place] = 1.0 / dot(&history.dirs[range.clone()], &history.steps[range]);
        }
        history
    }

    /// Pairs that there is room for.
    fn size(&self) -> usize {
        self.dirs.len() / self.n.max(1)
    }

    /// Where the pairs are, from the oldest on.
    fn places(&self) -> Vec<usize> {
        (0..self.pairs).map(|i| (self.oldest + i) % self.size()).collect()
    }

    /// Remembers what a step of `t·d` did to the gradient; returns ⟨y, s⟩/⟨y, y⟩ if it is of use.
    fn add(&mut self, g: &[f32], p: &[f32], d: &[f32], t: f32) -> Option<f64> {
        let y: Vec<f32> = g.iter().zip(p).map(|(g, p)| g - p).collect();
        let s: Vec<f32> = d.iter().map(|d| d * t).collect();
        let along = dot(&y, &s);
        if along <= LEAST_CURVATURE || along.is_nan() {
            return None;
        }
        let size = self.size();
        let place = (self.oldest + self.pairs) % size;
        if self.pairs == size {
            self.oldest = (self.oldest + 1) % size;
        } else {
            self.pairs += 1;
        }
        self.rho[place] = 1.0 / along;
        let range = place * self.n..(place + 1) * self.n;
        self.dirs[range.clone()].copy_from_slice(&y);
        self.steps[range].copy_from_slice(&s);
        Some(along / dot(&y, &y))
    }

    /// d = −H·g in two loops over the pairs; no matrix is ever there.
    fn direction(&self, g: &[f32], diagonal: f64, d: &mut [f32]) {
        let (History { dirs, steps, n, rho, .. }, places) = (self, self.places());
        zip_map(d, [g], |_, [g]| -g);
        let mut alpha = vec![0.0; places.len()];
        for (alpha, &i) in alpha.iter_mut().zip(&places).rev() {
            let range = i * n..(i + 1) * n;
            *alpha = dot(&steps[range.clone()], d) * rho[i];
            add(d, &dirs[range], -*alpha);
        }
        let diagonal = diagonal as f32;
        zip_map(d, [], move |d, []| d * diagonal);
        for (alpha, &i) in alpha.iter().zip(&places) {
            let range = i * n..(i + 1) * n;
            let beta = dot(&dirs[range.clone()], d) * rho[i];
            add(d, &steps[range], alpha - beta);
        }
    }
}

/// to ← from + t·d.
fn go(to: &mut [f32], from: &[f32], t: f64, d: &[f32]) {
    let t = t as f32;
    zip_map(to, [from, d], move |_, [from, d]| from + t * d);
}

/// x ← x + α·by.
fn add(x: &mut [f32], by: &[f32], alpha: f64) {
    let alpha = alpha as f32;
    zip_map(x, [by], move |x, [by]| x + alpha * by);
}

fn absolute_sum(x: &[f32]) -> f64 {
    x.iter().map(|&x| f64::from(x.abs())).sum()
}
