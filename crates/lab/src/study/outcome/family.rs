//! Entries of a task and ruleset in pairs: effects, simultaneous intervals, tests, and what may be concluded.

use serde::Serialize;
use train::Direction;

use crate::stats::{
    Interval, Superiority, fewest_seeds, holm, least_difference_of, least_p, mean, paired_superiority,
    paired_t, sign_flip, sign_test, std, wilcoxon,
};
use crate::study::DecidingTest;

/// The entries of a task and ruleset, in pairs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    /// Place of the task.
    pub task: usize,
    /// Place of the ruleset.
    pub ruleset: usize,
    /// Seeds that every entry has.
    pub seeds: usize,
    /// Pairs that the p-values are corrected for.
    pub family: usize,
    /// The least p-value that an exact test of this many seeds can give, before correction.
    pub least_p: f64,
    /// Seeds with which an exact test can tell one of the pairs apart.
    pub fewest_seeds: usize,
    /// Places of the entries, the best mean score first; those without a finished run last.
    pub order: Vec<usize>,
    /// Every pair, the entry that comes first in `order` first.
    pub pairs: Vec<Pair>,
}

/// Two entries on the same seeds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Pair {
    /// Place of the entry with the better mean.
    pub first: usize,
    /// Place of the other entry.
    pub second: usize,
    /// Mean gain of the first over the second, over the seeds that both finished; `None` for none.
    pub difference: Option<f64>,
    /// Its interval; those of a family hold together. `None` with fewer than two seeds, or if a run diverged.
    pub interval: Option<Interval>,
    /// Two-sided p-value of this pair alone: of the deciding test, or where runs diverged of the sign test.
    pub p: f64,
    /// The p-value corrected for the family by Holm's method.
    pub adjusted_p: f64,
    /// p-value of the exact sign-flip test of this pair alone; `None` if a run diverged.
    pub sign_flip_p: Option<f64>,
    /// p-value of Wilcoxon's signed ranks of this pair alone; `None` where it has none.
    pub wilcoxon_p: Option<f64>,
    /// Probability that the first beats the second, with its interval; a diverged run is beaten by every other.
    pub superiority: Option<Superiority>,
    /// The least mean difference that this spread and number of seeds could have told apart.
    pub least_difference: Option<f64>,
    /// Diverged runs of the first and of the second.
    pub diverged: [usize; 2],
    /// The conclusion.
    pub relation: Relation,
}

/// What may be concluded of a pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Relation {
    /// Told apart, and the first beats the second more often than not.
    FirstBetter,
    /// Told apart, and the second beats the first more often than not: it has the worse mean, but finishes.
    SecondBetter,
    /// The means are told apart, but not who wins more often.
    ToldApart,
    /// Not told apart.
    NotToldApart,
    /// Fewer than two seeds, or runs that no seed changes.
    TooFewSeeds,
}

impl Relation {
    /// True if the two are told apart.
    pub fn is_told_apart(self) -> bool {
        matches!(self, Relation::FirstBetter | Relation::SecondBetter | Relation::ToldApart)
    }
}

/// Paired scores of two entries, as merits: of a diverged run −∞.
struct Paired {
    first: usize,
    second: usize,
    merits: Vec<(f64, f64)>,
}

impl Paired {
    /// Differences of seeds on which both finished.
    fn finite(&self) -> Vec<f64> {
        let both = self.merits.iter().filter(|(a, b)| a.is_finite() && b.is_finite());
        both.map(|(a, b)| a - b).collect()
    }

    /// Differences of all seeds: infinite where one diverged, 0 where both did.
    fn all(&self) -> Vec<f64> {
        self.merits.iter().map(|&(a, b)| if a == b { 0.0 } else { a - b }).collect()
    }

    fn diverged(&self) -> [usize; 2] {
        let count =
            |of: fn(&(f64, f64)) -> f64| self.merits.iter().filter(|pair| !of(pair).is_finite()).count();
        [count(|pair| pair.0), count(|pair| pair.1)]
    }
}

