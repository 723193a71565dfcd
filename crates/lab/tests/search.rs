//! `lab::search`: text of spaces, trials, budgets, edges, halving.

use lab::search::*;
use lab::stats::Direction::{self, Maximize, Minimize};
use proptest::prelude::*;

fn space(text: &str) -> Space {
    text.parse().unwrap_or_else(|error| panic!("{error}"))
}

fn number(point: &Point, name: &str) -> f64 {
    match point.get(name) {
        Some(Value::Number(x)) => *x,
        other => panic!("{name}: {other:?}"),
    }
}

#[test]
fn mistakes_are_shown_with_what_is_expected() {
    for (text, message) in [
        ("lr", "expected name=low..high or name=word|word, found `lr`\n  lr"),
        ("lr=1e-4..1 log,", "expected name=low..high or name=word|word, found nothing\n  "),
        ("=1..2", "expected a name before `=`, found nothing\n  =1..2"),
        ("lr=a..1 log", "expected a number, found `a`\n  lr=a..1 log"),
        ("lr=1..", "expected a number, found nothing\n  lr=1.."),
        (
            "lr=0..1 log",
            "expected ends above 0, the lower first on a log scale, found `0..1 log`\n  lr=0..1 log",
        ),
        ("b=0.9..1 one_minus_log", "expected ends below 1, the lower first on a one_minus_log scale, found"),
        ("lr=2..1", "expected finite ends, the lower first on a linear scale, found `2..1`\n  lr=2..1"),
        ("lr=nan..1", "expected finite ends"),
        ("lr=1..2 log x=3", "expected a comma, found `x=3`\n  lr=1..2 log x=3"),
        ("lr=1..2 lgo", "unknown scale `lgo`; did you mean `log`?\n  lr=1..2 lgo"),
        ("lr=1..2, x=1..2, lr=3..4", "duplicate `lr`\n  lr=3..4"),
        ("mode=a|b|a", "duplicate `a`\n  mode=a|b|a"),
        ("lr=\u{1b}[2J..1", "expected a number, found `\\u{1b}[2J`\n  lr=\\u{1b}[2J..1"),
        ("mode=a||b", "expected low..high or words with `|` between, found `a||b`\n  mode=a||b"),
    ] {
        let error = text.parse::<Space>().expect_err(text);
        assert!(error.to_string().starts_with(message), "{text}: {error}");
        assert!(!error.hint().is_empty());
    }
    assert_eq!(space(""), Space::default());
}

#[test]
fn each_scale_is_evenly_filled() {
    let middle = |text: &str| number(&Sampler::Grid { levels: 1 }.trial(&space(text), 0, 0), "x");
    assert_eq!(middle("x=1e-4..1 log"), 1e-2);
    assert_eq!(middle("x=0.9..0.999 one_minus_log"), 0.99);
    assert_eq!(middle("x=-1..3"), 1.0);
    // An eighth is 0; the other half of the rest is below the middle.
    let space = space("x=1e-6..1e-2 log_or_zero");
    let values: Vec<f64> = (0..64).map(|i| number(&Sampler::Sobol.trial(&space, 1, i), "x")).collect();
    assert_eq!(values.iter().filter(|&&x| x == 0.0).count(), 8);
    assert_eq!(values.iter().filter(|&&x| x > 1e-4).count(), 28);
    assert!(values.iter().all(|&x| x == 0.0 || (1e-6..=1e-2).contains(&x)));
}

/// The first 2ᵏ Sobol points have one in each of 2ᵏ equal parts of every hyperparameter, and one in each
/// rectangle of two.
#[test]
fn sobol_points_fill_the_space_for_every_nested_budget() {
    let space = space("x=0..1, y=0..1, z=0..1");
    for seed in 0..20 {
        for budget in nested_budgets(16) {
            let cell = |x: f64, parts: usize| ((x * parts as f64) as usize).min(parts - 1);
            let points: Vec<Point> =
                (0..budget as u32).map(|i| Sampler::Sobol.trial(&space, seed, i)).collect();
            for name in ["x", "y", "z"] {
                let mut parts: Vec<usize> = points.iter().map(|p| cell(number(p, name), budget)).collect();
                parts.sort_unstable();
                assert!(parts.into_iter().eq(0..budget), "{name}, seed {seed}, {budget} trials");
            }
            for (a, b) in [(1, budget), (2, budget / 2), (budget / 2, 2)] {
                if a * b == budget && budget > 1 {
                    let mut cells: Vec<usize> = points
                        .iter()
                        .map(|p| cell(number(p, "x"), a) * b + cell(number(p, "y"), b))
                        .collect();
                    cells.sort_unstable();
                    assert!(cells.into_iter().eq(0..budget), "{a} × {b}, seed {seed}");
                }
            }
        }
    }
}

