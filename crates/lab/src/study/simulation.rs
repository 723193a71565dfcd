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

/// Three standard deviations above 5% in 1,000 studies.
const MOST: f64 = 0.071;

/// Fraction of studies in which any two entries of the same recipe are told apart: `twins` of them, each with its own
/// noise. `mean` is the true score at a distance in decades from the best rate.
fn told_apart(
    protocol: &Study,
    twins: usize,
    mean: impl Fn(f64) -> f64,
    noise: impl Fn(&mut Stream) -> f64,
) -> f64 {
    let facts = facts();
    let mut found = 0;
    for seed in 0..STUDIES {
        let study = Study { seed, entries: study(&vec!["sgd"; twins]).entries, ..protocol.clone() };
        let scores: Vec<Vec<Option<f64>>> = (0..twins)
            .map(|entry| {
                let cell = Cell::new(&study, &facts, CellId { task: 0, ruleset: 0, entry });
                let score = |point: &Point, run: &Run| {
                    let rate: f64 = point.get("lr").expect("a rate").to_string().parse().expect("a number");
                    let name = format!("{seed} {entry} {point} {:?}", run.phase);
                    mean((rate / 0.03).log10()) + noise(&mut Stream::new(run.seed, &name))
                };
                let (state, _) = play(&cell, &score);
                let trial = state.chosen.flatten().expect("finite scores");
                let reported = cell.reporting(Some(trial)).map(|run| score(&state.points[trial], &run));
                reported.map(Some).collect()
            })
            .collect();
        let compared = compare((0, 0), &scores, Direction::Maximize, &study.decision(0));
        found += usize::from(compared.pairs.iter().any(|pair| pair.relation != Relation::NotToldApart));
    }
    found as f64 / STUDIES as f64
}

fn normal(stream: &mut Stream) -> f64 {
    f64::from(stream.normal())
}

fn skewed(stream: &mut Stream) -> f64 {
    f64::from(stream.normal()).exp()
}

#[test]
fn twins_are_told_apart_no_more_often_than_stated() {
    let protocol = study(&["sgd"]);
    let flip = Study { test: DecidingTest::SignFlip, ..protocol.clone() };
    // A basin falls by `k` standard deviations of a run in the first decade.
    for (name, rate) in [
        ("flat", told_apart(&protocol, 2, |_| 0.0, normal)),
        ("wide basin, skewed noise", told_apart(&protocol, 2, |x| -3.0 * x * x, skewed)),
        ("narrow basin", told_apart(&protocol, 2, |x| -25.0 * x * x, normal)),
        ("narrow basin, four twins", told_apart(&protocol, 4, |x| -25.0 * x * x, normal)),
        ("narrow basin, sign-flip test", told_apart(&flip, 2, |x| -25.0 * x * x, normal)),
    ] {
        assert!(rate <= MOST, "{name}: {rate}");
    }
}
