//! The table fits, ranks and explains.

use lab::compare::{Comparison, Estimate, Pair, Row};
use proptest::prelude::*;
use report::{Style, table};
use train::Metric;
use unicode_width::UnicodeWidthStr;

use crate::made;

#[test]
fn best_first_and_diverged_last() {
    let mut comparison = made::comparison(&made::three(), 5, 5);
    made::diverge(&mut comparison, 1, 5);
    made::diverge(&mut comparison, 2, 2);
    let text = table(&comparison, 80, Style::Plain);
    let place = |name: &str| text.find(&format!("\n{name}")).unwrap();
    assert!(place("sgd") < place("rmsprop †") && place("rmsprop †") < place("adam †"), "{text}");
    assert!(text.contains("† adam: 5 of 5 seeds diverged.\n"), "{text}");
    assert!(text.contains("† rmsprop: 2 of 5 seeds diverged; its means are of the others.\n"));
}

#[test]
fn a_target_not_reached_has_a_footnote() {
    let mut comparison = made::comparison(&made::three(), 5, 5);
    comparison.rows[1].reached = 3;
    let text = table(&comparison, 80, Style::Plain);
    assert!(text.contains("\n— sgd: 0 of 5 seeds reached 95%.\n"), "{text}");
    assert!(text.contains("\n* adam: 3 of 5 seeds reached 95%; the median counts the others"));
}

#[test]
fn more_gradients_a_batch_have_a_footnote() {
    let mut comparison = made::comparison(&made::three(), 5, 5);
    assert!(!table(&comparison, 80, Style::Plain).contains("gradients"));
    comparison.rows[1].gradients_per_batch = Some(2.0);
    let text = table(&comparison, 80, Style::Plain);
    assert!(text.contains("\nadam: takes 2 gradients a batch, so its epoch is as much work as 2"), "{text}");
}

#[test]
fn one_seed_has_no_interval() {
    let text = table(&made::comparison(&made::three(), 1, 5), 80, Style::Plain);
    let adam = text.lines().find(|line| line.starts_with("adam")).unwrap();
    assert!(adam.contains('%') && !adam.contains('['), "{text}");
}

#[test]
fn emphasis_is_the_only_escape_code() {
    let comparison = made::comparison(&made::three(), 5, 5);
    let plain = table(&comparison, 80, Style::Plain);
    let bold = table(&comparison, 80, Style::Ansi);
    assert!(!plain.contains('\x1b'));
    let best = bold.lines().find(|line| line.contains('\x1b')).unwrap();
    assert!(best.starts_with("\x1b[1madam") && best.ends_with("\x1b[0m"), "{best:?}");
    assert_eq!(bold.replace("\x1b[1m", "").replace("\x1b[0m", ""), plain);
}

#[test]
fn long_names_are_shown_in_full_on_more_lines() {
    let mut comparison = made::comparison(&made::three(), 5, 5);
    comparison.rows[0].optimizer = "sgd with nesterov momentum 0.9".into();
    let text = table(&comparison, 80, Style::Plain);
    for word in ["nesterov", "momentum", "0.9"] {
        assert!(text.contains(word), "{text}");
    }
    // Settings that the column of names would cut or break have separate lines.
    let settings = "adam lr=0.01258 beta1=0.7419 beta2=0.999 weight_decay=0.0000713";
    comparison.rows[0].optimizer = settings.into();
    for width in [66, 80, 90] {
        let text = table(&comparison, width, Style::Plain);
        let shown: Vec<&str> = text.split_whitespace().collect();
        assert!(settings.split(' ').all(|word| shown.contains(&word)), "{text}");
    }
}

proptest! {
    #[test]
    fn no_line_is_wider_than_asked(comparison in any_comparison(), width in 0..240usize) {
        let text = table(&comparison, width, Style::Plain);
        let most = width.clamp(32, 200);
        for line in text.lines() {
            prop_assert!(line.width() <= most, "{} > {most}: {line:?}\n{text}", line.width());
        }
        prop_assert!(!text.contains('\x1b'));
    }
}

fn any_comparison() -> impl Strategy<Value = Comparison> {
    (prop::collection::vec(any_row(), 0..6), prop::collection::vec(any_pair(), 0..3), any_measure()).prop_map(
        |(rows, pairs, (metric, target))| Comparison {
            command: String::new(),
            settings: vec![],
            metric,
            target,
            rows,
            pairs,
            runs: vec![],
            looks: None,
        },
    )
}

/// A pair with any names, which the verdict quotes.
fn any_pair() -> impl Strategy<Value = Pair> {
    (".{0,120}", ".{0,120}", any::<[f64; 3]>(), any::<bool>()).prop_map(
        |(better, worse, [mean, low, high], distinct)| {
            let difference = Estimate { mean, low: Some(low), high: Some(high), n: 5 };
            Pair { better, worse, difference, p_value: Some(0.5), distinct }
        },
    )
}

/// A metric, and a target that may be missing.
fn any_measure() -> impl Strategy<Value = (Metric, Option<f64>)> {
    let metrics =
        prop_oneof![Just(Metric::Accuracy), Just(Metric::Loss), Just(Metric::Gap { optimum: -1.0 })];
    (metrics, prop::option::of(any::<f64>()))
}

fn any_row() -> impl Strategy<Value = Row> {
    let number = || prop_oneof![any::<f64>(), 0.0..1.0f64];
    let estimate = move || {
        prop::option::of((number(), prop::option::of(number()), prop::option::of(number())))
            .prop_map(|e| e.map(|(mean, low, high)| Estimate { mean, low, high, n: 5 }))
    };
    let name = prop_oneof![".{0,60}", "[a-z]{1,12}"];
    let counts = (0..7usize, 0..7usize, 0..7usize, prop_oneof![0..20usize, any::<usize>()]);
    let medians = prop::array::uniform3(prop::option::of(number()));
    (name, counts, estimate(), estimate(), medians).prop_map(
        |(optimizer, (runs, diverged, reached, state), train_loss, score, medians)| Row {
            recipe: optimizer.clone(),
            seeds: None,
            optimizer,
            runs,
            diverged,
            train_loss,
            score,
            reached,
            epochs_to_target: medians[0],
            seconds_to_target: medians[1],
            seconds_per_epoch: medians[2],
            state_bytes_per_weight: state,
            gradients_per_batch: medians[1],
            train_curve: vec![],
            score_curve: vec![],
        },
    )
}
