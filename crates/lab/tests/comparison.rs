//! Conclusions from several runs.

use lab::Comparison;
use lab::compare::{Looks, Pair, Verdict, Warning};
use tensor::random::Stream;
use train::record::{Counts, Environment, Point, SCHEMA, Status, TaskRecord};
use train::{Budget, DataInfo, Metric, Record, Split};

/// A run of one epoch that ends at this accuracy, and reaches half of it half way.
fn run(optimizer: &str, recipe: &str, seed: u64, accuracy: f64) -> Record {
    let point = |epoch, value| Point { epoch, updates: (938.0 * epoch) as u64, seconds: 2.0 * epoch, value };
    let name = |measure| Record::curve_name(Split::Test, measure);
    let curves = [
        (Record::EPOCH_LOSS.to_string(), vec![point(1.0, 1.0 - accuracy)]),
        (Record::TRAIN_LOSS.to_string(), vec![point(1.0, 1.0 - accuracy)]),
        (name("loss"), vec![point(0.5, 1.0), point(1.0, 1.0)]),
        (name("accuracy"), vec![point(0.5, accuracy / 2.0), point(1.0, accuracy)]),
    ];
    Record {
        schema: SCHEMA,
        task: TaskRecord {
            name: "logreg".into(),
            data: DataInfo { name: "mnist".into(), origin: "here".into(), sample: false },
            sha256: String::new(),
            examples: [(Split::Train, 60_000), (Split::Test, 10_000)].into(),
            model: "784-10".into(),
            weights: 7850,
            loss: "cross-entropy".into(),
            settings: Default::default(),
            metric: Metric::Accuracy,
            target: Some(0.95),
        },
        optimizer: optimizer.into(),
        recipe: recipe.into(),
        seed,
        batch: 64,
        budget: Budget { epochs: 1, evaluations: 2 },
        status: Status::Finished,
        counts: Counts { batches: 938, updates: 938, gradients: None, examples: 60_000 },
        state_bytes_per_weight: 8,
        environment: Environment {
            kernel: "portable".into(),
            threads: 1,
            version: String::new(),
            numbers: 1,
        },
        curves: curves.into(),
        diagnostics: [].into(),
        histograms: [].into(),
        changes: Vec::new(),
    }
}

fn runs(optimizer: &str, accuracies: &[f64]) -> Vec<Record> {
    let of_seed = |(seed, &accuracy)| run(optimizer, optimizer, seed as u64, accuracy);
    accuracies.iter().enumerate().map(of_seed).collect()
}

fn compare(groups: &[Vec<Record>]) -> Comparison {
    Comparison::new(groups.concat(), Some(0.95), "command".into())
}

#[test]
fn the_verdict_holds_the_pairs_that_the_seeds_tell_apart_and_those_they_do_not() {
    let comparison = compare(&[
        runs("sgd", &[0.90, 0.91, 0.90, 0.91, 0.90]),
        runs("adam", &[0.96, 0.97, 0.96, 0.96, 0.97]),
        runs("rmsprop", &[0.97, 0.96, 0.96, 0.97, 0.96]),
    ]);
    let Verdict::Paired { best, seeds, apart, alike } = comparison.verdict() else { panic!("five seeds") };
    let names = |pairs: Vec<&Pair>| -> Vec<(String, String)> {
        pairs.into_iter().map(|pair| (pair.better.clone(), pair.worse.clone())).collect()
    };
    let pair = |a: &str, b: &str| (a.to_string(), b.to_string());
    assert_eq!((best, seeds), ("rmsprop", 5));
    assert_eq!(names(apart), [pair("adam", "sgd"), pair("rmsprop", "sgd")]);
    assert_eq!(names(alike), [pair("adam", "rmsprop")]);
}

/// `scipy.stats.ttest_rel` of the two gives p = 0.028391429583258257.
#[test]
fn pairs_are_tested_by_seed_and_corrected_for_their_number() {
    let a = [0.95, 0.96, 0.94, 0.955, 0.965];
    let b = [0.945, 0.95, 0.939, 0.948, 0.951];
    let comparison = compare(&[runs("a", &a), runs("b", &b)]);
    let pair = &comparison.pairs[0];
    assert_eq!((pair.better.as_str(), pair.worse.as_str(), pair.difference.n), ("a", "b", 5));
    let p = pair.p_value.unwrap();
    assert!((p - 0.028391429583258257).abs() < 1e-12, "{p}");
    assert!(pair.distinct);

    let three = compare(&[runs("a", &a), runs("b", &b), runs("c", &[0.1, 0.2, 0.1, 0.1, 0.2])]);
    let corrected = three.pairs.iter().find(|pair| pair.better == "a" && pair.worse == "b").unwrap();
    assert!((corrected.p_value.unwrap() - 3.0 * p).abs() < 1e-15, "three pairs");
    assert!(!corrected.distinct);
    for Pair { difference, distinct, .. } in comparison.pairs.iter().chain(&three.pairs) {
        assert_eq!(
            *distinct,
            difference.low.unwrap() > 0.0,
            "told apart just where the interval is without 0"
        );
    }
}

