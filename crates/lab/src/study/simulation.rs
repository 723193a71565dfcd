//! False positives of the whole procedure, from trials to the decision, over simulated A/A studies.

use tensor::random::Stream;
use train::Direction;

use super::cell::tests::{facts, play, study};
use super::cell::{Cell, CellId, Run};
use super::outcome::{Relation, compare};
use super::{DecidingTest, Study};
use crate::search::Point;

/// Simulated studies.
const STUDIES: u64 = 1_000;

/// Fraction of studies in which any two of `twins` entries of the same recipe are told apart. `mean` is the true score
/// of a point, `noise` draws what a seed adds.
fn told_apart(
    twins: usize,
    test: DecidingTest,
    mean: impl Fn(f64) -> f64,
    noise: impl Fn(&mut Stream) -> f64,
) -> f64 {
    let facts = facts();
    let mut found = 0;
    for seed in 0..STUDIES {
        let study = Study { seed, ..study(&vec!["sgd"; twins]) };
        let scores: Vec<Vec<Option<f64>>> = (0..twins)
            .map(|entry| {
                let cell = Cell::new(&study, &facts, CellId { task: 0, ruleset: 0, entry });
                let score = |point: &Point, run: &Run| {
                    let rate: f64 = point.get("lr").expect("a rate").to_string().parse().expect("a number");
                    let name = format!("{seed} {entry} {point} {:?}", run.phase);
                    mean(rate) + noise(&mut Stream::new(run.seed, &name))
                };
                let (state, _) = play(&cell, &score);
                let trial = state.chosen.flatten().expect("finite scores");
                let reported = cell.reporting(Some(trial)).map(|run| score(&state.points[trial], &run));
                reported.map(Some).collect()
            })
            .collect();
        let compared = compare((0, 0), &scores, Direction::Maximize, test, 0.95, seed);
        found += usize::from(compared.pairs.iter().any(|pair| pair.relation != Relation::NotToldApart));
    }
    found as f64 / STUDIES as f64
}

/// Three standard deviations above 5% in 1,000 studies.
const MOST: f64 = 0.071;

#[test]
fn twins_are_told_apart_no_more_often_than_stated() {
    let normal = |stream: &mut Stream| f64::from(stream.normal());
    let skewed = |stream: &mut Stream| f64::from(stream.normal()).exp();
    for test in [DecidingTest::StudentT, DecidingTest::SignFlip] {
        let rates = [told_apart(2, test, |_| 0.0, normal), told_apart(2, test, |_| 0.0, skewed)];
        assert!(rates.iter().all(|rate| *rate <= MOST), "{test}: {rates:?}");
    }
    let several = told_apart(4, DecidingTest::StudentT, |_| 0.0, normal);
    assert!(several <= MOST, "{several}");
}
