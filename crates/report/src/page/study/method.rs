//! The method of a study: what anyone needs to judge it and to do it again.

use lab::search::extra_trials;
use lab::study::outcome::{CellOutcome, PairPilot};
use lab::study::{DecidingTest, HalvingPlan, PILOT_SEEDS_FROM, PilotPlan, Ruleset, SearchMethod, Study};
use train::{Order, Record};

use super::StudyParts;
use crate::document::{Block, Cell, Column, Layout, Table, Term};
use crate::number::{self, counted};
use crate::page::reading::{intervals, term};
use crate::page::why::rules;
use crate::page::{name, of_all, sentence};

pub(super) fn blocks(parts: &StudyParts<'_>) -> Vec<Block> {
    let StudyParts { study, outcome, command, .. } = *parts;
    let mut blocks = vec![Block::Text(protocol(parts)), Block::Table(facts(parts))];
    blocks.push(Block::Heading("Do it again".into()));
    blocks.push(Block::Text(format!(
        "`{}` goes on with what is missing and writes this page again. With the same instruction set every score comes \
         out the same to the last bit, whatever the number of threads. The definition:",
        sentence(command).replace('`', "'")
    )));
    blocks.push(Block::Code(study.to_toml()));
    let recipes: Vec<String> = study.entries.iter().map(|entry| entry.recipe.to_string()).collect();
    let rules = rules(recipes.iter().map(String::as_str));
    if !rules.is_empty() {
        blocks.push(Block::Fold {
            summary: "The rules, as they are declared".into(),
            blocks: vec![Block::Terms(rules)],
        });
    }
    blocks.push(Block::Heading("How to read this".into()));
    blocks.push(Block::Terms(reading(outcome.confidence)));
    blocks
}

/// The protocol in words, from the settings of the study.
fn protocol(parts: &StudyParts<'_>) -> String {
    let StudyParts { study, outcome, .. } = *parts;
    let mut sentences = if study.tunes() { tuning(parts) } else { vec![UNTUNED.to_string()] };
    let order = match study.order {
        Order::Reshuffle => "in every epoch others",
        Order::Fixed => "in every epoch the same",
    };
    sentences.push(format!("A seed fixes initial weights and batches, {order}, alike for every entry."));
    if outcome.tasks.iter().any(|task| !task.seeded) {
        sentences.push(
            "A test function has no examples, and no seed changes its runs: each trial and each report is one run.".into(),
        );
    }
    let test = match study.test {
        DecidingTest::StudentT => "Student's t",
        DecidingTest::SignFlip => "the sign-flip test",
    };
    sentences.push(format!(
        "Pairs are one family a task and ruleset, told apart by {test} of the differences seed by seed: p-values are \
         corrected by Holm's method, intervals by Bonferroni's. Where runs diverged, the sign test of all seeds decides."
    ));
    sentences.extend(pilot(study));
    sentences.extend(study.twins().map(|(twin, of)| {
        format!(
            "{} is {} once more, on tuning and reporting seeds that no other entry has (A/A): whatever tells the two \
             apart is chance.",
            name(&study.entries[twin].name),
            name(&study.entries[of].name)
        )
    }));
    let mut added = (0..study.rulesets.len()).map(|ruleset| study.decision(ruleset).choice_variance());
    if let Some(variance) = added.find(|variance| *variance > 0.0) {
        sentences.push(format!(
            "Another tuning would have chosen other settings: for that, {} of the variance of a difference is added to \
             that of its mean where settings were chosen.",
            number::times(variance)
        ));
    }
    sentences.join(" ")
}

/// The pilot, and the tests that use it.
fn pilot(study: &Study) -> Option<String> {
    let PilotPlan { entry, seeds } = study.pilot.as_ref()?;
    Some(format!(
        "A pilot measured the spread of {} in its reported settings on {}, which were used for nothing else. The test of \
         a pair has √2 of it in place of the pair's spread (a z-test, by Student's t with {} degrees of freedom), except \
         where the differences vary more by an F test at {}: there, and where runs of the pilot diverged or fall in two \
         clusters, the pair's own spread counts. It is right for entries that vary like {}.",
        name(entry),
        counted(*seeds, "further seed"),
        seeds - 1,
        number::level(PairPilot::LEVEL),
        name(entry)
    ))
}

const UNTUNED: &str = "Nothing was tuned: the recipes ran as they are written.";

