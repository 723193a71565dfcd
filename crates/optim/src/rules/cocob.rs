use crate::formula::{l2, maximum};
use crate::hyperparameters;
use crate::rule::{Info, Rule, Update};
use crate::state::Slot;

hyperparameters! {
    /// Every weight bets on its next gradient with what its earlier bets have won.
    pub struct Cocob {
        /// Factor η of the gradients; a schedule acts on it.
        lr: f64 = 1.0 search "0.1..10 log" in 0.0..,
        /// Bound α on the first bets: they are 1/α of the greatest gradient.
        alpha: f64 = 100.0 in 1.0..,
        /// The greatest gradient ε before there was one.
        eps: f64 = 1e-8 in 0.0..,
        /// Pull λ of every weight towards 0, added to the gradient.
        weight_decay: f64 = 0.0 in 0.0..,
    }
}

impl Rule for Cocob {
    const INFO: Info = Info {
        name: "cocob",
        title: "Continuous coin betting",
        family: "parameter-free",
        problem: "every step size is a guess; a gambler who bets on the sign of each gradient wins as much \
                  as with the best guess, but for a logarithm",
        formula: "g ← η·(g + λ·w)
L ← max(L, |g|)                        (L = ε at the start)
G ← G + |g|
R ← max(R − g·(w − p), 0)              (p: the weights at the start)
C ← C − g
w ← p + C/(L·max(G + L, α·L))·(L + R)",
        good_when: "no step size is to be set, and every weight may need a different one",
        bad_when: "training is long: nothing is ever forgotten; or memory is short, with five arrays",
        relatives: "as adagrad, it sums the gradients of each weight; dog and prodigy find one step size \
                    for all",
        source: "Orabona & Tommasi 2017",
    };

    fn state(&self) -> Vec<Slot> {
        let scale = Slot { start: self.eps as f32, ..Slot::zeros("scale", "L") };
        vec![
            Slot::zeros("init_particles", "p"),
            Slot::zeros("cumulative_gradients", "C"),
            scale,
            Slot::zeros("subgradients", "G"),
            Slot::zeros("reward", "R"),
        ]
    }

    fn update(&self, t: u64, mut update: Update<'_>) {
        let [lr, alpha, lambda] = [self.lr, self.alpha, self.weight_decay].map(|x| x as f32);
        if t == 1 {
            update.copy_weights_to_state(0);
        }
        update.each_weight(move |w, g, [p, c, l, sum, r]| {
            let g = lr * l2(w, g, lambda);
            let l = maximum(l, g.abs());
            let sum = sum + g.abs();
            let r = maximum(r - g * (w - p), 0.0);
            let c = c - g;
            // Divided twice, so that no product of two small numbers becomes 0.
            let bet = if c == 0.0 { 0.0 } else { c / l / maximum(sum + l, alpha * l) };
            (p + bet * (l + r), [p, c, l, sum, r])
        });
    }
}