/// Compares entries by their scores on the same seeds (`scores[entry][seed]`, `None` for a diverged run).
///
/// All pairs are one family: p-values are corrected by Holm's method, and intervals are Bonferroni's, so that an
/// interval without 0 and "not told apart" never meet ([`crate::stats::simultaneous`] says why). Where runs diverged
/// a mean says little; the sign test of all seeds, diverged runs worst, decides instead. "Better" needs the
/// interval of P(A > B) on one side of ½ too.
///
/// ```
/// use lab::study::DecidingTest;
/// use lab::study::outcome::{Relation, compare};
/// use train::Direction::Maximize;
/// let seeds = |mean: f64| (0..10).map(|k| Some(mean + 0.001 * f64::from(k * k % 7))).collect::<Vec<_>>();
/// let scores = [seeds(0.95), seeds(0.97), vec![None; 10]];
/// let found = compare((0, 0), &scores, Maximize, DecidingTest::StudentT, 0.95, 0);
/// assert_eq!(found.order, [1, 0, 2]);
/// assert!(found.pairs.iter().all(|pair| pair.relation == Relation::FirstBetter));
/// ```
pub fn compare(
    (task, ruleset): (usize, usize),
    scores: &[Vec<Option<f64>>],
    direction: Direction,
    test: DecidingTest,
    confidence: f64,
    seed: u64,
) -> Comparison {
    let merits: Vec<Vec<f64>> = scores
        .iter()
        .map(|seeds| seeds.iter().map(|score| direction.merit(score.unwrap_or(f64::NAN))).collect())
        .collect();
    let order = order(&merits);
    let mut paired = Vec::new();
    for (place, &first) in order.iter().enumerate() {
        for &second in &order[place + 1..] {
            let merits = merits[first].iter().copied().zip(merits[second].iter().copied()).collect();
            paired.push(Paired { first, second, merits });
        }
    }
    let pairs = family(&paired, test, confidence, seed);
    let seeds = scores.iter().map(Vec::len).min().unwrap_or(0);
    let members = paired.iter().filter(|pair| pair.merits.len() >= 2).count();
    let alpha = 1.0 - confidence;
    Comparison {
        task,
        ruleset,
        seeds,
        family: members,
        least_p: least_p(seeds),
        fewest_seeds: fewest_seeds(alpha / members.max(1) as f64),
        order,
        pairs,
    }
}

/// True for each comparison of `scores[comparison]` (merits of two entries by seed) that is told apart, all of them
/// one family; and the side that is better.
pub(super) fn relations(
    scores: Vec<Vec<(f64, f64)>>,
    test: DecidingTest,
    confidence: f64,
    seed: u64,
) -> Vec<Relation> {
    let paired: Vec<Paired> =
        scores.into_iter().map(|merits| Paired { first: 0, second: 1, merits }).collect();
    family(&paired, test, confidence, seed).into_iter().map(|pair| pair.relation).collect()
}

/// Places by mean merit of the finished runs, the best first, the earlier of equal ones before.
fn order(merits: &[Vec<f64>]) -> Vec<usize> {
    let means: Vec<f64> = merits
        .iter()
        .map(|seeds| {
            let finite: Vec<f64> = seeds.iter().copied().filter(|merit| merit.is_finite()).collect();
            if finite.is_empty() { f64::NEG_INFINITY } else { mean(&finite) }
        })
        .collect();
    let mut order: Vec<usize> = (0..merits.len()).collect();
    order.sort_by(|&a, &b| means[b].total_cmp(&means[a]));
    order
}

