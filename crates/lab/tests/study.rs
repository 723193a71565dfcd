//! Studies: the same bytes for any order, number of threads, kill, process and shard; what they read and refuse.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use lab::Halt;
use lab::store::{Filter, Memory, Store, StudyText};
use lab::study::{
    DecidingTest, EXAMPLE, Engine, Entry, Facts, HalvingPlan, Outcome, PilotPlan, Ruleset, SearchMethod,
    Shard, Study,
};
use lab::tasks::{Setup, TaskSpec};
use proptest::prelude::*;
use train::{Event, Order, Split, Task};

fn tasks(study: &Study) -> Vec<Task> {
    let mut setup = Setup::offline().with_validation();
    study.specs().unwrap().iter().map(|spec| spec.build(&mut setup).unwrap()).collect()
}

/// Two functions, three recipes, two rulesets: runs of milliseconds.
fn valleys() -> Study {
    let entries = ["sgd", "sgd momentum=0.9", "adam"].map(|text| Entry::new(text, text.parse().unwrap()));
    Study {
        rulesets: vec![Ruleset::Default, Ruleset::Lr],
        trials: 5,
        epochs: Some(1),
        ..Study::new("valleys", vec!["beale".into(), "quadratic-rotated".into()], entries.into())
    }
}

/// A small classifier with seeds: every kind of result has several runs.
fn noisy() -> Study {
    let entries = ["sgd", "adam"].map(|text| Entry::new(text, text.parse().unwrap()));
    Study {
        trials: 4,
        tuning_seeds: 2,
        fresh_seeds: 2,
        seeds: 0..4,
        epochs: Some(1),
        ..Study::new("noisy", vec!["mnist1d-logreg".into()], entries.into())
    }
}

fn go(study: &Study, tasks: &[Task], store: &dyn Store, threads: usize) -> Outcome {
    let engine = Engine::new(study, tasks, store).unwrap().with_threads(threads);
    engine.run(&|_, _| ControlFlow::Continue(()), &|_| ControlFlow::Continue(())).unwrap()
}

#[test]
fn threads_stops_and_processes_change_no_byte() {
    for (study, at_a_time) in [(valleys(), 900), (noisy(), 200)] {
        let tasks = tasks(&study);
        let store = Memory::default();
        let whole = go(&study, &tasks, &store, 1);
        assert!(whole.is_complete());
        let runs = store.list(&Filter::default()).unwrap().len();
        assert_eq!(go(&study, &tasks, &Memory::default(), 3).to_json(), whole.to_json());

        // Stopped after every few batches, again and again, it ends with the same bytes.
        let stopped = Memory::default();
        let mut rounds = 0;
        let last = loop {
            let batches = AtomicUsize::new(0);
            let watch = |_: &_, event: &Event| match event {
                Event::Progress { .. } if batches.fetch_add(1, Ordering::Relaxed) > at_a_time => {
                    ControlFlow::Break(Halt::All)
                }
                _ => ControlFlow::Continue(()),
            };
            let engine = Engine::new(&study, &tasks, &stopped).unwrap().with_threads(2);
            let outcome = engine.run(&watch, &|_| ControlFlow::Continue(())).unwrap();
            assert!(stopped.running().unwrap().is_empty(), "claims are given back");
            let mut trials =
                outcome.cells.iter().flat_map(|cell| &cell.tuning).flat_map(|tuning| &tuning.trials);
            assert!(
                trials.all(|trial| trial.point.starts_with("lr=")),
                "a trial is named before its cell is complete"
            );
            rounds += 1;
            if outcome.is_complete() {
                break outcome;
            }
        };
        assert!(rounds > 3 && last.to_json() == whole.to_json(), "{rounds} rounds");

        // Three at a time on one store train each run once.
        let (shared, trained) = (Memory::default(), Mutex::new(BTreeSet::new()));
        let watch = |position: &lab::study::Position, event: &Event| {
            if let Event::Progress { batches: 1, .. } = event {
                let new = trained.lock().unwrap().insert((position.cell, position.run));
                assert!(new, "{position:?} was trained twice");
            }
            ControlFlow::Continue(())
        };
        std::thread::scope(|scope| {
            let share = || {
                let engine = Engine::new(&study, &tasks, &shared).unwrap();
                engine.run(&watch, &|_| ControlFlow::Continue(())).unwrap().to_json()
            };
            let others = [scope.spawn(share), scope.spawn(share)];
            assert_eq!(share(), whole.to_json());
            assert!(others.into_iter().all(|other| other.join().unwrap() == whole.to_json()));
        });
        assert_eq!(trained.into_inner().unwrap().len(), runs);

        // A finished one asks for no run, and is known without its data.
        let engine = Engine::new(&study, &tasks, &store).unwrap();
        let asked = |_: &_, event: &Event| panic!("{event:?}");
        assert_eq!(engine.run(&asked, &|_| ControlFlow::Continue(())).unwrap().to_json(), whole.to_json());
        let facts = Facts::of_registry(&study).unwrap();
        assert_eq!(Outcome::of_store(&study, &facts, &store).unwrap().to_json(), whole.to_json());
    }
}

