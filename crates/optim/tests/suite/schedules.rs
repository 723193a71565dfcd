//! Every schedule: what holds because it is listed, against recordings of PyTorch and optax, and
//! closed forms where the source is a paper.
//!
//! `tests/fixtures/schedules.json` was written by `scripts/pytorch/schedules.py`. A recording's name
//! is the spelling to replay.

use std::path::Path;

use optim::hyper::{Hyper, Hyperparameters, Value};
use optim::{
    DynSchedule, Error, LrSchedule, Optimizer, OptimizerSpec, Plateau, PlateauSettings, Time, schedules,
};
use proptest::prelude::*;

fn schedule(text: &str) -> LrSchedule {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn near(got: f64, want: f64, what: &str) {
    // Torch multiplies factor by factor, so a small one carries the rounding of greater ones.
    assert!((got - want).abs() <= 1e-12 * want.abs() + 1e-15, "{what}: {got:e} is not {want:e}");
}

#[test]
fn factors_are_those_of_pytorch_and_optax() {
    let recorded = recorded();
    let schedules = recorded["schedules"].as_object().expect("the schedules");
    for (name, recording) in schedules {
        let (schedule, total) = (schedule(name), recording["total"].as_u64().expect("a number"));
        for (step, want) in (0..).zip(numbers(&recording["factors"])) {
            near(schedule.factor(step, total), want, &format!("{name} at step {step}"));
        }
    }
}

#[test]
fn momentum_goes_with_the_rate_as_in_pytorch() {
    let recorded = recorded();
    for (name, recording) in recorded["momentum"].as_object().expect("the hyper_schedules") {
        let spec: OptimizerSpec = format!("sgd momentum=0.9, momentum: {name}").parse().expect(name);
        let total = recording["total"].as_u64().expect("a number");
        for (step, want) in (0..).zip(numbers(&recording["values"])) {
            near(spec.hyper_schedules[0].1.value(0.9, step, total), want, &format!("{name} at step {step}"));
        }
    }
}

#[test]
fn plateau_is_that_of_pytorch_and_resumes() {
    let recorded = recorded();
    for (name, recording) in recorded["plateau"].as_object().expect("the plateaus") {
        // They were recorded with eps=0.
        let mut settings = PlateauSettings { eps: 0.0, ..PlateauSettings::default() };
        for (name, value) in name.split(' ').filter_map(|word| word.split_once('=')) {
            let value = settings.read(name, value).expect("a recorded setting is valid");
            settings.set_unchecked(name, value).expect("a recorded setting is known");
        }
        let mut plateau = Plateau::new(settings).expect("recorded settings are valid");
        let (losses, factors) = (numbers(&recording["losses"]), numbers(&recording["factors"]));
        assert!(factors[0] == 1.0 && factors[factors.len() - 1] < 0.2, "{name} drops more than once");
        for (loss, factor) in losses.iter().zip(&factors) {
            plateau = Plateau::resumed(settings, plateau.state()).expect("recorded settings are valid");
            near(plateau.observe(*loss), *factor, name);
        }
    }
    let refused = Plateau::new(PlateauSettings { gamma: 1.5, ..PlateauSettings::default() }).unwrap_err();
    assert_eq!(refused.to_string(), "plateau: expected gamma to be a number from 0 to 1, found 1.5");
}

#[test]
fn closed_forms_of_the_papers() {
    let close = |text: &str, step: u64, total: u64, want: f64| {
        near(schedule(text).factor(step, total), want, &format!("{text} at {step} of {total}"));
    };
    // Vaswani 2017: d^-0.5·min(n^-0.5, n·w^-1.5) with w = 4000, as a share of its peak (4000·d)^-0.5.
    close("noam peak=4000", 3_999, 100_000, 1.0);
    close("noam peak=4000", 999, 100_000, 0.25);
    close("noam peak=4000", 63_999, 100_000, 0.25);
    // Raffel 2020: 1/√max(n, k), as a share of its start 1/√k.
    close("rsqrt flat=10000", 9_999, 1_000_000, 1.0);
    close("rsqrt flat=10000", 159_999, 1_000_000, 0.25);
    // Chen 2022: (1 − z)/(1/2 + (1 − z)/2).
    close("rex", 50, 100, 2.0 / 3.0);
    close("rex", 75, 100, 0.4);
    // Hsueh 2019: (1 − tanh(L + (U − L)·z))/2, in the middle for L = −U.
    close("tanh low=-3 high=3", 50, 100, 0.5);
    close("tanh", 0, 100, 1.0 / (1.0 + (-12.0_f64).exp()));
    close("tanh", 100, 100, 1.0 / (1.0 + 6.0_f64.exp()));
    // Hägele 2024: 1 − √((n − (N − D))/D); Hu 2024: flat before.
    for (text, quarter) in
        [("wsd", 0.5), ("wsd fall=linear", 0.75), ("wsd fall=cosine", 0.5 + 0.125_f64.sqrt())]
    {
        close(text, 799, 1000, 1.0);
        close(text, 850, 1000, quarter);
        close(text, 1000, 1000, 0.0);
    }
    close("wsd floor=0.5", 850, 1000, 0.75);
    // Keras' InverseTimeDecay: 1/(1 + rate·s/every), the division rounded down in steps.
    close("inverse_time rate=0.5 every=10", 25, 100, 1.0 / 2.25);
    close("inverse_time rate=0.5 every=10 staircase=true", 25, 100, 0.5);
    // Keras' PolynomialDecay with cycle: at step 30 of 20, the end lies at 40.
    close("polynomial power=2 over=20 cycle=true", 30, 100, 0.0625);
    close("polynomial power=2 over=20 cycle=true", 20, 100, 0.0);
    close("polynomial power=2 over=20 cycle=true", 0, 100, 1.0);
    // Ma & Yarats 2021: 2/(1 − β₂).
    assert_eq!(Time::untuned_warmup(0.999), Time::Steps(2000));
    assert_eq!(Time::untuned_warmup(0.0), Time::Steps(2));
}

#[test]
fn a_product_multiplies_and_a_join_starts_again() {
    let product = schedule("cosine floor=0.2 warmup=5 * step every=10 gamma=0.5");
    let joined = schedule("linear until=40% then cosine warmup=5 until=80 then constant value=0.1");
    for step in 0..120 {
        let [a, b] =
            ["cosine floor=0.2 warmup=5", "step every=10 gamma=0.5"].map(|x| schedule(x).factor(step, 100));
        assert_eq!(product.factor(step, 100), a * b);
        let want = match step {
            0..40 => schedule("linear").factor(step, 40),
            40..80 => schedule("cosine warmup=5").factor(step - 40, 40),
            _ => 0.1,
        };
        assert_eq!(joined.factor(step, 100), want, "step {step}");
    }
    let parts = ["cosine floor=0.2", "step every=10 gamma=0.5"].map(schedule);
    let [first, second] = parts.clone();
    assert_eq!(first.with_warmup(Time::Steps(5)).times(second), Ok(product));
    let [first, second] = parts;
    let error = first.times(second.then(Time::Steps(3), LrSchedule::default())).unwrap_err();
    assert!(matches!(error, Error::Conflict { .. }));
}

#[test]
fn a_warmup_rises_to_where_the_schedule_starts() {
    for course in schedules::all() {
        let bare = LrSchedule::from_boxed(course.boxed());
        let warmed = bare.clone().with_warmup(Time::Percent(10.0));
        let start = bare.factor(0, 90);
        for step in 0..10 {
            near(warmed.factor(step, 100), (step + 1) as f64 / 10.0 * start, course.info().name);
        }
        for step in 10..150 {
            assert_eq!(warmed.factor(step, 100), bare.factor(step - 10, 90), "{warmed} at {step}");
        }
    }
}

#[test]
fn every_schedule_starts_and_ends_as_its_card_says() {
    const TOTAL: u64 = 1_000_000;
    for course in schedules::all() {
        let (schedule, [first, last]) = (LrSchedule::from_boxed(course.boxed()), course.info().ends);
        let ends = [schedule.factor(0, TOTAL), schedule.factor(TOTAL - 1, TOTAL)];
        // The last step is one before the end, the first of a rise one after its start.
        for (got, want) in ends.into_iter().zip([first, last]) {
            assert!((got - want).abs() < 2e-5, "{schedule}: {got} is not {want}");
        }
    }
}

#[test]
fn a_schedule_counts_updates() {
    let rule = optim::parse_rule("sgd lr=1").expect("valid");
    let mut optimizer = Optimizer::from_boxed(rule, 1).expect("valid").with_schedule(schedule("cosine"), 10);
    let mut w = [0.0];
    for step in 0..12 {
        assert_eq!(optimizer.learning_rate(), Some(schedule("cosine").factor(step, 10)));
        optimizer.step(&mut w, &[0.1]);
    }
}

#[test]
fn every_file_is_registered_and_every_card_is_filled_in() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/schedules");
    let mut files: Vec<String> = std::fs::read_dir(folder)
        .expect("the folder of schedules")
        .map(|file| file.expect("a file").path().file_stem().expect("a name").to_string_lossy().into_owned())
        .collect();
    files.sort();
    let mut names: Vec<String> =
        schedules::all().iter().map(|course| course.info().name.to_string()).collect();
    names.sort();
    assert_eq!(files, names);

    for course in schedules::all() {
        let card = course.info();
        let lines = [card.title, card.problem, card.good_when, card.bad_when, card.source];
        assert!(lines.iter().all(|text| !text.is_empty() && !text.contains('\n')), "{}", card.name);
        for line in card.formula.lines() {
            assert!(
                line.trim() == line && !line.is_empty() && line.chars().count() <= 80,
                "{}: {line}",
                card.name
            );
        }
        for hyper in course.hypers() {
            assert!(
                hyper.doc.ends_with('.') && hyper.doc.chars().count() <= 80,
                "{}: {}",
                card.name,
                hyper.doc
            );
            assert_ne!(hyper.name, "warmup", "{}: that is the setting of all", card.name);
        }
        for example in card.examples {
            assert_eq!(schedule(example).to_string(), example);
            assert!(example.starts_with(card.name));
        }
    }
}

