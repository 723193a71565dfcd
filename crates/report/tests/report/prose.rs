//! Every sentence about a result, as a reader meets it.

use lab::Comparison;
use lab::compare::Looks;
use lab::lr_finder::{Across, Departure, Doubt, RangeTest};
use report::prose;
use train::{Metric, Record, Split};

use crate::{made, range_test};

/// Runs of one epoch that end at these accuracies, one a seed.
fn runs(optimizer: &str, accuracies: &[f64]) -> Vec<Record> {
    let curve = Record::curve_name(Split::Test, "accuracy");
    let recipe = made::made(optimizer, optimizer, 0, 0.1, 0.5);
    let of_seed = |(seed, accuracy): (usize, &f64)| {
        let mut run = made::run(&recipe, seed as u64, 1);
        run.curves.get_mut(&curve).and_then(|points| points.last_mut()).expect("a curve").value = *accuracy;
        run
    };
    accuracies.iter().enumerate().map(of_seed).collect()
}

fn compare(groups: &[Vec<Record>]) -> Comparison {
    Comparison::new(groups.concat(), Some(0.95), "command".into())
}

#[test]
fn the_verdict_names_what_the_seeds_tell_apart_and_what_they_do_not() {
    let (sgd, adam) =
        (runs("sgd", &[0.90, 0.91, 0.90, 0.91, 0.90]), runs("adam", &[0.96, 0.97, 0.96, 0.96, 0.97]));
    let rmsprop = runs("rmsprop", &[0.97, 0.96, 0.96, 0.97, 0.96]);
    assert_eq!(
        prose::verdict(&compare(&[sgd.clone(), adam.clone(), rmsprop.clone()])),
        "On test accuracy, 5 paired seeds tell rmsprop apart from sgd (6.00 points, 95% interval 4.75 to 7.25). \
         They do not tell it apart from adam (0.00 points, 95% interval −1.77 to 1.77)."
    );
    assert!(
        prose::verdict(&compare(&[adam.clone(), rmsprop.clone()]))
            .contains("do not tell rmsprop, the best here, apart from adam (")
    );
    // Two sentences at most, whatever the number.
    let lion = runs("lion", &[0.98, 0.98, 0.981, 0.98, 0.981]);
    let four = prose::verdict(&compare(&[sgd, adam, rmsprop, lion]));
    assert!(
        four.starts_with("On test accuracy, 5 paired seeds tell lion apart from 3 others, the nearest "),
        "{four}"
    );
    assert!(!four.contains("sgd") && four.matches(". ").count() == 0, "{four}");
}

#[test]
fn a_loss_is_told_apart_in_its_own_unit() {
    let mut all = [runs("sgd", &[0.9, 0.8]), runs("adam", &[0.5, 0.7])].concat();
    for (run, loss) in all.iter_mut().zip([0.5, 0.7, 0.9, 0.8]) {
        run.task.metric = Metric::Loss;
        run.curves.get_mut("test_loss").and_then(|points| points.last_mut()).expect("a curve").value = loss;
    }
    let verdict = prose::verdict(&compare(&[all]));
    assert!(
        verdict.contains("do not tell sgd, the best here, apart from adam (0.2500, ")
            && verdict.contains("test loss")
            && !verdict.contains("points"),
        "{verdict}"
    );
}

#[test]
fn too_little_to_compare_is_said() {
    let say = |groups: &[Vec<Record>]| prose::verdict(&compare(groups));
    assert_eq!(say(&[]), "No run finished, so there is nothing to compare.");
    assert_eq!(say(&[runs("adam", &[0.9, 0.91])]), "Only adam ran, so there is nothing to compare it with.");
    let mut pair = [runs("adam", &[0.9]), runs("sgd", &[0.8])];
    assert_eq!(
        say(&pair),
        "adam has the best test accuracy on this one seed; one seed cannot tell luck from merit, so take \
         --seeds 5 or more."
    );
    pair.iter_mut().flatten().for_each(|run| run.task.examples.clear());
    assert_eq!(say(&pair), "adam has the best test accuracy from this start, which no seed changes.");
}

#[test]
fn samples_and_diverged_runs_are_warned_of() {
    let mut runs = runs("sgd", &[0.9, 0.8]);
    runs[0].task.data.sample = true;
    runs[1].status = train::record::Status::Diverged { step: 7 };
    assert_eq!(
        prose::warnings(&compare(&[runs.clone()])),
        [
            "This ran on a SAMPLE of mnist (60000 training and 10000 test images), not on the whole set: the \
             figures are not comparable with those of the whole set.",
            "sgd diverged in 1 of 2 runs: its figures are of the others."
        ]
    );
    runs[0].task.data.sample = false;
    runs[0].status = train::record::Status::Diverged { step: 7 };
    assert_eq!(
        prose::warnings(&compare(&[runs.clone()])),
        ["sgd diverged in all 2 runs, so it has no figures."]
    );
    runs.truncate(1);
    assert_eq!(prose::warnings(&compare(&[runs])), ["sgd diverged in its only run, so it has no figures."]);
}

