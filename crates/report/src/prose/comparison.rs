//! Sentences about a comparison.

use lab::compare::{Comparison, Estimate, Pair, Verdict, Warning};
use train::Metric;

use super::gain_with_interval;
use crate::text::listed;

/// At most two sentences on the differences that the seeds can and cannot tell apart, however many recipes there are.
pub fn verdict<'c>(comparison: &'c Comparison) -> String {
    let measure = comparison.metric.name();
    match comparison.verdict() {
        Verdict::NothingFinished => "No run finished, so there is nothing to compare.".to_string(),
        Verdict::OneOptimizer { name } => {
            format!("Only {name} ran, so there is nothing to compare it with.")
        }
        Verdict::NoSeedMatters { best } => {
            format!("{best} has the best test {measure} from this start, which no seed changes.")
        }
        Verdict::OneSeed { best } => format!(
            "{best} has the best test {measure} on this one seed; one seed cannot tell luck from merit, \
             so take --seeds 5 or more."
        ),
        Verdict::Paired { best, seeds, apart, alike } => {
            let of_best = |pairs: Vec<&'c Pair>| -> Vec<&'c Pair> {
                pairs
                    .into_iter()
                    .filter(|pair| [&pair.better, &pair.worse].contains(&&best.to_string()))
                    .collect()
            };
            let (apart, alike) = (of_best(apart), of_best(alike));
            let metric = comparison.metric;
            let seeds = format!("On test {measure}, {seeds} paired seeds");
            let nearest =
                apart.iter().copied().min_by(|a, b| a.difference.mean.total_cmp(&b.difference.mean));
            let furthest =
                alike.iter().copied().max_by(|a, b| a.difference.mean.total_cmp(&b.difference.mean));
            match (nearest, furthest) {
                (None, None) => format!("{seeds} have no two finished runs to compare."),
                (None, Some(furthest)) => format!(
                    "{seeds} do not tell {best}, the best here, apart from {}.",
                    others(best, &alike, "the furthest", furthest, metric)
                ),
                (Some(nearest), None) => {
                    format!(
                        "{seeds} tell {best} apart from {}.",
                        others(best, &apart, "the nearest", nearest, metric)
                    )
                }
                (Some(nearest), Some(furthest)) => format!(
                    "{seeds} tell {best} apart from {}. They do not tell it apart from {}.",
                    others(best, &apart, "the nearest", nearest, metric),
                    others(best, &alike, "the furthest", furthest, metric)
                ),
            }
        }
    }
}

/// With more optimizers than this on one side of the verdict, they are counted and one is named.
const MOST_NAMED: usize = 2;

/// The others of some pairs with the best: `sgd (6.00 points, …) and rmsprop (…)`, or
/// `4 others, the nearest sgd (6.00 points, …)`.
fn others(best: &str, pairs: &[&Pair], place: &str, example: &Pair, metric: Metric) -> String {
    let named = |pair: &Pair| difference(best, pair, metric);
    if pairs.len() > MOST_NAMED {
        return format!("{} others, {place} {}", pairs.len(), named(example));
    }
    listed(&pairs.iter().map(|pair| named(pair)).collect::<Vec<_>>())
}

/// `sgd (6.00 points, 95% interval 4.76 to 7.24)`: the other of a pair, and the best one's lead over it.
fn difference(best: &str, pair: &Pair, metric: Metric) -> String {
    // Where runs diverged, the best over all seeds need not lead on the seeds that both finished.
    let (other, lead) = match pair.better == best {
        true => (&pair.worse, pair.difference.clone()),
        false => (&pair.better, reversed(&pair.difference)),
    };
    format!("{other} ({})", gain_with_interval(metric, &lead))
}

/// The same difference as the other one sees it.
fn reversed(difference: &Estimate) -> Estimate {
    let Estimate { mean, low, high, n } = *difference;
    Estimate { mean: -mean, low: high.map(|high| -high), high: low.map(|low| -low), n }
}

/// One sentence for each fact to know before believing the numbers.
pub fn warnings(comparison: &Comparison) -> Vec<String> {
    comparison.warnings().iter().map(warning).collect()
}

/// One such sentence.
pub fn warning(warning: &Warning<'_>) -> String {
    match warning {
        Warning::Sample { dataset, train, test } => format!(
            "This ran on a SAMPLE of {dataset} ({train} training and {test} test images), not on the whole \
             set: the figures are not comparable with those of the whole set."
        ),
        Warning::Diverged { optimizer, diverged, runs } if diverged == runs => match runs {
            1 => format!("{optimizer} diverged in its only run, so it has no figures."),
            _ => format!("{optimizer} diverged in all {runs} runs, so it has no figures."),
        },
        Warning::Diverged { optimizer, diverged, runs } => {
            format!("{optimizer} diverged in {diverged} of {runs} runs: its figures are of the others.")
        }
    }
}