fn family(paired: &[Paired], test: DecidingTest, confidence: f64, seed: u64) -> Vec<Pair> {
    let alpha = 1.0 - confidence;
    let members = paired.iter().filter(|pair| pair.merits.len() >= 2).count();
    let level = 1.0 - alpha / members.max(1) as f64;
    let tested: Vec<(Option<Interval>, f64)> =
        paired.iter().map(|pair| single(pair, test, level, seed)).collect();
    let p_values: Vec<f64> =
        tested.iter().zip(paired).filter(|(_, pair)| pair.merits.len() >= 2).map(|(t, _)| t.1).collect();
    let mut adjusted = holm(&p_values).into_iter();
    let pair = |(pair, (interval, p)): (&Paired, (Option<Interval>, f64))| {
        let enough = pair.merits.len() >= 2;
        let adjusted_p = if enough { adjusted.next().expect("one for each that was tested") } else { 1.0 };
        let (finite, all, diverged) = (pair.finite(), pair.all(), pair.diverged());
        let superiority = paired_superiority(&all, confidence);
        let relation = match superiority {
            Some(_) if !enough => Relation::TooFewSeeds,
            None => Relation::TooFewSeeds,
            Some(_) if adjusted_p > alpha => Relation::NotToldApart,
            Some(Superiority { interval, .. }) if interval.low > 0.5 => Relation::FirstBetter,
            Some(Superiority { interval, .. }) if interval.high < 0.5 => Relation::SecondBetter,
            Some(_) => Relation::ToldApart,
        };
        let whole = diverged == [0, 0];
        let flipped = (whole && enough).then(|| sign_flip(&finite, confidence, seed)).flatten();
        Pair {
            first: pair.first,
            second: pair.second,
            difference: (!finite.is_empty()).then(|| mean(&finite)),
            interval,
            p,
            adjusted_p,
            sign_flip_p: flipped.map(|flip| flip.p),
            wilcoxon_p: enough.then(|| wilcoxon(&all)).flatten().map(|test| test.p),
            superiority,
            least_difference: (finite.len() >= 2)
                .then(|| least_difference_of(std(&finite), finite.len(), level)),
            diverged,
            relation,
        }
    };
    paired.iter().zip(tested).map(pair).collect()
}

/// Interval and p-value of one pair, by the deciding test or, where runs diverged, the sign test.
fn single(pair: &Paired, test: DecidingTest, level: f64, seed: u64) -> (Option<Interval>, f64) {
    if pair.merits.len() < 2 {
        return (None, 1.0);
    }
    if pair.diverged() != [0, 0] {
        return (None, sign_test(&pair.all()).p);
    }
    let differences = pair.finite();
    let found = match test {
        DecidingTest::StudentT => paired_t(&differences, level).map(|t| (t.interval, t.p)),
        DecidingTest::SignFlip => sign_flip(&differences, level, seed).map(|flip| (flip.interval, flip.p)),
    };
    found.map_or((None, 1.0), |(interval, p)| (Some(interval), p))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tensor::random::Stream;

    fn scores(stream: &mut Stream, mean: f64) -> Vec<Option<f64>> {
        (0..10).map(|_| Some(mean + f64::from(stream.normal()))).collect()
    }

    #[test]
    fn an_interval_without_zero_and_not_told_apart_never_meet() {
        let mut stream = Stream::new(0, "family");
        for round in 0..200 {
            let entries: Vec<Vec<Option<f64>>> =
                (0..6).map(|i| scores(&mut stream, 0.3 * f64::from(i))).collect();
            for test in [DecidingTest::StudentT, DecidingTest::SignFlip] {
                let found = compare((0, 0), &entries, Direction::Minimize, test, 0.95, 0);
                assert_eq!((found.pairs.len(), found.family), (15, 15));
                for pair in &found.pairs {
                    let interval = pair.interval.expect("ten seeds");
                    assert!(
                        !interval.excludes(0.0) || pair.relation.is_told_apart(),
                        "round {round}: {pair:?}"
                    );
                    assert!(pair.difference >= Some(0.0), "the better mean comes first");
                }
            }
        }
    }

    #[test]
    fn one_that_diverges_is_beaten_even_if_its_other_runs_are_better() {
        let steady: Vec<Option<f64>> = (0..10).map(|k| Some(0.90 + 0.001 * f64::from(k))).collect();
        let wild: Vec<Option<f64>> = (0..10).map(|k| (k == 9).then_some(0.99)).collect();
        let found = compare((0, 0), &[steady, wild], Direction::Maximize, DecidingTest::StudentT, 0.95, 0);
        let pair = &found.pairs[0];
        assert_eq!((found.order.clone(), pair.diverged), (vec![1, 0], [9, 0]));
        assert_eq!((pair.interval, pair.relation), (None, Relation::SecondBetter));
    }

    #[test]
    fn one_seed_tells_nothing_apart() {
        let one = |score| vec![Some(score)];
        let found =
            compare((0, 0), &[one(1.0), one(2.0)], Direction::Minimize, DecidingTest::StudentT, 0.95, 0);
        assert_eq!((found.pairs[0].relation, found.family), (Relation::TooFewSeeds, 0));
        assert_eq!(found.pairs[0].difference, Some(1.0));
    }
}
