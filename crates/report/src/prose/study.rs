//! Sentences about a study, one short function for each.

use lab::study::outcome::{
    AaCheck, CellOutcome, Comparison, EdgeHit, OverTasks, Pair, PairPilot, PilotOutcome, Relation,
    TaskOutcome,
};
use lab::study::{Outcome, Phase, Run, TUNING_SEEDS_FROM};
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

/// At most two sentences on a whole study: on all tasks together where they can be compared, else on the task under the
/// ruleset that is known best, the one that tunes most.
pub fn summary(outcome: &Outcome) -> String {
    let over = outcome.over_tasks.iter().max_by_key(|over| over.ruleset);
    let found = outcome.comparisons.iter().max_by_key(|comparison| comparison.ruleset);
    match (over, found) {
        (Some(over), _) => over_tasks(outcome, over),
        (None, Some(comparison)) => {
            let more = outcome.comparisons.len() > 1;
            let title = part_title(outcome, comparison.task, comparison.ruleset);
            format!(
                "{}{}",
                if more { format!("{title}: ") } else { String::new() },
                verdict(outcome, comparison)
            )
        }
        (None, None) => "No task is complete yet, so nothing can be concluded.".to_string(),
    }
}

fn over_tasks(outcome: &Outcome, over: &OverTasks) -> String {
    let ranked = over.by_rank();
    let Some(&(best, rank)) = ranked.first() else { return String::new() };
    let critical = over.critical_difference.unwrap_or(f64::INFINITY);
    let tasks = number::counted(over.tasks, "task");
    let ruleset = ruleset(&outcome.rulesets[over.ruleset]);
    let first = ranked.iter().take_while(|(_, other)| other - rank < 1e-9).count();
    if first == ranked.len() && first > 1 {
        return format!("Over {tasks}, {ruleset}, all {first} entries have the same mean rank ({rank:.2}).");
    }
    let names = |ranked: &[(usize, f64)]| -> Vec<String> {
        ranked.iter().map(|(entry, _)| name(&outcome.entries[*entry])).collect()
    };
    let apart = ranked.partition_point(|(_, other)| other - rank < critical).max(first);
    let (apart, others) = (names(&ranked[apart..]), ranked.len() - first);
    let them = if first == 1 { "it" } else { "them" };
    let told = match apart.len() {
        0 => format!("which tells {them} apart from no other"),
        1..=MOST_NAMED => format!("which tells {them} apart from {}", listed(&apart)),
        many => format!("which tells {them} apart from {many} of {others} others"),
    };
    if first > 1 {
        let best = names(&ranked[..first]);
        let best = if first > MOST_NAMED { format!("{first} entries") } else { listed(&best) };
        return format!("Over {tasks}, {ruleset}, {best} share the best mean rank ({rank:.2}), {told}.");
    }
    let counts = over.counts(best);
    format!(
        "Over {tasks}, {ruleset}, {} has the best mean rank ({rank:.2}), {told}. Pair by pair on single tasks it wins \
         {}, ties {} and loses {}.",
        name(&outcome.entries[best]),
        counts.wins,
        counts.ties,
        counts.losses
    )
}

/// Entries by mean rank, the best first, then those without one.
pub(crate) fn order(over: &OverTasks) -> Vec<usize> {
    let rank = |entry: usize| over.entries[entry].mean_rank.unwrap_or(f64::INFINITY);
    let mut order: Vec<usize> = (0..over.entries.len()).collect();
    order.sort_by(|&a, &b| rank(a).total_cmp(&rank(b)));
    order
}

/// `nothing tuned`, `lr tuned`, `all tuned`.
pub(crate) fn ruleset(words: &str) -> String {
    match words {
        "default" => "nothing tuned".to_string(),
        "full" => "all tuned".to_string(),
        names => format!("{} tuned", plain(names)),
    }
}

/// `simplenn, lr tuned`: a task under a ruleset.
pub(crate) fn part_title(outcome: &Outcome, task: usize, found: usize) -> String {
    format!("{}, {}", name(&outcome.tasks[task].name), ruleset(&outcome.rulesets[found]))
}

/// With more entries than this in a list, they are counted.
const MOST_NAMED: usize = 3;

