//! `lab::stats` against SciPy (`scripts/scipy/statistics.py`), and what holds between its functions.

use lab::stats::*;
use proptest::prelude::*;
use serde_json::Value;

/// The recording.
fn scipy() -> Value {
    serde_json::from_str(include_str!("fixtures/statistics.json")).expect("the recording is JSON")
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().expect("an array").iter().map(|x| x.as_f64().expect("a number")).collect()
}

/// Within 1e-12 of SciPy's, relative to it where it is above 1.
#[track_caller]
fn close(found: f64, expected: f64, of: &str) {
    let error = (found - expected).abs() / expected.abs().max(1.0);
    assert!(error <= 1e-12, "{of}: {found:e} instead of {expected:e}, {error:e} off");
}

/// The t with P(T ≤ t) = p (Student 1908), as SciPy's; and the other distributions.
#[test]
fn distributions_are_scipys() {
    type Function = fn(&[f64]) -> f64;
    let rows: [(&str, Function); 11] = [
        ("normal_cdf", |x| normal::cdf(x[0])),
        ("normal_quantile", |x| normal::quantile(x[0])),
        ("student_cdf", |x| student::cdf(x[0], x[1])),
        ("student_quantile", |x| student::quantile(x[0], x[1])),
        ("chi_squared_cdf", |x| chi_squared::cdf(x[0], x[1])),
        ("chi_squared_sf", |x| chi_squared::sf(x[0], x[1])),
        ("chi_squared_quantile", |x| chi_squared::quantile(x[0], x[1])),
        ("fisher_cdf", |x| fisher::cdf(x[0], x[1], x[2])),
        ("fisher_sf", |x| fisher::sf(x[0], x[1], x[2])),
        ("fisher_quantile", |x| fisher::quantile(x[0], x[1], x[2])),
        ("range_cdf", |x| studentized_range::cdf(x[0], x[1] as usize)),
    ];
    let recorded = &scipy()["distributions"];
    assert_eq!(recorded.as_object().expect("names").len(), rows.len());
    for (name, function) in rows {
        for row in recorded[name].as_array().expect(name) {
            let row = numbers(row);
            let (expected, arguments) = row.split_last().expect("arguments and a value");
            close(function(arguments), *expected, &format!("{name}{arguments:?}"));
        }
    }
}

#[test]
fn tests_of_one_sample_are_scipys() {
    let recorded = scipy();
    for (name, expected) in recorded["one_sample"].as_object().expect("samples") {
        let sample = numbers(&recorded["samples"][name]);
        let t = paired_t(&sample, 0.95).expect("two or more");
        for (found, expected) in
            [t.t, t.df, t.p, t.interval.low, t.interval.high].into_iter().zip(numbers(&expected["t"]))
        {
            close(found, expected, name);
        }
        let signed_ranks = wilcoxon(&sample).expect("differences");
        close(signed_ranks.statistic, expected["wilcoxon"][0].as_f64().expect("W"), name);
        close(signed_ranks.p, expected["wilcoxon"][1].as_f64().expect("p"), name);
        close(sign_test(&sample).p, expected["sign"].as_f64().expect("p"), name);
        close(iqm(&sample).expect("values"), expected["iqm"].as_f64().expect("a mean"), name);
        if let Some(p) = expected.get("sign_flip") {
            let flips = sign_flip(&sample, 0.95, 0).expect("differences");
            close(flips.p, p.as_f64().expect("p"), name);
            assert_eq!(flips.p_error, 0.0);
        }
    }
}

#[test]
fn tests_of_two_samples_are_scipys() {
    let recorded = scipy();
    for row in recorded["two_samples"].as_array().expect("pairs") {
        let name = row["a"].as_str().expect("a name");
        let [a, b] = ["a", "b"].map(|x| numbers(&recorded["samples"][row[x].as_str().expect("a name")]));
        let t = welch_t(&a, &b, 0.9).expect("two or more");
        for (found, expected) in
            [t.t, t.df, t.p, t.interval.low, t.interval.high].into_iter().zip(numbers(&row["welch"]))
        {
            close(found, expected, name);
        }
        let u = mann_whitney(&a, &b).expect("two groups");
        close(u.statistic, row["mann_whitney"][0].as_f64().expect("U"), name);
        close(u.p, row["mann_whitney"][1].as_f64().expect("p"), name);
        let wins = u.statistic / (a.len() * b.len()) as f64;
        close(vargha_delaney(&a, &b), wins, "A is U/(mn)");
        let ratio = variance(&a) / variance(&b);
        close(ratio, row["variance_ratio"][0].as_f64().expect("a ratio"), name);
        let p = variance_ratio_p(ratio, a.len() as f64 - 1.0, b.len() as f64 - 1.0);
        close(p, row["variance_ratio"][1].as_f64().expect("p"), name);
    }
}

