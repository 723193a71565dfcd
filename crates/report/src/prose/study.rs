//! Sentences about a study, one short function for each.

use lab::stats::Interval;
use lab::study::outcome::{CellOutcome, Comparison, EdgeHit, OverTasks, Pair, Relation, TaskOutcome};
use lab::study::{Outcome, Phase};
use train::Metric;

use crate::measure;
use crate::number;
use crate::text::{listed, plain, shorten};

/// Columns of a name in a sentence.
const NAME: usize = 40;

/// A name from a study, fit for a sentence.
pub(crate) fn name(name: &str) -> String {
    shorten(&plain(name), NAME)
}

/// Short sentences on a task under a ruleset: who is better, and who is not told apart from the best.
pub fn verdict(outcome: &Outcome, comparison: &Comparison) -> String {
    let task = &outcome.tasks[comparison.task];
    let Some(&best) = comparison.order.first() else { return String::new() };
    let best_name = name(&outcome.entries[best]);
    let with_best: Vec<&Pair> = comparison.pairs.iter().filter(|pair| pair.first == best).collect();
    if with_best.is_empty() {
        return format!("Only {best_name} ran, so there is nothing to compare it with.");
    }
    let of = |relation: Relation| with_best.iter().filter(move |pair| pair.relation == relation).copied();
    let names = |pairs: &mut dyn Iterator<Item = &Pair>| {
        listed(&pairs.map(|pair| name(&outcome.entries[pair.second])).collect::<Vec<_>>())
    };
    if of(Relation::TooFewSeeds).count() == with_best.len() {
        return few_seeds(task, &best_name);
    }
    let mut sentences = Vec::new();
    let beaten: Vec<String> = of(Relation::FirstBetter)
        .map(|pair| gain(task.metric, &name(&outcome.entries[pair.second]), pair))
        .collect();
    match beaten.is_empty() {
        false => sentences.push(format!("{best_name} is better than {}.", listed(&beaten))),
        true => {
            sentences.push(format!("{best_name} has the best mean, but is not shown to be better than any."))
        }
    }
    if of(Relation::SecondBetter).next().is_some() {
        sentences.push(format!(
            "{} beats it on more seeds than not, because runs of {best_name} diverged.",
            names(&mut of(Relation::SecondBetter))
        ));
    }
    if of(Relation::ToldApart).next().is_some() {
        sentences.push(format!(
            "Its mean differs from that of {}, but who wins on a seed is open.",
            names(&mut of(Relation::ToldApart))
        ));
    }
    if of(Relation::NotToldApart).next().is_some() {
        let least: Vec<f64> = of(Relation::NotToldApart).filter_map(|pair| pair.least_difference).collect();
        sentences.push(not_told_apart(
            task.metric,
            &names(&mut of(Relation::NotToldApart)),
            comparison.seeds,
            &least,
        ));
    }
    sentences.join(" ")
}

/// Nothing can be told from one seed.
fn few_seeds(task: &TaskOutcome, best: &str) -> String {
    let measure = task.metric.name();
    match task.seeded {
        true => format!("{best} has the best {measure} on this one seed, which cannot tell luck from merit."),
        false => format!("{best} has the best {measure} from this start, which no seed changes."),
    }
}

/// `sgd (0.12 points, 0.05 to 0.19)`.
fn gain(metric: Metric, name: &str, pair: &Pair) -> String {
    match (pair.difference, pair.interval) {
        (Some(difference), Some(interval)) => {
            format!("{name} ({}, {})", amount(metric, difference), ends(metric, interval))
        }
        (Some(difference), None) => {
            format!("{name} ({} over the seeds that both finished)", amount(metric, difference))
        }
        _ => format!("{name} (which never finished)"),
    }
}

/// Differences that the number of seeds could have shown, the least of each pair.
fn not_told_apart(metric: Metric, names: &str, seeds: usize, least: &[f64]) -> String {
    let seeds = number::counted(seeds, "seed");
    let from = least.iter().copied().fold(f64::NAN, f64::min);
    let to = least.iter().copied().fold(f64::NAN, f64::max);
    let [from, to] = [from, to].map(|end| end.is_finite().then(|| amount(metric, end)));
    match (from, to) {
        (Some(from), Some(to)) if from != to => {
            let from = from.trim_end_matches(" points");
            format!(
                "It is not told apart from {names}: {seeds} show differences of {from} to {to} or more, \
                 by the spread of the pair."
            )
        }
        (Some(least), Some(_)) => {
            format!("It is not told apart from {names}: {seeds} show differences of {least} or more.")
        }
        _ => format!("It is not told apart from {names} by {seeds}."),
    }
}

/// `0.12 points`, `0.0123`.
fn amount(metric: Metric, x: f64) -> String {
    let magnitude = measure::gain(metric, x.abs()).trim_start_matches('+').to_string();
    if metric.is_fraction() { format!("{magnitude} points") } else { magnitude }
}

/// `0.05 to 0.19`.
fn ends(metric: Metric, interval: Interval) -> String {
    let [low, high] = [interval.low, interval.high].map(|end| measure::gain(metric, end));
    format!("{low} to {high}")
}

/// The scope of a study of one task.
pub fn one_task() -> String {
    "This is one task: other tasks may order the entries differently.".to_string()
}

/// The least p-value of an exact test, where it is too large for the family.
pub fn least_p(comparison: &Comparison) -> Option<String> {
    let short = comparison.seeds >= 2 && comparison.seeds < comparison.fewest_seeds;
    short.then(|| {
        format!(
            "With {} no exact test goes below p = {}; {} would do for {}.",
            number::counted(comparison.seeds, "seed"),
            number::p_value(comparison.least_p),
            comparison.fewest_seeds,
            number::counted(comparison.family, "pair")
        )
    })
}

