//! Ways to get no training, or NaN, from settings that are allowed: each kind once.

use optim::hyper::Value;
use optim::{
    LrSchedule, Optimizer, OptimizerSpec, Plateau, PlateauMode, PlateauSettings, ThresholdMode, Time,
    Warning, clip, schedules,
};

use crate::{optimizer, step, variants};

fn schedule(text: &str) -> LrSchedule {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// A ramp over the whole run once rose to the end of what follows it.
#[test]
fn a_warmup_as_long_as_the_run_rises_to_the_start_of_what_follows() {
    for course in schedules::all() {
        let bare = LrSchedule::from_boxed(course.boxed());
        for total in [1, 2, 3, 10, 938] {
            for warmup in [total, total + 1, 2 * total] {
                let warmed = bare.clone().with_warmup(Time::Steps(warmup));
                let last = warmed.factor(total - 1, total);
                let start = bare.factor(0, 1);
                assert_eq!(last, total as f64 / warmup as f64 * start, "{warmed} over {total}");
                assert_eq!(warmed.warning(total, total), None, "{warmed} over {total}");
            }
        }
    }
    assert_eq!(schedule("cosine warmup=938").factor(937, 938), 1.0);
}

#[test]
fn every_schedule_trains_in_a_run_of_any_length() {
    for course in schedules::all() {
        let bare = LrSchedule::from_boxed(course.boxed());
        for total in [1, 2, 3, 5, 10, 100] {
            assert_eq!(bare.warning(total, total), None, "{bare} over {total}");
        }
    }
    assert_eq!(schedule("one_cycle").factor(0, 1), 1.0);
}

/// As PyTorch's `OneCycleLR(max_lr=1, total_steps=7, pct_start=0.3)` computes it: the top lies at step 1.1.
#[test]
fn one_cycle_has_its_top_between_steps() {
    let half_cosine =
        |a: f64, b: f64, share: f64| b + (a - b) / 2.0 * (1.0 + (std::f64::consts::PI * share).cos());
    let (top, last) = (0.3 * 7.0 - 1.0, 6.0);
    for (step, want) in (0_u64..7).map(|step| {
        let s = step as f64;
        (
            step,
            match s <= top {
                true => half_cosine(0.04, 1.0, s / top),
                false => half_cosine(1.0, 4e-6, (s - top) / (last - top)),
            },
        )
    }) {
        let got = schedule("one_cycle rise=30%").factor(step, 7);
        assert!((got - want).abs() < 1e-12, "step {step}: {got} is not {want}");
    }
}

#[test]
fn a_length_of_0_is_refused() {
    let mut refused = 0;
    for course in schedules::all() {
        let name = course.info().name;
        for hyper in course.hypers() {
            if !matches!(hyper.default, Value::Time(_)) || hyper.name == "rise" {
                continue;
            }
            for zero in ["0", "0%", "0ep"] {
                let error = format!("{name} {}={zero}", hyper.name).parse::<LrSchedule>().expect_err(name);
                assert!(error.to_string().contains("such as 5%, above 0"), "{error}");
                refused += 1;
            }
        }
    }
    assert!(refused >= 30, "{refused}");
}

#[test]
fn a_rate_that_dies_at_once_is_said() {
    for (text, total, message) in [
        ("step every=3", 938, "leaves less than a millionth of the learning rate from update 22 of 938 on"),
        ("step every=3", 938, "lengths are updates; epochs are written `3ep`"),
        ("exponential gamma=0.1 every=5", 1000, "epochs are written `5ep`"),
        ("linear over=10", 1000, "from update 11 of 1000 on"),
        ("constant until=5 then constant value=0", 1000, "from update 6 of 1000 on"),
        ("constant value=0", 10, "makes the learning rate 0 at each of 10 updates"),
        ("piecewise values=0/0 at=50%", 10, "makes the learning rate 0 at each of 10 updates"),
        // The course after a warm-up counts from its top.
        ("step every=3 warmup=300", 938, "from update 322 of 938 on"),
        ("step every=30 warmup=10%", 938, "epochs are written `30ep`"),
        ("exponential gamma=0.9 every=1", 938, "from update 133 of 938 on"),
        ("linear from=0 to=1 over=1000000000", 938, "at most 9.4e-7 of what is set at each of 938 updates"),
        ("cosine warmup=1000000000000", 938, "next to nothing is trained"),
    ] {
        let warning = schedule(text).warning(total, total).expect(text).to_string();
        assert!(warning.contains(message), "{text}: {warning}");
    }
    for (text, total, per_epoch) in [
        ("step every=3ep", 9380, 938),
        ("cosine", 938, 938),
        ("noam", 100_000, 1000),
        ("step every=3", 15, 5),
        ("constant value=0 until=50% then constant", 100, 10),
        ("noam peak=1000000", 938, 938),
        ("one_cycle final_div=1000000000", 938, 938),
        ("cosine warmup=938", 938, 938),
        ("cyclic floor=0 up=1 down=1", 938, 938),
    ] {
        assert_eq!(schedule(text).warning(total, per_epoch), None, "{text}");
    }
}

#[test]
fn epochs_are_updates_as_soon_as_one_is_known() {
    for (text, in_steps) in [
        ("step every=3ep", "step every=30"),
        ("cosine warmup=0.5ep", "cosine warmup=5"),
        ("multistep at=1ep/2ep", "multistep at=10/20"),
        (
            "linear until=2ep then cosine_restarts period=4ep",
            "linear until=20 then cosine_restarts period=40",
        ),
        ("step every=0.01ep", "step every=1"),
    ] {
        assert_eq!(schedule(text).to_string(), text);
        assert_eq!(schedule(text).in_steps(10).to_string(), in_steps);
    }
    let recipe =
        "swa(sgd lr=1 momentum=0.9) start=1ep every=1, linear over=4ep, momentum: linear over=2ep 0.9..0.5";
    let spec: OptimizerSpec = recipe.parse().expect("valid");
    assert_eq!(spec.to_string(), recipe);
    let run = |spec: &OptimizerSpec, per_epoch: Option<u64>| {
        let mut optimizer = Optimizer::of_slice(spec.clone(), 1).expect("valid").with_total_steps(20);
        if let Some(per_epoch) = per_epoch {
            optimizer = optimizer.with_steps_per_epoch(per_epoch);
        }
        let mut w = [1.0];
        (0..20).for_each(|_| {
            let g = [w[0]];
            optimizer.step(&mut w, &g);
        });
        (w, optimizer.evaluation_weights(&w).to_vec())
    };
    assert_eq!(run(&spec, Some(5)), run(&spec.in_steps(5), None));
    assert_ne!(run(&spec, Some(5)), run(&spec, Some(4)));
}

#[test]
#[should_panic(expected = "counts epochs: expected `with_steps_per_epoch` before the first step")]
fn epochs_that_nobody_has_given_are_an_error_at_the_first_step() {
    let spec: OptimizerSpec = "sgd, step every=3ep".parse().expect("valid");
    Optimizer::of_slice(spec, 1).expect("valid").with_total_steps(10).step(&mut [1.0], &[1.0]);
}

#[test]
#[should_panic(expected = "expected `with_total_steps` before the first step")]
fn a_total_that_nobody_has_given_is_an_error_at_the_first_step() {
    let spec: OptimizerSpec = "sgd, cosine".parse().expect("valid");
    Optimizer::of_slice(spec, 1).expect("valid").step(&mut [1.0], &[1.0]);
}

#[test]
fn lengths_in_steps_need_no_total() {
    let spec: OptimizerSpec = "sgd lr=1, step every=2 gamma=0.5 warmup=2".parse().expect("valid");
    let mut optimizer = Optimizer::of_slice(spec, 1).expect("valid");
    let rates = [0.5, 1.0, 1.0, 1.0, 0.5].map(|want| {
        let rate = optimizer.learning_rate();
        optimizer.step(&mut [0.0], &[0.0]);
        (rate, Some(want))
    });
    assert!(rates.iter().all(|(rate, want)| rate == want), "{rates:?}");
}

/// The mean of squares of 1e-20 is below the least number of full precision and becomes 0; the square of
/// the mean does not.
#[test]
fn arrays_that_belong_together_are_flushed_without_harm() {
    let spec: OptimizerSpec = "rmsprop centered=true".parse().expect("valid");
    let mut optimizer = Optimizer::of_slice(spec, 1).expect("valid");
    let mut w = [1.0];
    optimizer.step(&mut w, &[1e-20]);
    optimizer.step(&mut w, &[0.0]);
    assert_eq!(w, [1.0]);
}

/// Gradients around every edge at which a square, a product with 1 − β or a cube becomes 0 or subnormal.
#[test]
fn no_rule_makes_nan_of_small_gradients() {
    let sizes = [1e-45, 1e-42, 1.2e-38, 1e-36, 1e-30, 1e-24, 1e-23, 1e-22, 1e-20, 1e-19, 1e-18, 1e-16, 1e-13];
    let rows: Vec<[f32; 6]> = sizes
        .iter()
        .flat_map(|&g| {
            [
                [g, 0.0, 0.0, 0.0, 0.0, 0.0],
                [g, g, g, g, g, g],
                [g, -g, g, -g, 0.0, 0.0],
                [0.0, g, 0.0, g, 0.0, g],
                [1.0, g, g, 0.0, g, 0.0],
            ]
        })
        .collect();
    let (n, mut failed) = (rows.len(), vec![]);
    for rule in variants() {
        let recipe = rule.to_string();
        let mut optimizer = Optimizer::from_boxed(rule, n).expect("valid");
        let mut w = vec![1.0; n];
        for t in 0..6 {
            let g: Vec<f32> = rows.iter().map(|row| row[t]).collect();
            step(&mut optimizer, &mut w, &g);
            if let Some(nan) = w.iter().position(|w| !w.is_finite()) {
                failed.push(format!("{recipe} at step {} of {:?}", t + 1, rows[nan]));
                break;
            }
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

#[test]
fn madgrad_takes_gradients_whose_squares_are_nearly_infinite() {
    let spec: OptimizerSpec = "madgrad lr=1".parse().expect("valid");
    let mut optimizer = Optimizer::of_slice(spec, 1).expect("valid");
    let mut w = [1.0];
    optimizer.step(&mut w, &[1.8e19]);
    // w ← 0.9·w + 0.1·(w − g/∛g²)
    let want = 1.0 - 0.1 * 1.8e19_f64.cbrt();
    assert!((f64::from(w[0]) / want - 1.0).abs() < 1e-5, "{} is not {want}", w[0]);
}

/// As Adam, whose step is 0 where a square is infinite.
#[test]
fn means_of_squares_take_gradients_whose_squares_are_infinite() {
    for recipe in ["adam", "qhadam", "novograd"] {
        for g in [1e19, 1e20, 1e30, 1e37] {
            let mut optimizer = optimizer(recipe, 6);
            let mut w = [1.0; 6];
            for gradients in [[g, -g, g, -g, g, -g], [g; 6], [1.0; 6]] {
                optimizer.step(&mut w, &gradients);
            }
            assert!(w.iter().all(|w| w.is_finite()), "{recipe}, {g:e}: {w:?}");
        }
    }
}

/// The step's number to this power is infinite at some step of a long run.
#[test]
fn a_power_that_overflows_is_refused() {
    for rule in ["schedule_free_sgd", "schedule_free_adamw"] {
        let error = optim::parse_rule(&format!("{rule} r=1e8")).expect_err("refused").to_string();
        assert!(error.contains("expected r to be a number from 0 to 30"), "{error}");
    }
}

#[test]
fn a_plateau_goes_by_its_card_whatever_the_sign() {
    let plain = PlateauSettings { patience: 0.0, gamma: 0.5, ..PlateauSettings::default() };
    let absolute = ThresholdMode::Absolute;
    let max = PlateauMode::Max;
    for (settings, losses, factors) in [
        // The same loss is no better, also below 0: PyTorch's (1 − threshold)·best would call it better.
        (plain, [-1.0, -1.0, -1.01, -1.01005], [1.0, 0.5, 0.5, 0.25]),
        (plain, [1.0, 1.0, 0.99, 0.98995], [1.0, 0.5, 0.5, 0.25]),
        (PlateauSettings { mode: max, ..plain }, [0.5, 0.6, 0.6, 0.5], [1.0, 1.0, 0.5, 0.25]),
        (PlateauSettings { mode: max, ..plain }, [-2.0, -1.0, -1.5, -0.5], [1.0, 1.0, 0.5, 0.5]),
        (
            PlateauSettings { threshold_mode: absolute, threshold: 0.1, ..plain },
            [10.0, 9.95, 9.8, 9.75],
            [1.0, 0.5, 0.5, 0.25],
        ),
        (PlateauSettings { eps: 0.3, ..plain }, [1.0, 1.0, 1.0, 1.0], [1.0, 0.5, 0.5, 0.5]),
    ] {
        let mut plateau = Plateau::new(settings).expect("valid");
        assert_eq!(losses.map(|loss| plateau.observe(loss)), factors, "{settings:?}");
    }
}

/// As PyTorch's, `eps` is of the rate: with lr=0.001 a fall by 0.0009 is made, and one by 0.00009 not.
#[test]
fn the_eps_of_a_plateau_is_a_part_of_the_learning_rate() {
    let spec: OptimizerSpec = "sgd lr=0.001, plateau patience=0 eps=1e-4".parse().expect("valid");
    let mut optimizer = Optimizer::of_slice(spec, 1).expect("valid");
    let rates = [1.0; 4].map(|loss| {
        optimizer.observe(loss);
        optimizer.learning_rate().expect("sgd has a rate")
    });
    assert_eq!(rates, [1e-3, 1e-4, 1e-4, 1e-4]);
}

#[test]
#[should_panic(expected = "expected a norm above 0, found -1")]
fn a_negative_norm_does_not_turn_gradients_round() {
    clip::global_norm_factor(&[1.0], -1.0);
}

#[test]
fn a_learning_rate_of_0_is_said() {
    for (recipe, is_said) in [
        ("adam lr=0", true),
        ("sam(sgd lr=0)", true),
        ("sgd lr=0, bias: adam lr=0", true),
        ("sgd lr=0.1, bias: adam lr=0", false),
        ("adam", false),
        ("muon lr=0", false),
        ("muon lr=0 adamw_lr=0", true),
    ] {
        let spec: OptimizerSpec = recipe.parse().expect(recipe);
        let said = spec.warnings(10, 10).iter().any(|warning| warning.to_string().contains("with lr=0"));
        assert_eq!(said, is_said, "{recipe}");
    }
}

#[test]
fn a_wrapper_that_keeps_the_start_for_the_whole_run_is_said() {
    for (recipe, updates, said) in [
        ("lookahead(adam) k=1000000", 6, Some("lookahead k=1000000: the run ends before")),
        ("swa(lookahead(adam) k=7)", 6, Some("lookahead k=7: the run ends before")),
        ("lookahead(adam) alpha=0", 100, Some("lookahead alpha=0: the run ends before")),
        ("accumulate(adam) every=1000", 0, Some("accumulate every=1000: the run ends before")),
        ("lookahead(adam) k=6", 6, None),
        ("accumulate(adam)", 1, None),
        ("adam", 0, None),
    ] {
        let spec: OptimizerSpec = recipe.parse().expect(recipe);
        let warnings: Vec<String> = spec.warnings(updates, 3).iter().map(ToString::to_string).collect();
        assert_eq!(warnings.len(), usize::from(said.is_some()), "{recipe}: {warnings:?}");
        assert!(said.is_none_or(|said| warnings[0].starts_with(said)), "{recipe}: {warnings:?}");
    }
}

#[test]
fn an_average_that_never_begins_is_said() {
    for (recipe, is_said) in [
        ("swa(adam) start=1000000", true),
        ("tail_average(adam) start=30", true),
        ("sam(swa(adam) start=3ep)", true),
        ("swa(adam) start=29", false),
        ("tail_average(adam) start=2ep", false),
        ("swa(adam)", false),
        ("ema(adam)", false),
    ] {
        let spec: OptimizerSpec = recipe.parse().expect(recipe);
        let warnings: Vec<String> = spec.warnings(30, 10).iter().map(ToString::to_string).collect();
        assert_eq!(warnings.len(), usize::from(is_said), "{recipe}: {warnings:?}");
        assert!(
            warnings.iter().all(|said| said.contains("the average would begin after the end, update 30"))
        );
    }
}

#[test]
fn a_warm_up_of_thousands_of_runs_is_said() {
    for (text, is_said) in [
        ("constant warmup=1000000", true),
        ("noam warmup=100000", true),
        ("constant warmup=1000", false),
        ("constant value=0.001", false),
    ] {
        let schedule: LrSchedule = text.parse().expect(text);
        let is_low = matches!(schedule.warning(6, 6), Some(Warning::LowRate { .. }));
        assert_eq!(is_low, is_said, "{text}");
    }
}

#[test]
fn a_setting_that_divides_0_by_0_is_named() {
    for (recipe, settings) in [
        ("adam eps=1e-50", vec!["eps=1e-50"]),
        ("adamw eps=1e-20", vec![]),
        ("adam eps=0", vec!["eps=0"]),
        ("rmsprop eps=0", vec!["eps=0"]),
        ("sgd, bias: adagrad eps=0", vec!["eps=0"]),
        ("adam", vec![]),
        ("sgd momentum=0", vec![]),
    ] {
        let spec: OptimizerSpec = recipe.parse().expect(recipe);
        let named: Vec<String> = spec
            .warnings(10, 10)
            .into_iter()
            .map(|warning| match warning {
                Warning::ZeroByZero { setting, .. } => setting,
                other => panic!("{other}"),
            })
            .collect();
        assert_eq!(named, settings, "{recipe}");
    }
}

#[test]
fn names_in_another_case_or_of_another_kind_are_led_on() {
    for (text, message) in [
        ("SGD", "unknown optimizer `SGD`; did you mean `sgd`?"),
        ("AdamW", "did you mean `adamw`?"),
        ("sam", "expected an optimizer inside of the wrapper `sam`, as in `sam(adam)`"),
    ] {
        let error = optim::parse_rule(text).expect_err(text).to_string();
        assert!(error.contains(message), "{error}");
    }
    for text in ["adopt clip=1", "adam, bias: adopt clip=0.5"] {
        let error = text.parse::<OptimizerSpec>().expect_err(text).to_string();
        assert!(
            error.contains("adopt's own `clip`") && error.contains("put a comma before `clip="),
            "{error}"
        );
    }
}
