//! An example's rule, task and study are treated as built-in ones are.

use clap::Command;
use lab::study::Outcome;
use optim::DynRule;

#[path = "../examples/own_study.rs"]
mod own_study;

#[test]
fn its_study_tunes_both_recipes_and_reports_fresh_seeds() {
    own_study::main().unwrap();
    let outcome: Outcome = own_study::study().unwrap();
    assert!(outcome.is_complete() && outcome.cells.len() == 4 && outcome.comparisons.len() == 2);
    // The declared interval is searched, and the two best of all trials run on further seeds.
    let tuned = outcome.cells.iter().find(|cell| cell.name == "cubic/lr/signed").unwrap();
    let tuning = tuned.tuning.as_ref().unwrap();
    assert_eq!((tuning.space.as_str(), tuning.trials.len()), ("lr=0.0001..0.1 log", 5));
    assert!(tuned.recipe.as_ref().unwrap().starts_with("signed lr="), "{:?}", tuned.recipe);
    let mut scores: Vec<f64> = tuning.trials.iter().map(|trial| trial.score.unwrap()).collect();
    scores.sort_by(f64::total_cmp);
    let finalists: Vec<f64> = tuning.finalists.iter().map(|found| found.tuning_score.unwrap()).collect();
    assert_eq!(finalists, scores[..2]);
    assert!(tuning.finalists.iter().any(|found| Some(found.trial) == tuning.chosen));
    // The targets have a variance of 0.03: both recipes learn.
    let means: Vec<f64> = outcome.cells[2..].iter().map(|cell| cell.mean().unwrap()).collect();
    assert!(means.iter().all(|mean| *mean < 0.015), "{means:?}");
}

#[test]
fn its_rule_has_flags_and_a_page() {
    let rules: Vec<Box<dyn DynRule>> = vec![Box::new(own_study::Signed::default())];
    let help = Command::new("train").args(cli::any_rule::flags(&rules)).render_long_help().to_string();
    assert!(help.contains("--momentum <X>"), "{help}");
    let page = cli::any_rule::explain(&own_study::Signed::default(), 80).unwrap();
    assert!(page.contains("Sign of the mean gradient"), "{page}");
}
