//! Simulated with fixed seeds: intervals cover at the level they state, and whole procedures err no more often
//! than they state.

use lab::stats::TimeToTarget::{Missed, Reached};
use lab::stats::*;
use tensor::random::Stream;

/// The share of `count` simulated studies in which something holds.
fn coverage(name: &str, count: u64, mut holds: impl FnMut(&mut Stream, u64) -> bool) -> f64 {
    let mut stream = Stream::new(2024, name);
    (0..count).filter(|&study| holds(&mut stream, study)).count() as f64 / count as f64
}

fn normals(stream: &mut Stream, n: usize) -> Vec<f64> {
    (0..n).map(|_| f64::from(stream.normal())).collect()
}

fn shifted(stream: &mut Stream, n: usize, mean: f64, std: f64) -> Vec<f64> {
    normals(stream, n).into_iter().map(|x| mean + std * x).collect()
}

fn bootstrap(seed: u64) -> Bootstrap {
    Bootstrap { confidence: 0.95, resamples: 999, seed }
}

/// Rows of (interval, its simulated coverage), all of which must be 93 to 97%.
#[track_caller]
fn covered(rows: &[(&str, f64)]) {
    assert!(rows.iter().all(|(_, share)| (0.93..=0.97).contains(share)), "{rows:#?}");
}

#[test]
fn intervals_of_means_cover() {
    let t =
        |n| coverage("t", 4000, |s, _| mean_interval(&shifted(s, n, 2.0, 3.0), 0.95).unwrap().contains(2.0));
    let welch = |name, m, n| {
        coverage(name, 4000, |s, _| {
            let (a, b) = (shifted(s, m, 1.0, 1.0), shifted(s, n, 0.0, 3.0));
            welch_t(&a, &b, 0.95).unwrap().interval.contains(1.0)
        })
    };
    let flip = |n| {
        coverage("flip", 3000, |s, _| {
            sign_flip(&shifted(s, n, 1.0, 1.0), 0.95, 0).unwrap().interval.contains(1.0)
        })
    };
    let pilot = coverage("pilot", 4000, |s, _| {
        let pilot = Pilot::of(&normals(s, 50)).unwrap();
        pilot.test(&shifted(s, 10, 0.5, 1.0), 0.95).unwrap().interval.contains(0.5)
    });
    covered(&[
        ("t, 5", t(5)),
        ("t, 10", t(10)),
        ("Welch, 8 and 12", welch("8", 8, 12)),
        ("Welch, 10 and 5", welch("5", 10, 5)),
        ("sign flip, 8", flip(8)),
        ("sign flip, 10", flip(10)),
        ("pilot", pilot),
    ]);
}

#[test]
fn bootstrap_intervals_cover() {
    let normal = |n| {
        coverage("bca", 1500, |s, study| {
            bca(&shifted(s, n, 1.0, 1.0), mean, &bootstrap(study)).unwrap().contains(1.0)
        })
    };
    // Five tasks of different difficulty and spread.
    let tasks = |n: usize, s: &mut Stream| -> Vec<Vec<f64>> {
        (0..5).map(|task| shifted(s, n, 0.3 * f64::from(task), 0.2 + 0.1 * f64::from(task))).collect()
    };
    let slices = |tasks: &[Vec<f64>]| tasks.iter().map(Vec::as_slice).collect::<Vec<_>>().concat();
    let truth = iqm(&slices(&tasks(100_000, &mut Stream::new(1, "truth")))).unwrap();
    let iqms = |n| {
        coverage("iqm", 1500, |s, study| {
            let tasks = tasks(n, s);
            let tasks: Vec<&[f64]> = tasks.iter().map(Vec::as_slice).collect();
            iqm_interval(&tasks, &bootstrap(study)).unwrap().contains(truth)
        })
    };
    covered(&[
        ("BCa of a mean, 10", normal(10)),
        ("BCa of a mean, 20", normal(20)),
        ("IQM, 5 tasks of 5", iqms(5)),
        ("IQM, 5 tasks of 10", iqms(10)),
    ]);
}