#[test]
fn a_grid_has_every_combination_once() {
    let space = space("lr=1e-2..1 log, wd=1e-3..1e-1 log_or_zero, nesterov=true|false");
    let grid = Sampler::Grid { levels: 3 };
    assert_eq!((grid.trials(&space), Sampler::Random.trials(&space)), (Some(18), None));
    let points: Vec<String> = (0..18).map(|i| grid.trial(&space, 0, i).to_string()).collect();
    assert_eq!(points[0], "lr=0.01 wd=0 nesterov=true");
    assert_eq!(points[1], "lr=0.01 wd=0 nesterov=false");
    assert_eq!(points[17], "lr=1 wd=0.1 nesterov=false");
    let mut distinct = points.clone();
    distinct.sort();
    distinct.dedup();
    assert_eq!(distinct.len(), 18);
}

#[test]
fn an_edge_is_extended_by_a_decade_within_its_limits() {
    let space =
        space("lr=1e-4..1 log, beta1=0.9..0.999 one_minus_log, wd=1e-6..1e-1 log_or_zero, momentum=0..0.8");
    let at = |text: &str| Point {
        settings: text
            .split(' ')
            .map(|setting| setting.split_once('=').expect("a setting"))
            .map(|(name, value)| (name.to_string(), Value::Number(value.parse().expect("a number"))))
            .collect(),
    };
    let free = |_: &str| (f64::NEG_INFINITY, f64::INFINITY);
    assert_eq!(
        extension(&space, &at("lr=0.01 beta1=0.99 wd=0 momentum=0.4"), free),
        None,
        "inside, and at 0"
    );

    let found = extension(&space, &at("lr=0.5 beta1=0.9985 wd=2e-6 momentum=0.01"), free).expect("edges");
    let sides: Vec<(&str, Side)> = found.edges.iter().map(|edge| (edge.name.as_str(), edge.side)).collect();
    assert_eq!(
        sides,
        [("lr", Side::High), ("beta1", Side::High), ("wd", Side::Low), ("momentum", Side::Low)]
    );
    assert_eq!(
        found.space.to_string(),
        "lr=0.0001..10 log, beta1=0.9..0.9999 one_minus_log, wd=0.0000001..0.1 log_or_zero, momentum=-0.4..0.8"
    );
    assert_eq!(found.beyond.get("lr").expect("lr").to_string(), "lr=1..10 log");
    assert_eq!(found.beyond.get("momentum").expect("momentum").to_string(), "momentum=-0.4..0");

    let limits = |name: &str| if name == "momentum" { (0.0, 1.0) } else { (1e-4, 2.0) };
    let found = extension(&space, &at("lr=0.5 beta1=0.99 wd=0.001 momentum=0.01"), limits).expect("an edge");
    assert_eq!(
        (found.edges.len(), found.space.get("lr").expect("lr").to_string().as_str()),
        (1, "lr=0.0001..2 log")
    );
    assert_eq!((extra_trials(12), extra_trials(16), extra_trials(1)), (3, 4, 1));
}

#[test]
fn the_best_of_many_is_chosen_on_fresh_seeds() {
    let finalist = |trial, tuning: [f64; 3], fresh: [f64; 3]| Finalist {
        trial,
        tuning: tuning.into(),
        fresh: fresh.into(),
    };
    let (lucky, steady) = (
        finalist(4, [0.95, 0.97, 0.96], [0.90, 0.91, 0.92]),
        finalist(7, [0.94, 0.95, 0.93], [0.93, 0.94, 0.95]),
    );
    let winner = choose(&[lucky.clone(), steady], Maximize).expect("a winner");
    assert_eq!((winner.trial, winner.tuning_score, winner.fresh_score), (7, 0.94, 0.94));
    assert!(
        (choose(std::slice::from_ref(&lucky), Maximize).expect("a winner").optimism - 0.05).abs() < 1e-12
    );
    let lost = finalist(1, [0.1; 3], [f64::NAN, f64::INFINITY, 0.1]);
    assert_eq!(choose(&[lost], Minimize), None);
}