#[test]
fn bca_intervals_are_scipys() {
    for row in scipy()["bca"].as_array().expect("rows") {
        let [replicates, jackknife, expected] =
            ["replicates", "jackknife", "interval"].map(|x| numbers(&row[x]));
        let observed = row["observed"].as_f64().expect("a statistic");
        let found = bca_interval(replicates, observed, &jackknife, normal::quantile(0.95));
        close(found.low, expected[0], "low");
        close(found.high, expected[1], "high");
    }
}

#[test]
fn mean_ranks_are_scipys() {
    for row in scipy()["friedman"].as_array().expect("rows") {
        let scores: Vec<Vec<f64>> = row["scores"].as_array().expect("tasks").iter().map(numbers).collect();
        let found = mean_ranks(&scores, Direction::Minimize, 0.95).expect("tasks");
        found.ranks.iter().zip(numbers(&row["ranks"])).for_each(|(a, b)| close(*a, b, "ranks"));
        close(found.chi_squared, row["chi_squared"].as_f64().expect("χ²"), "χ²");
        close(found.p, row["p"].as_f64().expect("p"), "p");
        close(found.f, row["f"][0].as_f64().expect("F"), "F");
        close(found.f_p, row["f"][1].as_f64().expect("p of F"), "p of F");
    }
}

#[test]
fn times_to_a_target_are_scipys() {
    use TimeToTarget::{Missed, Reached};
    for row in scipy()["survival"].as_array().expect("rows") {
        let missed = row["missed"].as_array().expect("flags");
        let runs: Vec<TimeToTarget> = numbers(&row["times"])
            .into_iter()
            .zip(missed)
            .map(|(time, missed)| if missed.as_bool() == Some(true) { Missed(time) } else { Reached(time) })
            .collect();
        let curve = kaplan_meier(&runs, 0.95).expect("runs");
        let steps = numbers(&row["steps"]);
        for (i, step) in curve.steps.iter().enumerate() {
            let place = steps.iter().position(|&x| x == step.time).expect("the same steps");
            close(step.share, numbers(&row["share"])[place], "S");
            for (name, found) in [("low", step.interval.low), ("high", step.interval.high)] {
                // SciPy has none where the last run has reached it.
                match row[name][place].as_f64() {
                    Some(expected) => close(found, expected, name),
                    None => assert!(i + 1 == curve.steps.len() && step.share == 0.0),
                }
            }
        }
    }
}

const STUDENT_CDF: [(f64, f64, f64); 8] = [
    (-3.0, 1.0, 0.10241638234956672),
    (0.5, 1.0, 0.6475836176504333),
    (2.0, 4.0, 0.9419417382415922),
    (-1.7, 4.0, 0.082177470635025),
    (0.0, 7.0, 0.5),
    (2.5, 9.5, 0.9837074711051979),
    (-8.0, 19.0, 8.379773441409066e-08),
    (1.0, 200.0, 0.8407405760451266),
];
const STUDENT_QUANTILE: [(f64, f64, f64); 5] = [
    (0.975, 1.0, 12.706204736174694),
    (0.975, 2.0, 4.302652729749462),
    (0.975, 4.0, 2.7764451051977934),
    (0.975, 19.0, 2.0930240544083087),
    (0.9, 100.0, 1.290074761346516),
];
const PAIRED_P: f64 = 0.07285505961025568;