/// At most two sentences on a task under a ruleset: who is better, and who is not told apart from the best.
pub fn verdict(outcome: &Outcome, comparison: &Comparison) -> String {
    let task = &outcome.tasks[comparison.task];
    let Some(&best) = comparison.order.first() else { return String::new() };
    let best_name = name(&outcome.entries[best]);
    let with_best: Vec<&Pair> = comparison.pairs.iter().filter(|pair| pair.first == best).collect();
    if with_best.is_empty() {
        return format!("Only {best_name} ran, so there is nothing to compare it with.");
    }
    let finished = |entry: usize| {
        outcome
            .cells_of(comparison.task, comparison.ruleset)
            .any(|cell| cell.id.entry == entry && cell.mean().is_some())
    };
    if !finished(best) {
        return "Every run of every entry diverged, so nothing can be compared.".to_string();
    }
    let of = |relation: Relation| -> Vec<&Pair> {
        with_best.iter().filter(|pair| pair.relation == relation).copied().collect()
    };
    if of(Relation::TooFewSeeds).len() == with_best.len() {
        return few_seeds(task, &best_name);
    }
    let names = |pairs: &[&Pair]| match pairs.len() {
        0..=MOST_NAMED => {
            listed(&pairs.iter().map(|pair| name(&outcome.entries[pair.second])).collect::<Vec<_>>())
        }
        many => format!("{many} others"),
    };
    // Entries that were tuned to one recipe have the same runs.
    let (same, open): (Vec<&Pair>, Vec<&Pair>) =
        of(Relation::NotToldApart).into_iter().partition(|pair| is_same(pair));
    let best = Best { name: best_name, same: if same.is_empty() { String::new() } else { names(&same) } };
    let first = better(outcome, task.metric, &best, &of(Relation::FirstBetter));
    let (second, apart) = (of(Relation::SecondBetter), of(Relation::ToldApart));
    let mut rest = Vec::new();
    if !second.is_empty() {
        let verb = if second.len() == 1 { "beats" } else { "beat" };
        rest.push(format!(
            "{} {verb} {} on more seeds than not, because runs of {} diverged",
            names(&second),
            best.word("it", "them"),
            best.name
        ));
    }
    if !apart.is_empty() {
        let its = best.word("its", "their");
        rest.push(format!(
            "{its} mean differs from that of {}, but who wins on a seed is open",
            names(&apart)
        ));
    }
    if !open.is_empty() {
        let least: Vec<f64> = open.iter().filter_map(|pair| pair.least_difference).collect();
        rest.push(not_told_apart(task.metric, &best, &names(&open), comparison.seeds, &least));
    }
    if rest.is_empty() {
        return first;
    }
    let rest = rest.join("; ");
    let (head, tail) = rest.split_at(rest.chars().next().map_or(0, char::len_utf8));
    // A name keeps its small letter.
    let head = if second.is_empty() { head.to_uppercase() } else { head.to_string() };
    format!("{first} {head}{tail}.")
}

/// The entry with the best mean, and those that have the same score on every seed.
struct Best {
    name: String,
    same: String,
}

impl Best {
    /// The word for one entry, or that for several.
    fn word<'w>(&self, one: &'w str, several: &'w str) -> &'w str {
        if self.same.is_empty() { one } else { several }
    }
}

impl std::fmt::Display for Best {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.same.as_str() {
            "" => write!(f, "{}", self.name),
            same => write!(f, "{}, and with the same score on every seed {same},", self.name),
        }
    }
}

/// True if both have the same score on every seed.
fn is_same(pair: &Pair) -> bool {
    pair.diverged == [0, 0] && pair.difference == Some(0.0) && pair.least_difference == Some(0.0)
}

/// Entries that the best one is better than.
fn better(outcome: &Outcome, metric: Metric, best: &Best, beaten: &[&Pair]) -> String {
    let named = |pair: &Pair| gain(metric, &name(&outcome.entries[pair.second]), pair);
    let size = |pair: &&&Pair| pair.difference.unwrap_or(f64::INFINITY);
    match (beaten.len(), beaten.iter().min_by(|a, b| size(a).total_cmp(&size(b)))) {
        (_, None) => format!(
            "{best} {} the best mean, but {} not shown to be better than any.",
            best.word("has", "have"),
            best.word("is", "are")
        ),
        (0..=MOST_NAMED, _) => {
            format!(
                "{best} {} better than {}.",
                best.word("is", "are"),
                listed(&beaten.iter().map(|pair| named(pair)).collect::<Vec<_>>())
            )
        }
        (many, Some(nearest)) => {
            format!(
                "{best} {} better than {many} others, the nearest {}.",
                best.word("is", "are"),
                named(nearest)
            )
        }
    }
}

/// Nothing can be told from one seed.
fn few_seeds(task: &TaskOutcome, best: &str) -> String {
    let measure = task.metric.name();
    match task.seeded {
        true => format!("{best} has the best {measure} on this one seed, which cannot tell luck from merit."),
        false => format!("{best} has the best {measure} from this start, which no seed changes."),
    }
}

