use crate::hyper::{LENGTH, Time};
use crate::hyperparameters;
use crate::schedule::{Schedule, ScheduleInfo, half_cosine, progress};

hyperparameters! {
    /// Half a cosine again and again.
    pub struct CosineRestarts {
        /// The length of the first fall.
        period: Time = "20%" in LENGTH,
        /// Length of each fall divided by that of the one before.
        t_mul: f64 = 1.0 in 1.0..=1000.0,
        /// Height of each start divided by that of the one before.
        m_mul: f64 = 1.0 in 0.0..=1.0,
        /// Where each fall ends.
        floor: f64 = 0.0 in 0.0..=1.0,
    }
}

impl Schedule for CosineRestarts {
    const INFO: ScheduleInfo = ScheduleInfo {
        name: "cosine_restarts",
        title: "half a cosine again and again",
        problem: "one fall ends in one minimum; a restart finds others, and each end is a model",
        formula: "f = floor + (1 − floor)·m_mulᶦ·(1 + cos(π·sᵢ/Tᵢ))/2
Tᵢ = period·t_mulᶦ        (sᵢ: steps since the i-th restart)",
        ends: [1.0, 0.0],
        good_when: "models from the ends of the falls are averaged, or training should have several places \
                    to stop",
        bad_when: "one good model by a known step is wanted: a single cosine ends better",
        source: "Loshchilov & Hutter 2017",
        examples: ["cosine_restarts", "cosine_restarts period=14.3% t_mul=2 m_mul=0.7"],
    };

    fn factor(&self, s: f64, total: f64) -> f64 {
        let CosineRestarts { period, t_mul, m_mul, floor } = *self;
        let period = period.steps(total).max(1.0);
        let (restarts, since, length) = last_restart(s, period, t_mul);
        floor + (1.0 - floor) * m_mul.powf(restarts) * half_cosine(1.0, 0.0, progress(since, length))
    }
}

/// Number of restarts so far, the steps since the last, and the steps from it to the next.
fn last_restart(s: f64, period: f64, t_mul: f64) -> (f64, f64, f64) {
    if t_mul == 1.0 {
        return ((s / period).floor(), s % period, period);
    }
    let start = |i: f64| period * (t_mul.powf(i) - 1.0) / (t_mul - 1.0);
    // The logarithm may be off by one at a restart itself.
    let near = (s / period * (t_mul - 1.0) + 1.0).log(t_mul).floor();
    let i = [near + 1.0, near].into_iter().find(|&i| start(i) <= s).unwrap_or(near - 1.0).max(0.0);
    (i, s - start(i), start(i + 1.0) - start(i))
}