#[test]
fn a_run_that_is_ended_leaves_its_cell_open_and_the_others_complete() {
    let study = noisy();
    let (tasks, store) = (tasks(&study), Memory::default());
    let end = |position: &lab::study::Position, event: &Event| match event {
        Event::Progress { batches: 2, .. } if position.cell.entry == 1 => ControlFlow::Break(Halt::Run),
        _ => ControlFlow::Continue(()),
    };
    let engine = Engine::new(&study, &tasks, &store).unwrap().with_threads(2);
    let outcome = engine.run(&end, &|_| ControlFlow::Continue(())).unwrap();
    assert!(outcome.cells.iter().all(|cell| cell.complete == (cell.id.entry != 1)), "{:?}", outcome.cells);
    assert!(store.running().unwrap().is_empty(), "claims are given back");
    assert_eq!(go(&study, &tasks, &store, 1).to_json(), go(&study, &tasks, &Memory::default(), 1).to_json());
}

#[test]
fn shards_that_are_merged_are_the_whole_byte_for_byte() {
    for (study, count) in [(valleys(), 3), (noisy(), 2)] {
        let tasks = tasks(&study);
        let whole = go(&study, &tasks, &Memory::default(), 2);
        let all = Memory::default();
        for index in 1..=count {
            let store = Memory::default();
            let engine = Engine::new(&study, &tasks, &store).unwrap().with_shard(Shard { index, count });
            let part = engine.run(&|_, _| ControlFlow::Continue(()), &|_| ControlFlow::Continue(())).unwrap();
            assert!(!part.is_complete() && part.cells.iter().any(|cell| cell.complete));
            all.put_all(&store.records(&Filter::default()).unwrap()).unwrap();
            all.open_study(&store.study(&study.name).unwrap().unwrap()).unwrap();
            all.put_trials(&study.name, &store.trials(&study.name).unwrap()).unwrap();
        }
        assert_eq!(go(&study, &tasks, &all, 1).to_json(), whole.to_json());
    }
}

#[test]
fn a_changed_study_is_refused_with_the_difference() {
    let (study, store) = (noisy(), Memory::default());
    let tasks = tasks(&study);
    let start = |study: &Study| {
        let engine = Engine::new(study, &tasks, &store).unwrap();
        engine.run(&|_, _| ControlFlow::Break(Halt::All), &|_| ControlFlow::Break(())).map(|_| ())
    };
    start(&study).unwrap();
    start(&Study { threads: Some(2), ..study.clone() }).expect("threads change no result");
    let error = start(&Study { trials: 5, ..study.clone() }).unwrap_err().to_string();
    assert!(error.contains("- trials = 4") && error.contains("+ trials = 5"), "{error}");
    // Of the text that is kept, the same study is read.
    let StudyText { text, .. } = store.study("noisy").unwrap().unwrap();
    assert_eq!(text.parse(), Ok(study));
    assert!(text.contains("# searched by adam under lr: lr=0.00001..0.1 log"), "{text}");
    assert!(text.contains("# data of mnist1d-logreg:") && text.contains("# kernel "), "{text}");
}