#[test]
fn mistakes_name_the_nearest_and_list_what_exists() {
    for (text, message, hint) in [
        ("cosin", "unknown schedule `cosin`; did you mean `cosine`?", Some("rex, tanh")),
        ("", "unknown schedule ``", Some("constant, linear")),
        ("plateau", "it is a separate part of a recipe, as in `adam, plateau`", None),
        ("cosine * plateau patience=3", "expected a schedule of the update, found `plateau`", None),
        (
            "cosine flor=0.1",
            "unknown hyperparameter of cosine `flor`; did you mean `floor`?",
            Some("floor, warmup"),
        ),
        ("cosine 0.1", "expected a setting name=value, found `0.1`", None),
        ("cosine floor=2", "cosine: expected floor to be a number from 0 to 1, found 2", None),
        ("cosine floor=high", "cosine: expected floor to be a number from 0 to 1, found high", None),
        ("wsd fall=down", "wsd: expected fall to be one of sqrt, linear, cosine, found down", None),
        (
            "step every=1.5",
            "step: expected every to be a number of steps such as 500, of epochs such as 3ep, or a percentage such as 5%, above 0, found 1.5",
            None,
        ),
        (
            "cosine warmup=a",
            "expected a number of steps such as 500, of epochs such as 3ep, or a percentage such as 5%, found `a`",
            None,
        ),
        ("piecewise values=1/-1", "each a finite number, 0 or more", None),
        ("piecewise values=1/2", "piecewise: expected 3 values for 2 steps in `at`, found 2", None),
        ("piecewise at=50%/60", "expected ascending steps in `at`, all in updates or all in percent", None),
        (
            "linear then cosine",
            "expected `until=…` before `then`, as in `until=50% then`, found `linear then`",
            None,
        ),
        ("linear until=5 then", "unknown schedule ``", None),
        ("linear * ", "unknown schedule ``", None),
        ("linear until=5", "unknown hyperparameter of linear `until`", None),
    ] {
        let error = text.parse::<LrSchedule>().expect_err(text);
        assert!(error.to_string().contains(message), "{text}: {error}");
        if let Some(names) = hint {
            assert!(error.hint().expect(text).contains(names), "{text}: {:?}", error.hint());
        }
    }
}

