//! False positives of the whole procedure, from trials to the decision, over simulated A/A studies.

use tensor::random::Stream;
use train::Direction;

use super::cell::Cell;
use super::cell::tests::{facts, play, study};
use super::outcome::{Decision, PilotOutcome, Relation, checks, compare};
use super::run::{CellId, Phase, Run};
use super::{DecidingTest, PilotPlan, Study};
use crate::search::Point;

/// Simulated studies.
const STUDIES: u64 = 1_000;

/// Three standard deviations above 5% in 1,000 studies.
const MOST: f64 = 0.071;

/// Fraction of studies in which an entry and its `twins` are told apart, any two of them. Noise is a function of the
/// settings and the seed, so all that differs between twins are their seeds. `mean` is the true score at a distance in
/// decades from the best rate.
fn told_apart(
    protocol: &Study,
    twins: usize,
    mean: impl Fn(f64) -> f64,
    noise: impl Fn(&mut Stream) -> f64,
) -> f64 {
    let facts = facts();
    let mut found = 0;
    for seed in 0..STUDIES {
        let mut study = Study { seed, ..protocol.clone() };
        let again = (1..=twins).map(|twin| protocol.entries[0].twin(&format!("again {twin}")));
        study.entries.extend(again.collect::<Vec<_>>());
        study.check().expect("a study");
        let score = |point: &Point, run: &Run| {
            let rate: f64 = point.get("lr").expect("a rate").to_string().parse().expect("a number");
            let name = format!("{seed} {point}");
            mean((rate / 0.03).log10()) + noise(&mut Stream::new(run.seed, &name))
        };
        let (mut scores, mut pilot) = (Vec::new(), None);
        for entry in 0..=twins {
            let cell = Cell::new(&study, &facts, CellId { task: 0, ruleset: 0, entry });
            let (state, _) = play(&cell, &score);
            let trial = state.chosen.flatten().expect("finite scores");
            let of = |phase| -> Vec<Option<f64>> {
                let runs = cell.of_chosen(phase, Some(trial));
                runs.map(|run| Some(score(&state.points[trial], &run))).collect()
            };
            scores.push(of(Phase::Reporting));
            pilot = pilot.or(PilotOutcome::new(of(Phase::Pilot), study.confidence, seed).spread());
        }
        assert_eq!(pilot.is_some(), study.pilot.is_some());
        let decision = Decision { pilot, ..study.decision(0) };
        let compared = compare((0, 0), &scores, Direction::Maximize, &decision);
        let any = compared.pairs.iter().any(|pair| pair.relation != Relation::NotToldApart);
        let checks = checks(&compared, study.twins());
        assert!(checks.len() == twins && (any || checks.iter().all(|check| !check.told_apart)));
        found += usize::from(any);
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
    // Five seeds, where a spread that is known helps most.
    let pilot = Some(PilotPlan::new(&protocol.entries[0].name));
    let piloted = Study { pilot, seeds: 0..5, ..protocol.clone() };
    let flip = Study { test: DecidingTest::SignFlip, ..protocol.clone() };
    // A basin falls by `k` standard deviations of a run in the first decade.
    for (name, rate) in [
        ("flat", told_apart(&protocol, 1, |_| 0.0, normal)),
        ("wide basin, skewed noise", told_apart(&protocol, 1, |x| -3.0 * x * x, skewed)),
        ("narrow basin", told_apart(&protocol, 1, |x| -25.0 * x * x, normal)),
        ("narrow basin, three twins", told_apart(&protocol, 3, |x| -25.0 * x * x, normal)),
        ("narrow basin, sign-flip test", told_apart(&flip, 1, |x| -25.0 * x * x, normal)),
        ("flat, a pilot", told_apart(&piloted, 1, |_| 0.0, normal)),
        ("narrow basin, a pilot, three twins", told_apart(&piloted, 3, |x| -25.0 * x * x, normal)),
    ] {
        assert!(rate <= MOST, "{name}: {rate}");
    }
}
