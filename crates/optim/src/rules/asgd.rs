use crate::formula::l2;
use crate::hyperparameters;
use crate::rule::{Info, PyTorch, Rule, Update};
use crate::state::Slot;

hyperparameters! {
    /// Gradient descent with slowly shrinking steps, evaluated at the average of the weights.
    pub struct Asgd {
        /// Step size η at the start.
        lr: f64 = 1e-2 in 0.0..,
        /// Speed at which the steps shrink, and a pull λ of every weight towards 0.
        lambd: f64 = 1e-4 in 0.0..,
        /// Power of the steps' decay.
        alpha: f64 = 0.75 in 0.0..,
        /// The step after which weights are averaged.
        t0: f64 = 1e6 in 0.0..,
        /// Pull of every weight towards 0, added to the gradient.
        weight_decay: f64 = 0.0 in 0.0..,
    }
}

impl Rule for Asgd {
    const INFO: Info = Info {
        name: "asgd",
        title: "Averaged stochastic gradient descent",
        family: "gradient descent",
        problem: "the last weights of SGD hop round the minimum; their average lies nearer to it than any",
        formula: "g ← g + weight_decay·w
ηₜ = η/(1 + λ·η·(t − 1))^alpha
w ← w − ηₜ·λ·w − ηₜ·g
a ← a + (w − a)/max(1, t − 1 − t0)     (a is what is evaluated)",
        good_when: "the problem is convex or nearly so and its gradients are noisy; give t0 so that \
                    averaging starts once the weights are near the minimum",
        bad_when: "the weights still travel: an average over the way lags",
        relatives: "lambd=0 steps as sgd does and differs in what is evaluated; the wrapper ema keeps an \
                    average that forgets, around any rule",
        source: "Polyak & Juditsky 1992, in the form of Bottou 2010",
    };
    const EVAL_WEIGHTS: Option<&'static str> = Some("ax");
    const PYTORCH: Option<PyTorch> = Some(PyTorch::class(&[("ASGD", None)]));

    fn state(&self) -> Vec<Slot> {
        vec![Slot::zeros("ax", "a")]
    }

    fn update(&self, t: u64, update: Update<'_>) {
        let Asgd { lr, lambd, alpha, t0, weight_decay } = *self;
        let past = (t - 1) as f64;
        let eta = lr / (1.0 + lambd * lr * past).powf(alpha);
        let mu = 1.0 / (past - t0).max(1.0);
        let [eta, keep, mu, lambda] = [eta, 1.0 - lambd * eta, mu, weight_decay].map(|x| x as f32);
        if mu == 1.0 {
            update.each_weight(move |w, g, [_]| {
                let g = l2(w, g, lambda);
                let w = w * keep - eta * g;
                (w, [w])
            });
        } else {
            update.each_weight(move |w, g, [a]| {
                let g = l2(w, g, lambda);
                let w = w * keep - eta * g;
                (w, [a + (w - a) * mu])
            });
        }
    }
}
