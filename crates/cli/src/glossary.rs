//! Words of training that `descent explain` knows, apart from optimizers and schedules.

/// A word with its other spellings and a paragraph.
pub(crate) struct Word {
    /// The usual spelling.
    pub(crate) name: &'static str,
    /// Other spellings.
    also: &'static [&'static str],
    /// Its meaning, with the flag that sets it.
    pub(crate) meaning: &'static str,
}

/// All words, in the order of the alphabet.
pub(crate) const WORDS: &[Word] = &[
    word(
        "accumulation",
        &["gradient accumulation"],
        "Gradients of several batches are averaged before an update, \
        which makes a large batch of small ones. `descent explain accumulate` has the wrapper.",
    ),
    word(
        "batch size",
        &["batch", "minibatch"],
        "Examples whose gradients are averaged for one update. Larger batches \
        have less noise and fewer updates in an epoch, and often take a larger learning rate. `--batch-size 64`.",
    ),
    word(
        "betas",
        &["beta1", "beta2"],
        "Decay rates of running averages in Adam and its kin: beta1 of the gradient, \
        beta2 of its square. Near 1 they remember long: 0.999 about 1000 updates.",
    ),
    word(
        "checkpoint",
        &["resume"],
        "A file with weights, optimizer state and position, from which a run goes on \
        with the same bits. `--checkpoint-every 1000`, then `--resume`.",
    ),
    word(
        "clipping",
        &["gradient clipping", "clip-norm"],
        "Large gradients are scaled down before the update, so \
        that one odd batch does not throw the weights far. `--clip-norm 1`; `descent explain norm`, `value`, … have the ways.",
    ),
    word(
        "cross-entropy",
        &["cross entropy", "nll"],
        "The loss of classifiers: minus the logarithm of the probability \
        that the model gives to the right class, averaged. Guessing among 10 classes costs ln 10 = 2.30.",
    ),
    word(
        "epoch",
        &["epochs"],
        "One pass over the training examples. 60,000 images in batches of 64 are 938 updates. \
        `--epochs 5`.",
    ),
    word(
        "epsilon",
        &["eps"],
        "A small number in the denominator of adaptive optimizers. It keeps the first updates \
        finite and bounds the step where gradients are tiny. `--eps 1e-8`.",
    ),
    word(
        "gradient",
        &["gradients", "grad"],
        "The slope of the loss with respect to each weight. Updates go against \
        it.",
    ),
    word(
        "hyperparameter",
        &["hyperparameters"],
        "A setting that is chosen before training rather than learned: \
        learning rate, batch size, weight decay. `descent explain NAME` lists those of an optimizer.",
    ),
    word(
        "learning rate",
        &["lr", "step size", "rate"],
        "The length of a step relative to the gradient or its \
        normalized form. The setting that matters most: too small wastes epochs, too large diverges. `--lr 0.001`; \
        `descent find-lr` looks for one.",
    ),
    word(
        "learning rate schedule",
        &["schedule", "scheduler", "lr schedule"],
        "The learning rate over a run: often a \
        short rise, then a fall to 0. `--schedule 'cosine warmup=5%'`; `descent schedule` draws one.",
    ),
    word(
        "loss",
        &[],
        "The number that training makes small. `descent train` prints that of training and test \
        examples after each epoch.",
    ),
    word(
        "momentum",
        &[],
        "The step follows a running sum of gradients, so that directions which agree add up and \
        those which alternate cancel. 0.9 remembers about 10 updates and lengthens steps up to tenfold, so the \
        learning rate is usually smaller than without. `--optimizer sgd --momentum 0.9`.",
    ),
    word(
        "nesterov",
        &["nag", "nesterov momentum"],
        "Momentum whose gradient counts once more in the step itself, as if \
        it were taken a little ahead (Nesterov 1983; Sutskever 2013). Damps oscillation. `--momentum 0.9 --nesterov`; \
        `descent explain nadam` is Adam with it.",
    ),
    word(
        "normalization",
        &["normalize"],
        "Inputs are shifted and scaled so that their mean is near 0 and their \
        spread near 1, which makes one learning rate fit all weights. `--normalize 0.5,0.5`, `none` or `auto`; a saved \
        model keeps it.",
    ),
    word(
        "overfitting",
        &["overfit", "generalization"],
        "The training loss still falls while the test loss rises: the \
        model learns its examples by heart. More data, weight decay, dropout or fewer epochs help.",
    ),
    word(
        "parameter group",
        &["groups", "param groups"],
        "Parameters with their own settings, such as biases \
        without weight decay: `--recipe 'adamw, no_decay=bias,norm'`.",
    ),
    word(
        "seed",
        &["seeds"],
        "The number that all randomness of a run comes from. The same seed gives the same \
        bits; several show how much of a difference is luck. `--seed 0`, `compare --seeds 5`.",
    ),
    word(
        "update",
        &["step", "iteration"],
        "One change of the weights, from the gradient of one batch. Lengths of \
        schedules count updates.",
    ),
    word(
        "warmup",
        &["warm-up"],
        "The learning rate rises from near 0 over the first updates, while running averages \
        settle. `--schedule 'cosine warmup=5%'`.",
    ),
    word(
        "weight decay",
        &["weight_decay", "wd", "l2"],
        "Weights shrink by a fraction at each update. In SGD it is the \
        same as an L2 penalty; in Adam it is not, and AdamW decouples it (Loshchilov & Hutter 2019). \
        `--optimizer adamw --weight-decay 0.01`.",
    ),
];

const fn word(name: &'static str, also: &'static [&'static str], meaning: &'static str) -> Word {
    Word { name, also, meaning }
}

impl Word {
    /// The word of this spelling, in letters of any size, with spaces, hyphens or underscores.
    pub(crate) fn find(name: &str) -> Option<&'static Word> {
        let plain = |text: &str| text.to_lowercase().replace(['-', '_'], " ");
        let name = plain(name.trim());
        WORDS.iter().find(|word| plain(word.name) == name || word.also.iter().any(|also| plain(also) == name))
    }
}
