//! Entries of a task and ruleset in pairs: effects, simultaneous intervals, tests, and what may be concluded.

use serde::Serialize;
use train::Direction;

use crate::stats::{
    Interval, Pilot, PilotTest, Superiority, fewest_seeds, holm, least_p, mean, paired_superiority,
    sign_flip, sign_test, std, student, t_test, wilcoxon,
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
    /// The test with the spread of the pilot, if there is one and no run diverged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pilot: Option<PairPilot>,
    /// Probability that the first beats the second, with its interval; a diverged run is beaten by every other.
    pub superiority: Option<Superiority>,
    /// The least mean difference that this spread and number of seeds could have told apart.
    pub least_difference: Option<f64>,
    /// Diverged runs of the first and of the second.
    pub diverged: [usize; 2],
    /// The conclusion.
    pub relation: Relation,
}

/// A pair tested with the spread of the pilot.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct PairPilot {
    /// Variance of the differences over that which the pilot tells to expect.
    pub variance_ratio: f64,
    /// One-sided p-value of the F test: small where the differences vary more than the pilot tells.
    pub larger_p: f64,
    /// True if the pilot's spread decided: the differences do not vary more, by a test at [`PairPilot::LEVEL`]. Else
    /// their own spread did.
    pub decided: bool,
}

impl PairPilot {
    /// Level of the F test. It is high, because few seeds seldom show a larger spread. A test that turns to the own
    /// spread only where that is larger rejects less often than the z-test alone, so the level of the z-test holds.
    pub const LEVEL: f64 = 0.25;

    fn of(test: &PilotTest) -> Option<PairPilot> {
        let (variance_ratio, larger_p) = (test.variance_ratio?, test.larger_p?);
        Some(PairPilot { variance_ratio, larger_p, decided: larger_p > PairPilot::LEVEL })
    }
}

/// Conclusion about a pair.
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
    merits: Merits,
    decision: Decision,
}

/// Merits of two entries by seed.
pub(super) type Merits = Vec<(f64, f64)>;

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

/// The rule by which pairs are told apart.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Decision {
    /// The test.
    pub test: DecidingTest,
    /// Confidence of all intervals of a family together; 1 − confidence is the level of corrected p-values.
    pub confidence: f64,
    /// Seed of resampling.
    pub seed: u64,
    /// Seeds on which settings were chosen, if they were: see [`Decision::choice_variance`].
    pub chosen_on: Option<usize>,
    /// The spread of paired differences that a pilot measured; Student's t then is a z-test with it, except for pairs
    /// whose differences vary more ([`PairPilot`]).
    pub pilot: Option<Pilot>,
}

impl Decision {
    /// Variance that the choice of settings adds to a mean difference, in units of the variance of a paired
    /// difference; 0 if nothing was chosen.
    ///
    /// Few seeds choose the settings, so the same recipe, tuned once more, would have run with others. Seeds of the
    /// report do not show that: told apart by them alone, the same recipe under two names differs in 11% of simulated
    /// studies at a level of 5%. With this variance added to that of the mean it is at most 5%, for basins of any width
    /// (`study::simulation`).
    pub fn choice_variance(&self) -> f64 {
        self.chosen_on.map_or(0.0, |seeds| CHOICE / seeds.max(1) as f64)
    }

    /// Standard error of a mean of paired differences.
    fn error(&self, differences: &[f64]) -> f64 {
        std(differences) * (1.0 / differences.len() as f64 + self.choice_variance()).sqrt()
    }

    /// Student's t-test of paired differences, with the variance of the choice.
    fn student(&self, differences: &[f64], level: f64) -> (Interval, f64) {
        let df = differences.len() as f64 - 1.0;
        let test = t_test(mean(differences), self.error(differences), df, level);
        (test.interval, test.p)
    }

    /// The z-test of paired differences with the spread of the pilot, and the variance of the choice.
    fn test_with_pilot(&self, differences: &[f64], level: f64) -> Option<(PilotTest, PairPilot)> {
        let test = self.pilot?.test_with(differences, self.choice_variance(), level)?;
        PairPilot::of(&test).map(|pair| (test, pair))
    }

    /// The least mean difference that these seeds could have told apart.
    fn least_difference(&self, differences: &[f64], level: f64) -> f64 {
        let n = differences.len() as f64;
        let (error, df) = match (self.pilot, self.test_with_pilot(differences, level)) {
            (Some(pilot), Some((_, pair))) if pair.decided => {
                (pilot.std * (1.0 / n + self.choice_variance()).sqrt(), pilot.df())
            }
            _ => (self.error(differences), n - 1.0),
        };
        student::critical(1.0 - level, df) * error
    }
}