#[test]
fn intervals_of_probabilities_cover() {
    // A count's coverage goes up and down with the probability, so over all between .05 and .95.
    let paired = |n: usize| {
        coverage("paired", 6000, |s, _| {
            let p = 0.05 + 0.9 * f64::from(s.uniform());
            let signs: Vec<f64> =
                (0..n).map(|_| if f64::from(s.uniform()) < p { 1.0 } else { -1.0 }).collect();
            paired_superiority(&signs, 0.95).unwrap().interval.contains(p)
        })
    };
    let groups = |name, shift: f64| {
        let truth = normal::cdf(shift / 2.0_f64.sqrt());
        coverage(name, 3000, |s, _| {
            superiority(&shifted(s, 10, shift, 1.0), &normals(s, 10), 0.95).unwrap().interval.contains(truth)
        })
    };
    covered(&[
        ("P(A > B) of 10 pairs", paired(10)),
        ("P(A > B) of 20 pairs", paired(20)),
        ("A of two groups, .5", groups("0", 0.0)),
        ("A of two groups, .76", groups("1", 1.0)),
        ("A of two groups, .92", groups("2", 2.0)),
    ]);
}

#[test]
fn intervals_of_times_to_target_cover() {
    // Exponential times of median 1 of runs that end at `end`. Ends of the interval are times of runs, so its
    // coverage goes up and down with their number: over all from 10 to 30.
    let median = |name, end: f64| {
        coverage(name, 4000, |s, _| {
            let mut run = || -f64::ln(1.0 - f64::from(s.uniform())) / 2.0_f64.ln();
            let times: Vec<f64> = (0..30).map(|_| run()).collect();
            let n = 10 + s.below(21) as usize;
            let runs: Vec<TimeToTarget> =
                times[..n].iter().map(|&t| if t < end { Reached(t) } else { Missed(end) }).collect();
            kaplan_meier(&runs, 0.95).unwrap().median_interval.contains(1.0)
        })
    };
    covered(&[
        ("median, none missed", median("none", f64::INFINITY)),
        ("median, a quarter missed", median("quarter", 2.0)),
        ("median, two fifths missed", median("two fifths", 1.32)),
    ]);
}

#[test]
fn intervals_of_tuning_cover() {
    let best = |name, trial: fn(&mut Stream) -> f64, trials: usize, budget: usize| {
        let mut stream = Stream::new(3, "truth");
        let batch = |s: &mut Stream, n| (0..n).map(|_| trial(s)).collect::<Vec<f64>>();
        let top = |batch: Vec<f64>| batch.into_iter().fold(f64::NEG_INFINITY, f64::max);
        let truth = mean(&(0..200_000).map(|_| top(batch(&mut stream, budget))).collect::<Vec<_>>());
        coverage(name, 3000, |s, _| {
            let found = expected_best_interval(&batch(s, trials), budget, Direction::Maximize, 0.95);
            found.unwrap().contains(truth)
        })
    };
    let normal = |s: &mut Stream| 0.9 + 0.02 * f64::from(s.normal());
    let uniform = |s: &mut Stream| 0.9 + 0.05 * f64::from(s.uniform());
    // A parabola over log₁₀ of the rate, its place and height different for every seed.
    let curve = |s: &mut Stream| -> Vec<(f64, f64)> {
        let (place, height, curvature) = (
            -2.0 + 0.1 * f64::from(s.normal()),
            0.01 * f64::from(s.normal()),
            1.0 + 0.2 * f64::from(s.uniform()),
        );
        let score = |x: f64| 0.9 + height - 0.02 * curvature * (x - place).powi(2);
        (0..21).map(|i| -4.0 + 0.2 * f64::from(i)).map(|x| (10.0_f64.powf(x), score(x))).collect()
    };
    let basin = |curve: &[(f64, f64)]| lr_basin(curve, 0.01, Direction::Maximize).unwrap().decades();
    let mut stream = Stream::new(4, "truth");
    let truth = mean(&(0..50_000).map(|_| basin(&curve(&mut stream))).collect::<Vec<_>>());
    let width = coverage("width", 3000, |s, _| {
        let curves: Vec<_> = (0..5).map(|_| curve(s)).collect();
        lr_sensitivity(&curves, 0.01, Direction::Maximize, 0.95).unwrap().interval.unwrap().contains(truth)
    });
    covered(&[
        ("best of 1 from 16", best("1", normal, 16, 1)),
        ("best of 2 from 16", best("2", normal, 16, 2)),
        ("best of 4 from 16", best("4", normal, 16, 4)),
        ("best of 4 from 32", best("4 32", normal, 32, 4)),
        ("best of 8 from 32", best("8 32", normal, 32, 8)),
        ("best of 2 from 16, uniform", best("2 u", uniform, 16, 2)),
        ("best of 4 from 16, uniform", best("4 u", uniform, 16, 4)),
        ("decades of the basin, 5 seeds", width),
    ]);
}

