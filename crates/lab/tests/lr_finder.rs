//! The range test: on copies alone, the same on any number of threads, and right about what it finds.

use data::Dataset;
use lab::LrFinder;
use lab::lr_finder::{Departure, Doubt, Ended, RangeTest, Reason, Start, Sweep};
use std::ops::ControlFlow;
use train::{Budget, Recipe, Task, Training};

fn dataset() -> Dataset {
    data::load(&data::Request::embedded(data::set("mnist").unwrap()), &mut |_| ()).unwrap()
}

fn recipe(text: &str) -> Recipe {
    text.parse().unwrap()
}

fn find(finder: &LrFinder<'_>) -> RangeTest {
    finder.run(&|_| ControlFlow::Continue(())).unwrap()
}

fn bits(weights: &tensor::ParamVec) -> Vec<u32> {
    weights.as_slice().iter().map(|w| w.to_bits()).collect()
}

const SHORT: Sweep = Sweep { from: 1e-5, to: 1.0, steps: 60, smoothing: 0.8, stop: 4.0 };

#[test]
fn a_run_is_not_touched_and_goes_on_as_if_there_had_been_no_test() {
    let task = Task::notebook(dataset());
    let folder = tempfile::tempdir().unwrap();
    let budget = Budget { epochs: 1, evaluations: 1 };
    for text in [
        "adam, cosine",
        "lookahead(sam(adam)), plateau",
        "sgd lr=0.05 momentum=0.9, clip=1",
        "rmsprop centered=true momentum=0.5",
    ] {
        let recipe = recipe(&format!("{text}, batch=100"));
        let until = |stop| {
            move |t: &Training<'_>| {
                if t.progress().steps >= stop { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            }
        };
        let mut alone = Training::new(&task, &recipe, 3, budget).unwrap();
        alone.run(&mut until(25));

        let mut run = Training::new(&task, &recipe, 3, budget).unwrap();
        run.run(&mut until(12));
        let file = |name: &str| folder.path().join(name);
        run.save_checkpoint(&file("before")).unwrap();
        let finder = LrFinder {
            start: Start::Run(&run),
            sweep: SHORT,
            seeds: vec![3, 4],
            ..LrFinder::new(&task, &recipe)
        };
        let test = find(&finder);
        run.save_checkpoint(&file("after")).unwrap();
        let bytes = |name| std::fs::read(file(name)).unwrap();
        assert!(bytes("before") == bytes("after"), "{text}");
        run.run(&mut until(25));
        assert_eq!(bits(run.weights()), bits(alone.weights()), "{text}");
        assert_eq!(run.progress().last_loss.to_bits(), alone.progress().last_loss.to_bits(), "{text}");

        // The copy goes on where the run is: with its weights and its next batch.
        assert_eq!(test.start, "a run after 12 updates");
        let mut next = Training::new(&task, &recipe, 3, budget).unwrap();
        next.run(&mut until(13));
        assert_eq!(test.sweeps[0].losses[0].to_bits(), next.progress().last_loss.to_bits(), "{text}");
        assert_ne!(test.sweeps[0].losses[0], test.sweeps[1].losses[0], "another seed has other batches");
    }
}

#[test]
fn given_weights_are_only_read() {
    let task = Task::notebook(dataset());
    let recipe = recipe("adam, batch=100");
    let mut run = Training::new(&task, &recipe, 0, Budget { epochs: 1, evaluations: 0 }).unwrap();
    run.run(&mut |_| ControlFlow::Continue(()));
    let before = bits(run.weights());
    let start = Start::Weights(run.weights());
    let test = find(&LrFinder { start, sweep: SHORT, seeds: vec![0, 1], ..LrFinder::new(&task, &recipe) });
    assert_eq!(bits(run.weights()), before);
    // They have learned: the loss begins far below that of fresh weights, ln 10.
    assert!(test.sweeps.iter().all(|sweep| sweep.losses[0] < 1.0), "{:?}", test.sweeps[0].losses);
}

#[test]
fn any_number_of_threads_gives_the_same_bits() {
    let task = Task::notebook(dataset());
    let recipe = recipe("adam, batch=64");
    let tests = [1, 2, 5].map(|threads| {
        find(&LrFinder { sweep: SHORT, seeds: vec![4, 0, 2], threads, ..LrFinder::new(&task, &recipe) })
    });
    assert!(tests[0] == tests[1] && tests[1] == tests[2]);
    assert_eq!(tests[0].sweeps.iter().map(|sweep| sweep.seed).collect::<Vec<_>>(), [4, 0, 2]);
}