#[test]
fn the_reason_of_a_range_test_is_said() {
    let chosen = range_test::made();
    assert_eq!(
        prose::reason(&chosen),
        "lr=0.0032 would be chosen: half way, in orders of magnitude, between the rate where the loss falls \
         most steeply (0.001), which tends to be too bold, and a tenth of the rate where it is lowest (0.01), \
         which tends to be too timid. From there to the edge of divergence, 0.11, it is a factor of 34."
    );
    let flat = RangeTest { choice: None, ..chosen };
    assert_eq!(
        prose::reason(&flat),
        "Nothing is chosen: the loss does not clearly fall at any rate. It climbs from about 0.11 on."
    );
    let neither = RangeTest { edge: None, ..flat };
    assert_eq!(
        prose::reason(&neither),
        "Nothing is chosen: the loss neither clearly falls nor climbs at any rate."
    );
    let none = RangeTest { sweeps: vec![], ..neither };
    assert_eq!(prose::reason(&none), "No sweep was finished, so nothing is chosen.");
}

#[test]
fn every_doubt_and_departure_is_a_sentence() {
    let test = range_test::made();
    let far = Across { median: 1e-3, low: 1e-4, high: 1e-2, seeds: 2 };
    for (doubt, said) in [
        (Doubt::Flat { seeds: 1 }, "The curve of 1 of 2 seeds is flat: the loss never falls clearly below"),
        (Doubt::NoEdge { seeds: 2 }, "was not reached by all 2 seeds: rates up to 1 are borne"),
        (Doubt::FallsFromStart { seeds: 2 }, "falls from the first rates on, so 1e-6 may be too great"),
        (Doubt::Disagreement(far), "The seeds disagree: 2 of them would choose from 0.0001 to 0.01."),
        (Doubt::ReadingsApart { factor: 31.4 }, "The two readings are a factor of 31 apart"),
        (Doubt::NearEdge { edge: 0.02 }, "one seed leaves it at 0.02. Take a third of it"),
        (Doubt::OneSeed, "One seed cannot tell luck from merit."),
        (Doubt::Sample, "This ran on a SAMPLE of mnist, not on the whole set."),
    ] {
        let sentence = prose::doubt(&test, doubt);
        assert!(sentence.contains(said) && sentence.ends_with('.'), "{sentence}");
    }
    for (departure, said) in [
        (Departure::Schedule("cosine".into()), "The schedule `cosine` stood aside while the rate rose"),
        (Departure::Plateau, "The plateau stood aside while the rate rose."),
        (Departure::GroupRates, "The rates of groups rose in proportion"),
    ] {
        let sentence = prose::departure(&departure);
        assert!(sentence.starts_with(said) && sentence.ends_with('.'), "{sentence}");
    }
}

#[test]
fn looks_are_told_with_their_level_and_the_pairs_that_are_still_wide() {
    let groups = [
        runs("sgd", &[0.90, 0.91, 0.90, 0.91, 0.90, 0.90, 0.91]),
        runs("adam", &[0.96, 0.97, 0.96, 0.96, 0.97, 0.97, 0.96]),
    ];
    let at = |half_width| {
        let looks = Looks { half_width, most_seeds: 7, seeds: vec![5, 7] };
        Comparison::at_look(groups.concat(), Some(0.95), "command".into(), Some(looks))
    };
    let wide = at(0.005);
    let sentence = prose::looks(&wide, None).unwrap();
    for part in [
        "until the 95% interval of every pair reaches at most 0.5 points to either side, or there are 7: 2 looks, at 5 and 7 seeds.",
        "the last one has 0.83%: its p-values are multiplied by 6,",
        "Still wider: adam over sgd (1.",
    ] {
        assert!(sentence.contains(part), "{part}: {sentence}");
    }
    assert!(prose::looks(&at(0.05), None).unwrap().ends_with("All intervals are that narrow."));
    let alike = [runs("sgd", &[0.9; 7]), runs("adam", &[0.96; 7])].concat();
    let narrow = Comparison::at_look(alike, Some(0.95), "command".into(), wide.looks.clone());
    let both = prose::looks(&narrow, Some(&wide)).unwrap();
    assert!(
        both.contains("Still wider as they are set: none; each tuned alike: adam over sgd (1."),
        "{both}"
    );
    assert_eq!(prose::looks(&compare(&groups), None), None);
    let page = report::page(&wide);
    assert!(page.contains(&sentence) && page.contains("p is also multiplied by 6"), "{sentence}");
    let text = report::table(&wide, 80, report::Style::Plain);
    assert!(text.split_whitespace().collect::<Vec<_>>().join(" ").contains(&sentence), "{text}");
    let next = Looks { half_width: 0.005, most_seeds: 20, seeds: vec![5, 7, 20] };
    let looks = wide.looks.as_ref().unwrap();
    let told = prose::next_look(Metric::Accuracy, looks, &next, wide.pairs.iter());
    assert!(
        told.starts_with(
            "look 2, 7 seeds: wider than 0.5 points to either side are 1 of 1 interval, the widest 1."
        ),
        "{told}"
    );
    assert!(told.ends_with(" points; the next look is at 20 seeds"), "{told}");
}