/// Paired differences of all pairs of recipes whose scores are a seed's part and a separate part.
fn pairs(s: &mut Stream, seeds: usize, effects: &[f64]) -> Vec<Vec<f64>> {
    let scores: Vec<Vec<f64>> = effects.iter().map(|&effect| shifted(s, seeds, effect, 1.0)).collect();
    let less = |(i, j): (usize, usize)| scores[i].iter().zip(&scores[j]).map(|(a, b)| a - b).collect();
    (0..effects.len()).flat_map(|i| (i + 1..effects.len()).map(move |j| (i, j))).map(less).collect()
}

fn family(differences: &[Vec<f64>], test: PairedTest, correction: Correction) -> Vec<Contrast> {
    let slices: Vec<&[f64]> = differences.iter().map(Vec::as_slice).collect();
    simultaneous(&slices, test, correction, 0.95)
}

#[test]
fn simultaneous_intervals_hold_together() {
    let effects = [0.0, 0.0, 1.0, 3.0];
    let truths: Vec<f64> = (0..4).flat_map(|i| (i + 1..4).map(move |j| effects[i] - effects[j])).collect();
    let hold = |name, test| {
        coverage(name, 2000, |s, _| {
            let contrasts = family(&pairs(s, 10, &effects), test, Correction::Holm);
            contrasts.iter().zip(&truths).all(|(contrast, &truth)| contrast.interval.contains(truth))
        })
    };
    covered(&[
        ("six by t", hold("t", PairedTest::StudentT)),
        ("six by sign flips", hold("flips", PairedTest::SignFlip { seed: 0 })),
    ]);
}

/// One recipe under four names: how often a study tells any of them apart.
#[test]
fn a_study_of_one_recipe_tells_nothing_apart() {
    for (name, test) in [("t", PairedTest::StudentT), ("flips", PairedTest::SignFlip { seed: 0 })] {
        let errs = coverage(name, 2000, |s, _| {
            let differences = pairs(s, 10, &[0.0; 4]);
            family(&differences, test, Correction::Holm).iter().any(|contrast| contrast.told_apart)
        });
        assert!((0.01..=0.055).contains(&errs), "{name}: {errs}");
    }
}

/// Methods that are alike on ten tasks: how often Friedman's test, Nemenyi's difference and Wilcoxon with Holm
/// see one that is not.
#[test]
fn methods_that_are_alike_share_their_ranks() {
    let tasks = |s: &mut Stream| (0..10).map(|_| normals(s, 5)).collect::<Vec<_>>();
    let friedman = |name, p: fn(&MeanRanks) -> f64| {
        coverage(name, 2000, |s, _| p(&mean_ranks(&tasks(s), Direction::Maximize, 0.95).unwrap()) < 0.05)
    };
    let nemenyi = coverage("Nemenyi", 500, |s, _| {
        let found = mean_ranks(&tasks(s), Direction::Maximize, 0.95).unwrap();
        let (low, high) = found.ranks.iter().fold((9.0_f64, 0.0_f64), |(l, h), &x| (l.min(x), h.max(x)));
        high - low > found.critical_difference
    });
    let wilcoxon = coverage("Wilcoxon", 2000, |s, _| {
        wilcoxon_holm(&tasks(s), Direction::Maximize).iter().any(|pair| pair.adjusted_p < 0.05)
    });
    let rates = [friedman("F", |x| x.f_p), friedman("χ²", |x| x.p), nemenyi, wilcoxon];
    assert!(rates.iter().all(|rate| (0.01..=0.065).contains(rate)), "{rates:?}");
}

/// Holm's errors where some hypotheses are true and others are not.
#[test]
fn among_recipes_that_differ_those_that_do_not_stay_together() {
    let errs = coverage("mixed", 2000, |s, _| {
        let contrasts = family(&pairs(s, 10, &[0.0, 0.0, 4.0, 4.0]), PairedTest::StudentT, Correction::Holm);
        contrasts[0].told_apart || contrasts[5].told_apart
    });
    assert!((0.01..=0.055).contains(&errs), "{errs}");
}