/// `scipy.stats.t.cdf(t, n)` and `t.ppf(p, n)`, SciPy 1.17.
#[test]
fn students_distribution_is_scipys() {
    for (t, n, cdf) in STUDENT_CDF {
        assert!((student_cdf(t, n) - cdf).abs() <= 1e-12, "cdf({t}, {n})");
    }
    for (p, n, t) in STUDENT_QUANTILE {
        assert!((student_quantile(p, n) / t - 1.0).abs() <= 1e-11, "quantile({p}, {n})");
    }
}

/// `scipy.stats.ttest_rel`.
#[test]
fn the_paired_test_is_scipys() {
    let differences = [0.1, 0.3, -0.05, 0.2, 0.15];
    assert!((paired_t_test(&differences).unwrap() - PAIRED_P).abs() <= 1e-12);
    assert_eq!(paired_t_test(&[0.5]), None);
    assert_eq!(paired_t_test(&[0.0, 0.0]), Some(1.0));
}

/// `scipy.stats.binomtest(k, n).proportion_ci(0.95, method="wilson")`, SciPy 1.17.
#[test]
fn wilsons_interval_is_scipys() {
    for (successes, trials, low, high) in [
        (0, 10, 0.0, 0.27753279986288926),
        (10, 10, 0.7224672001371109, 1.0),
        (9774, 10000, 0.9742984881811216, 0.9801348701745562),
        (3, 7, 0.1582198552514697, 0.7495416354723428),
        (1, 1, 0.20654931437723745, 1.0),
        (500, 1000, 0.4690696003681042, 0.5309303996318958),
    ] {
        let found = wilson95(successes, trials).unwrap();
        assert!((found.0 - low).abs() <= 1e-12 && (found.1 - high).abs() <= 1e-12, "{successes}/{trials}");
    }
    assert_eq!(wilson95(0, 0), None);
}

#[test]
fn a_class_that_is_never_predicted_has_no_precision() {
    let shares = precision_and_recall(&[vec![2, 0], vec![2, 0]]);
    assert_eq!(shares[0], (0.5, 1.0));
    assert!(shares[1].0.is_nan() && shares[1].1 == 0.0);
}

#[test]
fn medians() {
    assert_eq!(median(&[]), None);
    assert_eq!(median(&[2.0, 1.0]), Some(1.5));
    assert_eq!(median(&[1.0, f64::INFINITY, f64::INFINITY]), Some(f64::INFINITY));
}

/// Demšar (2006), table 5(a), q of .05 for 2 to 10 classifiers; and 1.960 for two is the normal's.
#[test]
fn critical_differences_are_demsars() {
    for (k, q) in (2..).zip([1.960, 2.343, 2.569, 2.728, 2.850, 2.949, 3.031, 3.102, 3.164]) {
        let found = studentized_range::quantile(0.95, k) / 2.0_f64.sqrt();
        assert!((found - q).abs() < 1e-3, "{k}: {found}");
    }
}

/// The p-value of drawn signs is within four of its standard errors of the exact one.
#[test]
fn drawn_signs_agree_with_all_of_them() {
    let differences: Vec<f64> = [3, 1, -2, 4, 2, 5, -1, 3, 2, -4, 1, 2, 6, -3, 2, 1, 4].map(f64::from).into();
    // All 2¹⁷ choices, counted in whole numbers.
    let total: i64 = differences.iter().map(|&d| d as i64).sum();
    let sum = |bits: u32| -> i64 {
        (0..17).map(|i| if bits >> i & 1 == 1 { -1 } else { 1 } * differences[i] as i64).sum()
    };
    let exact = (0..1 << 17).filter(|&bits| sum(bits).abs() >= total).count() as f64 / f64::from(1 << 17);
    let found = sign_flip(&differences, 0.95, 5).expect("differences");
    assert!(found.p_error > 0.0 && (found.p - exact).abs() < 4.0 * found.p_error, "{exact}: {found:?}");
    assert_eq!(found, sign_flip(&differences, 0.95, 5).expect("differences"), "a seed is a result");
}