#[test]
fn test_examples_are_read_once_by_reported_runs_and_never_by_tuning() {
    let (study, store) = (noisy(), Memory::default());
    let outcome = go(&study, &tasks(&study), &store, 2);
    let reported: BTreeSet<&String> =
        outcome.cells.iter().flat_map(|cell| &cell.runs).map(|run| &run.key).collect();
    assert_eq!(reported.len(), 8);
    for record in store.records(&Filter::default()).unwrap() {
        let tests = record.metric_curve(Split::Test).len();
        assert_eq!(tests, usize::from(reported.contains(&record.key())), "{} {}", record.recipe, record.seed);
        assert_eq!(record.seed < 1_000_000, reported.contains(&record.key()));
        assert!(!record.metric_curve(Split::Validation).is_empty());
    }
    // A task without validation examples is refused.
    let bare: Vec<Task> =
        study.specs().unwrap().iter().map(|spec| spec.build(&mut Setup::offline()).unwrap()).collect();
    let error = Engine::new(&study, &bare, &store).unwrap_err();
    assert!(error.to_string().contains("validation examples of the task `mnist1d-logreg`"), "{error}");
}

#[test]
fn the_outcome_holds_what_the_protocol_asks_for() {
    let study =
        Study { tasks: vec!["mnist1d-logreg".into(), "beale".into()], name: "both".into(), ..noisy() };
    let (tasks, store) = (tasks(&study), Memory::default());
    let outcome = go(&study, &tasks, &store, 2);
    assert_eq!((outcome.cells.len(), outcome.comparisons.len(), outcome.over_tasks.len()), (4, 2, 1));
    let quadratic = &outcome.cells[0];
    let tuning = quadratic.tuning.as_ref().unwrap();
    assert_eq!((tuning.trials.len(), tuning.finalists.len(), quadratic.runs.len()), (5, 2, 4));
    assert_eq!(quadratic.expected_best.len(), 4);
    assert!(quadratic.interval.is_some() && quadratic.bca.is_some() && quadratic.lr_sensitivity.is_some());
    assert!(tuning.optimism.is_some() && quadratic.recipe.as_ref().unwrap().contains("batch=100"));
    assert_eq!(quadratic.records(&store).unwrap().len(), 4);
    let pair = &outcome.comparisons[0].pairs[0];
    assert!(pair.interval.is_some() && pair.sign_flip_p.is_some() && pair.least_difference.is_some());
    assert_eq!(outcome.comparisons[0].least_p, 0.125);
    let over = &outcome.over_tasks[0];
    assert!(over.critical_difference.is_some() && over.entries.iter().all(|entry| entry.iqm.is_some()));
    assert!(!outcome.to_json().contains("seconds"), "no time is in it");
}

#[test]
fn the_same_recipe_twice_is_the_same_and_trained_once() {
    let entries = ["one", "two"].map(|name| Entry::new(name, "adam".parse().unwrap()));
    let study = Study { entries: entries.into(), name: "a/a".replace('/', "-"), ..noisy() };
    let (tasks, store) = (tasks(&study), Memory::default());
    let outcome = go(&study, &tasks, &store, 2);
    let pair = &outcome.comparisons[0].pairs[0];
    assert_eq!((pair.difference, pair.p), (Some(0.0), 1.0));
    assert!(!pair.relation.is_told_apart());
    let runs = store.list(&Filter::default()).unwrap();
    assert_eq!(runs.len(), 5 * 2 + 2 * 2 + 4, "{runs:?}");
}

/// `noisy` with its second entry once more, and a pilot of the first.
fn checked() -> Study {
    let mut study = Study {
        name: "checked".into(),
        pilot: Some(PilotPlan { entry: "sgd".into(), seeds: 20 }),
        ..noisy()
    };
    study.entries.push(study.entries[1].twin("adam again"));
    study
}