/// `sgd (0.12 points, +0.05 to +0.19)`.
fn gain(metric: Metric, name: &str, pair: &Pair) -> String {
    match (pair.difference, pair.interval) {
        // Holm's p-value may tell apart what Bonferroni's interval leaves open.
        (Some(difference), Some(interval)) if !interval.excludes(0.0) => {
            format!("{name} ({}, p = {})", amount(metric, difference), number::p_value(pair.adjusted_p))
        }
        (Some(difference), Some(interval)) => {
            let interval = measure::gains(metric, interval.low, interval.high);
            format!("{name} ({}, {interval})", amount(metric, difference))
        }
        (Some(difference), None) => {
            format!("{name} ({} over the seeds that both finished)", amount(metric, difference))
        }
        _ => format!("{name} (which never finished)"),
    }
}

/// Differences that the number of seeds could have shown, the least of each pair.
fn not_told_apart(metric: Metric, best: &Best, names: &str, seeds: usize, least: &[f64]) -> String {
    let head = best.word("it is", "they are");
    let seeds = number::counted(seeds, "seed");
    let from = least.iter().copied().fold(f64::NAN, f64::min);
    let to = least.iter().copied().fold(f64::NAN, f64::max);
    let [from, to] = [from, to].map(|end| end.is_finite().then(|| amount(metric, end)));
    match (from, to) {
        (Some(from), Some(to)) if from != to => {
            let from = from.trim_end_matches(" points");
            format!(
                "{head} not told apart from {names}: {seeds} show differences of {from} to {to} or more, \
                 by the spread of the pair"
            )
        }
        (Some(least), Some(_)) => {
            format!("{head} not told apart from {names}: {seeds} show differences of {least} or more")
        }
        _ => format!("{head} not told apart from {names} by {seeds}"),
    }
}

/// `0.12 points`, `0.0123`.
fn amount(metric: Metric, x: f64) -> String {
    let magnitude = measure::gain(metric, x.abs()).trim_start_matches('+').to_string();
    if metric.is_fraction() { format!("{magnitude} points") } else { magnitude }
}

/// The scope of a study of one task.
pub fn one_task() -> String {
    "This is one task: other tasks may order the entries differently.".to_string()
}

/// The A/A checks of a comparison, a sentence each.
pub fn aa(outcome: &Outcome, comparison: &Comparison) -> Vec<String> {
    let is_here = |check: &&AaCheck| (check.task, check.ruleset) == (comparison.task, comparison.ruleset);
    outcome.aa.iter().filter(is_here).map(|check| aa_check(outcome, check)).collect()
}

/// A/A checks that tell an entry apart from itself, which is a reason to doubt the rest.
pub fn aa_failed(outcome: &Outcome) -> Vec<String> {
    let failed = outcome.aa.iter().filter(|check| check.told_apart);
    let sentence = |check| {
        format!(
            "{} That may happen in {} of such studies; more often, something is wrong.",
            aa_check(outcome, check),
            number::level(1.0 - outcome.confidence)
        )
    };
    failed.map(sentence).collect()
}

fn aa_check(outcome: &Outcome, check: &AaCheck) -> String {
    let [twin, of] = [check.twin, check.of].map(|entry| name(&outcome.entries[entry]));
    let task = &outcome.tasks[check.task];
    let told = if check.told_apart { "told apart, which is chance or a fault" } else { "not told apart" };
    let size = match check.difference {
        _ if !task.seeded => " (no seed changes a run here)".to_string(),
        Some(difference) => {
            format!(" ({}, p = {})", amount(task.metric, difference), number::p_value(check.adjusted_p))
        }
        None => String::new(),
    };
    format!("A/A: {twin} is {of} on other seeds, and the two are {told}{size}.")
}