proptest! {
    #[test]
    fn printed_is_parsed(schedule in any_schedule()) {
        let again: LrSchedule = schedule.to_string().parse().expect("as printed");
        prop_assert_eq!(again.to_string(), schedule.to_string());
        prop_assert_eq!(again, schedule);
    }

    #[test]
    fn factors_are_finite_and_not_negative(schedule in any_schedule(), step in 0_u64..3_000, total in 0_u64..2_000) {
        let factor = schedule.in_steps(10).factor(step, total);
        prop_assert!(factor.is_finite() && factor >= 0.0, "{}: {} at {} of {}", schedule, factor, step, total);
    }

    #[test]
    fn what_does_not_depend_on_the_total_is_the_same_for_any(
        schedule in any_schedule(), step in 0_u64..3_000, totals in (1_u64..2_000, 1_u64..2_000)
    ) {
        let schedule = schedule.in_steps(10);
        if !schedule.depends_on_total() {
            prop_assert_eq!(schedule.factor(step, totals.0), schedule.factor(step, totals.1), "{}", schedule);
        }
    }

    #[test]
    fn shares_mean_the_same_at_any_length(index in 0..schedules::all().len(), share in 0.0..1.0_f64) {
        // With defaults, all of which are shares, the picture does not depend on the number of steps.
        let schedule = LrSchedule::from_boxed(schedules::all().swap_remove(index));
        let [short, long] = [1_000_000, 2_000_000].map(|total| {
            let middle = (share * total as f64) as u64;
            [middle.saturating_sub(2), middle, middle + 2].map(|step| schedule.factor(step, total))
        });
        let near = |x: f64| long.iter().any(|y| (x - y).abs() < 1e-3);
        prop_assert!(short.into_iter().any(near), "{}: {:?}, {:?}", schedule, short, long);
    }
}

