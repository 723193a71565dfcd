//! What a person wants to know about each schedule.

/// A page about a schedule.
pub(crate) struct Page {
    pub(crate) name: &'static str,
    pub(crate) problem: &'static str,
    /// The factor f of the learning rate at step s of T.
    pub(crate) formula: &'static str,
    /// Name, default and meaning of each setting.
    pub(crate) settings: &'static [(&'static str, &'static str, &'static str)],
    pub(crate) good_when: &'static str,
    pub(crate) bad_when: &'static str,
    pub(crate) source: &'static str,
    /// Spellings whose course is drawn.
    pub(crate) drawn: [&'static str; 2],
}

const WARMUP: (&str, &str, &str) = (
    "warmup",
    "0",
    "steps, or a share such as 5%, over which the factor first rises in a straight line to 1",
);

/// All of them, in the order of [`optim::Schedule::SHAPES`].
pub(crate) const PAGES: [Page; 3] = [
    Page {
        name: "constant",
        problem: "anything that moves the learning rate is one more thing to tune",
        formula: "f = 1",
        settings: &[WARMUP],
        good_when: "runs are short, optimizers are to be compared by themselves, or the end is not known yet",
        bad_when: "the last bit of accuracy counts: the noise of the batches keeps the weights moving",
        source: "Robbins & Monro 1951 on why it must fall for the weights to come to rest",
        drawn: ["constant", "constant warmup=10%"],
    },
    Page {
        name: "step",
        problem: "long steps travel fast but cannot settle; short ones settle but do not travel",
        formula: "f = gamma^⌊s / every⌋",
        settings: &[
            ("every", "30%", "steps between two drops, or a share of all steps"),
            ("gamma", "0.1", "what the rate is multiplied with at each drop, from 0 to 1"),
            WARMUP,
        ],
        good_when: "a recipe for image classifiers is followed, with SGD and momentum",
        bad_when: "the number of steps changes: the drops have to be placed anew",
        source: "He, Zhang, Ren & Sun 2016, section 3.4",
        drawn: ["step", "step every=25% gamma=0.5"],
    },
    Page {
        name: "cosine",
        problem: "where to drop the rate, and how far, are two more settings; a smooth fall has neither",
        formula: "f = floor + (1 − floor)·(1 + cos(π·s/T))/2",
        settings: &[("floor", "0", "where it ends, as a share of the learning rate, from 0 to 1"), WARMUP],
        good_when: "the number of steps is known beforehand; it needs the least tuning of the three",
        bad_when: "training may be stopped early or prolonged: the good weights come at the end",
        source: "Loshchilov & Hutter 2017",
        drawn: ["cosine", "cosine floor=0.1 warmup=10%"],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_schedule_has_its_page() {
        assert_eq!(PAGES.map(|page| page.name), optim::Schedule::SHAPES.map(|(name, _)| name));
        for page in PAGES {
            for spelling in page.drawn {
                assert!(spelling.parse::<optim::Schedule>().is_ok(), "{spelling}");
            }
            for (setting, default, _) in page.settings {
                let spelling = format!("{} {setting}={default}", page.name);
                let bare = page.name.parse::<optim::Schedule>();
                assert_eq!(spelling.parse::<optim::Schedule>(), bare, "the default of {setting}");
            }
        }
    }
}