/// The pilot of a task under a ruleset: its spread, and the pairs that were tested with it.
pub fn pilot(outcome: &Outcome, comparison: &Comparison) -> Option<String> {
    let of = |cell: &CellOutcome| cell.pilot.clone().map(|pilot| (cell.id.entry, pilot));
    let (entry, pilot) = outcome.cells_of(comparison.task, comparison.ruleset).find_map(of)?;
    let metric = outcome.tasks[comparison.task].metric;
    let PilotOutcome { scores, std, std_interval, clusters } = &pilot;
    let head = format!(
        "Pilot: {} on {}",
        name(&outcome.entries[entry]),
        number::counted(scores.len(), "further seed")
    );
    let diverged = scores.iter().filter(|score| score.is_none()).count();
    let unused = "so each pair has its own spread";
    let (Some(std), Some(interval)) = (std, std_interval) else {
        let runs = number::counted(diverged, "run");
        return Some(format!("{head}: {runs} diverged, {unused}."));
    };
    if clusters.is_some() {
        return Some(format!("{head}: its scores fall in two clusters, {unused}."));
    }
    if pilot.spread().is_none() {
        return Some(format!("{head}: its scores do not spread, {unused}."));
    }
    let [std, low, high] = [*std, interval.low, interval.high].map(|x| amount(metric, x));
    let low = low.trim_end_matches(" points");
    let tested: Vec<PairPilot> = comparison.pairs.iter().filter_map(|pair| pair.pilot).collect();
    let decided = tested.iter().filter(|pair| pair.decided).count();
    let own = comparison.pairs.len() - decided;
    let rest = match own {
        0 => String::new(),
        own => format!("; {own} that vary more or have runs that diverged by their own"),
    };
    Some(format!(
        "{head}: standard deviation {std} ({low} to {high}). {} tested by it{rest}.",
        match number::counted(decided, "pair") {
            one if decided == 1 => format!("{one} is"),
            several => format!("{several} are"),
        }
    ))
}

/// The least p-value of an exact test, where it is too large for the family.
pub fn least_p(comparison: &Comparison) -> Option<String> {
    let short = comparison.family > 0 && comparison.seeds >= 2 && comparison.seeds < comparison.fewest_seeds;
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
    let below = below_zero(task, cell, &entry);
    [
        untuned(outcome, cell, &entry),
        hopeless(cell, &entry),
        diverged(cell, &entry),
        clusters(task, cell, &entry),
        below,
        edge(cell, &entry),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// An entry that has nothing of what the others are tuned in.
pub(super) fn untuned(outcome: &Outcome, cell: &CellOutcome, entry: &str) -> Option<String> {
    let lacks = lacks(outcome, cell)?;
    Some(format!("{entry} has no {lacks}, so it was not tuned and ran as it is set."))
}

/// The settings that a ruleset tunes, if an entry has none of them.
pub(super) fn lacks(outcome: &Outcome, cell: &CellOutcome) -> Option<String> {
    let ruleset = &outcome.rulesets[cell.id.ruleset];
    match ruleset.as_str() {
        "default" => None,
        _ if cell.tuning.is_some() => None,
        "full" => Some("setting that is searched".to_string()),
        names => Some(plain(&names.replace('+', " or "))),
    }
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

/// An interval of a mean loss that goes below 0 though no run does: the mean of skewed scores has no such interval.
fn below_zero(task: &TaskOutcome, cell: &CellOutcome, entry: &str) -> Option<String> {
    let interval = cell.interval.filter(|interval| interval.low < 0.0)?;
    let positive = task.metric == Metric::Loss && cell.scores().iter().all(|score| *score >= 0.0);
    let bca = cell.bca.map_or(String::new(), |bca| {
        format!("; by bootstrap the interval is {}", measure::range(task.metric, bca.low, bca.high))
    });
    positive.then(|| {
        format!(
            "{entry}: the interval {} goes below 0, where no run is, as some runs are far worse than the others{bca}.",
            measure::range(task.metric, interval.low, interval.high)
        )
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
    let size = |x: f64| amount(metric, x);
    let entry = name(&outcome.entries[cell.id.entry]);
    let one = found.len() == 1;
    Some(match (mean < 0.0, largest > 0.0) {
        (false, _) if one => {
            format!("The score in tuning is better than on fresh seeds by {} ({entry}).", size(mean))
        }
        (true, _) if one => {
            format!("The score on fresh seeds is better than in tuning by {} ({entry}).", size(mean))
        }
        (false, _) => format!(
            "Scores in tuning are better than on fresh seeds by {} on average, at most {} ({entry}).",
            size(mean),
            size(largest)
        ),
        (true, true) => format!(
            "Scores on fresh seeds are better than in tuning by {} on average, but worse by {} for {entry}.",
            size(mean),
            size(largest)
        ),
        (true, false) => {
            format!(
                "Scores on fresh seeds are better than in tuning by {} on average, for every entry.",
                size(mean)
            )
        }
    })
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
        Phase::Pilot => "pilot",
    }
}

/// A run of a study in words: `adam trial 3, seed 1`; `name` is that of its cell or entry.
pub fn run(name: &str, run: Run) -> String {
    let (seed, phase) = (run.seed % TUNING_SEEDS_FROM, phase(run.phase));
    match (run.phase, run.trial) {
        (Phase::Reporting | Phase::Pilot, _) | (_, None) => format!("{name} {phase}, seed {seed}"),
        (_, Some(trial)) => format!("{name} {phase} {trial}, seed {seed}"),
    }
}