/// Variance of the choice on one seed, in units of the variance of a paired difference.
const CHOICE: f64 = 0.3;

/// Compares entries by their scores on the same seeds (`scores[entry][seed]`, `None` for a diverged run).
///
/// All pairs are one family: p-values are corrected by Holm's method, and intervals are Bonferroni's, so that an
/// interval without 0 and "not told apart" never meet ([`crate::stats::simultaneous`] says why). Where settings were
/// chosen, the variance of that choice is part of the interval; the sign-flip test, which has no variance, then decides
/// together with Student's t: the larger p-value counts, and the interval that holds both. With a pilot its spread
/// decides, where that of the pair is not larger. Where runs diverged
/// a mean says little; the sign test of all seeds, diverged runs worst, decides instead. "Better" needs the
/// interval of P(A > B) on one side of ½ too.
///
/// ```
/// use lab::study::DecidingTest;
/// use lab::study::outcome::{Decision, Relation, compare};
/// use train::Direction::Maximize;
/// let seeds = |mean: f64| (0..10).map(|k| Some(mean + 0.001 * f64::from(k * k % 7))).collect::<Vec<_>>();
/// let scores = [seeds(0.95), seeds(0.97), vec![None; 10]];
/// let decision = Decision { test: DecidingTest::StudentT, confidence: 0.95, seed: 0, chosen_on: Some(3), pilot: None };
/// let found = compare((0, 0), &scores, Maximize, &decision);
/// assert_eq!(found.order, [1, 0, 2]);
/// assert!(found.pairs.iter().all(|pair| pair.relation == Relation::FirstBetter));
/// ```
pub fn compare(
    (task, ruleset): (usize, usize),
    scores: &[Vec<Option<f64>>],
    direction: Direction,
    decision: &Decision,
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
            paired.push(Paired { first, second, merits, decision: *decision });
        }
    }
    let pairs = family(&paired);
    let seeds = scores.iter().map(Vec::len).min().unwrap_or(0);
    let members = paired.iter().filter(|pair| pair.merits.len() >= 2).count();
    let alpha = 1.0 - decision.confidence;
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