/// Looking again, for three reasons to go on: until the interval is narrow, until something shows, and
/// after each seed. Plain tests in their place err far more often than the stated 5%.
#[test]
fn whole_procedures_err_at_the_stated_level() {
    let until_ci = coverage("until ci", 2000, |s, _| {
        let mut seeds = normals(s, 5);
        let mut number = 1;
        loop {
            let look = look(&seeds, number, 0.6, 0.95).unwrap();
            if look.narrow_enough || seeds.len() >= 60 {
                break look.test.p < 0.05;
            }
            number += 1;
            let next = seeds_of_next_look(&look, 0.6).min(60);
            seeds.extend(normals(s, next - seeds.len()));
        }
    });
    let adding = |name, p: fn(&[f64], u32) -> f64| {
        coverage(name, 2000, |s, _| {
            let all = normals(s, 51);
            (1..).zip([10, 15, 23, 34, 51]).any(|(number, n)| p(&all[..n], number) < 0.05)
        })
    };
    let each = |name, p: fn(&[f64]) -> f64| {
        coverage(name, 1000, |s, _| {
            let all = normals(s, 60);
            (3..=60).any(|n| p(&all[..n]) < 0.05)
        })
    };
    let corrected = [
        ("until ci", until_ci),
        ("adding seeds", adding("add", |x, number| repeated_t(x, number, 0.95).unwrap().p)),
        ("after each seed", each("each", |x| anytime_t(x, 0.95).unwrap().p)),
        ("each seed a look", each("look", |x| repeated_t(x, x.len() as u32 - 2, 0.95).unwrap().p)),
    ];
    assert!(corrected.iter().all(|(_, errs)| (0.003..=0.05).contains(errs)), "{corrected:?}");
    let plain = [
        adding("plain", |x, _| paired_t(x, 0.95).unwrap().p),
        each("plain each", |x| paired_t(x, 0.95).unwrap().p),
    ];
    assert!(plain[0] > 0.1 && plain[1] > 0.2, "{plain:?}");
}

#[test]
fn intervals_hold_at_every_look() {
    let holds = |name, interval: fn(&[f64], u32) -> Interval| {
        coverage(name, 1500, |s, _| {
            let all = shifted(s, 40, 1.0, 2.0);
            (1..).zip([5, 8, 12, 18, 27, 40]).all(|(number, n)| interval(&all[..n], number).contains(1.0))
        })
    };
    let repeated = holds("repeated", |x, number| repeated_t(x, number, 0.95).unwrap().interval);
    let anytime = holds("anytime", |x, _| anytime_t(x, 0.95).unwrap().interval);
    let plain = holds("plain", |x, _| mean_interval(x, 0.95).unwrap());
    assert!(repeated >= 0.95 && anytime >= 0.95 && plain < 0.9, "{repeated} {anytime} {plain}");
}

/// A pilot's spread that does not fit is noticed, and one that fits is left alone.
#[test]
fn a_pilot_that_does_not_fit_is_noticed() {
    let refused = |name, std| {
        coverage(name, 2000, |s, _| {
            let pilot = Pilot::of(&normals(s, 80)).unwrap();
            !pilot.test(&shifted(s, 10, 0.0, std), 0.95).unwrap().fits(0.05)
        })
    };
    let (same, double) = (refused("same", 1.0), refused("double", 2.5));
    assert!((0.035..0.065).contains(&same) && double > 0.95, "{same} {double}");
}

/// The rates that [`two_clusters`] states.
#[test]
fn clusters_are_rarely_seen_where_there_are_none() {
    let uniform = |s: &mut Stream| f64::from(s.uniform());
    let log_normal = |s: &mut Stream| f64::from(s.normal()).exp();
    let t3 = |s: &mut Stream| {
        f64::from(s.normal()) / (normals(s, 3).iter().map(|x| x * x).sum::<f64>() / 3.0).sqrt()
    };
    let alarms = |name, n: usize, draw: fn(&mut Stream) -> f64| {
        coverage(name, 1200, |s, study| {
            let sample: Vec<f64> = (0..n).map(|_| draw(s)).collect();
            two_clusters(&sample, 0.01, study).is_some()
        })
    };
    for n in [6, 10, 20] {
        let rates = [
            alarms("normal", n, |s| f64::from(s.normal())),
            alarms("uniform", n, uniform),
            alarms("log-normal", n, log_normal),
            alarms("t3", n, t3),
        ];
        assert!(rates.iter().all(|&rate| rate <= 0.015), "{n}: {rates:?}");
    }
    let found = |name, apart: f64| {
        coverage(name, 300, |s, study| {
            let sample = [normals(s, 6), shifted(s, 4, apart, 1.0)].concat();
            two_clusters(&sample, 0.01, study).is_some()
        })
    };
    let (eight, fifteen) = (found("8", 8.0), found("15", 15.0));
    assert!(eight > 0.3 && fifteen > 0.95, "{eight} {fifteen}");
}