#[test]
fn too_little_to_compare_is_said() {
    assert_eq!(compare(&[]).verdict(), Verdict::NothingFinished);
    assert_eq!(compare(&[runs("adam", &[0.9, 0.91])]).verdict(), Verdict::OneOptimizer { name: "adam" });
    let one_seed = compare(&[runs("adam", &[0.9]), runs("sgd", &[0.8])]);
    assert_eq!(one_seed.verdict(), Verdict::OneSeed { best: "adam" });
    let mut functions = [runs("adam", &[0.9]), runs("sgd", &[0.8])];
    functions.iter_mut().flatten().for_each(|run| run.task.examples.clear());
    assert_eq!(compare(&functions).verdict(), Verdict::NoSeedMatters { best: "adam" });
    assert_eq!(one_seed.pairs[0].p_value, None);
    assert_eq!(one_seed.rows[0].score.as_ref().unwrap().low, None);
}

#[test]
fn time_to_the_target_is_the_median_over_all_seeds() {
    let row = |accuracies: &[f64]| compare(&[runs("adam", accuracies)]).rows.remove(0);
    let most = row(&[0.96, 0.97, 0.5]);
    assert_eq!((most.reached, most.epochs_to_target, most.seconds_to_target), (2, Some(1.0), Some(2.0)));
    let few = row(&[0.96, 0.5, 0.5]);
    assert_eq!((few.reached, few.epochs_to_target, few.seconds_to_target), (1, None, None));
}

#[test]
fn one_optimizer_with_two_settings_is_two_rows() {
    let mut all = Vec::new();
    for seed in 0..3 {
        all.push(run("sgd", "sgd lr=0.1, batch=64", seed, 0.9));
        all.push(run("sgd", "sgd lr=0.2, batch=64", seed, 0.92));
        all.push(run("adam", "adam lr=0.001, batch=64", seed, 0.95));
    }
    let names: Vec<String> =
        Comparison::new(all, Some(0.95), String::new()).rows.into_iter().map(|row| row.optimizer).collect();
    assert_eq!(names, ["sgd lr=0.1", "sgd lr=0.2", "adam"]);
}

#[test]
fn diverged_runs_are_counted_and_not_averaged() {
    let mut runs = runs("sgd", &[0.9, 0.8]);
    runs[1].status = Status::Diverged { step: 7 };
    let comparison = Comparison::new(runs, Some(0.95), String::new());
    let row = &comparison.rows[0];
    assert_eq!((row.runs, row.diverged, row.score.as_ref().unwrap().mean), (2, 1, 0.9));
    assert_eq!(comparison.warnings(), [Warning::Diverged { optimizer: "sgd", diverged: 1, runs: 2 }]);
}

#[test]
fn an_accuracys_interval_ends_at_100_percent() {
    let accuracy = compare(&[runs("adam", &[0.9, 1.0])]).rows.remove(0).score.unwrap();
    assert_eq!(accuracy.high, Some(1.0));
    // `scipy.stats.t.interval` gives 0.3146897631912654 to 1.5853102368087346.
    assert!((accuracy.low.unwrap() - 0.3146897631912654).abs() < 1e-12);
}

#[test]
fn a_sample_is_warned_of() {
    let mut runs = runs("adam", &[0.9]);
    runs[0].task.data.sample = true;
    let comparison = Comparison::new(runs, Some(0.95), String::new());
    assert_eq!(comparison.warnings(), [Warning::Sample { dataset: "mnist", train: 60_000, test: 10_000 }]);
}