#[test]
fn the_rates_are_those_of_the_optimizer_whatever_the_recipe_says_of_them() {
    let task = Task::notebook(dataset());
    // Neither the recipe's own rate nor its schedule has any part in the sweep.
    let tests = ["adam, batch=64", "adam lr=0.5, batch=64", "adam lr=1e-6, cosine warmup=50%, batch=64"]
        .map(|text| find(&LrFinder { sweep: SHORT, seeds: vec![0], ..LrFinder::new(&task, &recipe(text)) }));
    let far = tests[0].sweeps[0].losses.len() / 2;
    for test in &tests[1..] {
        let pairs = test.sweeps[0].losses.iter().zip(&tests[0].sweeps[0].losses);
        assert!(pairs.take(far).all(|(a, b)| (a - b).abs() <= 1e-4 * b), "{}", test.recipe);
    }
    assert_eq!(tests[2].departures, [Departure::Schedule("cosine warmup=50%".to_string())]);
    assert!(tests[2].chosen.as_ref().unwrap().contains("cosine warmup=50%"), "{:?}", tests[2].chosen);
}

#[test]
fn plausible_rates_are_found_and_said() {
    let task = Task::notebook(dataset());
    for (text, low, high) in [("sgd", 0.01, 0.3), ("adam", 4e-4, 1e-2), ("lion", 1e-4, 3e-3)] {
        let recipe = recipe(&format!("{text}, batch=64"));
        let test = find(&LrFinder::new(&task, &recipe));
        let choice = test.choice.expect(text);
        assert!((low..high).contains(&choice), "{text}: {choice}");
        let [steepest, edge] = [test.steepest, test.edge].map(|across| across.expect(text));
        assert!(steepest.low <= steepest.median && steepest.median <= steepest.high && steepest.seeds == 5);
        assert!(choice < edge.low, "{text}: {choice} {edge:?}");
        let between = Reason::Middle {
            choice,
            steepest: steepest.median,
            tenth: test.tenth.unwrap().median,
            edge: Some(edge.median),
        };
        assert_eq!(test.reason(), between);
        assert!(test.doubts().contains(&Doubt::Sample));
        assert_eq!(test.chosen.unwrap().parse::<Recipe>().unwrap().rule().get("lr"), Some(choice.into()));
    }
}

#[test]
fn what_speaks_against_a_choice_is_said() {
    let task = Task::notebook(dataset());
    let recipe = recipe("adam, batch=64");
    let said =
        |sweep: Sweep, seeds: Vec<u64>| find(&LrFinder { sweep, seeds, ..LrFinder::new(&task, &recipe) });

    let too_low = said(Sweep { to: 1e-6, ..Sweep::default() }, vec![0, 1]);
    assert_eq!((too_low.choice, &too_low.chosen), (None, &None));
    assert_eq!(too_low.reason(), Reason::NeverFalls { climbs_from: None });
    assert_eq!(too_low.doubts()[..2], [Doubt::Flat { seeds: 2 }, Doubt::NoEdge { seeds: 2 }]);
    assert!(too_low.sweeps.iter().all(|sweep| sweep.ended == Ended::LastRate));

    let too_high = said(Sweep { from: 1e-3, ..Sweep::default() }, vec![0]);
    let doubts = too_high.doubts();
    assert!(
        doubts.contains(&Doubt::FallsFromStart { seeds: 1 }) && doubts.contains(&Doubt::OneSeed),
        "{doubts:?}"
    );
}