#[test]
fn an_aa_twin_shares_points_and_no_seed_and_is_checked() {
    let (study, store) = (checked(), Memory::default());
    let outcome = go(&study, &tasks(&study), &store, 2);
    let [original, twin] = [&outcome.cells[1], &outcome.cells[2]];
    let points = |cell: &lab::study::outcome::CellOutcome| {
        let tuning = cell.tuning.as_ref().unwrap();
        tuning.trials[..4].iter().map(|trial| trial.point.clone()).collect::<Vec<_>>()
    };
    assert_eq!(points(original), points(twin));
    let seeds = |cell: &str| -> BTreeSet<u64> {
        let trials =
            store.trials("checked").unwrap().into_iter().filter(|trial| trial.name.starts_with(cell));
        trials.flat_map(|trial| trial.runs).map(|key| store.get(&key).unwrap().unwrap().seed).collect()
    };
    let [theirs, ours] = [seeds("mnist1d-logreg/lr/adam/"), seeds("mnist1d-logreg/lr/adam again/")];
    assert_eq!((theirs.len(), ours.len()), (8, 8));
    assert!(theirs.is_disjoint(&ours) && ours.iter().all(|seed| *seed >= 10_000_000), "{ours:?}");
    let [check] = &outcome.aa[..] else { panic!("{:?}", outcome.aa) };
    assert_eq!((check.twin, check.of, check.told_apart), (2, 1, false));
    assert!(check.difference.is_some_and(|difference| difference > 0.0), "{check:?}");
    let comparison = lab::Comparison::of_study(&outcome, (0, 0), &store, String::new()).unwrap();
    assert!(comparison.rows.iter().all(|row| comparison.runs_of(row).count() == 4), "{:?}", comparison.rows);
}

#[test]
fn a_pilot_measures_the_chosen_settings_on_seeds_that_nothing_else_has() {
    let (study, store) = (checked(), Memory::default());
    let tasks = tasks(&study);
    let outcome = go(&study, &tasks, &store, 2);
    let pilot = outcome.cells[0].pilot.as_ref().unwrap();
    assert_eq!((pilot.scores.len(), outcome.cells[0].runs.len()), (20, 4));
    let spread = outcome.spread_of_pilot(0, 0).unwrap();
    assert_eq!(spread.std, std::f64::consts::SQRT_2 * pilot.std.unwrap());
    assert!(pilot.std_interval.unwrap().contains(pilot.std.unwrap()));
    assert!(outcome.comparisons[0].pairs.iter().all(|pair| pair.pilot.is_some()));
    let runs: Vec<_> =
        store.trials("checked").unwrap().into_iter().filter(|trial| trial.name.contains("/pilot/")).collect();
    assert_eq!((runs.len(), runs[0].runs.len()), (1, 20));
    let seed = |key: &String| store.get(key).unwrap().unwrap().seed;
    assert!(runs[0].runs.iter().map(seed).eq(2_000_000..2_000_020));
    // It costs its runs once, and they are known then.
    let engine = Engine::new(&study, &tasks, &store).unwrap();
    let planned = engine.planned().unwrap();
    assert!(planned.known_runs <= planned.runs && planned.runs == 3 * (5 * 2 + 2 * 2 + 4) + 20);
    let asked = |_: &_, event: &Event| panic!("{event:?}");
    assert_eq!(engine.run(&asked, &|_| ControlFlow::Continue(())).unwrap().to_json(), outcome.to_json());
    // Without the pilot nothing but the tests changes.
    let plain = go(&Study { pilot: None, ..study.clone() }, &tasks, &Memory::default(), 2);
    assert!(plain.cells.iter().zip(&outcome.cells).all(|(a, b)| a.runs == b.runs));
}

#[test]
fn a_task_of_ones_own_needs_its_epochs_said() {
    let spec: TaskSpec = "beale".parse().unwrap();
    let task = Task { name: "my own".into(), ..spec.build(&mut Setup::offline()).unwrap() };
    let entries = vec![Entry::new("sgd", "sgd".parse().unwrap())];
    let study = Study { trials: 2, ..Study::new("own", vec!["my own".into()], entries) };
    let store = Memory::default();
    let error = Engine::new(&study, std::slice::from_ref(&task), &store).unwrap_err().to_string();
    assert_eq!(error, "expected epochs for the task `my own`, found none");
    let outcome = go(&Study { epochs: Some(1), ..study }, &[task], &store, 1);
    assert_eq!(outcome.cells[0].runs.len(), 1, "no seed changes a function");
}