/// Drawn signs give intervals that agree with their p-values, and are about Student's for normal differences.
#[test]
fn intervals_of_drawn_signs_agree_with_their_p_values() {
    for seed in 0..20 {
        let mut stream = tensor::random::Stream::new(seed, "differences");
        let sample: Vec<f64> = (0..20).map(|_| 0.45 + f64::from(stream.normal())).collect();
        let flips = sign_flip(&sample, 0.95, seed).expect("differences");
        assert_eq!(flips.interval.excludes(0.0), flips.p <= 0.05, "{flips:?}");
        let t = paired_t(&sample, 0.95).expect("differences");
        assert!((flips.interval.low - t.interval.low).abs() < 0.1, "{flips:?} {t:?}");
        assert!((flips.interval.high - t.interval.high).abs() < 0.1, "{flips:?} {t:?}");
    }
}

/// Muon's record against AdamW over 17 tables is told as 12/5/0 (arXiv 2604.15297): one family, one count.
#[test]
fn wins_ties_and_losses_follow_the_family() {
    let better: Vec<Vec<f64>> =
        (0..12).map(|i| vec![0.02, 0.021, 0.019, 0.02, 0.022, 0.018 + 1e-4 * f64::from(i)]).collect();
    let tied: Vec<Vec<f64>> =
        (0..5).map(|i| vec![0.02, -0.021, 0.019, -0.02, 0.001, -1e-4 * f64::from(i)]).collect();
    let slices: Vec<&[f64]> = better.iter().chain(&tied).map(Vec::as_slice).collect();
    let family = simultaneous(&slices, PairedTest::StudentT, Correction::Holm, 0.95);
    let count = wins_ties_losses(&family, Direction::Maximize);
    assert_eq!((count.wins, count.ties, count.losses), (12, 5, 0));
    let count = wins_ties_losses(&family, Direction::Minimize);
    assert_eq!((count.wins, count.ties, count.losses), (0, 5, 12));
}

#[test]
fn ten_wins_of_ten_are_better_and_eight_are_not() {
    let wins = |n: usize| (0..10).map(|i| if i < n { 1.0 } else { -1.0 }).collect::<Vec<_>>();
    let low = |n| paired_superiority(&wins(n), 0.95).expect("differences").interval.low;
    assert!(low(10) > 0.72 && low(9) > 0.59 && low(8) < 0.5);
    // Groups that do not overlap still leave a doubt.
    let apart = superiority(&[5.0, 6.0, 7.0, 8.0, 9.0], &[0.0, 1.0, 2.0, 3.0, 4.0], 0.95).expect("groups");
    assert_eq!((apart.probability, apart.interval.high, apart.wins), (1.0, 1.0, 25));
    assert!((0.5..0.9).contains(&apart.interval.low), "{apart:?}");
}

#[test]
fn diverged_runs_rank_last() {
    use Direction::Minimize;
    let (nan, inf) = (f64::NAN, f64::INFINITY);
    let scores = [vec![0.1, 9e9, nan], vec![0.2, 8e9, inf], vec![0.1, nan, nan]];
    let found = mean_ranks(&scores, Minimize, 0.95).expect("tasks");
    assert_eq!(found.ranks, [1.0, (2.0 + 2.0 + 2.5) / 3.0, (3.0 + 3.0 + 2.5) / 3.0]);
    assert!(wilcoxon_holm(&scores, Minimize).iter().all(|pair| (0.0..=1.0).contains(&pair.adjusted_p)));
    // A budget that two diverged trials could fill has no finite expectation; three trials have.
    let curve = expected_best(&[0.5, nan, 0.3, inf], Minimize);
    assert_eq!((curve[0], curve[1], curve[3]), (inf, inf, 0.3));
    assert!((curve[2] - 0.35).abs() < 1e-15);
}

#[test]
fn the_unbiased_expectation_is_the_mean_over_all_subsets() {
    let scores = [0.3, 0.9, 0.5, 0.7, 0.1];
    let curve = expected_best(&scores, Direction::Maximize);
    for budget in 1..=5_u32 {
        let subsets = (1_u32..32).filter(|bits| bits.count_ones() == budget);
        let best = |bits: u32| (0..5).filter(|i| bits >> i & 1 == 1).map(|i| scores[i]).fold(0.0, f64::max);
        let bests: Vec<f64> = subsets.map(best).collect();
        close(curve[budget as usize - 1], mean(&bests), "the mean of the best");
    }
}