/// Trials and the choice among them, a sentence each.
fn tuning(parts: &StudyParts<'_>) -> Vec<String> {
    let StudyParts { study, outcome, .. } = *parts;
    let is_tuned =
        |cell: &CellOutcome| cell.tuning.is_some() || study.rulesets[cell.id.ruleset] == Ruleset::Default;
    let each = if outcome.cells.iter().all(is_tuned) { "Each entry" } else { "Each entry that is tuned" };
    let points = match study.sampler {
        SearchMethod::Sobol => "scrambled Sobol points of its space",
        SearchMethod::Random => "random points of its space",
        SearchMethod::Grid => "or as many points of a grid as fit",
    };
    let more = match study.extend {
        true => format!(
            ", and {} more, beyond the ends of the space where the best was",
            counted(extra_trials(study.trials), "trial")
        ),
        false => String::new(),
    };
    let mut sentences = vec![format!(
        "{each} had {}, {points}{more}, on {}; a trial's score is the median on validation examples.",
        counted(study.trials, "trial"),
        counted(study.tuning_seeds, "tuning seed")
    )];
    if let Some(HalvingPlan { first, eta }) = study.halving {
        sentences.push(format!(
            "Trials raced: they began with {}, and one in {eta} went on to {eta} times as many.",
            counted(first as usize, "epoch")
        ));
    }
    sentences.push(match study.fresh_seeds {
        0 => "The best was chosen.".to_string(),
        n => format!("The two best ran again on {}, which chose.", counted(n, "further seed")),
    });
    sentences.push("Only then were test examples read, on seeds that tuning never had.".to_string());
    sentences
}

fn facts(parts: &StudyParts<'_>) -> Table {
    let StudyParts { study, outcome, runs, .. } = *parts;
    let of_runs = |of: &dyn Fn(&Record) -> String| of_all(runs.iter().flat_map(|part| &part.runs), of);
    let (first, last) = (study.seeds.start, study.seeds.end.saturating_sub(1));
    let is_one = first == last || outcome.tasks.iter().all(|task| !task.seeded);
    let seeds = if is_one { first.to_string() } else { format!("{first} to {last}") };
    let pilot = study.pilot.as_ref().map_or(String::new(), |pilot| {
        format!("{PILOT_SEEDS_FROM} to {}", PILOT_SEEDS_FROM + pilot.seeds as u64 - 1)
    });
    let rows = [
        ("Reported seeds", seeds),
        ("Seeds of the pilot", pilot),
        ("Definition, SHA-256", outcome.definition_sha256.clone()),
        ("Data", of_runs(&|run| format!("{} ({})", run.task.data.name, run.task.data.origin))),
        ("Data, SHA-256", of_runs(&|run| run.task.sha256.clone())),
        ("Networks", of_runs(&|run| format!("{}, {} weights", run.task.model, run.task.weights))),
        ("Losses", of_runs(&|run| run.task.loss.clone())),
        ("Version of the program", of_runs(&|run| run.environment.version.clone())),
        ("Version of the numbers", of_runs(&|run| run.environment.numbers.to_string())),
        ("Instruction sets", of_runs(&|run| run.environment.kernel.clone())),
    ];
    let row = |(name, value): (&str, String)| vec![Cell::text(name), Cell::text(sentence(&value))];
    Table {
        title: "Facts of the runs".into(),
        layout: Layout::Stack,
        columns: vec![Column::text("Fact"), Column::text("Value")],
        rows: rows.into_iter().filter(|(_, value)| !value.is_empty()).map(row).collect(),
        footnotes: Vec::new(),
    }
}

fn reading(confidence: f64) -> Vec<Term> {
    vec![
        intervals(confidence),
        term(
            "Told apart",
            "The corrected p-value is at most 1 − the confidence. The first is called better if it also wins on more \
             seeds than not: the interval of P(first beats second) is above ½. Not told apart does not mean equal. A pair can be told apart while its interval still holds 0: the intervals of \
             all pairs hold together, by Bonferroni's method, which is stricter than Holm's correction of the p-values.",
        ),
        term(
            "Epochs to target",
            "Epochs until the metric first reached the target of the task on the validation examples, or where there are \
             none on the test examples, with no smoothing: the median of all seeds, a seed that never got there being \
             later than any other.",
        ),
        term(
            "Expected best",
            "The best validation score to be expected after that number of trials: of two entries that end alike, the \
             one that rises earlier is easier to tune.",
        ),
        term(
            "Performance profile",
            "The fraction of tasks on which an entry's cost is at most τ times the lowest of all. At τ = 1: how often \
             it is best.",
        ),
        term(
            "Critical difference",
            "Mean ranks that differ by less are not told apart by Nemenyi's test over tasks, which needs many tasks to \
             show anything.",
        ),
    ]
}