/// Rates of comparisons of three recipes that are alike in which any pair is told apart: at the end, at any look, and at
/// any look without the correction.
#[test]
fn seeds_that_are_added_until_intervals_are_narrow_do_not_raise_the_errors() {
    let mut stream = Stream::new(2024, "looks of a comparison");
    let (studies, mut rates, mut most) = (500, [0.0; 3], 0);
    for study in 0..studies {
        let half_width = if study % 2 == 0 { 0.008 } else { 0.001 };
        let (mut scores, mut any) = (vec![Vec::new(); 3], [false; 2]);
        let mut looks = Looks::first(half_width, 40, 5);
        let told = loop {
            let seeds = looks.count() as usize;
            let mut draw = || 0.9 + 0.01 * f64::from(stream.normal());
            scores.iter_mut().for_each(|scores| scores.resize_with(seeds, &mut draw));
            let runs: Vec<Record> =
                ["a", "b", "c"].iter().zip(&scores).flat_map(|(name, scores)| runs(name, scores)).collect();
            let told = |comparison: &Comparison| comparison.pairs.iter().any(|pair| pair.distinct);
            let plain = told(&Comparison::new(runs.clone(), None, String::new()));
            let found = Comparison::at_look(runs, None, String::new(), Some(looks.clone()));
            any = [any[0] || told(&found), any[1] || plain];
            match looks.next(&found.pairs) {
                Some(next) => looks = next,
                None => break told(&found),
            }
        };
        most = most.max(looks.number());
        for (rate, errs) in rates.iter_mut().zip([told, any[0], any[1]]) {
            *rate += f64::from(u8::from(errs)) / f64::from(studies);
        }
    }
    let [at_the_end, at_any, plain] = rates;
    assert!(most >= 3, "{most}");
    assert!(at_the_end <= at_any && (0.002..=0.06).contains(&at_any) && plain > 0.07, "{rates:?}");
}

#[test]
fn a_look_at_wide_intervals_asks_for_more_seeds_up_to_the_most() {
    let found = |looks: &Looks| {
        let groups = [runs("a", &[0.91, 0.95, 0.93, 0.9, 0.96]), runs("b", &[0.9, 0.9, 0.91, 0.92, 0.9])];
        Comparison::at_look(groups.concat(), None, String::new(), Some(looks.clone()))
    };
    let wide = Looks::first(0.01, 100, 5);
    let plain =
        compare(&[runs("a", &[0.91, 0.95, 0.93, 0.9, 0.96]), runs("b", &[0.9, 0.9, 0.91, 0.92, 0.9])]);
    let (pair, row) = (&found(&wide).pairs[0], &found(&wide).rows[0]);
    assert!((pair.p_value.unwrap() / plain.pairs[0].p_value.unwrap() - 2.0).abs() < 1e-12);
    assert!(pair.difference.low < plain.pairs[0].difference.low);
    assert!(row.score.as_ref().unwrap().low < plain.rows[0].score.as_ref().unwrap().low);
    let next = wide.next(&found(&wide).pairs).unwrap();
    assert!((8..=20).contains(&next.seeds[1]) && next.number() == 2, "{next:?}");
    assert_eq!(Looks::first(0.01, 6, 5).next(&found(&wide).pairs).unwrap().seeds, [5, 6]);
    assert_eq!(Looks::first(0.01, 5, 5).next(&found(&wide).pairs), None);
    assert_eq!(Looks::first(0.9, 100, 5).next(&found(&wide).pairs), None);
    assert_eq!(wide.next(&[]), None);
    // One seed that both finished has no interval, which is not narrow.
    let one = compare(&[runs("a", &[0.9]), runs("b", &[0.8])]);
    assert!(wide.is_wide(&one.pairs[0]) && wide.next(&one.pairs).is_some());
}

/// Seeds change no run of a test function: four copies of a run are one, and no evidence.
#[test]
fn copies_of_a_run_are_not_told_apart_by_their_number() {
    let function = |optimizer: &str, gap: f64| {
        let mut runs = runs(optimizer, &[gap; 4]);
        runs.iter_mut().for_each(|run| run.task.examples = [].into());
        runs
    };
    let copies = compare(&[function("sgd", 0.2), function("adam", 0.3)]);
    assert_eq!(copies.verdict(), Verdict::NoSeedMatters { best: "adam" });
    let pair = &copies.pairs[0];
    assert!((pair.difference.n, pair.distinct, pair.p_value) == (1, false, None), "{pair:?}");
    // Where first weights are drawn, they differ, and count.
    let mut drawn = function("sgd", 0.2);
    drawn.extend(runs("adam", &[0.3, 0.31, 0.29, 0.32]));
    drawn.iter_mut().for_each(|run| run.task.examples = [].into());
    let drawn = Comparison::new(drawn, None, String::new());
    assert!(matches!(drawn.verdict(), Verdict::Paired { seeds: 4, .. }), "{:?}", drawn.verdict());
}
