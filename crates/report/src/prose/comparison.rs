//! Sentences about a comparison.

use lab::compare::{Comparison, Pair, Verdict, Warning};
use train::Metric;

/// One sentence on the differences that the seeds can and cannot tell apart.
pub fn verdict(comparison: &Comparison) -> String {
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
            let shown = |pair: &&Pair| {
                comparison.rows.len() <= ALL_PAIRS || [&pair.better, &pair.worse].contains(&&best.to_string())
            };
            let list = |pairs: Vec<&Pair>, joint| {
                pairs
                    .into_iter()
                    .filter(shown)
                    .map(|pair| difference(pair, joint, comparison.metric))
                    .collect()
            };
            format!(
                "On test {measure} the {seeds} paired seeds {}.",
                told_apart(list(apart, "over"), list(alike, "and"))
            )
        }
    }
}

/// With more optimizers than this, only the pairs with the best one are named.
const ALL_PAIRS: usize = 3;

/// Predicate of the verdict: `tell apart a over b (…), but not a and c (…)`.
fn told_apart(apart: Vec<String>, alike: Vec<String>) -> String {
    match (apart.is_empty(), alike.is_empty()) {
        (false, true) => format!("tell apart {}", apart.join(", ")),
        (true, false) => format!("cannot tell apart {}", alike.join(", ")),
        (false, false) => format!("tell apart {}, but not {}", apart.join(", "), alike.join(", ")),
        (true, true) => "have no two finished runs to compare".to_string(),
    }
}

/// `adam over sgd (6.00 points, 95% interval 4.76 to 7.24)`.
fn difference(pair: &Pair, joint: &str, metric: Metric) -> String {
    let number = |x: f64| match metric.is_fraction() {
        true => format!("{:.2}", 100.0 * x).replace('-', "−"),
        false => format!("{x:.4}").replace('-', "−"),
    };
    let unit = if metric.is_fraction() { " points" } else { "" };
    let interval = match (pair.difference.low, pair.difference.high) {
        (Some(low), Some(high)) => format!("95% interval {} to {}", number(low), number(high)),
        _ => "one pair".to_string(),
    };
    format!("{} {joint} {} ({}{unit}, {interval})", pair.better, pair.worse, number(pair.difference.mean))
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
        Warning::Diverged { optimizer, diverged, runs } => {
            format!("{optimizer} diverged in {diverged} of {runs} runs: its figures are of the others.")
        }
    }
}