/// With one worker and any scores, one in three of each rung goes on, and the winner is the best of the top.
#[test]
fn halving_gives_the_budget_to_the_better_part() {
    let score = |trial: usize| (trial as f64 * 7.3).sin();
    let mut halving = Halving::new(27, 1.0, 27.0, 3, Direction::Minimize);
    let mut jobs = vec![Vec::new(); 4];
    while let Some(job) = halving.next() {
        assert_eq!(job.budget, 3.0_f64.powi(job.rung as i32));
        jobs[job.rung].push(job.trial);
        halving.report(job.trial, job.rung, score(job.trial));
    }
    assert_eq!(jobs[0], (0..27).collect::<Vec<_>>());
    // Trials go on before all others have been seen, so a rung may have a few more than a third.
    for rung in 1..4 {
        assert!(jobs[rung].len() >= jobs[rung - 1].len() / 3 && jobs[rung].len() <= jobs[rung - 1].len() / 2);
        assert!(jobs[rung].iter().all(|trial| jobs[rung - 1].contains(trial)));
    }
    let best = (0..27).min_by(|&a, &b| score(a).total_cmp(&score(b)));
    assert_eq!(halving.best(), best);
}

#[test]
fn a_diverged_trial_never_goes_on() {
    let mut halving = Halving::new(4, 1.0, 2.0, 2, Maximize);
    let started: Vec<Job> = (0..4).map(|_| halving.next().expect("a trial")).collect();
    assert_eq!(halving.next(), None, "all under way");
    started.iter().for_each(|job| halving.report(job.trial, 0, f64::NAN));
    assert_eq!((halving.next(), halving.best()), (None, None));
}

proptest! {
    #[test]
    fn spaces_print_as_they_are_read(
        parts in prop::collection::vec((0..5_usize, -3.0..0.4_f64, 0.01..0.5_f64), 0..6),
    ) {
        let part = |(i, (kind, low, width)): (usize, (usize, f64, f64))| match kind {
            0 => format!("x{i}={low}..{}", low + width),
            1 => format!("x{i}={}..{} log", 10.0_f64.powf(low), 10.0_f64.powf(low + width)),
            2 => format!("x{i} = {low} .. {} one_minus_log", low + width),
            3 => format!("x{i}={:e}..{:e} log_or_zero", 10.0_f64.powf(low), 10.0_f64.powf(low + width)),
            _ => format!("x{i}=a|b{}|c", (low * 10.0).abs() as u32),
        };
        let text = parts.into_iter().enumerate().map(part).collect::<Vec<_>>().join(",");
        let space: Space = text.parse().unwrap();
        let again: Space = space.to_string().parse().unwrap();
        prop_assert_eq!(&again, &space);
        for sampler in [Sampler::Random, Sampler::Sobol] {
            for index in 0..20 {
                let point = sampler.trial(&space, 9, index);
                prop_assert_eq!(&point, &sampler.trial(&again, 9, index));
                for (dimension, (name, value)) in space.dimensions.iter().zip(&point.settings) {
                    prop_assert_eq!(name, &dimension.name);
                    let inside = match (&dimension.domain, value) {
                        (Domain::Interval { low, high, scale }, Value::Number(x)) => {
                            (low <= x && x <= high) || (*scale == Scale::LogOrZero && *x == 0.0)
                        }
                        (Domain::Choice(words), Value::Word(word)) => words.contains(word),
                        _ => false,
                    };
                    prop_assert!(inside, "{} of {}", value, dimension);
                }
            }
        }
    }

    /// Whatever order the reports of several workers come in, a trial is started once, goes on once a rung,
    /// and only after its report; and nothing is left when all have been reported.
    #[test]
    fn halving_is_sound_in_any_order(order in prop::collection::vec(0..4_usize, 200), trials in 1..30_usize) {
        let mut halving = Halving::new(trials, 1.0, 16.0, 2, Maximize);
        let mut under_way: Vec<Job> = Vec::new();
        let mut seen: Vec<(usize, usize)> = Vec::new();
        for pick in order {
            while under_way.len() < 4 {
                let Some(job) = halving.next() else { break };
                prop_assert!(!seen.contains(&(job.trial, job.rung)));
                prop_assert!(job.rung == 0 || seen.contains(&(job.trial, job.rung - 1)));
                seen.push((job.trial, job.rung));
                under_way.push(job);
            }
            if under_way.is_empty() {
                break;
            }
            let job = under_way.remove(pick % under_way.len());
            halving.report(job.trial, job.rung, (job.trial as f64 * 1.7).cos());
        }
        prop_assert!(under_way.is_empty());
        prop_assert_eq!(seen.iter().filter(|(_, rung)| *rung == 0).count(), trials);
        let best = halving.best();
        prop_assert!(best.is_some_and(|best| best < trials));
    }
}