#[test]
fn what_is_wrong_in_a_file_is_said_with_its_place() {
    let entry = "[[entries]]\nrecipe = \"adam\"\n";
    let study = |keys: &str| format!("name = \"x\"\ntasks = [\"simplenn\"]\n{keys}\n{entry}");
    for (text, expected) in [
        ("tasks = [\"simplenn\"]\n".to_string() + entry, "expected a key `name`, found none"),
        (format!("name = \"x\"\n{entry}"), "expected a key `tasks`, found none"),
        ("name = \"x\"\ntasks = [\"simplenn\"]".into(), "expected a key `entries`, found none"),
        (
            format!("name = \"x\"\ntasks = [\"simplen\"]\n{entry}"),
            "line 2, column 9: unknown task `simplen`; did you mean `simplenn`?",
        ),
        (study("trials = 0"), "line 3, column 10: expected a whole number from 1 to 100000, found \"0\""),
        (study("trails = 3"), "line 3, column 1: unknown key \"trails\"; did you mean `trials`?"),
        (
            study("seeds = \"9..3\""),
            "line 3, column 9: expected 1 to 100000 seeds below 1000000, found `9..3`",
        ),
        (
            study("seeds = \"999999..1000001\""),
            "line 3, column 9: expected 1 to 100000 seeds below 1000000, found `999999..1000001`",
        ),
        (
            study("sampler = \"sobbol\""),
            "line 3, column 11: expected one of sobol, random, grid, found `sobbol`; did you mean `sobol`?",
        ),
        (study("order = \"random\""), "line 3, column 9: expected one of reshuffle, fixed, found `random`"),
        (
            study("rulesets = [\"lr+weigth_decay\"]"),
            "line 3, column 12: unknown ruleset or hyperparameter `weigth_decay`; did you mean `weight_decay`?",
        ),
        (study("rulesets = [\"lr\", \"lr\"]"), "duplicate ruleset `lr`"),
        (
            study("rulesets = [\"lr+eps\", \"eps+lr+eps\"]"),
            "duplicate ruleset: `eps+lr+eps` tunes the same as `lr+eps`",
        ),
        (study("rulesets = [\"lr\", \"lr+lr\"]"), "duplicate ruleset: `lr+lr` tunes the same as `lr`"),
        (
            study("confidence = 1.5"),
            "line 3, column 14: expected a number from 0.5 to less than 1, found 1.5",
        ),
        (
            study("epochs = 3\n[halving]\nfirst = 9"),
            "expected halving.first of at most the 3 epochs of `simplenn`, found 9",
        ),
        (study("[pilot]\nentry = \"adm\""), "unknown entry `adm` of the pilot; did you mean `adam`?"),
        (study("[pilot]\nentry = \"adam\"\nseeds = 3"), "expected 20 to 1000 seeds of the pilot, found 3"),
        (
            study("test = \"sign-flip\"\n[pilot]\nentry = \"adam\""),
            "the pilot conflicts with test = \"sign-flip\"",
        ),
        (study("") + "[[entries]]\naa = \"adm\"\n", "line 7, column 6: unknown entry `adm` in `aa`"),
        (
            study("") + "[[entries]]\naa = \"adam\"\nrecipe = \"sgd\"\n",
            "line 8, column 10: `recipe` conflicts with `aa`",
        ),
        (
            study("") + "[[entries]]\nname = \"a/b\"\nrecipe = \"sgd\"\n",
            "expected an entry name of 1 to 100 characters, found `a/b`",
        ),
        (study("halving = 3"), "line 3, column 11: expected a table, found \"3\""),
        (study("[halving]\nfrist = 1"), "line 4, column 1: unknown key \"frist\"; did you mean `first`?"),
        (study("") + entry, "duplicate entry `adam`"),
        (study("") + "[[entries]]\nname = \"a\"\n", "line 6, column 1: expected a key `recipe`, found none"),
        (
            study("") + "[[entries]]\nrecipe = \"adm\"\n",
            "line 7, column 10: unknown optimizer `adm`; did you mean `adam`?",
        ),
        (
            study("") + "space = \"betta1=0.8..0.9\"\n",
            "line 5, column 10: the space of `adam`: unknown hyperparameter `betta1`; did you mean `beta1`?",
        ),
        (
            study("") + "space = \"beta1=0.8..1.5\"\n",
            "line 5, column 10: the space of `adam`: adam: expected beta1",
        ),
        (
            study("") + "space = \"lr=1..0.1 log\"\n",
            "line 6, column 9: expected ends above 0, the lower first",
        ),
        ("name = ".into(), "line 1, column 8: "),
    ] {
        let fault = text.parse::<Study>().expect_err(&text);
        assert!(fault.to_string().starts_with(expected), "{text}\n{fault}\nexpected {expected}");
        assert!(!fault.hint.is_empty(), "{fault}");
    }
}