/// Facts to know before believing the figures of a cell, a sentence each.
pub fn notes(outcome: &Outcome, cell: &CellOutcome) -> Vec<String> {
    let (task, entry) = (&outcome.tasks[cell.id.task], name(&outcome.entries[cell.id.entry]));
    [hopeless(cell, &entry), diverged(cell, &entry), clusters(task, cell, &entry), edge(cell, &entry)]
        .into_iter()
        .flatten()
        .collect()
}

fn hopeless(cell: &CellOutcome, entry: &str) -> Option<String> {
    cell.hopeless.then(|| format!("{entry}: every trial diverged, so nothing was reported."))
}

fn diverged(cell: &CellOutcome, entry: &str) -> Option<String> {
    (cell.diverged > 0).then(|| {
        let others = if cell.diverged < cell.runs.len() { "; its mean is of the others" } else { "" };
        format!("{entry}: {} of {} diverged{others}.", cell.diverged, number::counted(cell.runs.len(), "run"))
    })
}

fn clusters(task: &TaskOutcome, cell: &CellOutcome, entry: &str) -> Option<String> {
    let found = cell.clusters.as_ref()?;
    let [low, high] = [&found.low, &found.high].map(|cluster| {
        format!("{} near {}", cluster.len(), measure::value(task.metric, lab::stats::mean(cluster)))
    });
    Some(format!("{entry}: its runs fall in two clusters, {low} and {high}, so the mean describes neither."))
}

fn edge(cell: &CellOutcome, entry: &str) -> Option<String> {
    let tuning = cell.tuning.as_ref().filter(|tuning| !tuning.edges_left.is_empty())?;
    let side = |EdgeHit { name, high }: &EdgeHit| {
        format!("the {} end of {}", if *high { "upper" } else { "lower" }, plain(name))
    };
    let ends = listed(&tuning.edges_left.iter().map(side).collect::<Vec<_>>());
    let wider = if tuning.extended.is_some() { ", even after it was moved a decade" } else { "" };
    Some(format!("{entry}: the chosen trial is at {ends}{wider}; a better one may lie beyond."))
}

/// The excess of tuning scores over fresh ones, the largest of all entries named.
pub fn winners_curse(outcome: &Outcome, comparison: &Comparison) -> Option<String> {
    let metric = outcome.tasks[comparison.task].metric;
    let cells: Vec<&CellOutcome> = outcome.cells_of(comparison.task, comparison.ruleset).collect();
    let optimism = |cell: &CellOutcome| cell.tuning.as_ref().and_then(|tuning| tuning.optimism);
    let found: Vec<(f64, &CellOutcome)> =
        cells.iter().filter_map(|cell| Some((optimism(cell)?, *cell))).collect();
    let (largest, cell) = found.iter().copied().reduce(|a, b| if b.0 > a.0 { b } else { a })?;
    let mean = found.iter().map(|(excess, _)| excess).sum::<f64>() / found.len() as f64;
    Some(format!(
        "Scores in tuning exceed those on fresh seeds by {} on average, at most {} ({}).",
        signed(metric, mean),
        signed(metric, largest),
        name(&outcome.entries[cell.id.entry])
    ))
}

/// A gain in its unit, with a minus sign where it is one.
fn signed(metric: Metric, x: f64) -> String {
    let sign = if x < 0.0 { "−" } else { "" };
    format!("{sign}{}", amount(metric, x))
}

/// `sgd: 1.8 decades [1.5, 2.1]`: the width of the basin of good learning rates.
pub fn basin(outcome: &Outcome, cell: &CellOutcome) -> Option<String> {
    let found = cell.lr_sensitivity.as_ref()?;
    let interval = found
        .interval
        .map_or(String::new(), |interval| format!(" [{:.1}, {:.1}]", interval.low, interval.high));
    let least = if found.open > 0 { "at least " } else { "" };
    Some(format!("{} {least}{:.1}{interval}", name(&outcome.entries[cell.id.entry]), found.decades))
}

/// Widths of the basins of good learning rates of all entries.
pub fn basins(outcome: &Outcome, comparison: &Comparison) -> Option<String> {
    let cells: Vec<&CellOutcome> = outcome.cells_of(comparison.task, comparison.ruleset).collect();
    let widths: Vec<String> = cells.iter().filter_map(|cell| basin(outcome, cell)).collect();
    let metric = outcome.tasks[comparison.task].metric;
    let near = if metric.is_fraction() { "1 point" } else { "a tenth" };
    (!widths.is_empty())
        .then(|| format!("Decades of learning rates within {near} of the best: {}.", widths.join(", ")))
}

/// Trials that raced in short runs first.
pub fn halving() -> String {
    "Trials began with short runs and the best went on (halving): a rate that is good for long may lose a short race."
        .to_string()
}

/// The critical difference of mean ranks.
pub fn ranks(over: &OverTasks) -> Option<String> {
    let critical = over.critical_difference?;
    Some(format!(
        "Over {}, mean ranks are told apart if they differ by {critical:.2} or more.",
        number::counted(over.tasks, "task")
    ))
}

/// Cells that are not complete.
pub fn unfinished(outcome: &Outcome) -> Option<String> {
    let done = outcome.cells.iter().filter(|cell| cell.complete).count();
    (done < outcome.cells.len()).then(|| format!("{done} of {} cells are complete.", outcome.cells.len()))
}

/// `trial`, `choice`, `report`: the purpose of a run in a word.
pub fn phase(phase: Phase) -> &'static str {
    match phase {
        Phase::Tuning => "trial",
        Phase::Choosing => "choice",
        Phase::Reporting => "report",
    }
}
