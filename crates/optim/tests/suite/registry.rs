//! Declarations of every rule, and its spelling.

use std::path::Path;

use optim::hyper::Value;
use optim::{DynRule, Info, MemoryTraffic, StateShape, Tier, rules, wrappers};
use proptest::prelude::*;

#[test]
fn every_file_is_registered_under_its_name() {
    let names =
        |cards: Vec<&'static Info>| cards.iter().map(|card| card.name.to_string()).collect::<Vec<_>>();
    for (folder, mut names) in [
        ("src/rules", names(rules::all().iter().map(|rule| rule.info()).collect())),
        ("src/wrappers", names(wrappers::all().iter().map(|wrapper| wrapper.info()).collect())),
    ] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
        let mut files: Vec<String> = std::fs::read_dir(folder)
            .expect("the folder")
            .map(|file| {
                file.expect("a file").path().file_stem().expect("a name").to_string_lossy().into_owned()
            })
            .collect();
        files.sort();
        names.sort();
        assert_eq!(files, names);
    }
}

#[test]
fn every_card_is_filled_in() {
    let rules = rules::all().into_iter().map(|rule| (rule.info(), rule.hypers()));
    let wrappers = wrappers::all().into_iter().map(|wrapper| (wrapper.info(), wrapper.hypers()));
    for (card, hypers) in rules.chain(wrappers) {
        let Info { title, family, problem, good_when, bad_when, relatives, source, .. } = *card;
        let lines = [title, family, problem, good_when, bad_when, relatives, source];
        assert!(lines.iter().all(|text| !text.is_empty() && !text.contains('\n')), "{}", card.name);
        assert!(card.name.chars().all(|c| c.is_ascii_lowercase() || c == '_'), "{}", card.name);
        for line in card.formula.lines() {
            assert!(line.trim() == line && !line.is_empty(), "{}: `{line}`", card.name);
            assert!(line.chars().count() <= 80, "{}: {line}", card.name);
        }
        for hyper in hypers {
            assert!(
                hyper.doc.ends_with('.') && hyper.doc.chars().count() <= 80,
                "{}: {}",
                card.name,
                hyper.doc
            );
        }
    }
}

#[test]
fn relatives_are_named_as_in_the_registries() {
    let rules = rules::all();
    let wrappers = wrappers::all();
    let cards: Vec<_> =
        rules.iter().map(|rule| rule.info()).chain(wrappers.iter().map(|wrapper| wrapper.info())).collect();
    for card in &cards {
        let words: Vec<&str> = card
            .relatives
            .split(|c: char| !c.is_alphanumeric() && c != '_')
            .filter(|w| !w.is_empty())
            .collect();
        let named = cards.iter().any(|other| other.name != card.name && words.contains(&other.name));
        assert!(named || words.contains(&"inside"), "{}: {}", card.name, card.relatives);
        assert!(!card.relatives.ends_with('.') && !card.relatives.contains('\n'), "{}", card.name);
    }
}

/// One loop over weights, gradients and state for an elementwise rule; the others go over them again.
#[test]
fn passes_over_memory_follow_from_the_state_or_are_said() {
    for rule in crate::variants() {
        let full = rule.state().iter().filter(|state| state.shape == StateShape::Weights).count() as u32;
        let once = MemoryTraffic::of(1, full + 2, full + 1);
        match rule.tier() {
            Tier::Elementwise => assert_eq!(rule.memory_traffic(), once, "{rule}"),
            Tier::Tensor | Tier::Vector => assert!(rule.memory_traffic().loops > 1.0, "{rule}"),
        }
    }
}

#[test]
fn every_state_has_its_own_name_and_a_symbol_of_the_formula() {
    let rules = crate::variants().into_iter().map(|rule| (rule.info(), rule.state()));
    let wrappers = wrappers::all().into_iter().map(|wrapper| (wrapper.info(), wrapper.state()));
    for (card, state) in rules.chain(wrappers) {
        for (i, s) in state.iter().enumerate() {
            assert!(card.formula.contains(s.symbol), "{}: {} is not in the formula", card.name, s.symbol);
            assert!(
                state[..i].iter().all(|other| other.name != s.name && other.symbol != s.symbol),
                "{}",
                card.name
            );
        }
    }
}

#[test]
fn defaults_are_valid_and_found_by_name() {
    for rule in rules::all() {
        assert_eq!(rule.validate(), Ok(()));
        let found = rules::by_name(rule.info().name).expect("registered");
        assert_eq!(found.to_string(), rule.to_string());
    }
    for wrapper in wrappers::all() {
        assert_eq!(wrapper.validate(), Ok(()));
        assert!(*wrappers::by_name(wrapper.info().name).expect("registered") == *wrapper);
    }
}

#[test]
fn a_name_given_twice_is_refused() {
    assert_eq!(optim::parse_rule("sgd lr=1 lr=2").expect_err("twice").to_string(), "recipe: duplicate `lr`");
}

proptest! {
    #[test]
    fn printed_is_parsed(rule in any_rule()) {
        let again = optim::parse_rule(&rule.to_string()).expect("as printed");
        prop_assert_eq!(again.to_string(), rule.to_string());
        for hyper in rule.hypers() {
            prop_assert_eq!(again.get(hyper.name), rule.get(hyper.name));
        }
    }
}

/// A rule with any values that are allowed.
pub(crate) fn any_rule() -> impl Strategy<Value = Box<dyn DynRule>> {
    let number = prop_oneof![0.0..1.0, 0.0..1e3, (-300.0..10.0_f64).prop_map(|x| 10.0_f64.powf(x))];
    let values = prop::collection::vec((any::<bool>(), any::<bool>(), number), 16);
    (0..rules::all().len(), values).prop_filter_map("values that go together", |(index, values)| {
        let mut rule = rules::all().swap_remove(index);
        for (hyper, (changed, flag, number)) in rule.hypers().into_iter().zip(values) {
            let value = match hyper.default {
                Value::Flag(_) => Value::Flag(flag),
                Value::Number(_) => Value::Number(number),
                other => other,
            };
            if changed {
                // What is out of range stays as it is.
                let _ = rule.set(hyper.name, value);
            }
        }
        rule.validate().is_ok().then_some(rule)
    })
}

#[test]
fn a_copy_of_an_optimizer_goes_its_own_way() {
    for rule in rules::all() {
        let recipe = rule.to_string();
        let mut first = optim::Optimizer::from_boxed(rule, 3).expect("valid");
        let mut w = [1.0, -0.5, 0.25];
        crate::step(&mut first, &mut w, &[0.1, 0.2, -0.3]);
        let (mut second, mut v) = (first.clone(), w);
        crate::step(&mut second, &mut v, &[0.3, 0.1, 0.2]);
        assert_ne!(second.state_dict().steps, first.state_dict().steps, "{recipe}");
        crate::step(&mut first, &mut w, &[0.3, 0.1, 0.2]);
        assert_eq!((w, first.state_dict()), (v, second.state_dict()), "{recipe}");
    }
}