/// Differences as studies have them: a few whole thousandths with ties, or any numbers.
fn differences() -> impl Strategy<Value = Vec<f64>> {
    let whole = prop::collection::vec((-6..30_i32).prop_map(|x| f64::from(x) / 1000.0), 0..13);
    let any = (2..13_usize, -1.0..4.0)
        .prop_flat_map(|(n, shift)| prop::collection::vec((-1.0..1.0).prop_map(move |x: f64| x + shift), n));
    prop_oneof![whole, any]
}

proptest! {
    /// An interval without 0 and "not told apart" never meet; under Bonferroni each is the other.
    #[test]
    fn intervals_agree_with_corrected_p_values(
        family in prop::collection::vec(differences(), 1..8),
        confidence in prop_oneof![Just(0.95), Just(0.99), 0.5..0.999],
        flips in any::<bool>(),
    ) {
        let slices: Vec<&[f64]> = family.iter().map(Vec::as_slice).collect();
        let test = if flips { PairedTest::SignFlip { seed: 1 } } else { PairedTest::StudentT };
        for correction in [Correction::Holm, Correction::Bonferroni] {
            for contrast in simultaneous(&slices, test, correction, confidence) {
                let apart = contrast.interval.excludes(0.0);
                prop_assert!(contrast.told_apart || !apart, "{contrast:?}");
                prop_assert!(correction == Correction::Holm || contrast.told_apart == apart, "{contrast:?}");
                prop_assert!(contrast.p <= contrast.adjusted_p && contrast.adjusted_p <= 1.0);
            }
        }
    }

    /// The same for a look, for any look, and for the tests of a single pair.
    #[test]
    fn intervals_agree_with_p_values(sample in differences(), number in 1..9_u32) {
        if let (Some(plain), Some(any), Some(repeated)) =
            (paired_t(&sample, 0.95), anytime_t(&sample, 0.95), repeated_t(&sample, number, 0.95))
        {
            for test in [plain, any, repeated] {
                prop_assert_eq!(test.interval.excludes(0.0), test.p < 0.05, "{:?}", test);
            }
            prop_assert!(plain.interval.half_width() <= repeated.interval.half_width());
        }
        if let Some(test) = sign_flip(&sample, 0.95, 0) {
            prop_assert_eq!(test.interval.excludes(0.0), test.p <= 0.05, "{:?}", test);
            prop_assert!(test.p >= least_p(sample.len()));
        }
    }

    /// Each end of the sign-flip interval is a shift that is not refused, and just beyond it one is.
    #[test]
    fn sign_flip_intervals_invert_the_test(sample in prop::collection::vec(-3.0..5.0_f64, 6..12)) {
        let interval = sign_flip(&sample, 0.95, 0).expect("differences").interval;
        let p = |shift: f64| {
            let shifted: Vec<f64> = sample.iter().map(|x| x - shift).collect();
            sign_flip(&shifted, 0.95, 0).expect("differences").p
        };
        let beyond = 1e-9;
        prop_assert!(p(interval.low - beyond) <= 0.05 && p(interval.high + beyond) <= 0.05);
        prop_assert!(p(interval.low + beyond) > 0.05 && p(interval.high - beyond) > 0.05);
    }

    #[test]
    fn quantiles_invert_their_distributions(p in 1e-9..1.0_f64, m in 1..60_u32, n in 1..60_u32) {
        let (m, n) = (f64::from(m), f64::from(n));
        for back in [
            normal::cdf(normal::quantile(p)),
            student::cdf(student::quantile(p, m), m),
            chi_squared::cdf(chi_squared::quantile(p, m), m),
            fisher::cdf(fisher::quantile(p, m, n), m, n),
        ] {
            prop_assert!((back - p).abs() <= 1e-12, "{} for {}", back, p);
        }
    }

    #[test]
    fn ranks_add_up(scores in prop::collection::vec(prop_oneof![Just(f64::NAN), -3.0..3.0_f64, Just(1.0)], 1..20)) {
        let ranking = rank(&scores, Direction::Maximize);
        let n = scores.len() as f64;
        prop_assert!((ranking.ranks.iter().sum::<f64>() - n * (n + 1.0) / 2.0).abs() < 1e-9);
        for (rank, score) in ranking.ranks.iter().zip(&scores) {
            prop_assert!(score.is_finite() == (*rank <= n - ranking.diverged as f64));
        }
    }
}