#[test]
fn the_example_reads_and_a_batch_is_its_tasks_own_unless_stated() {
    let study: Study = EXAMPLE.parse().unwrap();
    assert_eq!(study.entries.iter().map(|entry| entry.batch).collect::<Vec<_>>(), [None; 3]);
    let text = EXAMPLE.replace("recipe = \"adam\"", "recipe = \"adam, batch=64, clip=1\"");
    let study: Study = text.parse().unwrap();
    assert_eq!(study.entries[2].batch, Some(64));
    assert_eq!(study.to_toml().parse(), Ok(study));
}

fn any_study() -> impl Strategy<Value = Study> {
    let recipes =
        ["sgd", "adam beta1=0.8", "sam(adamw) rho=0.1, cosine warmup=5%", "muon, batch=64", "lion, clip=1"];
    let entry = (0..recipes.len(), proptest::option::of(1_usize..999), any::<bool>(), 0..1000_u32);
    let entries = proptest::collection::vec(entry, 1..4);
    let counts = (1_usize..99, 1_usize..9, 0_usize..9, any::<bool>(), 0_u64..999, 1_u64..99);
    let choices =
        (0..3_usize, any::<bool>(), any::<bool>(), proptest::option::of(1_u32..99), 1_u32..9, 0.5..0.999);
    let rest = (
        proptest::option::of((1_u32..9, 2_usize..9)),
        1..16_usize,
        proptest::option::of(1..64_usize),
        any::<u64>(),
    );
    (entries, counts, choices, rest).prop_map(move |(entries, counts, choices, rest)| {
        let entry =
            |(place, (recipe, batch, space, number)): (usize, (usize, Option<usize>, bool, u32))| Entry {
                batch,
                recipe: train::Recipe { batch: batch.unwrap_or(64), ..recipes[recipe].parse().unwrap() },
                space: space.then(|| format!("lr=1e-{}..2 log", 1 + number % 8).parse().unwrap()),
                aa: None,
                name: format!("ünïcode {place}, #{number}"),
            };
        let (trials, tuning_seeds, fresh_seeds, extend, from, seeds) = counts;
        let (sampler, fixed, flip, epochs, evaluations, confidence) = choices;
        let (halving, rulesets, threads, seed) = rest;
        // Races are shorter than runs.
        let epochs = halving.map(|(first, _)| epochs.unwrap_or(first).max(first)).or(epochs);
        let mut entries: Vec<Entry> = entries.into_iter().enumerate().map(entry).collect();
        let pilot = (seed % 2 == 0 && !flip)
            .then(|| PilotPlan { entry: entries[0].name.clone(), seeds: 20 + trials });
        if seed % 3 == 0 {
            entries.insert(1, entries[0].twin("the first, again"));
        }
        let all =
            [Ruleset::Default, Ruleset::Lr, Ruleset::Full, Ruleset::Names(vec!["lr".into(), "eps".into()])];
        let chosen = |i: &usize| rulesets & (1 << i) != 0;
        Study {
            seed: seed >> 1,
            rulesets: (0..4).filter(chosen).map(|i| all[i].clone()).collect(),
            sampler: [SearchMethod::Sobol, SearchMethod::Random, SearchMethod::Grid][sampler],
            trials,
            tuning_seeds,
            fresh_seeds,
            extend,
            halving: halving.map(|(first, eta)| HalvingPlan { first, eta }),
            pilot,
            seeds: from..from + seeds,
            epochs,
            evaluations,
            order: if fixed { Order::Fixed } else { Order::Reshuffle },
            test: if flip { DecidingTest::SignFlip } else { DecidingTest::StudentT },
            confidence,
            threads,
            ..Study::new("any", vec!["simplenn:fashion-mnist".into(), "beale".into()], entries)
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_study_reads_back_as_it_was_printed(study in any_study()) {
        prop_assert_eq!(study.to_toml().parse::<Study>(), Ok(study));
    }
}

#[test]
fn spaces_around_a_ruleset_make_no_other() {
    for (text, ruleset) in [("lr\t", Ruleset::Lr), (" default", Ruleset::Default), ("full ", Ruleset::Full)] {
        assert_eq!(text.parse(), Ok(ruleset));
    }
}
