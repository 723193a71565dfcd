//! The method of a study: what anyone needs to judge it and to do it again.

use train::Record;

use super::StudyParts;
use crate::document::{Block, Cell, Column, Layout, Table, Term};
use crate::page::reading::{intervals, term};
use crate::page::why::rules;
use crate::page::{of_all, sentence};

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

fn protocol(parts: &StudyParts<'_>) -> String {
    let study = parts.study;
    let tuned = match study.tunes() {
        true => format!(
            "Each entry had {} trials, each a point of its space on {} tuning seeds; a trial's score is the median on \
             validation examples. The two best ran again on {} further seeds, which chose. Only then were test \
             examples read, on seeds that tuning never had.",
            study.trials, study.tuning_seeds, study.fresh_seeds
        ),
        false => "Nothing was tuned: the recipes ran as they are written.".to_string(),
    };
    format!(
        "{tuned} A seed fixes initial weights and batches, the same for every entry. Pairs are one family a task and \
         ruleset: p-values are corrected by Holm's method, intervals by Bonferroni's."
    )
}

fn facts(parts: &StudyParts<'_>) -> Table {
    let StudyParts { study, outcome, runs, .. } = *parts;
    let of_runs = |of: &dyn Fn(&Record) -> String| of_all(runs.iter().flat_map(|part| &part.runs), of);
    let seeds = format!("{} to {}", study.seeds.start, study.seeds.end.saturating_sub(1));
    let rows = [
        ("Reported seeds", seeds),
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
            "The corrected p-value is below 1 − the confidence, and the first wins on more seeds than not. Not told \
             apart does not mean equal. A pair can be told apart while its interval still holds 0: the intervals of \
             all pairs hold together, by Bonferroni's method, which is stricter than Holm's correction of the p-values.",
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