/// The relation of each comparison of two entries (their merits by seed, and the pilot of their task), all comparisons in
/// one family.
pub(super) fn relations(scores: Vec<(Merits, Option<Pilot>)>, decision: &Decision) -> Vec<Relation> {
    let paired = scores.into_iter().map(|(merits, pilot)| {
        let decision = Decision { pilot, ..*decision };
        Paired { first: 0, second: 1, merits, decision }
    });
    family(&paired.collect::<Vec<_>>()).into_iter().map(|pair| pair.relation).collect()
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

/// Pairs with their conclusions; their decisions differ in the pilot alone.
fn family(paired: &[Paired]) -> Vec<Pair> {
    let members: Vec<bool> = paired.iter().map(|pair| pair.merits.len() >= 2).collect();
    let count = members.iter().filter(|member| **member).count();
    let confidence = paired.first().map_or(0.0, |pair| pair.decision.confidence);
    let level = 1.0 - (1.0 - confidence) / count.max(1) as f64;
    let tested: Vec<(Option<Interval>, f64)> = paired.iter().map(|pair| single(pair, level)).collect();
    let p_values = tested.iter().zip(&members).filter(|(_, member)| **member).map(|((_, p), _)| *p);
    let mut adjusted = holm(&p_values.collect::<Vec<_>>()).into_iter();
    let conclude = |((pair, tested), member): ((&Paired, (Option<Interval>, f64)), bool)| {
        let adjusted_p = if member { adjusted.next().expect("one for each that was tested") } else { 1.0 };
        concluded(pair, tested, member.then_some(adjusted_p), level)
    };
    paired.iter().zip(tested).zip(members).map(conclude).collect()
}

/// A pair with its conclusion; `adjusted_p` is `None` for one that has too few seeds to be tested.
fn concluded(
    pair: &Paired,
    (interval, p): (Option<Interval>, f64),
    adjusted_p: Option<f64>,
    level: f64,
) -> Pair {
    let decision = &pair.decision;
    let (finite, all, diverged) = (pair.finite(), pair.all(), pair.diverged());
    let superiority = paired_superiority(&all, decision.confidence);
    let relation = match (adjusted_p, &superiority) {
        (None, _) | (_, None) => Relation::TooFewSeeds,
        (Some(p), _) if p > 1.0 - decision.confidence => Relation::NotToldApart,
        (_, Some(found)) if found.interval.low > 0.5 => Relation::FirstBetter,
        (_, Some(found)) if found.interval.high < 0.5 => Relation::SecondBetter,
        _ => Relation::ToldApart,
    };
    let tested = adjusted_p.is_some();
    let flipped = (tested && diverged == [0, 0]).then(|| sign_flip(&finite, level, decision.seed)).flatten();
    let with_pilot =
        (tested && diverged == [0, 0]).then(|| decision.test_with_pilot(&finite, level)).flatten();
    Pair {
        first: pair.first,
        second: pair.second,
        difference: (!finite.is_empty()).then(|| mean(&finite)),
        interval,
        p,
        adjusted_p: adjusted_p.unwrap_or(1.0),
        sign_flip_p: flipped.map(|flip| flip.p),
        wilcoxon_p: tested.then(|| wilcoxon(&all)).flatten().map(|test| test.p),
        pilot: with_pilot.map(|(_, pair)| pair),
        superiority,
        least_difference: (finite.len() >= 2).then(|| decision.least_difference(&finite, level)),
        diverged,
        relation,
    }
}

/// Interval and p-value of one pair, by the deciding test or, where runs diverged, the sign test.
fn single(pair: &Paired, level: f64) -> (Option<Interval>, f64) {
    let decision = &pair.decision;
    if pair.merits.len() < 2 {
        return (None, 1.0);
    }
    if pair.diverged() != [0, 0] {
        return (None, sign_test(&pair.all()).p);
    }
    let differences = pair.finite();
    if let Some((test, PairPilot { decided: true, .. })) = decision.test_with_pilot(&differences, level) {
        return (Some(test.interval), test.p);
    }
    let (interval, p) = decision.student(&differences, level);
    let flipped = match decision.test {
        DecidingTest::StudentT => None,
        DecidingTest::SignFlip => sign_flip(&differences, level, decision.seed),
    };
    match flipped {
        None => (Some(interval), p),
        Some(flip) if decision.chosen_on.is_none() => (Some(flip.interval), flip.p),
        Some(flip) => {
            let (low, high) = (interval.low.min(flip.interval.low), interval.high.max(flip.interval.high));
            (Some(Interval::new(low, high)), p.max(flip.p))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tensor::random::Stream;

    fn scores(stream: &mut Stream, mean: f64) -> Vec<Option<f64>> {
        (0..10).map(|_| Some(mean + f64::from(stream.normal()))).collect()
    }

    fn decision(test: DecidingTest, chosen_on: Option<usize>) -> Decision {
        Decision { test, confidence: 0.95, seed: 0, chosen_on, pilot: None }
    }

    #[test]
    fn an_interval_without_zero_and_not_told_apart_never_meet() {
        let mut stream = Stream::new(0, "family");
        for round in 0..200 {
            let entries: Vec<Vec<Option<f64>>> =
                (0..6).map(|i| scores(&mut stream, 0.3 * f64::from(i))).collect();
            for (test, chosen) in [
                (DecidingTest::StudentT, None),
                (DecidingTest::StudentT, Some(3)),
                (DecidingTest::SignFlip, None),
                (DecidingTest::SignFlip, Some(3)),
            ] {
                let found = compare((0, 0), &entries, Direction::Minimize, &decision(test, chosen));
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
        let found =
            compare((0, 0), &[steady, wild], Direction::Maximize, &decision(DecidingTest::StudentT, None));
        let pair = &found.pairs[0];
        assert_eq!((found.order.clone(), pair.diverged), (vec![1, 0], [9, 0]));
        assert_eq!((pair.interval, pair.relation), (None, Relation::SecondBetter));
    }

    #[test]
    fn one_seed_tells_nothing_apart() {
        let one = |score| vec![Some(score)];
        let found = compare(
            (0, 0),
            &[one(1.0), one(2.0)],
            Direction::Minimize,
            &decision(DecidingTest::StudentT, None),
        );
        assert_eq!((found.pairs[0].relation, found.family), (Relation::TooFewSeeds, 0));
        assert_eq!(found.pairs[0].difference, Some(1.0));
    }
}