#[test]
fn wrappers_groups_and_plateaus_take_part() {
    let task = Task::notebook(dataset());
    let test = |text: &str| {
        find(&LrFinder {
            sweep: SHORT,
            seeds: vec![0],
            ..LrFinder::new(&task, &recipe(&format!("{text}, batch=64")))
        })
    };
    let plain = test("adam");
    // SAM's steps are those of a run with SAM, on the same batches.
    let sam = test("sam(adam) rho=0.5");
    assert_eq!(sam.sweeps[0].losses[0], plain.sweeps[0].losses[0]);
    assert_ne!(sam.sweeps[0].losses[20], plain.sweeps[0].losses[20]);
    // One rate for each update of several batches: the mean of their losses.
    let accumulated = test("accumulate(adam) every=3");
    assert_eq!(accumulated.sweeps[0].ended == Ended::LastRate, accumulated.sweeps[0].losses.len() == 60);
    assert!(
        (accumulated.sweeps[0].losses[0] - plain.sweeps[0].losses[..3].iter().sum::<f64>() / 3.0).abs()
            < 1e-3
    );

    let groups = test("adam lr=0.01, bias: lr=0.002, *.weight: sgd lr=0.5, plateau");
    let chosen: Recipe = groups.chosen.as_ref().expect("it falls").parse().unwrap();
    let factor = groups.choice.unwrap() / 0.01;
    for (text, rate) in [("bias: lr=", 0.002), ("*.weight: sgd lr=", 0.5)] {
        let chosen = chosen.to_string();
        let (_, rest) = chosen.split_once(text).expect("the group is still there");
        let found: f64 = rest.split(',').next().unwrap().parse().unwrap();
        assert!((found / (rate * factor) - 1.0).abs() < 0.06, "{chosen}");
    }
    assert_eq!(groups.departures, [Departure::Plateau, Departure::GroupRates]);
}

#[test]
fn a_stopped_test_keeps_what_is_finished() {
    let task = Task::notebook(dataset());
    let recipe = recipe("adam, batch=64");
    let finder = LrFinder { sweep: SHORT, seeds: vec![0, 1, 2], threads: 1, ..LrFinder::new(&task, &recipe) };
    let test = finder
        .run(&|step| if step.seed == 1 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
        .unwrap();
    assert_eq!(test.sweeps.iter().map(|sweep| sweep.seed).collect::<Vec<_>>(), [0]);
    let none = finder.run(&|_| ControlFlow::Break(())).unwrap();
    assert!(none.sweeps.is_empty() && none.choice.is_none() && none.median.is_empty());
    assert_eq!((none.reason(), none.doubts()), (Reason::NoSweep, vec![]));
}

#[test]
fn what_cannot_be_tested_is_refused_with_a_way_out() {
    let task = Task::notebook(dataset());
    let refused = |text: &str, sweep: Sweep| {
        let recipe = recipe(text);
        let error = LrFinder { sweep, ..LrFinder::new(&task, &recipe) }
            .run(&|_| ControlFlow::Continue(()))
            .unwrap_err();
        assert!(matches!(error, lab::Error::RangeTest { .. }) && error.hint().is_some(), "{error}");
        error.to_string()
    };
    for name in ["prodigy", "dadapt_adam", "dadapt_sgd", "dog", "dowg"] {
        assert!(refused(name, SHORT).contains("finds the size of its steps itself"), "{name}");
    }
    assert!(refused("rprop", SHORT).contains("counts in the first update only"));
    assert!(refused("adam, maximize", SHORT).contains("climbs"));
    assert!(refused("adam lr=0", SHORT).contains("no rate that could rise"));
    for (from, to) in [(0.0, 1.0), (-1.0, 1.0), (1.0, 1.0), (2.0, 1.0), (f64::NAN, 1.0), (1.0, f64::INFINITY)]
    {
        assert!(refused("adam", Sweep { from, to, ..SHORT }).contains("do not rise"), "{from} {to}");
    }
    for steps in [0, 1, 49, 100_001] {
        assert!(refused("adam", Sweep { steps, ..SHORT }).contains("no range test"), "{steps}");
    }
    for smoothing in [-0.1, 1.0, f64::NAN] {
        assert!(refused("adam", Sweep { smoothing, ..SHORT }).contains("smoothing"), "{smoothing}");
    }
    for stop in [1.0, f64::NAN, f64::INFINITY] {
        assert!(refused("adam", Sweep { stop, ..SHORT }).contains("cannot end"), "{stop}");
    }
}

/// Every rule of the registry either has a rate that can be looked for or is refused: none is swept in vain.
#[test]
fn every_rule_is_tested_or_refused() {
    let refused: Vec<&str> = optim::rules::all()
        .into_iter()
        .filter(|rule| lab::lr_finder::check(&Recipe::new(rule.boxed())).is_err())
        .map(|rule| rule.info().name)
        .collect();
    for name in ["prodigy", "dadapt_adam", "dadapt_sgd", "dog", "dowg", "rprop"] {
        assert!(refused.contains(&name), "{name}");
    }
    for name in ["sgd", "adam", "muon", "lars", "adafactor", "schedule_free_adamw"] {
        assert!(!refused.contains(&name), "{name}");
    }
}
