use crate::error::Error;
use crate::formula::l2;
use crate::hyperparameters;
use crate::rule::{Info, PyTorch, Rule, Update};
use crate::state::Slot;

hyperparameters! {
    /// Gradient descent on batches, with momentum if asked for; PyTorch's form.
    pub struct Sgd {
        /// Step size η.
        lr: f64 = 1e-2 in 0.0..,
        /// Share μ of the last velocity that is kept; 0 is plain SGD.
        momentum: f64 = 0.0 in 0.0..,
        /// Share τ of the gradient that is kept out of the velocity.
        dampening: f64 = 0.0 in 0.0..=1.0,
        /// True to step along the velocity as it will be after this step.
        nesterov: bool = false,
        /// Pull λ of every weight towards 0, added to the gradient.
        weight_decay: f64 = 0.0 in 0.0..,
    }
}

impl Rule for Sgd {
    const INFO: Info = Info {
        name: "sgd",
        title: "Stochastic gradient descent",
        family: "gradient descent",
        problem: "the exact gradient over all data is dear; that of a batch is cheap and right on average",
        formula: "g ← g + λ·w
v ← μ·v + (1 − τ)·g          (v = g at the first step)
d = v, or g + μ·v with nesterov
w ← w − η·d",
        good_when: "memory is short, or there is time to tune the learning rate; with momentum 0.9 it is \
                    the field's standard for image classifiers",
        bad_when: "gradients differ widely in size between weights, or the learning rate cannot be tuned",
        relatives: "aggmo, qhm and asgd are sgd with another memory, sgdp and lars with steps measured \
                    against the weights of a layer, schedule_free_sgd with an average in place of a \
                    schedule, dog and dadapt_sgd with a step size that they find",
        source: "Robbins & Monro 1951; momentum: Polyak 1964; Nesterov 1983 in the form of Sutskever 2013",
    };
    const PYTORCH: Option<PyTorch> = Some(PyTorch::class(&[("SGD", None)]));

    fn state(&self) -> Vec<Slot> {
        if self.momentum == 0.0 { vec![] } else { vec![Slot::zeros("momentum_buffer", "v")] }
    }

    fn check(&self) -> Result<(), Error> {
        if self.nesterov && (self.momentum == 0.0 || self.dampening != 0.0) {
            let why =
                "nesterov=true conflicts with momentum=0 or a dampening; set momentum=0.9 and dampening=0";
            return Err(Error::Conflict { of: Self::INFO.name.into(), why: why.into() });
        }
        Ok(())
    }

    fn update(&self, t: u64, update: Update<'_>) {
        let Sgd { lr, momentum, dampening, nesterov, weight_decay } = *self;
        let [lr, mu, kept, lambda] = [lr, momentum, 1.0 - dampening, weight_decay].map(|x| x as f32);
        match (momentum == 0.0, t == 1, nesterov) {
            (true, _, _) => update.each_weight(move |w, g, []| (w - lr * l2(w, g, lambda), [])),
            (_, true, false) => update.each_weight(move |w, g, [_]| {
                let v = l2(w, g, lambda);
                (w - lr * v, [v])
            }),
            (_, true, true) => update.each_weight(move |w, g, [_]| {
                let v = l2(w, g, lambda);
                (w - lr * (v + mu * v), [v])
            }),
            (_, _, false) => update.each_weight(move |w, g, [v]| {
                let v = mu * v + kept * l2(w, g, lambda);
                (w - lr * v, [v])
            }),
            (_, _, true) => update.each_weight(move |w, g, [v]| {
                let g = l2(w, g, lambda);
                let v = mu * v + kept * g;
                (w - lr * (g + mu * v), [v])
            }),
        }
    }
}