/// Up to three products of up to two hyper_schedules with any settings that are allowed.
pub(crate) fn any_schedule() -> impl Strategy<Value = LrSchedule> {
    (prop::collection::vec((any_product(), any_span()), 0..3), any_product()).prop_map(|(before, last)| {
        before.into_iter().rfold(last, |next, (first, until)| first.then(until, next))
    })
}

fn any_product() -> impl Strategy<Value = LrSchedule> {
    prop::collection::vec((any_course(), any_span()), 1..3).prop_map(|hyper_schedules| {
        let warmed = hyper_schedules
            .into_iter()
            .map(|(course, warmup)| LrSchedule::from_boxed(course).with_warmup(warmup));
        warmed.reduce(|a, b| a.times(b).expect("not joined")).expect("one or two")
    })
}

/// A course with any settings that are allowed.
pub(crate) fn any_course() -> impl Strategy<Value = Box<dyn DynSchedule>> {
    let number = prop_oneof![0.0..1.0, -30.0..1e3, (-300.0..10.0_f64).prop_map(|x| 10.0_f64.powf(x))];
    let values = prop::collection::vec((any::<prop::sample::Index>(), number, any_span()), 8);
    (0..schedules::all().len(), values).prop_filter_map("values that go together", |(index, values)| {
        let mut course = schedules::all().swap_remove(index);
        for (hyper, (choice, number, time)) in course.hypers().into_iter().zip(values) {
            let texts = texts(&hyper, number, time);
            // What is out of range stays as it is.
            let _ = course.set_text(hyper.name, &texts[choice.index(texts.len())]);
        }
        course.check().is_ok().then_some(course)
    })
}

/// Some values of the kind of a hyperparameter.
fn texts(hyper: &Hyper, number: f64, time: Time) -> Vec<String> {
    let number = Value::Number(number);
    match hyper.default {
        Value::Number(_) => vec![number.to_string()],
        Value::Flag(_) => vec!["true".into(), "false".into()],
        Value::Time(_) => vec![time.to_string()],
        Value::Times(_) => vec!["10%/20%".into(), "3/900".into(), format!("{time}/2000"), time.to_string()],
        Value::Numbers(_) => vec![format!("{number}/1/0.25"), format!("0/{number}"), "0.5/0.25".into()],
        Value::Word(_) => hyper.kind.trim_start_matches("one of ").split(", ").map(str::to_string).collect(),
    }
}

fn any_span() -> impl Strategy<Value = Time> {
    prop_oneof![
        Just(Time::default()),
        (0_u64..1_500).prop_map(Time::Steps),
        any::<u64>().prop_map(Time::Steps),
        (0.0..=100.0_f64).prop_map(Time::Percent),
        (0.0..=100.0_f64).prop_map(Time::Epochs),
    ]
}

fn recorded() -> serde_json::Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/schedules.json");
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).expect("a JSON file")
}

fn numbers(array: &serde_json::Value) -> Vec<f64> {
    array.as_array().expect("an array").iter().map(|x| x.as_f64().expect("a number")).collect()
}
